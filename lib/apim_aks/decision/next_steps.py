"""What is left to do, the most severe first: for the first page and for the decision record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from apim_aks.apis.mapping import About
from apim_aks.decision.changes import effects
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.exposed import exposed_sentence, reached_sentence
from apim_aks.decision.measures import number
from apim_aks.decision.outcome import (
    effect_sentence,
    hinge_sentence,
    inside,
    title,
    undecided_sentence,
)
from apim_aks.decision.stated import missing
from apim_aks.listing import counted
from apim_aks.topology.check import Check, Severity, State
from apim_aks.workload.kubernetes.ending import endings
from apim_aks.workload.model import Requirements
from apim_aks.workload.opening import alike

NO_REQUIREMENT_STATED = "No requirement is stated. These would change the answer:"


class Urgency(IntEnum):
    """The decision or stage that a step blocks."""

    DECISION = 1
    WINNER = 2
    LIVE = 3

    @property
    def label(self) -> str:
        """The urgency as the heading of a list."""
        return {
            1: "Before a decision",
            2: "Could change the decision",
            3: "Before it goes live",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do, and what it blocks."""

    urgency: Urgency
    sentence: str


def next_steps(design: Design, checks: Sequence[Check]) -> tuple[Step, ...]:
    """Failures, gaps in the input, unknowns, questions and checks that were not run, in order."""
    found = (*_blocking(design, checks), *_turning(design), *_before_live(design, checks))
    return tuple(sorted(found, key=lambda step: step.urgency))


def _blocking(design: Design, checks: Sequence[Check]) -> Iterator[Step]:
    refused = sum(f.refused for f in design.workload.findings)
    if refused:
        said = "was left out; see the findings about the input"
        yield Step(Urgency.DECISION, f"{counted(refused, 'part')} of the input {said}.")
    for note in design.mapping.notes:
        if note.about is About.CHOICE:
            yield Step(Urgency.DECISION, f"{note.sentence[:1].upper()}{note.sentence[1:]}.")
    chosen = design.chosen
    if chosen is None:
        yield Step(Urgency.DECISION, "No option that is compared meets every requirement.")
        return
    for open_ in chosen.undecided:
        yield Step(Urgency.DECISION, f"{undecided_sentence(design, open_)}.")
    if sentence := _unmeasured(design, chosen):
        yield Step(Urgency.DECISION, sentence)
    for check in _ended(checks, chosen.option.id, State.FAIL):
        at = Urgency.DECISION if check.severity is Severity.MUST else Urgency.LIVE
        yield Step(at, f"A check fails. Expected: {check.expected}. Observed: {check.observed}.")


def _unmeasured(design: Design, chosen: Placement) -> str:
    """A load is stated, and nobody knows whether the size carries it; else empty."""
    traffic = design.workload.traffic
    load = traffic.requests_per_second
    if not load or traffic.per_unit(chosen.tier) is not None:
        return ""
    return (
        f"Measure what a unit of {chosen.tier.name} carries. Whether the size suffices for "
        f"{number(load)} requests a second is not known, and each further unit adds to the cost."
    )


def _turning(design: Design) -> Iterator[Step]:
    for hinge in design.ranking.hinges:
        action = "Confirm a judgement" if hinge.judgement else "Find out what is not known"
        yield Step(Urgency.WINNER, f"{action}. {hinge_sentence(design, hinge)}.")
    if lacking := missing(design):
        yield Step(Urgency.WINNER, f"State what is to count: {lacking}.")
    for winner, asked in _unasked(design).items():
        each = f"each puts {title(design, winner)} first" if winner else "no option meets it"
        yield Step(Urgency.WINNER, f"Ask whether these are required ({each}): {'; '.join(asked)}.")


def _unasked(design: Design) -> dict[str, list[str]]:
    """The requirements that are not asked and would turn the answer, by who would be first."""
    found: dict[str, list[str]] = {}
    for effect in effects(design):
        if effect.winner != design.ranking.winner and not effect.change.relaxes:
            found.setdefault(effect.winner, []).append(inside(effect.change.sentence))
    return found


def _before_live(design: Design, checks: Sequence[Check]) -> Iterator[Step]:
    chosen = design.chosen
    waiting = _ended(checks, chosen.option.id, State.NOT_RUN) if chosen else []
    reasons: dict[str, int] = {}
    for check in waiting:
        reasons[check.reason] = reasons.get(check.reason, 0) + 1
    for reason, count in reasons.items():
        yield Step(Urgency.LIVE, f"{counted(count, 'check')} not run: {reason}.")
    if design.workload.openings:
        count = len(list(alike(design.workload.openings)))
        said = "may open more than is counted; see the findings about the input"
        yield Step(Urgency.LIVE, f"{counted(count, 'kind')} of objects in the input {said}.")
    for sentence in (
        reached_sentence(design),
        exposed_sentence(design),
        *(f"{e.called}." for e in endings(design.workload.documents)),
    ):
        if sentence:
            yield Step(Urgency.LIVE, sentence)


def _ended(checks: Sequence[Check], option: str, state: State) -> list[Check]:
    return [c for c in checks if c.option == option and c.state is state]


def unasked(design: Design) -> tuple[str, ...]:
    """Where no requirement is stated: each one that would change the first place, and how."""
    if design.workload.requirements != Requirements():
        return ()
    return tuple(
        effect_sentence(design, e)
        for e in effects(design)
        if e.winner != design.ranking.winner and not e.change.relaxes
    )
