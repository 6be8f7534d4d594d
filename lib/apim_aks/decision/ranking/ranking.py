"""Measures to values on fixed scales, values to a weighted sum over axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from functools import lru_cache, partial

from apim_aks.decision.measures import Measure, measured_criteria
from apim_aks.decision.ranking.model import Contender, Ranking, Score, Size, Standing, Weights
from apim_aks.decision.ranking.sensitivity import flip, hinges
from apim_aks.facts import Criterion, axes, criteria, criterion, preset
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.rounding import rounded, summed
from apim_aks.workload.model import Workload


def weights_of(workload: Workload) -> dict[str, float]:
    """The weight of each axis: the workload's own, else its preset's; they sum to one."""
    own = dict(workload.weights)
    return normalised(own or dict(preset(workload.preset).weights))


def normalised(weights: Weights) -> dict[str, float]:
    """The weights of every axis, scaled to sum to one; all equal where all are zero."""
    known = {a.id: max(0.0, float(weights.get(a.id, 0.0))) for a in axes()}
    most = max(known.values())
    shares = {id: w / most if most else 1.0 for id, w in known.items()}
    whole = summed(shares.values())
    return {id: rounded(share / whole) for id, share in shares.items()}


def value(criterion: Criterion, measure: Measure, size: Size) -> float:
    """Where a measure lies on its criterion's fixed scale: 0 at or beyond worst, 1 at best.

    An interval counts at its worse end, an open one at the end that is known.
    """
    worst = criterion.worst_for(size.services, size.operations)
    ends = (measure.low,) if math.isinf(measure.high) else (measure.low, measure.high)
    return rounded(min(_on_scale(x, worst, criterion.best, criterion.shape) for x in ends))


@lru_cache(maxsize=4096)
def _on_scale(x: float, worst: float, best: float, shape: str) -> float:
    if worst == best:
        return 1.0 if x == best else 0.0
    if shape == "first-step":
        return _after_first_step(x, worst, best)
    if shape == "log":
        x, worst, best = (math.log1p(max(0.0, v)) for v in (x, worst, best))
    return min(1.0, max(0.0, (x - worst) / (best - worst)))


def _after_first_step(x: float, worst: float, best: float) -> float:
    """The first step away from best takes half, the others the rest on a logarithmic scale."""
    steps, whole = abs(x - best), abs(worst - best)
    if steps >= whole:
        return 0.0
    if steps <= 1:
        return 1 - steps / 2
    return 0.5 * (1 - math.log(steps) / math.log(whole))


def rank(
    contenders: Sequence[Contender], weights: Weights, size: Size, whole: bool = True
) -> Ranking:
    """The options that are in, best first, equal ones in the order they came.

    An option may contend with several combinations of choices; the best of them stands for it. Not
    the `whole` is the order alone, without what it hangs on, flips and hinges, and without those
    beside it that would be ahead.
    """
    scaled = normalised(weights)
    within = [c for c in contenders if not (c.ruled_out or c.not_compared)]
    beside = [c for c in contenders if c.not_compared and not c.ruled_out]
    counted = partial(standing, weights=scaled, size=size)
    ordered = _ordered(map(counted, within))
    return Ranking(
        weights=tuple(scaled.items()),
        standings=_dominated(_best(ordered), {c.option for c in within if _known(c)}),
        ruled_out=tuple(reason for c in contenders for reason in c.ruled_out),
        flips=tuple(flip(axis, scaled, ordered) for axis in scaled) if whole else (),
        hinges=hinges(within, partial(total, weights=scaled, size=size)) if whole else (),
        not_compared=tuple(reason for c in contenders for reason in c.not_compared),
        ahead=_ahead(ordered, _ordered(map(counted, beside))) if whole else (),
        variants=ordered,
    )


def best_of_each(
    contenders: Sequence[Contender], weights: Weights, size: Size
) -> tuple[Standing, ...]:
    """The combination of choices that stands for each option that is in, best option first."""
    scaled = normalised(weights)
    within = (c for c in contenders if not (c.ruled_out or c.not_compared))
    return _best(_ordered(standing(c, scaled, size) for c in within))


def _best(ordered: Sequence[Standing]) -> tuple[Standing, ...]:
    """The first of each option."""
    found: dict[str, Standing] = {}
    for standing in ordered:
        found.setdefault(standing.option, standing)
    return tuple(found.values())


def _ahead(standings: Sequence[Standing], beside: Sequence[Standing]) -> tuple[str, ...]:
    """Those beside the ranking that would have more than its first, counted as they are drawn."""
    first = [s.total for s in standings[:1]]
    return tuple(s.option for s in beside for most in first if s.total > most)


def _ordered(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    return tuple(sorted(standings, key=lambda s: -s.total))


def standing(contender: Contender, weights: Weights, size: Size) -> Standing:
    """An option's scores under weights that sum to one, and their total."""
    scores = tuple(
        Score(c.id, c.axis, value(c, measure, size), share, weight)
        for c, measure, (share, weight) in _counted(contender, weights)
    )
    whole = summed(s.contribution for s in scores)
    return Standing(contender.option, whole, scores, choices=contender.choices)


def total(contender: Contender, weights: Weights, size: Size) -> float:
    """The total of its `standing` alone."""
    counted = _counted(contender, weights)
    return summed(rounded(value(c, measure, size) * weight) for c, measure, (_, weight) in counted)


def _counted(
    contender: Contender, weights: Weights
) -> Iterator[tuple[Criterion, Measure, tuple[float, float]]]:
    """The criteria that count, each with its measure and its shares of axis and whole."""
    measures = {m.id: m for m in contender.measures if m.scored}
    counted = [c for c in measured_criteria() if c.id in measures]
    weighed = _weighed(tuple(c.id for c in counted), tuple(weights.items()))
    for c, shares in zip(counted, weighed, strict=True):
        yield c, measures[c.id], shares


@lru_cache(maxsize=64)
def _weighed(
    ids: tuple[CriterionId, ...], weights: tuple[tuple[str, float], ...]
) -> tuple[tuple[float, float], ...]:
    """Of each criterion the share of its axis and of the whole, where these alone are counted."""
    counted = [criterion(id) for id in ids]
    shares = {a: summed(c.share for c in counted if c.axis == a) for a, _ in weights}
    present = summed(w for a, w in weights if shares[a]) or 1.0
    of_axis = [rounded(c.share / shares[c.axis]) for c in counted]
    whole = {a: w / present for a, w in weights}
    return tuple((s, rounded(whole[c.axis] * s)) for c, s in zip(counted, of_axis, strict=True))


def _known(contender: Contender) -> bool:
    """Every criterion is counted and scored, and none is open: only then can an option dominate."""
    counted = {m.id for m in contender.measures if m.scored and not math.isinf(m.high)}
    return all(c.id in counted for c in criteria())


def _dominated(standings: Sequence[Standing], known: Set[str]) -> tuple[Standing, ...]:
    whole = [s for s in standings if s.option in known]
    return tuple(
        replace(s, dominated_by=next((o.option for o in whole if _beats(o, s)), ""))
        if s.option in known
        else s
        for s in standings
    )


def _beats(one: Standing, other: Standing) -> bool:
    pairs = [(a.value, b.value) for a, b in zip(one.scores, other.scores, strict=True)]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)
