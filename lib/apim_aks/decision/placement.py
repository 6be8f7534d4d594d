"""A placement: an option with its choices on a tier, drawn, counted and judged."""

from __future__ import annotations

from collections.abc import Mapping as Known
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from apim_aks.apis.mapping import Mapping
from apim_aks.decision.admissions import admissions_of
from apim_aks.decision.candidate import Candidate
from apim_aks.decision.measures import Measure, Measures, Subject
from apim_aks.decision.proved import Proofs, Proved
from apim_aks.decision.requirements import (
    NotCompared,
    RuledOut,
    Undecided,
    not_compared,
    ruled_out,
    undecided,
)
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.options import Option, Setting
from apim_aks.options.choices import Choices
from apim_aks.options.drawn import Bases, Drawn, drawn
from apim_aks.options.tier_choice import settings_of
from apim_aks.workload.guards.admission import Admission
from apim_aks.workload.model import Pin, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement(Drawn):
    """An option on a tier, drawn, counted and judged.

    `pinned` says that the architect chose the tier. `ruled_out` and `not_compared` are the
    requirements that it misses as drawn, `undecided` those of which nobody can tell, `admissions`
    what a mesh refuses it, `proved` who reaches what once the files are applied, its own where it
    stands for its option.
    """

    measures: Measures
    ruled_out: tuple[RuledOut, ...] = ()
    pinned: bool = False
    not_compared: tuple[NotCompared, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    admissions: tuple[Admission, ...] = ()
    proved: Proved = field(default_factory=Proved, compare=False)

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
        return self.measures.of(id)


DrawnAs = tuple[str, str, str, Choices]


def drawn_as(setting: Setting, option: Option) -> DrawnAs:
    """The key of a drawing, apart from the workload: option, tier, controller, choices."""
    return option.id, setting.tier.name, setting.controller.id, setting.choices


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What a design that is made again takes from the one before, and what is asked of it.

    Combinations that are `known` are only judged again; what was `seen` with an equal picture has
    the same measures where it is measured by equal things. Without `whole` only those combinations
    are made that may stand for their option.
    """

    known: Known[DrawnAs, Placement] = field(default_factory=dict)
    seen: Known[DrawnAs, Placement] = field(default_factory=dict)
    whole: bool = True


def variants(
    workload: Workload, mapping: Mapping, option: Option, proofs: Proofs, again: Again
) -> tuple[Placement, ...]:
    """Every allowed combination of the option, or those that may stand for it.

    Those with the usual entry are counted with one proof: what stands before the gateway changes no
    way into the cluster, unless it is one. The others are counted as they are drawn. Whichever
    stands for the option gets a proof of its own.
    """
    pinned = bool(dict(workload.pins).get(option.id, Pin()).tier)
    settings = settings_of(workload, mapping, option)
    usual = settings[0][1].choices.entry
    shared: Proved | None = None
    found: list[Placement] = []
    bases = Bases()
    for chosen, setting in settings:
        is_usual = setting.choices.entry == usual
        if not (again.whole or is_usual) and any(v.within for v in found):
            break
        if before := again.known.get(drawn_as(setting, option)):
            found.append(_judged_again(before, workload, pinned))
            continue
        one, alike = _as_before(drawn(setting, chosen, bases), again.seen)
        if not is_usual or not _led_into_alike(one, found):
            found.append(counted(one, Proved(), pinned, alike))
            continue
        shared = shared or proofs.of(one)
        found.append(counted(one, shared, pinned, alike))
    return tuple(found)


def _as_before(one: Drawn, seen: Known[DrawnAs, Placement]) -> tuple[Drawn, Placement | None]:
    """What was drawn with the picture of before, where that is equal, and who has it."""
    before = seen.get(drawn_as(one, one.option))
    if before is None or before.topology != one.topology:
        return one, None
    return replace(one, topology=before.topology), before


def _led_into_alike(one: Drawn, others: list[Placement]) -> bool:
    """A gateway in the cluster is itself a way into it, which may be public or not."""
    gateway = one.topology.self_hosted
    known = next((o.topology.self_hosted for o in others), gateway)
    return gateway is None or known is None or gateway.exposure is known.exposure


def _judged_again(before: Placement, workload: Workload, pinned: bool) -> Placement:
    """The same picture under other rules."""
    candidate = Candidate(
        workload,
        before.option,
        before.tier,
        before.topology,
        before.measures,
        before.admissions,
    )
    return replace(before, workload=workload, pinned=pinned, **_judged(candidate))


def contending(found: tuple[Placement, ...]) -> tuple[Placement, ...]:
    """The combinations that may stand for an option: those in which no requirement is missed.

    Those with another than the usual entry are asked only where none of the usual ones is in. Where
    none is in at all, the one that misses least stands for the option.
    """
    usual = found[0].choices.entry
    for group in ([v for v in found if v.choices.entry == usual], found):
        if within := tuple(v for v in group if v.within):
            return within
    return (min(found, key=lambda v: (len(v.ruled_out), len(v.not_compared))),)


def placed(setting: Setting, option: Option, pinned: bool = False) -> Placement:
    """The option drawn, proved and counted in this setting."""
    one = drawn(setting, option)
    return counted(one, Proofs(setting.workload).of(one), pinned)


def counted(
    one: Drawn,
    proved: Proved,
    pinned: bool = False,
    alike: Placement | None = None,
) -> Placement:
    """What was drawn, counted with this proof and judged.

    An equal subject has the measures of the one that is `alike`.
    """
    measures = Measures(Subject.of(one, proved))
    before = alike.measures if alike else None
    if before and before.subject.proved.asked and before.subject == measures.subject:
        measures = before
    refused = admissions_of(one)
    judged = _judged(Candidate(one.workload, one.option, one.tier, one.topology, measures, refused))
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
