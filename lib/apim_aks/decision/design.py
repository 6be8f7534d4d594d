"""The whole chain in one pure call: a workload in, a design out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from apim_aks.apis.mapping import Mapping, map_services, nothing_published, proposes_mesh
from apim_aks.apis.mapping.taken import taken
from apim_aks.decision.kept import held_to_its_files
from apim_aks.decision.placement import (
    Again,
    DrawnAs,
    Placement,
    contending,
    counted,
    drawn_as,
    placed,
    variants,
)
from apim_aks.decision.proved import Proofs
from apim_aks.decision.ranking import (
    Contender,
    Ranking,
    Size,
    Weights,
    best_of_each,
    rank,
    weights_of,
)
from apim_aks.errors import InputError
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.once import Once
from apim_aks.options import OPTIONS, Option
from apim_aks.options.choices import Choices
from apim_aks.workload.collector import without_collector
from apim_aks.workload.finding import Finding, one_of
from apim_aks.workload.model import Requirements, Workload

__all__ = [
    "Design",
    "Mapped",
    "Placement",
    "design",
    "mapped",
    "placed",
    "rank_placements",
    "redesign",
    "with_requirement",
]

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
    "web_application_firewall",
)
"""Requirements that choose a tier or rule an option out, and that no picture or file reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design(Once):
    """Everything that pictures, pages, artefacts and checks are made of.

    `placements` has one of each option: the combination of choices that stands for it. `variants`
    has every allowed one, drawn, counted and judged, in the order of the `options`.
    """

    workload: Workload
    mapping: Mapping
    placements: tuple[Placement, ...]
    ranking: Ranking
    proofs: Proofs = field(repr=False, compare=False)
    variants: tuple[Placement, ...] = ()
    options: tuple[Option, ...] = ()

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

    def combinations(self, option: str) -> tuple[Placement, ...]:
        """Every allowed combination of choices of this option, the usual one first."""
        return tuple(v for v in self.variants if v.option.id == option)

    @property
    def contenders(self) -> tuple[Placement, ...]:
        """Every ranked combination; the one that stands for its option has its own proof."""
        options = (contending(self.combinations(p.option.id)) for p in self.placements)
        pairs = zip(options, self.placements, strict=True)
        return tuple(p if v.choices == p.choices else v for those, p in pairs for v in those)

    def cheaper(self, placement: Placement) -> Placement | None:
        """The cheapest combination of its option that is in; None where none costs less."""
        within = [v for v in self.combinations(placement.option.id) if v.within]
        first = min(within, key=lambda v: v.measure(MONTHLY_COST).low, default=placement)
        less = first.measure(MONTHLY_COST).low < placement.measure(MONTHLY_COST).low
        return first if less else None

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

    @property
    def handed_over(self) -> tuple[Placement, ...]:
        """Those that somebody may build: the recorded or first one, and those that are pinned."""
        pinned = {option for option, _ in self.workload.pins}
        return tuple(p for p in self.placements if p is self.chosen or p.option.id in pinned)


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
    """Map the Services, draw and count each option's combinations, rule out, rank.

    Raises:
        InputError: nothing is published, or a pinned tier or choice is none of its option.
    """
    return workload.once(_design, tuple(options))


@without_collector()
def _design(workload: Workload, options: tuple[Option, ...]) -> Design:
    made = mapped(workload, options)
    workload, mapping = made.workload, made.mapping
    if not mapping.published:
        raise InputError(nothing_published(workload, mapping))
    proofs = Proofs(workload)
    found = {o: variants(workload, mapping, o, proofs, Again()) for o in options}
    return _designed(workload, mapping, found, proofs, {})


