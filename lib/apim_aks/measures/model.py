"""A measure, and what is measured."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.costs import Purchase
from apim_aks.facts import Controller, Tier
from apim_aks.mapping import Mapping
from apim_aks.topology import Topology
from apim_aks.workload import Requirements


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, or an interval where only its ends are known, in the unit of its criterion.

    `counted` names what was counted, `note` says what the number leaves out.
    """

    id: str
    low: float
    high: float
    counted: tuple[str, ...] = ()
    note: str = ""

    @property
    def exact(self) -> bool:
        """Both ends are the same."""
        return self.low == self.high

    @property
    def text(self) -> str:
        """The number as it stands in a table; `≥` where the upper end is open."""
        if self.exact:
            return number(self.low)
        if self.high == float("inf"):
            return f"≥ {number(self.low)}"
        return f"{number(self.low)} to {number(self.high)}"


def number(value: float) -> str:
    """A number without a needless decimal part, thousands set apart."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a topology, the APIs it publishes, the tier it runs on, what is demanded.

    `units` asks for more units than the requirements need; 0 takes what they need.
    """

    topology: Topology
    mapping: Mapping
    tier: Tier
    requirements: Requirements = Requirements()
    units: int = 0
    controller: Controller | None = None

    @property
    def purchase(self) -> Purchase:
        """What of it is paid for."""
        return Purchase(self.topology, self.tier, self.requirements, self.units)


def exact(id: str, counted: tuple[str, ...], value: float | None = None) -> Measure:
    """A measure without doubt: how many were counted, or this value."""
    found = float(len(counted) if value is None else value)
    return Measure(id, found, found, counted)
