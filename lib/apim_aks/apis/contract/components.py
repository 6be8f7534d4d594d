"""A document with its references followed: schemas as the parts that hold together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.workload.pointers import pointed_at

Parts = tuple[Mapping[str, Any], ...]

OPEN: Parts = ({},)
IMPOSSIBLE: Mapping[str, Any] = {"not": {}}
VARIANTS = ("oneOf", "anyOf")
ANNOTATIONS = frozenset(
    (
        *("title", "description", "summary", "example", "examples", "externalDocs"),
        *("deprecated", "$comment", "$schema", "$id", "$anchor", "$defs", "definitions"),
    )
)
_NAMED = frozenset({"properties", "patternProperties", "mapping", "headers", "parameters"})


class Components:
    """One OpenAPI document, in which a `$ref` is the thing it points at."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        self._targets: dict[str, Any] = {}
        self._parts: dict[int, Parts] = {}

    def resolved(self, value: Any) -> Any:
        """The value behind any chain of references; the reference itself where it leads nowhere."""
        seen = set()
        while isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
            reference = value["$ref"]
            target = self._target(reference)
            if reference in seen or target is None:
                return value
            seen.add(reference)
            value = target
        return value

    def mapping(self, value: Any) -> Mapping[str, Any]:
        """The resolved value where it is a mapping, otherwise an empty one."""
        value = self.resolved(value)
        return value if isinstance(value, Mapping) else {}

    def parts(self, schema: Any) -> Parts:
        """The schemas that must all hold: this one and what its allOf brings, each once."""
        known = self._parts.get(id(schema))
        if known is None:
            known = tuple(self._expanded(schema)) or OPEN
            if isinstance(schema, Mapping):
                self._parts[id(schema)] = known
        return known

    def joined(self, first: Parts, second: Parts) -> Parts:
        """Both groups of parts, each part once."""
        return tuple({id(part): part for part in (*first, *second)}.values())

    def _expanded(self, schema: Any) -> Iterator[Mapping[str, Any]]:
        seen: set[int] = set()
        waiting = [schema]
        while waiting:
            found = self.resolved(waiting.pop())
            part = IMPOSSIBLE if found is False else found
            if isinstance(part, Mapping) and id(part) not in seen:
                seen.add(id(part))
                yield part
                waiting += reversed(_members(part))

    def _target(self, reference: str) -> Any:
        if reference not in self._targets:
            self._targets[reference] = pointed_at(self.body, reference)
        return self._targets[reference]


def variants(schema: Mapping[str, Any], kind: str) -> list[Any]:
    """The members of a oneOf or anyOf, without the one that only says null."""
    members = schema.get(kind)
    if not isinstance(members, list):
        return []
    return [m for m in members if not (isinstance(m, Mapping) and m.get("type") == "null")]


def _members(part: Mapping[str, Any]) -> list[Any]:
    conjoined = part.get("allOf")
    members = list(conjoined) if isinstance(conjoined, list) else []
    for kind in VARIANTS:
        only = variants(part, kind)
        if len(only) == 1:
            members += only
    return members


def alike(before: Components, b: Any, after: Components, a: Any) -> bool:
    """Whether two values are equal apart from names of components and descriptions."""
    waiting = [(b, a, False)]
    seen: set[tuple[int, int]] = set()
    while waiting:
        one, other, named = waiting.pop()
        one, other = before.resolved(one), after.resolved(other)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            if (id(one), id(other)) in seen:
                continue
            seen.add((id(one), id(other)))
            keys = _said(one, named)
            if keys != _said(other, named):
                return False
            waiting += ((one[k], other[k], k in _NAMED and not named) for k in keys)
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting += ((x, y, False) for x, y in zip(one, other, strict=True))
        elif type(one) is not type(other) or one != other:
            return False
    return True


def _said(value: Mapping[str, Any], named: bool) -> set[str]:
    if named:
        return set(value)
    return {k for k in value if k not in ANNOTATIONS and not str(k).startswith("x-")}