def _designed(
    workload: Workload,
    mapping: Mapping,
    found: dict[Option, tuple[Placement, ...]],
    proofs: Proofs,
    known: dict[DrawnAs, Placement],
    whole: bool = True,
) -> Design:
    """The design of these options; what stands is counted and ranked with its own proof."""
    options = [contending(those) for those in found.values()]
    best = _best(mapping, options, workload)
    proved = (_proved(_standing(c, best), proofs, known) for c in options)
    own = [held_to_its_files(p) for p in proved]
    pairs = zip(options, own, strict=True)
    stand = [_ranked(c, p) for c, p in pairs]
    contenders = [Contender.of(v, whole) for c in stand for v in c]
    ranking = rank(contenders, weights_of(workload), _size(mapping), whole)
    return Design(
        workload=workload,
        mapping=mapping,
        placements=tuple(own),
        ranking=ranking,
        proofs=proofs,
        variants=tuple(v for those in found.values() for v in those),
        options=tuple(found),
    )


def _ranked(found: Sequence[Placement], stands: Placement) -> list[Placement]:
    """What is ranked of an option: nothing of one that its own files rule out."""
    ranked = found if stands.within else [stands]
    return [stands if v.choices == stands.choices else v for v in ranked]


def _best(
    mapping: Mapping, options: Sequence[tuple[Placement, ...]], workload: Workload
) -> dict[str, Choices]:
    """The choices that come first in each option; an option that has but one needs no ranking."""
    several = [v for found in options if len(found) > 1 for v in found]
    if not several:
        return {}
    best = best_of_each([Contender.of(v) for v in several], weights_of(workload), _size(mapping))
    return {s.option: s.choices for s in best}


def _proved(placement: Placement, proofs: Proofs, known: dict[DrawnAs, Placement]) -> Placement:
    """The placement counted with its own proof, which it may have already."""
    if placement.proved.of is placement.topology:
        return placement
    before = known.get(drawn_as(placement, placement.option))
    if before is not None:
        return replace(placement, measures=before.measures, proved=before.proved)
    proved = proofs.of(placement)
    if placement.proved.asked and proved.proof is placement.proved.proof:
        return replace(placement, proved=proved)
    return counted(placement, proved, placement.pinned)


def _standing(found: tuple[Placement, ...], best: dict[str, Choices]) -> Placement:
    """The best of those that may stand for an option; the only one where none is ranked."""
    first = found[0]
    return next((c for c in found if c.choices == best.get(c.option.id)), first)


def _found(workload: Workload, mapping: Mapping, options: list[str]) -> tuple[Finding, ...]:
    """What is wrong with the input, with what only mapping and options show of it."""
    unknown = (
        Finding(o.file, o.line, f"the unknown option {o.id!r}", one_of(o.id, options))
        for o in workload.named_options
        if o.id not in options
    )
    return tuple(
        dict.fromkeys((*workload.findings, *mapping.findings, *unknown, *taken(workload, mapping)))
    )


@without_collector()
def redesign(made: Design, workload: Workload, whole: bool = True) -> Design:
    """The same Services and options under other requirements, tiers, weights or units.

    What the change cannot touch is not drawn again: it is the same topology, counted the same. Who
    asks for the ranking alone needs not the `whole` of the combinations: those with another than
    the usual entry contend only where none of the usual ones is in, and nothing says what the order
    hangs on.
    """
    alike = _as_drawn(made.workload) == _as_drawn(workload)
    seen = {drawn_as(v, v.option): v for v in made.variants}
    known = seen if alike else {}
    stood = {drawn_as(p, p.option): p for p in made.placements} if alike else {}
    proofs = made.proofs
    again = Again(known=known, seen=seen, whole=whole)
    found = {o: variants(workload, made.mapping, o, proofs, again) for o in made.options}
    return _designed(workload, made.mapping, found, proofs, stood, whole)


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


def rank_placements(mapping: Mapping, placements: Sequence[Placement], weights: Weights) -> Ranking:
    """The ranking of these placements under these weights: what a slider asks for."""
    return rank([Contender.of(p) for p in placements], weights, _size(mapping))


def _size(mapping: Mapping) -> Size:
    return Size(len(mapping.published), len(mapping.operations))


def with_requirement(workload: Workload, **changes: object) -> Workload:
    """The same workload with other requirements."""
    wanted = replace(workload.requirements, **changes)  # type: ignore[arg-type]
    named = tuple(dict.fromkeys((*workload.named_requirements, *changes)))
    return replace(workload, requirements=wanted, named_requirements=named)
