"""Texts of a document that look like keys, tokens or internal names, before they are published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from apim_aks.facts.secret_patterns import SecretPattern, secret_patterns, secret_placeholders
from apim_aks.workload.documents import Parsed, printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.openapi.published_texts import Place, published_texts

_CHANCE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_+/=.~-]{20,512}")
"""A text without spaces, of letters and digits, as keys are."""
_START = 4
"""Characters that are shown of what may be a secret, and never more than a third of them."""
_SHOWN = 10
"""Places that are named in one document."""
_LONGEST = 512
"""Characters of a secret that somebody chose, at most; what is longer is prose or data."""


def looks_secret(parsed: Parsed) -> Iterator[Finding]:
    """The first examples, defaults and descriptions that hold such a text, each with its line."""
    found: dict[tuple[Place, str], SecretPattern] = {}
    for told in published_texts(parsed.data, lambda field: bool(_naming(field))):
        for row, text in _seen(told.field, told.text):
            found.setdefault((told.place, text), row)
    for number, ((place, text), row) in enumerate([*found.items()][:_SHOWN], 1):
        where = shortened(printable("/".join(map(str, place))))
        more = f", and {len(found) - _SHOWN} more below" if _SHOWN == number < len(found) else ""
        said = f"what looks like {row.what} ({_part(row, text)}) in {where}{more}"
        expected = "an invented value, since consumers will read it"
        yield Finding(parsed.file, parsed.line_of(*place), said, expected, refused=False)


def masked(text: str) -> str:
    """Prose of a document as tables repeat it: what looks like a secret by its beginning alone."""
    for row, secret in _seen("", text):
        if row.shown != "whole":
            text = text.replace(secret, _start(secret))
    return text


def _part(row: SecretPattern, text: str) -> str:
    if row.shown == "whole":
        return shortened(printable(text))
    return f"{printable(_start(text))}, {len(text)} characters"


def _start(secret: str) -> str:
    return f"{secret[: min(_START, len(secret) // 3)]}…"


def _seen(field: str, text: str) -> Iterator[tuple[SecretPattern, str]]:
    """Every match once: what an earlier row has found is not found by a later one again."""
    told = _told(text) if _words().search(text) else ()
    ends: list[tuple[int, int]] = []
    for row in told:
        for match in re.finditer(row.pattern, text):
            start, end = match.span()
            if not any(start < e and s < end for s, e in ends):
                ends.append((start, end))
                yield row, match[0]
    if field and not ends:
        yield from ((row, text) for row in _naming(field)[:1] if _held(row, text))


@lru_cache(4096)
def _naming(field: str) -> tuple[SecretPattern, ...]:
    """The rows by which the name of a field says that it holds a secret, the surest first."""
    rows = (*_rows("password-name"), *_rows("name"))
    return tuple(r for r in rows if re.search(r.pattern, field))


def _held(row: SecretPattern, text: str) -> bool:
    """It can be a secret, and does not stand in the place of one."""
    if row.where == "name" and not _CHANCE.fullmatch(text):
        return False
    given = text.strip(" \t\r\n\"'")
    return 0 < len(given) <= _LONGEST and not any(
        re.fullmatch(r.pattern, given) for r in secret_placeholders()
    )


def _told(text: str) -> list[SecretPattern]:
    return [r for r in _rows("text") if any(word in text for word in r.holds)]


@cache
def _words() -> re.Pattern[str]:
    """Any word of any row: most texts hold none, and one search is quicker than one for each."""
    return re.compile("|".join(re.escape(word) for r in _rows("text") for word in r.holds))


@cache
def _rows(where: str) -> tuple[SecretPattern, ...]:
    return tuple(r for r in secret_patterns() if r.where == where)
