"""What restricts or opens access to pods, as a value: object, words and Services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apim_aks.once import Once
from apim_aks.workload.network_policy import Selector

Pairs = tuple[tuple[str, str], ...]


class Answer(StrEnum):
    """Whether something holds, as far as the input can tell."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def every(answers: tuple[Answer, ...]) -> Answer:
    """NO if one does not hold, UNKNOWN if one is unknown, else YES."""
    if Answer.NO in answers:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.YES


def some(answers: tuple[Answer, ...]) -> Answer:
    """YES if one holds, UNKNOWN if one is unknown, else NO."""
    if Answer.YES in answers:
        return Answer.YES
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.NO


def selects(selector: Selector, labels: Mapping[str, str], known: bool = True) -> Answer:
    """Pods with these labels are selected; `known` is false where they may have more."""
    if not selector.picks(labels, whole=known):
        return Answer.NO
    return Answer.YES if known or selector.keys <= labels.keys() else Answer.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """An object of the input, by file and line, that guards or opens pods.

    `services` are the ids of those whose pods it is about, surely or perhaps.
    """

    kind: str
    name: str
    namespace: str
    file: str
    line: int
    services: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file} line {self.line}" if self.line else self.file

    @property
    def called(self) -> str:
        """Kind, name and place."""
        return f"{self.kind} {self.name} ({self.place})"

    @property
    def says(self) -> str:
        """What it does, in words."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Guard):
    """A guard that is about no pods by itself: it says whom another policy lets in."""


@dataclass(frozen=True, slots=True)
class Guards(Once):
    """All of an input, in the order of file and line, found again by Service."""

    every: tuple[Guard, ...] = ()
    _by_service: dict[str, list[Guard]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, list[Guard]] = {}
        for guard in self.every:
            for id in ("",) if isinstance(guard, Condition) else guard.services:
                found.setdefault(id, []).append(guard)
        object.__setattr__(self, "_by_service", found)

    def of(self, service: str) -> tuple[Guard, ...]:
        """Those of the pods of the Service with this id, and the conditions that they name."""
        return (*self._by_service.get(service, ()), *self._by_service.get("", ()))
