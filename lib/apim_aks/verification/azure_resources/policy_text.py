"""Compares policy documents by their effect, whatever their formatting.

Azure answers with its own indentation, and in its raw form with expressions that no XML reader
takes: quotes in quoted attributes, `<` and `&` as they stand in C#.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

_OPENING = re.compile(r"@[({]")
_CLOSING = {"(": ")", "{": "}"}

Canonical = tuple[str, tuple[tuple[str, str], ...], str, tuple[Any, ...]]


def canonical(document: str) -> Canonical | None:
    """The canonical form, without indentation, comments and escapes; None if unreadable."""
    for text in (document, escaped(document)):
        try:
            return _canonical(ElementTree.fromstring(text.strip().lstrip("\ufeff")))
        except ElementTree.ParseError:
            continue
    return None


def same_policy(one: str, two: str) -> bool:
    """Whether both can be read and have the same canonical form."""
    first = canonical(one)
    return first is not None and first == canonical(two)


def _canonical(element: ElementTree.Element) -> Canonical:
    attributes = tuple(sorted((name, _plain(value)) for name, value in element.attrib.items()))
    text = _plain("\n".join((element.text or "", *(child.tail or "" for child in element))))
    return element.tag, attributes, text, tuple(_canonical(child) for child in element)


def _plain(text: str) -> str:
    # Line breaks in attributes become spaces while XML is read: only words can be compared.
    return " ".join(text.split())


def escaped(document: str) -> str:
    """The document with its expressions escaped, so that it can be read as XML."""
    result: list[str] = []
    at = 0
    while opening := _OPENING.search(document, at):
        start = opening.start()
        end = expression_end(document, start)
        result.append(document[at:start])
        result.append(escape(document[start:end], {'"': "&quot;"}) if end else document[start])
        at = end or start + 1
    return "".join((*result, document[at:]))


def expression_end(text: str, at: int) -> int:
    """Where the expression that starts here ends; 0 where none starts or it never ends."""
    if text[at : at + 2] not in ("@(", "@{"):
        return 0
    opening = text[at + 1]
    depth, place = 0, at + 1
    while place < len(text):
        if text[place] in "\"'":
            place = _string_end(text, place)
            continue
        depth += {opening: 1, _CLOSING[opening]: -1}.get(text[place], 0)
        place += 1
        if not depth:
            return place
    return 0


def _string_end(text: str, at: int) -> int:
    """The place after a C# string: plain ones escape their quotes, verbatim ones double them."""
    quote, verbatim = text[at], "@" in text[max(at - 2, 0) : at]
    place = at + 1
    while place < len(text):
        pair = quote * 2 if verbatim else "\\"
        if text.startswith(pair, place):
            place += 2
        elif text[place] == quote:
            return place + 1
        else:
            place += 1
    return place
