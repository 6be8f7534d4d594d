"""The whole chain in one pure call: a workload in, a design out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeVar

from apim_aks.apis.mapping import Mapping, map_services, nothing_published, proposes_mesh
from apim_aks.decision.admissions import admissions_of
from apim_aks.decision.candidate import Candidate
from apim_aks.decision.measures import Measure, Subject, measure_all
from apim_aks.decision.proved import Proofs, Proved
from apim_aks.decision.ranking import Contender, Ranking, Size, Weights, rank, weights_of
from apim_aks.decision.requirements import (
    NotCompared,
    RuledOut,
    Undecided,
    not_compared,
    ruled_out,
    undecided,
)
from apim_aks.errors import InputError
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.options import OPTIONS, Option, Setting
from apim_aks.options.drawn import Drawn, drawn
from apim_aks.options.tier_choice import setting_of
from apim_aks.workload.finding import Finding, one_of
from apim_aks.workload.guards.admission import Admission
from apim_aks.workload.model import Pin, Requirements, Workload

T = TypeVar("T")
ONLY_JUDGED = (
    "no_public_cluster_endpoint",
    "private_gateway",
    "static_outbound_ip",
    "tiers_allowed",
    "monthly_budget",
    "sla_percent",
    "recovery_minutes",
    "overlapping_address_ranges",
    "host_names",
)
"""Requirements that choose a tier or rule an option out, and that no picture or file reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement(Drawn):
    """One way of doing it: an option on a tier, drawn, counted and judged.

    `pinned` says that the architect chose the tier. `ruled_out` and `not_compared` are the
    requirements that it misses as drawn, `undecided` those of which nobody can tell, `admissions`
    what a mesh refuses it, `proved` who reaches what once its files are applied.
    """

    measures: tuple[Measure, ...]
    proved: Proved = field(compare=False)
    ruled_out: tuple[RuledOut, ...] = ()
    pinned: bool = False
    not_compared: tuple[NotCompared, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    admissions: tuple[Admission, ...] = ()

    @property
    def within(self) -> bool:
        """No requirement is missed as drawn, so it is ranked."""
        return not (self.ruled_out or self.not_compared)

    @property
    def beside(self) -> bool:
        """What it misses as drawn would be met by something that is not drawn: it is not ranked."""
        return bool(self.not_compared) and not self.ruled_out

    @property
    def standing(self) -> Literal["met", "undecided", "not compared", "ruled out"]:
        """Whether every requirement is met, as far as anybody can tell."""
        if self.within:
            return "undecided" if self.undecided else "met"
        return "not compared" if self.beside else "ruled out"

    def measure(self, id: CriterionId) -> Measure:
        """The measure of this id."""
        return next(m for m in self.measures if m.id == id)


@dataclass(frozen=True, slots=True)
class Design:
    """Everything that pictures, pages, artefacts and checks are made of."""

    workload: Workload
    mapping: Mapping
    placements: tuple[Placement, ...]
    ranking: Ranking
    proofs: Proofs = field(repr=False, compare=False)
    _made: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, make: Callable[[Design], T]) -> T:
        """What `make` makes of this design, worked out the first time it is asked for."""
        if make not in self._made:
            self._made[make] = make(self)
        found: T = self._made[make]
        return found

    def placement(self, option: str) -> Placement:
        """The placement of this option.

        Raises:
            InputError: the option was not compared.
        """
        for placement in self.placements:
            if placement.option.id == option:
                return placement
        ids = ", ".join(p.option.id for p in self.placements)
        raise InputError(f"Option {option!r} was not compared; use one of {ids}.")

    @property
    def recorded(self) -> Placement | None:
        """The recorded option; None where none is recorded, or one that is not compared."""
        of_id = {p.option.id: p for p in self.placements}
        return of_id.get(self.workload.decided)

    @property
    def chosen(self) -> Placement | None:
        """The recorded option, else the first of the ranking; None where none is ranked."""
        first = self.ranking.winner
        return self.recorded or (self.placement(first) if first else None)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A workload and what its Services become, whether or not anything is published."""

    workload: Workload
    mapping: Mapping


def mapped(workload: Workload, options: Sequence[Option] = OPTIONS) -> Mapped:
    """Map the Services; what only mapping and options show of the input is among its findings.

    A mesh that refuses callers outside it is a requirement, unless the reader says otherwise.

    Raises:
        InputError: `publish` or `apis` names something that is not there or cannot be done.
    """
    mapping = map_services(workload)
    if proposes_mesh(workload, mapping):
        wanted = replace(workload.requirements, service_mesh=True)
        workload = replace(workload, requirements=wanted)
    found = _found(workload, mapping, [o.id for o in options])
    return Mapped(replace(workload, findings=found), mapping)


def design(workload: Workload, options: Sequence[Option] = OPTIONS) -> Design:
    """Map the Services, draw and count each option, rule out, rank.

    Raises:
        InputError: nothing is published, or a pinned tier cannot do its option.
    """
    made = mapped(workload, options)
    workload, mapping = made.workload, made.mapping
    if not mapping.published:
        raise InputError(nothing_published(workload, mapping))
    proofs = Proofs(workload)
    placements = tuple(place(workload, mapping, option, proofs) for option in options)
    ranking = rank_placements(mapping, placements, weights_of(workload))
    return Design(workload, mapping, placements, ranking, proofs)


def _found(workload: Workload, mapping: Mapping, options: list[str]) -> tuple[Finding, ...]:
    """What is wrong with the input, with what only mapping and options show of it."""
    unknown = (
        Finding(o.file, o.line, f"the unknown option {o.id!r}", one_of(o.id, options))
        for o in workload.named_options
        if o.id not in options
    )
    return tuple(dict.fromkeys((*workload.findings, *mapping.findings, *unknown)))


def redesign(made: Design, workload: Workload, units: int = 0) -> Design:
    """The same Services and options under other requirements, tiers or weights, in more units.

    What the change cannot touch is not drawn again: it is the same topology, counted the same.
    """
    alike = not units and _as_drawn(made.workload) == _as_drawn(workload)
    placements = tuple(
        _judged_again(p, workload, made.mapping) if alike else None for p in made.placements
    )
    again = tuple(
        found or place(workload, made.mapping, p.option, made.proofs, units)
        for found, p in zip(placements, made.placements, strict=True)
    )
    ranking = rank_placements(made.mapping, again, weights_of(workload))
    return Design(workload, made.mapping, again, ranking, made.proofs)


def _as_drawn(workload: Workload) -> Workload:
    """What pictures and measures read of a workload, apart from tiers and controllers."""
    blank = {f.name: f.default for f in fields(Requirements) if f.name in ONLY_JUDGED}
    wanted = replace(workload.requirements, **blank)  # type: ignore[arg-type]
    return replace(
        workload,
        requirements=wanted,
        weights=(),
        preset="",
        decided="",
        pins=(),
        named_requirements=(),
    )


def _judged_again(before: Placement, workload: Workload, mapping: Mapping) -> Placement | None:
    """The same picture under other rules; None where it needs another tier or controller."""
    setting = setting_of(workload, mapping, before.option)
    if (before.tier, before.controller) != (setting.tier, setting.controller):
        return None
    candidate = Candidate(
        workload,
        before.option,
        before.tier,
        before.topology,
        before.measures,
        before.admissions,
    )
    pinned = bool(dict(workload.pins).get(before.option.id, Pin()).tier)
    return replace(before, workload=workload, pinned=pinned, **_judged(candidate))


def rank_placements(mapping: Mapping, placements: Sequence[Placement], weights: Weights) -> Ranking:
    """The ranking of these placements under these weights: what a slider asks for."""
    contenders = [
        Contender(p.option.id, p.measures, p.ruled_out, p.not_compared) for p in placements
    ]
    return rank(contenders, weights, Size(len(mapping.published), len(mapping.operations)))


def with_requirement(workload: Workload, **changes: object) -> Workload:
    """The same workload with other requirements."""
    wanted = replace(workload.requirements, **changes)  # type: ignore[arg-type]
    named = tuple(dict.fromkeys((*workload.named_requirements, *changes)))
    return replace(workload, requirements=wanted, named_requirements=named)


def place(
    workload: Workload, mapping: Mapping, option: Option, proofs: Proofs, units: int = 0
) -> Placement:
    """The option on its pinned tier, or on the cheapest that meets it and the requirements.

    `units` asks for more units than the requirements need; 0 takes what they need.
    """
    pin = dict(workload.pins).get(option.id, Pin())
    return placed(setting_of(workload, mapping, option), option, bool(pin.tier), units, proofs)


def placed(
    setting: Setting,
    option: Option,
    pinned: bool = False,
    units: int = 0,
    proofs: Proofs | None = None,
) -> Placement:
    """The option drawn, proved and counted in this setting, in at least so many units of its tier.

    `proofs` are of the same workload, and keep what was proved already.
    """
    one = drawn(setting, option)
    proved = (proofs or Proofs(setting.workload)).of(one)
    measures = measure_all(Subject.of(one, proved, units))
    refused = admissions_of(one)
    judged = _judged(Candidate(one.workload, option, one.tier, one.topology, measures, refused))
    known = {f.name: getattr(one, f.name) for f in fields(Drawn)}
    return Placement(
        **known, measures=measures, proved=proved, pinned=pinned, admissions=refused, **judged
    )


def _judged(candidate: Candidate) -> dict[str, Any]:
    """The requirements that it misses, would meet with something undrawn, or may miss."""
    return {
        "ruled_out": ruled_out(candidate),
        "not_compared": not_compared(candidate),
        "undecided": undecided(candidate),
    }
