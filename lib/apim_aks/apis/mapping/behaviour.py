"""What a route does today beside leading somewhere, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    def place(self) -> str:
        """The object that says it, with file and line."""
        return f"{self.setting.on} ({self.setting.file} line {self.setting.line})"

    @property
    def same(self) -> tuple[str, str, str, str, str]:
        """What it has in common with other settings of one object of which the same is to say."""
        return self.service, self.setting.on, self.setting.file, self.does, self.then


def sentences(found: Iterable[Behaviour]) -> Iterator[tuple[str, str]]:
    """Service and sentence for a list of notes; settings of which the same is to say together."""
    alike: dict[tuple[str, ...], list[Behaviour]] = {}
    for behaviour in found:
        alike.setdefault(behaviour.same, []).append(behaviour)
    return ((same[0].service, _sentence(same)) for same in alike.values())


def _sentence(same: list[Behaviour]) -> str:
    first, lines = same[0], [str(b.setting.line) for b in same]
    line = f"line {lines[0]}" if len(lines) == 1 else f"lines {listed(lines)}"
    does = f" ({first.does})" if first.does else ""
    has = listed([b.called for b in same])
    return f"{first.setting.on} ({first.setting.file} {line}) has {has}{does}, {first.then}"
