"""The texts of a document that consumers read: prose, examples, defaults and permitted values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.workload.pointers import pointed_at, steps

Place = tuple[str | int, ...]

_PROSE = ("description", "summary")
_EXAMPLES = ("examples", "x-examples")
_VALUES = ("example", "default", "const", "enum", "x-example", *_EXAMPLES)
_NAMED = (
    *("properties", "patternProperties", "schemas", "definitions", "$defs"),
    *("responses", "parameters", "headers"),
)


@dataclass(frozen=True, slots=True)
class PublishedText:
    """A text or number, where it stands, and the name of the field it is for; prose is for none."""

    place: Place
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class _Node:
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
        if isinstance(node.value, (list, dict)):
            waiting += reversed([*_parts(node)])
            if (reference := _reference(node)) and followed(node.field):
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


def _parts(node: _Node) -> Iterator[_Node]:
    if isinstance(node.value, list):
        yield from (
            _Node((*node.place, i), node.field, v, node.told) for i, v in enumerate(node.value)
        )
        return
    entry = _is_example(node)
    for key, value in node.value.items():
        yield _Node(
            (*node.place, key),
            node.field if entry and key == "value" else _field(node, key, value),
            value,
            node.told or _tells(node, key, value),
            key in _NAMED and not node.named and not node.told,
        )


def _is_example(node: _Node) -> bool:
    """An entry of a map of examples: its name says nothing of the `value` in it."""
    return node.told and "value" in node.value and [*node.place[-2:-1]] in [[e] for e in _EXAMPLES]


def _field(node: _Node, key: Any, value: Any) -> str:
    if node.told and node.place[-1] in _EXAMPLES and isinstance(value, dict) and "value" in value:
        return node.field
    if node.named or node.told:
        return str(key)
    given = node.value
    return str(given["name"]) if "in" in given and "name" in given else node.field


def _tells(node: _Node, key: Any, value: Any) -> bool:
    """A property may be called `example`; only the keyword of that name is one."""
    if node.named:
        return False
    return key in _VALUES or (key in _PROSE and isinstance(value, str))
