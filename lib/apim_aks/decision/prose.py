"""Lines of Markdown: text of others with nothing in it that acts, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")

_WORDS = re.compile(r"[^\W_](?:[^\W_]|[ ,.;:()'%/+=?≥≤×–…→\"-])*")
_INSIDE = re.compile(r"(?:[^\W_]|[,.;:()'%/+=?≥≤×–…→\"-])+")
_AROUND = re.compile(r"^(\(*)(.+?)([,.;)]*)$")
_JOINED = re.compile(r"(?<=[^\s`])` `(?=[^\s`])")
_ACTS = re.compile(r"://|\bwww\.|:[\w+-]+:|\bGH-\d|\b(?=\d*[a-f])[0-9a-f]{7,}\b", re.IGNORECASE)
"""What a platform makes more of in plain words: addresses, symbols, issues, commits."""
_KEPT = str.maketrans({"`": "'", "|": "\N{BROKEN BAR}"})


def escaped(text: str) -> str:
    """Text of others in one line of Markdown, with nothing in it that Markdown would act on."""
    return _plain(" ".join(text.split()))


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def marked(sentence: str) -> str:
    """A sentence of ours in one line of Markdown: what stands between backticks is code.

    Names of others in it cannot act: code is shown as it stands, and everything else is escaped.
    """
    parts = " ".join(sentence.split()).split("`")
    said = [_code(part) if at % 2 else _plain(part) for at, part in enumerate(parts)]
    if len(parts) % 2 == 0:
        said[-1] = _plain(f"`{parts[-1]}")
    return "".join(said)


def _code(text: str) -> str:
    """Code where Markdown can have it; a cell of a table ends at a bar, even within code."""
    return f"`{text}`" if text.strip() and "|" not in text else _plain(f"`{text}`")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; the cells are Markdown already."""
    lines = (heads, ["---"] * len(heads), *rows)
    return [f"| {' | '.join(line)} |" for line in lines]


def quoted(text: str, most: int = 160) -> str:
    """Text of others where people are mentioned and issues are linked: what is no word is code.

    Code hosts act on `@name`, `#1` and addresses after Markdown is done, so that a backslash does
    not help; code they leave alone. It is one line of at most `most` characters without the marks
    of code, which a cell of a table can hold as well: a bar ends a cell and a backtick ends code,
    so that neither is left.
    """
    line = " ".join(text.split()).translate(_KEPT)
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    said = line if len(line) <= most else f"{line[: most - 1]}…"
    if not said or (_WORDS.fullmatch(said) and not _ACTS.search(said)):
        return said
    return _JOINED.sub(" ", " ".join(map(_word, said.split(" "))))


def _word(word: str) -> str:
    """A word as it stands, or as code without the punctuation of the sentence around it."""
    if _INSIDE.fullmatch(word) and not _ACTS.search(word):
        return word
    return _AROUND.sub(r"\1`\2`\3", word)
