"""Which workloads deserve to be looked at first, and why: by what was found, not by a score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf

from apim_aks.decision.measures import number
from apim_aks.listing import counted
from apim_aks.portfolio.assessment import Assessment, State
from apim_aks.portfolio.running import Row

ORDER = (
    "not assessed",
    "failed checks of the chosen option",
    "no option, or a recorded one that is not first",
    "public endpoints of the cluster",
    "bypass exposure",
    "parts of the input left out",
    "openings that no check models",
    "operations that one leaked credential opens",
)
"""What is compared, the gravest first; workloads that are alike stand in order of their paths."""

NOTHING = "nothing of these"


def by_risk(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows, the gravest first."""
    return tuple(sorted(rows, key=lambda r: (*(-v for v in _values(r.found)), r.label)))


def gravest(found: Assessment) -> str:
    """The first of `ORDER` that was found; `NOTHING` without any."""
    return next((kind for kind, v in zip(ORDER, _values(found), strict=True) if v), NOTHING)


def why(found: Assessment) -> str:
    """The gravest thing that was found, in a few words."""
    placed, kind = found.placed, gravest(found)
    if found.state is not State.ASSESSED:
        return f"not assessed: {found.state.label}"
    if placed is None:
        return "no option meets every requirement"
    words = (
        "",
        counted(len(placed.failed), "failed check"),
        "the recorded option is not first",
        f"public endpoints: {placed.public_endpoints.text(number)}",
        f"bypass exposure: {placed.bypass.text(number)} of 3",
        f"{counted(len(found.left_out), 'part')} of the input left out",
        f"{counted(found.openings, 'opening')} that no check models",
        f"operations that one leaked credential opens: {placed.blast_radius.text(number)}",
        NOTHING,
    )
    return words[(*ORDER, NOTHING).index(kind)]


def _values(found: Assessment) -> Iterator[float]:
    """The numbers behind `ORDER`; whatever is not known counts as the most it can be."""
    placed = found.placed
    yield found.state is not State.ASSESSED
    yield len(placed.failed) if placed else 0
    yield found.state is State.ASSESSED and (placed is None or not found.holds)
    yield _top(placed.public_endpoints.high) if placed else inf
    yield _top(placed.bypass.high) if placed else inf
    yield len(found.left_out)
    yield found.openings
    yield _top(placed.blast_radius.high) if placed else inf


def _top(high: float | None) -> float:
    return inf if high is None else high
