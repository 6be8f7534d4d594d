"""The effect of adding or removing a requirement, and which to relax if no option is left.

The design is made again for each changed requirement; nothing here decides by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import chain, combinations
from math import floor
from typing import Any

from apim_aks.decision.design import Design, redesign, with_requirement
from apim_aks.decision.measures import number
from apim_aks.facts import requirement_row, tiers
from apim_aks.facts.criterion_ids import MONTHLY_COST, SLA
from apim_aks.rounding import rounded
from apim_aks.workload.collector import without_collector
from apim_aks.workload.model import Consumer, Requirements, Workload

SECOND = 2


@dataclass(frozen=True, slots=True)
class RequirementChange:
    """One requirement made weaker (`relaxes`) or stronger, with a description."""

    requirement: str
    words: str
    relaxes: bool
    apply: Callable[[Workload], Workload]

    @property
    def sentence(self) -> str:
        """The requirement with the change in brackets."""
        return f"{requirement_row(self.requirement).label} ({self.words})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The effect of a change: the new winner, options that return, options ruled out.

    `beside` are those that would no longer be compared, `tiers` names the options that would move
    to another tier; `lead` is the winner's.
    """

    change: RequirementChange
    winner: str
    lead: float
    back: tuple[str, ...]
    out: tuple[str, ...]
    beside: tuple[str, ...]
    tiers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WayBack:
    """Requirements that have to be relaxed together, and the options that then remain."""

    changes: tuple[RequirementChange, ...]
    options: tuple[str, ...]


Each = Callable[
    [Callable[[RequirementChange], Effect], Iterable[RequirementChange]], Iterable[Effect]
]


def effects(made: Design, each: Each = map) -> tuple[Effect, ...]:
    """The effect of removing each stated requirement and of adding each other one.

    `each` works them out where nobody has done so.
    """
    if not made.has(_effects):
        made.keep(_effects(made, each), _effects)
    return made.once(_effects)


@without_collector()
def _effects(made: Design, each: Each = map) -> tuple[Effect, ...]:
    changes = chain(relaxations(made.workload), additions(made))
    return tuple(each(partial(_effect, made), changes))


def ways_back(made: Design) -> tuple[WayBack, ...]:
    """If no option is left: the single requirements, otherwise pairs, to relax."""
    return () if made.ranking.standings else made.once(_ways_back)


@without_collector()
def _ways_back(made: Design) -> tuple[WayBack, ...]:
    changes = tuple(relaxations(made.workload))
    alone = [w for c in changes if (w := _way(made, (c,))).options]
    pairs = (p for p in combinations(changes, 2) if p[0].requirement != p[1].requirement)
    return tuple(alone or (w for p in pairs if (w := _way(made, p)).options))


def relaxations(workload: Workload) -> Iterator[RequirementChange]:
    """The removal of each stated requirement, and of each place of consumers."""
    places = workload.consumers
    for place in places:
        rest = tuple(p for p in places if p is not place) or (Consumer.SAME_VNET,)
        if rest != places:
            words = f"without those {place.place}" if len(places) > 1 else _instead(rest[0])
            yield _moved(rest, words, True)
    asked = workload.requirements
    for field in fields(Requirements):
        if getattr(asked, field.name) != field.default:
            yield _required(field.name, "not required", True, field.default)


def additions(made: Design) -> Iterator[RequirementChange]:
    """The addition of each unstated requirement, with values that affect the first option."""
    workload = made.workload
    for place in Consumer:
        if place not in workload.consumers:
            yield _moved((*workload.consumers, place), f"also those {place.place}", False)
    for field in fields(Requirements):
        if getattr(workload.requirements, field.name) == field.default:
            yield from _asked(made, field.name, field.default)


def _asked(made: Design, name: str, default: object) -> Iterator[RequirementChange]:
    first = made.placement(made.ranking.winner) if made.ranking.winner else None
    if default is False:
        yield _required(name, "required", False, True)
    elif name in ("regions", "host_names"):
        yield _required(name, f"at least {SECOND}", False, SECOND)
    elif first and name == "tiers_allowed":
        others = tuple(t.arm_name for t in tiers() if t.name != first.tier.name)
        yield _required(name, f"all but {first.tier.name}", False, others)
    elif first and name == "sla_percent":
        above = rounded(first.measure(SLA).high + 0.01, 2)
        words = f"at least {number(above)} %, above what the first option promises"
        yield _required(name, words, False, above)
    elif name == "recovery_minutes":
        yield _required(name, "within 60 minutes", False, 60.0)
    elif first and name == "monthly_budget":
        below = float(floor(first.measure(MONTHLY_COST).low))
        words = f"at most {number(below)}, below the cost of the first option"
        yield _required(name, words, False, below)


def _instead(place: Consumer) -> str:
    return f"{place.place} instead"


def _moved(places: tuple[Consumer, ...], words: str, relaxes: bool) -> RequirementChange:
    return RequirementChange("consumers", words, relaxes, partial(replace, consumers=places))


def _required(name: str, words: str, relaxes: bool, value: object) -> RequirementChange:
    asked: dict[str, Any] = {name: value}
    return RequirementChange(name, words, relaxes, partial(with_requirement, **asked))


def _effect(made: Design, change: RequirementChange) -> Effect:
    with made.proofs.for_now():
        other = redesign(made, change.apply(made.workload), whole=False)
    now, then = _within(made), _within(other)
    pairs = zip(made.placements, other.placements, strict=True)
    return Effect(
        change=change,
        winner=other.ranking.winner,
        lead=other.ranking.lead,
        back=tuple(o for o in then if o not in now),
        out=tuple(p.option.id for p in other.placements if p.ruled_out and p.option.id in now),
        beside=tuple(p.option.id for p in other.placements if p.beside and p.option.id in now),
        tiers=tuple((b.option.id, b.tier.name) for a, b in pairs if a.tier != b.tier),
    )


def _way(made: Design, changes: tuple[RequirementChange, ...]) -> WayBack:
    workload = made.workload
    for change in changes:
        workload = change.apply(workload)
    return WayBack(changes, _within(redesign(made, workload, whole=False)))


def _within(made: Design) -> tuple[str, ...]:
    return tuple(p.option.id for p in made.placements if p.within)
