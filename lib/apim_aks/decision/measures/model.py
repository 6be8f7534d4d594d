"""A measure, and what is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from math import isinf

from apim_aks.apis.mapping import Mapping
from apim_aks.costs import Purchase, paid_for
from apim_aks.decision.proved import Proved
from apim_aks.facts import Controller, Tier, criteria
from apim_aks.facts.criterion_ids import SLA, CriterionId
from apim_aks.listing import interval, shown
from apim_aks.once import Once
from apim_aks.options.drawn import Drawn
from apim_aks.options.narrowing import narrowed
from apim_aks.topology import Topology
from apim_aks.workload.call import Caller
from apim_aks.workload.model import Requirements
from apim_aks.workload.opening import Opening
from apim_aks.workload.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, or an interval where only its ends are known, in the unit of its criterion.

    `counted` names what was counted, `note` says what the number leaves out, `unproved` names what
    the input may open and nobody models: while there is any, the number is no proof.
    """

    id: CriterionId
    low: float
    high: float
    counted: tuple[str, ...] = ()
    note: str = ""
    unproved: tuple[str, ...] = ()

    @property
    def doubt(self) -> str:
        """The first of what is not proved, in a sentence, and how many more; empty without any."""
        return f"not proved from the files: {shown(self.unproved)}" if self.unproved else ""

    @property
    def scored(self) -> bool:
        """Whether the measure counts in the ranking: it has a count or an upper end."""
        return bool(self.low or self.counted or self.unproved) or not isinf(self.high)

    @property
    def exact(self) -> bool:
        """Both ends are the same."""
        return self.low == self.high

    @property
    def text(self) -> str:
        """The number as it stands in a table; `≥` where the upper end is open."""
        if not self.scored:
            return "not scored"
        return interval(self.low, self.high, partial(amount, self.id))


def number(value: float) -> str:
    """A number without a needless decimal part, thousands set apart."""
    return money(value).rstrip("0") if "." in money(value) else money(value)


def money(value: float) -> str:
    """An amount of money: two decimals, or none where it is whole."""
    return f"{value:,.2f}".removesuffix(".00")


def amount(criterion: str, value: float) -> str:
    """A value of this criterion as it is shown: money with its cents, else a plain number."""
    if criterion == SLA and not value:
        return "none"
    paid = any(c.id == criterion and c.money for c in criteria())
    return money(value) if paid else number(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject(Once):
    """What is measured: a topology, the APIs it publishes, the tier it runs on, what is paid for.

    `requirements` are those that change what is paid for: nothing else is measured by them.
    `openings` are what the input may open beside what is drawn, `callers` by the id of each
    published Service who is known to call its pods inside the cluster.
    """

    topology: Topology
    mapping: Mapping
    tier: Tier
    requirements: Requirements = Requirements()
    traffic: Traffic = Traffic()
    controller: Controller | None = None
    openings: tuple[Opening, ...] = ()
    callers: tuple[tuple[str, tuple[Caller, ...]], ...] = ()
    proved: Proved = field(default_factory=Proved)

    @classmethod
    def of(cls, drawn: Drawn, proved: Proved) -> Subject:
        """An option as it is drawn, and what its files prove."""
        return cls(
            topology=drawn.topology,
            mapping=drawn.mapping,
            tier=drawn.tier,
            requirements=paid_for(drawn.workload.requirements),
            traffic=drawn.workload.traffic,
            controller=drawn.controller,
            openings=tuple(_openings(drawn)),
            callers=tuple(_callers(drawn)),
            proved=proved,
        )

    @property
    def purchase(self) -> Purchase:
        """What of it is paid for."""
        return Purchase(self.topology, self.tier, self.requirements, self.traffic)


def _openings(drawn: Drawn) -> Iterator[Opening]:
    """Those of the input thafter closing leaves: a narrowed policy opens nothing."""
    gone = {(g.kind, g.name, g.place) for g in narrowed(drawn.workload, drawn.topology)}
    for opening in drawn.workload.openings:
        if (opening.kind, opening.name, opening.place) not in gone:
            yield opening


def _callers(drawn: Drawn) -> Iterator[tuple[str, tuple[Caller, ...]]]:
    for service in drawn.published:
        calls = drawn.workload.graph.holding({service.id, service.origin, *service.same_pods})
        yield service.id, tuple(dict.fromkeys(c.caller for c in calls))


def exact(id: CriterionId, counted: tuple[str, ...], value: float | None = None) -> Measure:
    """A measure without doubt: how many were counted, or this value."""
    found = float(len(counted) if value is None else value)
    return Measure(id, found, found, counted)
