"""Settings of today's routes besides their target, and whether they are carried over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from apim_aks.listing import listed
from apim_aks.workload.route import Setting

Becomes = Literal["policy", "entry", "lost", "unknown"]
"""As `outcome` of data/ingress_behaviours.csv; unknown where no row says what it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """A setting of the routes of a Service: what it does, what becomes of it, and what to do.

    A policy is generated only where `becomes` is policy.
    """

    service: str
    setting: Setting
    called: str
    does: str
    becomes: Becomes
    then: str

    @property
    def fate(self) -> Becomes | Literal["part"]:
        """Whether the setting is carried over; `part` where the policy covers only some of it."""
        return "part" if self.becomes == "policy" and self.setting.short else self.becomes

    @property
    def same(self) -> tuple[str, str, str, str, str]:
        """What it has in common with other settings of one object of which the same is to say."""
        return self.service, self.setting.on, self.setting.file, self.does, self.then


def alike(found: Iterable[Behaviour]) -> tuple[tuple[Behaviour, ...], ...]:
    """The settings of one object, as one Service has them, of which the same is to say."""
    by_word: dict[tuple[str, ...], list[Behaviour]] = {}
    for behaviour in found:
        by_word.setdefault(behaviour.same, []).append(behaviour)
    return tuple(map(tuple, by_word.values()))


def place(same: Sequence[Behaviour]) -> str:
    """The object that says all of it, with file and lines."""
    setting, lines = same[0].setting, [str(b.setting.line) for b in same]
    line = f"line {lines[0]}" if len(lines) == 1 else f"lines {listed(lines)}"
    return f"{setting.on} ({setting.file} {line})"


def sentence(same: Sequence[Behaviour]) -> str:
    """All of it for a list of notes."""
    first = same[0]
    does = f" ({first.does})" if first.does else ""
    return f"{place(same)} has {listed([b.called for b in same])}{does}, {first.then}"
