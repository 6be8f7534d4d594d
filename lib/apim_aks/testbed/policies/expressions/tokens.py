"""The words of a policy expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<verbatim>@"(?:[^"]|"")*")
    | (?P<text>"(?:[^"\\]|\\["\\])*")
    | (?P<char>'(?:[^'\\]|\\['\\])')
    | (?P<number>\d+)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<sign>\?\?|\?\.|=>|==|!=|&&|\|\||[+!<>?:.,;=(){}\[\]])""",
    re.X,
)


class Unknown(Exception):
    """A part of an expression that is not known, in words."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its kind (verbatim and text are both `text`), and what it stands for."""

    kind: str
    value: str


END = Token("end", "")


def tokens(code: str) -> tuple[Token, ...]:
    """The words of C# code, as far as expressions use them, and one that marks the end.

    Raises:
        Unknown: a character that begins no word.
    """
    return (*_tokens(code), END)


def _tokens(code: str) -> Iterator[Token]:
    at = 0
    while at < len(code):
        found = _TOKEN.match(code, at)
        if found is None:
            raise Unknown(f"the text from {code[at : at + 20]!r}")
        at = found.end()
        kind = str(found.lastgroup)
        if kind != "space":
            yield Token("text" if kind == "verbatim" else kind, _said(kind, found[0]))


def _said(kind: str, text: str) -> str:
    if kind == "verbatim":
        return text[2:-1].replace('""', '"')
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if kind in ("text", "char") else text
