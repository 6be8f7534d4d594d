"""The texts of a document that consumers read: prose, examples, defaults and permitted values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from apim_aks.workload.pointers import pointed_at, steps

Place = tuple[str | int, ...]

_PROSE = ("description", "summary")
_EXAMPLES = ("examples", "x-examples")
_VALUES = frozenset(("example", "default", "const", "enum", "x-example", *_EXAMPLES))
_TOLD = _VALUES.union(_PROSE)
_NAMED = frozenset(
    (
        *("properties", "patternProperties", "schemas", "definitions", "$defs"),
        *("responses", "parameters", "headers"),
    )
)
_NESTED = (dict, list)


@dataclass(frozen=True, slots=True)
class PublishedText:
    """A text or number, where it stands, and the name of the field it is for; prose is for none."""

    place: Place
    field: str
    text: str


class _Node(NamedTuple):
    """A part of a document; `told` if consumers read all in it, `named` if its keys are names."""

    place: Place
    field: str
    value: Any
    told: bool = False
    named: bool = False


def published_texts(data: Any, followed: Callable[[str], bool]) -> Iterator[PublishedText]:
    """All of them, and once more, by that name, what a field with a `followed` name refers to."""
    referred: dict[tuple[str, str], None] = {}
    waiting = [_Node((), "", data)]
    done = 0
    while waiting:
        node = waiting.pop()
        if isinstance(node.value, _NESTED):
            waiting += reversed(_parts(node))
            if "$ref" in node.value and (reference := _reference(node)) and followed(node.field):
                referred.setdefault((reference, node.field))
        elif node.told and type(node.value) in (str, int):
            yield _text(node)
        if not waiting and done < len(referred):
            reference, field = [*referred][done]
            done += 1
            waiting.append(_Node(steps(reference), field, pointed_at(data, reference)))


def _text(node: _Node) -> PublishedText:
    prose = node.place[-1] in _PROSE and not node.named
    return PublishedText(node.place, "" if prose else node.field, str(node.value))


def _reference(node: _Node) -> str:
    if node.told or node.named or not isinstance(node.value, dict):
        return ""
    reference = node.value.get("$ref")
    return reference if isinstance(reference, str) else ""


def _parts(node: _Node) -> list[_Node]:
    """What is in it and may hold texts: all that is told, else mappings and lists alone."""
    if isinstance(node.value, dict):
        if node.told:
            return [*_of_told(node)]
        return _of_names(node) if node.named else _of_own(node)
    return [
        _Node((*node.place, i), node.field, v, node.told)
        for i, v in enumerate(node.value)
        if node.told or isinstance(v, _NESTED)
    ]


def _of_names(node: _Node) -> list[_Node]:
    """A property may be called `example`; only the keyword of that name is one."""
    own = node.value.items()
    return [_Node((*node.place, k), str(k), v) for k, v in own if isinstance(v, _NESTED)]


def _of_own(node: _Node) -> list[_Node]:
    place, own = node.place, node.value
    field = str(own["name"]) if "in" in own and "name" in own else node.field
    return [
        _Node((*place, key), field, value, key in _VALUES, key in _NAMED)
        if isinstance(value, _NESTED)
        else _Node((*place, key), field, value, told=True)
        for key, value in own.items()
        if isinstance(value, _NESTED)
        or (key in _TOLD and (key in _VALUES or isinstance(value, str)))
    ]


def _of_told(node: _Node) -> Iterator[_Node]:
    entry = _is_example(node)
    for key, value in node.value.items():
        named = (entry and key == "value") or _holds_example(node, value)
        yield _Node((*node.place, key), node.field if named else str(key), value, told=True)


def _is_example(node: _Node) -> bool:
    """An entry of a map of examples: its name says nothing of the `value` in it."""
    return "value" in node.value and [*node.place[-2:-1]] in [[e] for e in _EXAMPLES]


def _holds_example(node: _Node, value: Any) -> bool:
    return node.place[-1] in _EXAMPLES and isinstance(value, dict) and "value" in value
