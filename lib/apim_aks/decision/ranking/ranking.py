"""Measures to values on fixed scales, values to a weighted sum over axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence, Set
from dataclasses import replace

from apim_aks.decision.measures import Measure, measured_criteria
from apim_aks.decision.ranking.model import Contender, Ranking, Score, Size, Standing, Weights
from apim_aks.decision.ranking.sensitivity import flip, hinges
from apim_aks.facts import Criterion, axes, criteria, preset
from apim_aks.options.choices import Choices
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
    ends = [measure.low] if math.isinf(measure.high) else [measure.low, measure.high]
    return rounded(min(_on_scale(x, worst, criterion.best, criterion.shape) for x in ends))


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


def rank(contenders: Sequence[Contender], weights: Weights, size: Size) -> Ranking:
    """The options that are in, best first, equal ones in the order they came.

    An option may contend with several combinations of choices; the best of them stands for it.
    """
    scaled = normalised(weights)
    within = _within(contenders)
    beside = [c for c in contenders if c.not_compared and not c.ruled_out]
    # Most of what is tried for hinges changes one option, so that the others stand as before.
    counted = _once(lambda contender: standing(contender, scaled, size))
    ordered = _ordered(within, counted)
    return Ranking(
        weights=tuple(scaled.items()),
        standings=_dominated(_best(ordered), {c.option for c in within if _known(c)}),
        ruled_out=tuple(reason for c in contenders for reason in c.ruled_out),
        flips=tuple(flip(axis, scaled, ordered) for axis in scaled),
        hinges=hinges(within, lambda c: _first(c, counted)),
        not_compared=tuple(reason for c in contenders for reason in c.not_compared),
        ahead=_ahead(ordered, _ordered(beside, counted)),
        variants=ordered,
    )


def _within(contenders: Sequence[Contender]) -> list[Contender]:
    return [c for c in contenders if not (c.ruled_out or c.not_compared)]


def best_choices(
    contenders: Sequence[Contender], weights: Weights, size: Size
) -> dict[str, Choices]:
    """The choices with which each option comes first; nothing of what a change would do."""
    scaled = normalised(weights)
    ordered = _ordered(_within(contenders), lambda c: standing(c, scaled, size))
    return {s.option: s.choices for s in _best(ordered)}


def _once(count: Callable[[Contender], Standing]) -> Callable[[Contender], Standing]:
    """The same, counted once for each object: comparing two contenders is as long as counting."""
    held: dict[int, tuple[Contender, Standing]] = {}

    def counted(contender: Contender) -> Standing:
        if id(contender) not in held:
            held[id(contender)] = contender, count(contender)
        return held[id(contender)][1]

    return counted


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


def _first(contenders: Sequence[Contender], counted: Callable[[Contender], Standing]) -> str:
    """The id of the option that comes first; empty without any. Of equals it is the first."""
    return max(map(counted, contenders), key=lambda s: s.total).option if contenders else ""


def _ordered(
    contenders: Sequence[Contender], counted: Callable[[Contender], Standing]
) -> tuple[Standing, ...]:
    return tuple(sorted(map(counted, contenders), key=lambda s: -s.total))


def standing(contender: Contender, weights: Weights, size: Size) -> Standing:
    """An option's scores under weights that sum to one, and their total."""
    measures = {m.id: m for m in contender.measures}
    counted = [c for c in measured_criteria() if c.id in measures and measures[c.id].scored]
    shares = {a: summed(c.share for c in counted if c.axis == a) for a in weights}
    present = summed(w for a, w in weights.items() if shares[a]) or 1.0
    scores = tuple(
        _score(c, value(c, measures[c.id], size), shares[c.axis], weights[c.axis] / present)
        for c in counted
    )
    total = summed(s.contribution for s in scores)
    return Standing(contender.option, total, scores, choices=contender.choices)


def _score(criterion: Criterion, value: float, of_axis: float, axis_weight: float) -> Score:
    share = rounded(criterion.share / of_axis)
    weight = rounded(axis_weight * share)
    return Score(criterion.id, criterion.axis, value, share, weight)


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
