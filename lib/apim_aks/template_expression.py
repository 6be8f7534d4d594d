"""Expressions of Resource Manager, read into texts, numbers and calls; nothing is worked out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from apim_aks.errors import InputError

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>-?[0-9]{1,18})"
    r"|(?P<sign>[(),.\[\]]))\s*"
)
_DEEPEST = 50
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; `members` are names and indexes taken from its result."""

    name: str
    arguments: tuple[Part, ...] = ()
    members: tuple[Part, ...] = ()


Part = str | int | Call
"""A text, a number or a call."""


def refused(text: str, why: str) -> InputError:
    """What is raised about an expression: it is named, and said what an expression looks like."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return InputError(
        f"The expression {shown!r} of a template {why}. Use calls such as "
        "[parameters('name')] or [resourceId('type', 'name')]."
    )


def is_expression(text: str) -> bool:
    """Whether Resource Manager works the text out; two brackets in front are a text with one."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


@lru_cache(maxsize=10_000)
def expression(text: str) -> Part:
    """An expression, brackets included, as its parts.

    Raises:
        InputError: it is none; the sentence names it.
    """
    reader = _Reader(text)
    found = reader.part(0)
    if reader.left:
        raise refused(text, f"goes on with {reader.left[0][1]!r} where it should end")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.left = self._tokens(text[1:-1])

    def _tokens(self, inside: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        at = 0
        while at < len(inside):
            token = _TOKEN.match(inside, at)
            if token is None:
                raise refused(self.text, f"holds {inside[at : at + 10]!r}, which cannot be read")
            kind = str(token.lastgroup)
            found.append((kind, token[kind]))
            at = token.end()
        return found

    def _next(self, *wanted: str) -> tuple[str, str]:
        """The next token, which has to be one of these kinds or signs."""
        kind, value = self.left.pop(0) if self.left else ("end", "its end")
        if kind not in wanted and value not in wanted:
            raise refused(self.text, f"has {value} where {' or '.join(wanted)} should stand")
        return kind, value

    def _at(self, sign: str) -> bool:
        return self.left[:1] == [("sign", sign)]

    def part(self, depth: int) -> Part:
        if depth > _DEEPEST:
            raise refused(self.text, f"is nested deeper than {_DEEPEST} calls")
        kind, value = self._next("text", "number", "name")
        if kind == "text":
            return value[1:-1].replace("''", "'")
        if kind == "number":
            return int(value)
        return Call(value, self._arguments(depth), self._members(depth))

    def _arguments(self, depth: int) -> tuple[Part, ...]:
        self._next("(")
        found: list[Part] = []
        while not self._at(")"):
            if found:
                self._next(",")
            found.append(self.part(depth + 1))
        self._next(")")
        return tuple(found)

    def _members(self, depth: int) -> tuple[Part, ...]:
        found: list[Part] = []
        while self._at(".") or self._at("["):
            if self._next(".", "[")[1] == ".":
                found.append(self._next("name")[1])
            else:
                found.append(self.part(depth + 1))
                self._next("]")
        return tuple(found)


def spelled(part: Part) -> str:
    """A part as it stands in an expression, without the brackets around the whole."""
    if isinstance(part, str):
        return "'" + part.replace("'", "''") + "'"
    if not isinstance(part, Call):
        return str(part)
    members = (f".{m}" if isinstance(m, str) else f"[{spelled(m)}]" for m in part.members)
    return f"{part.name}({', '.join(map(spelled, part.arguments))}){''.join(members)}"
