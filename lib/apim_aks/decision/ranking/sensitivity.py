"""Sensitivity of the ranking: weights and values that change the winner, robustness."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from apim_aks.decision.measures import Measure
from apim_aks.decision.ranking.model import Contender, Flip, Hinge, Ranking, Standing, Weights
from apim_aks.facts import criterion
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.rounding import DECIMALS, rounded, summed

if TYPE_CHECKING:
    import numpy as np

DRAWS = 100_000
SEED = 20_26


def flip(axis: str, weights: Weights, standings: Sequence[Standing]) -> Flip:
    """Where another option would come first if only this axis' weight moved, the others in step.

    Totals are straight lines in one axis' weight, so two of them cross at most once; the first has
    a line for each of its combinations of choices, of which the highest counts. Where they meet at
    weight 0 below or 1 above, they only draw level, for no weight is beyond.
    """
    now = weights[axis]
    lines = [(s.option, *_line(s, axis, weights)) for s in standings]
    first = [line for line in lines if line[0] == lines[0][0]]
    others = [line for line in lines if line not in first]
    found = ((_crossing(one, other), one, other) for other in others for one in first)
    within = [
        (x, other[0])
        for x, one, other in found
        if x is not None and 0.0 <= x <= 1.0 and _leads(one, first, x)
    ]
    below = max((c for c in within if 0 < c[0] < now), default=None, key=lambda c: c[0])
    above = min((c for c in within if now <= c[0] < 1), default=None, key=lambda c: c[0])
    return Flip(axis, now, below, above)


def _leads(one: Line, lines: Sequence[Line], x: float) -> bool:
    """No other combination of choices of the same option has more at this weight."""
    return all(_at(one, x) >= _at(line, x) - 1e-9 for line in lines)


def _at(line: Line, x: float) -> float:
    return line[1] + (line[2] - line[1]) * x


Line = tuple[str, float, float]


def _line(standing: Standing, axis: str, weights: Weights) -> tuple[float, float]:
    """Total at weight 0 and at weight 1 of the axis, the other axes rescaled in proportion."""
    others = {a: w for a, w in weights.items() if a != axis}
    whole = summed(others.values())
    even = 1 / len(others)
    rest = summed(
        (w / whole if whole else even) * standing.axis_value(a) for a, w in others.items()
    )
    return rest, standing.axis_value(axis)


def _crossing(one: Line, other: Line) -> float | None:
    slope = (one[2] - one[1]) - (other[2] - other[1])
    return rounded((other[1] - one[1]) / slope) if abs(slope) > 1e-12 else None


def hinges(
    contenders: Sequence[Contender], total: Callable[[Contender], float]
) -> tuple[Hinge, ...]:
    """The judgements and unknowns of which a single one changes the winner.

    `total` is what a contender has in all; where one number moves, the others have it as before.
    """
    totals = [total(c) for c in contenders]
    first = _winner(contenders, totals)
    found = []
    for index, contender in enumerate(contenders):
        for measure, moved, judged in _movable(contender):
            changed = replace(contender, measures=_with(contender.measures, moved))
            then = [*totals[:index], total(changed), *totals[index + 1 :]]
            now = _winner(contenders, then)
            if now != first:
                found.append(
                    Hinge(measure.id, contender.option, measure.text, moved.low, now, judged)
                )
    return (*found, *_unproved_hinges(contenders, total, first))


def _winner(contenders: Sequence[Contender], totals: Sequence[float]) -> str:
    """The first of those that have most; empty without any."""
    return contenders[totals.index(max(totals))].option if totals else ""


def _unproved_hinges(
    contenders: Sequence[Contender], total: Callable[[Contender], float], first: str
) -> Iterator[Hinge]:
    """Ends that the files do not prove: the same objects open or shut them for every option."""
    ids = dict.fromkeys(m.id for c in contenders for m in c.measures if _open_for_all(m))
    for id, end in ((id, end) for id in ids for end in (_low_end, _other_end)):
        moved = [replace(c, measures=_moved(c.measures, id, end)) for c in contenders]
        if (now := _winner(contenders, [total(c) for c in moved])) != first:
            found = next(c for c in contenders if c.option == first).measure(id)
            yield Hinge(id, first, found.text, end(found), now, False)


def _open_for_all(measure: Measure) -> bool:
    return bool(measure.unproved) and not measure.exact


def _low_end(measure: Measure) -> float:
    return measure.low


def _moved(
    measures: Sequence[Measure], id: CriterionId, end: Callable[[Measure], float]
) -> tuple[Measure, ...]:
    return tuple(
        replace(m, low=end(m), high=end(m)) if m.id == id and not m.exact else m for m in measures
    )


def _movable(contender: Contender) -> Iterator[tuple[Measure, Measure, bool]]:
    for measure in (m for m in contender.measures if m.scored):
        if criterion(measure.id).judgement:
            for step in (-1, 1):
                at = max(0.0, measure.low + step)
                yield measure, replace(measure, low=at, high=at), True
        elif not measure.exact and not measure.unproved:
            for end in (measure.low, _other_end(measure)):
                yield measure, replace(measure, low=end, high=end), False


def _other_end(measure: Measure) -> float:
    """An open interval is tried at the best, where more is better.

    Else at twice what is known of it, or at one more where that is none.
    """
    if not math.isinf(measure.high):
        return measure.high
    row = criterion(measure.id)
    more = max(measure.low * 2, measure.low + 1)
    return max(more, row.best) if row.direction == "higher" else more


def _with(measures: Sequence[Measure], changed: Measure) -> tuple[Measure, ...]:
    return tuple(changed if m.id == changed.id else m for m in measures)


@dataclass(frozen=True, slots=True)
class Robustness:
    """The share of weightings in which each option comes first, and its standard error."""

    anywhere: tuple[tuple[str, float], ...]
    nearby: tuple[tuple[str, float], ...]
    draws: int

    @property
    def error(self) -> float:
        """The largest standard error that a share from so many draws can have."""
        return rounded(0.5 / math.sqrt(self.draws))


def robustness(ranking: Ranking, draws: int = DRAWS) -> Robustness:
    """Shares over all weightings of the axes, and over those within half of the stated ones.

    The draws are seeded, so that the same ranking gives the same shares.
    """
    import numpy as np

    options = [s.option for s in ranking.standings]
    if not options:
        return Robustness((), (), draws)
    axes = [a for a, _ in ranking.weights]
    stated = np.array([w for _, w in ranking.weights])
    variants = ranking.variants or ranking.standings
    values = np.array([[s.axis_value(a) for s in variants] for a in axes])
    owner = np.array([options.index(s.option) for s in variants])
    anywhere, factors = _drawn(draws, len(axes))
    shares = []
    for weights in (anywhere, stated * factors):
        first = owner[np.argmax(np.round(weights @ values, DECIMALS), axis=1)]
        counts = np.bincount(first, minlength=len(options))
        shares.append(
            tuple((o, rounded(float(n) / draws)) for o, n in zip(options, counts, strict=True))
        )
    return Robustness(shares[0], shares[1], draws)


@cache
def _drawn(draws: int, axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Weightings of the axes, and factors of stated ones: the same whatever is ranked."""
    import numpy as np

    chance = np.random.default_rng(SEED)
    size = (draws, axes)
    return chance.exponential(size=size), chance.uniform(0.5, 1.5, size=size)
