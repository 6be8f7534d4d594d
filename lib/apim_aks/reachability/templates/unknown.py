"""A value that a template alone does not determine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only Azure or the deployer knows, or that a function gives that is not modelled.

    `name` is the function, parameter or property that would give it; `text` is what is known of it,
    with the rest in angle brackets: what has the same text is the same value. `place` is where in
    the template it arose.
    """

    name: str
    text: str = ""
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.text or f"<{self.name}>"

    def member(self, key: Any) -> Unknown:
        """What a name or an index takes from it."""
        return Unknown(f"{self.name}.{key}", f"{self}.{key}", self.place)

    def at(self, place: str) -> Unknown:
        """The unknown value with this origin, unless it has one."""
        return self if self.place or not place else replace(self, place=place)


def unknowns(value: Any) -> Iterator[Unknown]:
    """Every unknown part of a value."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from unknowns(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from unknowns(part)


def first_unknown(values: Any) -> Unknown | None:
    """The first unknown part of a value."""
    return next(unknowns(values), None)


class Later(Mapping[str, Any]):
    """Values by name, in any case, each worked out once and when it is asked for.

    One that needs itself, and a chain that is too long, are unknown.
    """

    def __init__(self, raw: Mapping[str, Any], work: Callable[[str, Any], Any]) -> None:
        self._raw = {name.lower(): (name, given) for name, given in raw.items()}
        self._work = work
        self._found: dict[str, Any] = {}
        self._open: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        key = name.lower()
        known, given = self._raw[key]
        if key in self._found:
            return self._found[key]
        if key in self._open or len(self._open) > _DEEPEST:
            return Unknown(known)
        self._open.add(key)
        try:
            self._found[key] = self._work(known, given)
        finally:
            self._open.discard(key)
        return self._found[key]

    def __contains__(self, name: object) -> bool:
        return str(name).lower() in self._raw

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._raw.values())

    def __len__(self) -> int:
        return len(self._raw)
