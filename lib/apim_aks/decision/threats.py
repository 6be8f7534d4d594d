"""The threats at each trust boundary, with the checks that answer them, or that they are open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apim_aks.decision.design import Placement
from apim_aks.decision.measures.exposure import further_bare_hops
from apim_aks.decision.outcome import inside
from apim_aks.facts import criterion
from apim_aks.facts.criterion_ids import UNAUTHENTICATED_HOPS
from apim_aks.facts.threats import Threat, threats
from apim_aks.listing import listed
from apim_aks.topology.check import Check, State


@dataclass(frozen=True, slots=True)
class Answered:
    """A threat to a placement: `state` is pass, fail, or not run for open."""

    boundary: str
    threat: str
    state: State
    words: str


def answered(placement: Placement, checks: Sequence[Check]) -> tuple[Answered, ...]:
    """Every threat that a check or a measure of this placement says something about."""
    own = {c.id.rpartition(".")[2]: c for c in checks if c.option == placement.option.id}
    found = ((t, [own[n] for n in t.checks if n in own]) for t in threats())
    return tuple(_answer(placement, t, about) for t, about in found if about or t.criterion)


def _answer(placement: Placement, threat: Threat, checks: Sequence[Check]) -> Answered:
    words = "; ".join((*_by_state(checks), *_left(placement, threat)))
    return Answered(threat.boundary, threat.threat, _state(placement, threat, checks), words)


def _state(placement: Placement, threat: Threat, checks: Sequence[Check]) -> State:
    """Passed only where every check passed and, where something is counted, nothing is left."""
    if any(c.state is State.FAIL for c in checks):
        return State.FAIL
    left = placement.measure(criterion(threat.criterion).id).high if threat.criterion else 0
    closed = not (left or _beside(placement, threat)) and all(c.state is State.PASS for c in checks)
    return State.PASS if closed else State.NOT_RUN


def _by_state(checks: Sequence[Check]) -> Iterator[str]:
    for state in State:
        names = [c.id.rpartition(".")[2] for c in checks if c.state is state]
        if names:
            yield f"{state.label}: {listed([f'`{n}`' for n in names])}"


def _left(placement: Placement, threat: Threat) -> Iterator[str]:
    if threat.criterion:
        row = criterion(threat.criterion)
        yield f"{inside(row.label)}: {placement.measure(row.id).text}{row.out_of}"
    if beside := _beside(placement, threat):
        yield f"also: {listed(beside, 3)}"


def _beside(placement: Placement, threat: Threat) -> tuple[str, ...]:
    """What belongs to the threat and is not counted by its criterion."""
    counted = threat.criterion == UNAUTHENTICATED_HOPS
    return further_bare_hops(placement.topology) if counted else ()
