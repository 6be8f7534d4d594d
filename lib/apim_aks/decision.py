"""Which option comes first, by how much, and how far a weight must move before another does.

A weighted sum over axes. Each criterion has a fixed scale (`data/criteria.csv`), so that neither
adding nor ruling out an option changes another's score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apim_aks.facts import Criterion, axes, preset
from apim_aks.measures import Measure, measured_criteria
from apim_aks.requirements import RuledOut
from apim_aks.workload import Workload

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is published: the scales of some criteria grow with it."""

    services: int
    operations: int


@dataclass(frozen=True, slots=True)
class Contender:
    """An option's measures, and what rules it out."""

    option: str
    measures: tuple[Measure, ...]
    ruled_out: tuple[RuledOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What one criterion adds to an option's total: value (0 worst, 1 best) times weight."""

    criterion: str
    axis: str
    value: float
    weight: float

    @property
    def contribution(self) -> float:
        """Value times weight."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Standing:
    """An option's place in the ranking; `total` is the sum of its scores, 0 to 1."""

    option: str
    total: float
    scores: tuple[Score, ...]

    def axis_value(self, axis: str) -> float:
        """How good the option is on one axis, 0 to 1, whatever the axis weighs."""
        scores = [s for s in self.scores if s.axis == axis]
        whole = sum(s.weight for s in scores)
        return sum(s.contribution for s in scores) / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class Flip:
    """The weights of an axis, nearest below and above, at which another option comes first."""

    axis: str
    weight: float
    below: tuple[float, str] | None
    above: tuple[float, str] | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who comes first and why: weights that sum to one, standings best first, who is out."""

    weights: tuple[tuple[str, float], ...]
    standings: tuple[Standing, ...]
    ruled_out: tuple[RuledOut, ...]
    flips: tuple[Flip, ...]

    @property
    def winner(self) -> str:
        """The first option's id; empty when every option is ruled out."""
        return self.standings[0].option if self.standings else ""

    @property
    def lead(self) -> float:
        """How far the first is ahead of the second; the total itself where there is no second."""
        totals = [s.total for s in self.standings[:2]]
        return totals[0] - totals[1] if len(totals) == 2 else sum(totals)


def weights_of(workload: Workload) -> dict[str, float]:
    """The weight of each axis: the workload's own, else its preset's; they sum to one."""
    own = dict(workload.weights)
    return normalised(own or dict(preset(workload.preset).weights))


def normalised(weights: Weights) -> dict[str, float]:
    """The weights of every axis, scaled to sum to one; all equal where all are zero."""
    known = {a.id: max(0.0, float(weights.get(a.id, 0.0))) for a in axes()}
    whole = sum(known.values())
    return {id: w / whole if whole else 1 / len(known) for id, w in known.items()}


def value(criterion: Criterion, measure: Measure, size: Size) -> float:
    """Where a measure lies on its criterion's fixed scale: 0 at or beyond worst, 1 at best.

    An interval counts at its worse end, an open one at the end that is known.
    """
    worst = criterion.worst_for(size.services, size.operations)
    ends = [measure.low] if math.isinf(measure.high) else [measure.low, measure.high]
    return min(_on_scale(x, worst, criterion.best, criterion.shape) for x in ends)


def _on_scale(x: float, worst: float, best: float, shape: str) -> float:
    if worst == best:
        return 1.0 if x == best else 0.0
    if shape == "log":
        x, worst, best = (math.log1p(max(0.0, v)) for v in (x, worst, best))
    return min(1.0, max(0.0, (x - worst) / (best - worst)))


def rank(contenders: Sequence[Contender], weights: Weights, size: Size) -> Ranking:
    """The options that are in, best first, equal ones in the order they came."""
    scaled = normalised(weights)
    within = [c for c in contenders if not c.ruled_out]
    standings = [standing(c, scaled, size) for c in within]
    ordered = tuple(sorted(standings, key=lambda s: -round(s.total, 12)))
    out = tuple(reason for c in contenders for reason in c.ruled_out)
    flips = tuple(_flip(axis, scaled, ordered) for axis in scaled)
    return Ranking(tuple(scaled.items()), ordered, out, flips)


def standing(contender: Contender, weights: Weights, size: Size) -> Standing:
    """An option's scores under weights that sum to one, and their total."""
    measures = {m.id: m for m in contender.measures}
    criteria = [c for c in measured_criteria() if c.id in measures]
    shares = {a: sum(c.share for c in criteria if c.axis == a) for a in weights}
    present = sum(w for a, w in weights.items() if shares[a]) or 1.0
    scores = tuple(
        Score(
            c.id,
            c.axis,
            value(c, measures[c.id], size),
            weights[c.axis] / present * c.share / shares[c.axis],
        )
        for c in criteria
    )
    return Standing(contender.option, sum(s.contribution for s in scores), scores)


def _flip(axis: str, weights: Weights, standings: Sequence[Standing]) -> Flip:
    """Totals are straight lines in one axis' weight, so they cross at most once each."""
    now = weights[axis]
    if len(standings) < 2 or now >= 1.0:
        return Flip(axis, now, None, None)
    lines = {s.option: _line(s, axis, weights) for s in standings}
    first = standings[0].option
    below: tuple[float, str] | None = None
    above: tuple[float, str] | None = None
    for option in lines:
        crossing = _crossing(lines[first], lines[option]) if option != first else None
        if crossing is None or not 0.0 <= crossing <= 1.0:
            continue
        if crossing < now and (below is None or crossing > below[0]):
            below = (crossing, option)
        if crossing >= now and (above is None or crossing < above[0]):
            above = (crossing, option)
    return Flip(axis, now, below, above)


def _line(standing: Standing, axis: str, weights: Weights) -> tuple[float, float]:
    """Total at weight 0 and at weight 1 of the axis, the other axes rescaled in proportion."""
    others = {a: w for a, w in weights.items() if a != axis}
    whole = sum(others.values())
    rest = sum(w / whole * standing.axis_value(a) for a, w in others.items()) if whole else 0.0
    return rest, standing.axis_value(axis)


def _crossing(one: tuple[float, float], other: tuple[float, float]) -> float | None:
    slope = (one[1] - one[0]) - (other[1] - other[0])
    return (other[0] - one[0]) / slope if abs(slope) > 1e-12 else None
