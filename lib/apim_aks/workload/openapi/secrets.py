"""Texts of a document that look like keys, tokens or internal names, before they are published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from apim_aks.facts.secret_patterns import SecretPattern, secret_patterns
from apim_aks.workload.documents import Parsed, printable, shortened
from apim_aks.workload.finding import Finding

Place = tuple[str | int, ...]

_PROSE = ("description", "summary")
_VALUES = ("example", "examples", "default", "const", "enum", "x-example", "x-examples")
_NAMED = ("properties", "patternProperties", "schemas", "definitions", "responses", "parameters")
_CHANCE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_+/=.~-]{20,512}")
"""A text without spaces, of letters and digits, as keys are."""
_START = 4
"""Characters that are shown of what may be a secret."""
_SHOWN = 10
"""Places that are named in one document."""


def looks_secret(parsed: Parsed) -> Iterator[Finding]:
    """The first examples, defaults and descriptions that hold such a text, each with its line."""
    found = [
        (place, row, text)
        for place, field, value in _published(parsed.data)
        for row, text in _seen(field, value)
    ]
    for number, (place, row, text) in enumerate(found[:_SHOWN], 1):
        where = shortened(printable("/".join(map(str, place))))
        more = f", and {len(found) - _SHOWN} more below" if _SHOWN == number < len(found) else ""
        said = f"what looks like {row.what} ({_part(row, text)}) in {where}{more}"
        expected = "an invented value, since consumers will read it"
        yield Finding(parsed.file, parsed.line_of(*place), said, expected, refused=False)


def masked(text: str) -> str:
    """Prose of a document as tables repeat it: what looks like a secret by its beginning alone."""
    for row, secret in _seen("", text):
        if row.shown != "whole":
            text = text.replace(secret, f"{secret[:_START]}…")
    return text


def _part(row: SecretPattern, text: str) -> str:
    if row.shown == "whole":
        return shortened(printable(text))
    return f"{printable(text[:_START])}…, {len(text)} characters"


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
    if field and not ends and _CHANCE.fullmatch(text):
        yield from ((r, text) for r in _rows("name") if re.search(r.pattern, field))


def _told(text: str) -> list[SecretPattern]:
    return [r for r in _rows("text") if any(word in text for word in r.holds)]


@cache
def _words() -> re.Pattern[str]:
    """Any word of any row: most texts hold none, and one search is quicker than one for each."""
    return re.compile("|".join(re.escape(word) for r in _rows("text") for word in r.holds))


@cache
def _rows(where: str) -> tuple[SecretPattern, ...]:
    return tuple(r for r in secret_patterns() if r.where == where)


def _published(data: Any) -> Iterator[tuple[Place, str, str]]:
    """Place, name of the field and text of what consumers read; prose has no field."""
    waiting: list[tuple[Place, str, Any, bool, bool]] = [((), "", data, False, False)]
    while waiting:
        place, field, value, told, named = waiting.pop()
        if isinstance(value, str) and told:
            yield place, "" if place[-1] in _PROSE and not named else field, value
        elif isinstance(value, list):
            waiting += [
                ((*place, i), field, v, told, False) for i, v in reversed([*enumerate(value)])
            ]
        elif isinstance(value, dict):
            inner = str(value["name"]) if "in" in value and "name" in value else field
            waiting += [
                (
                    (*place, k),
                    str(k) if named or told else inner,
                    v,
                    told or _tells(k, v, named),
                    k in _NAMED and not named and not told,
                )
                for k, v in reversed(value.items())
            ]


def _tells(key: Any, value: Any, named: bool) -> bool:
    """A property may be called `example`; only the keyword of that name is one."""
    if named:
        return False
    return key in _VALUES or (key in _PROSE and isinstance(value, str))
