"""A policy as it is carried out: its element with attributes, text and what stands in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_aks.testbed.policies.expressions import Expression

Value = str | Expression


def worked_out(value: Value, call: object) -> Any:
    """The value for this call.

    Raises:
        Failure: its expression fails.
    """
    return value.of(call) if isinstance(value, Expression) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One element, and where it is written: the file and the line in it."""

    tag: str
    place: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    text: Value = ""
    children: tuple[Statement, ...] = ()

    def said(self, name: str, call: object, otherwise: str = "") -> str:
        """The value of an attribute for this call, as text."""
        return str(worked_out(self.attributes.get(name, otherwise), call))

    def number(self, name: str) -> int:
        """The value of an attribute that is a whole number."""
        return int(str(self.attributes[name]))

    def flag(self, name: str, otherwise: bool) -> bool:
        """The value of an attribute that is `true` or `false`."""
        return str(self.attributes.get(name, otherwise)).lower() == "true"

    def all(self, tag: str) -> Iterator[Statement]:
        """What stands directly in it under this name."""
        return (child for child in self.children if child.tag == tag)

    def texts(self, tag: str, call: object) -> tuple[str, ...]:
        """The texts of what stands directly in it under this name."""
        return tuple(str(worked_out(child.text, call)) for child in self.all(tag))

    def listed(self, group: str, tag: str, call: object) -> tuple[str, ...]:
        """The texts of a list within a group, such as each `origin` of `allowed-origins`."""
        return tuple(text for held in self.all(group) for text in held.texts(tag, call))

    def walk(self) -> Iterator[Statement]:
        """It and everything in it."""
        yield self
        for child in self.children:
            yield from child.walk()
