"""One hop of a call from the gateway, with the objects that decide about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from apim_aks.reachability.reach import Answer


class Step(StrEnum):
    """The steps of a call in their order; a relay or a route stands before some pods."""

    BACK_END = "back end"
    NAME = "name resolution"
    OUTBOUND = "outbound"
    FRONT = "front"
    ROUTE = "route"
    RELAY = "relay"
    POD = "pod"


@dataclass(frozen=True, slots=True)
class Hop:
    """Whether a call gets past one step; `because` names what decides, with its place."""

    step: Step
    answer: Answer
    because: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.step}: {'; '.join(self.because)}"


def passes(step: Step, *because: str) -> Hop:
    """A hop that is open."""
    return Hop(step, Answer.OPEN, because)


def breaks(step: Step, *because: str) -> Hop:
    """A hop that is closed."""
    return Hop(step, Answer.CLOSED, because)


def unsure(step: Step, *because: str) -> Hop:
    """An unknown hop; `because` names what is not understood."""
    return Hop(step, Answer.UNKNOWN, because)


def worst(hops: Iterable[Hop]) -> Hop | None:
    """The first that is closed, else the first that is unknown; None where all are open."""
    hops = tuple(hops)
    bad = (h for answer in (Answer.CLOSED, Answer.UNKNOWN) for h in hops if h.answer is answer)
    return next(bad, None)
