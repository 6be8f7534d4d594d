"""The values of a decision: scores, standings, the ranking and its sensitivity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apim_aks.decision.measures import Measure
from apim_aks.decision.placement import Placement
from apim_aks.decision.requirements import NotCompared, RuledOut
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.options.choices import Choices
from apim_aks.rounding import rounded, summed

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is published: the scales of some criteria grow with it."""

    services: int
    operations: int


@dataclass(frozen=True, slots=True)
class Contender:
    """An option with its choices: measures, what rules it out or keeps it from being compared."""

    option: str
    measures: tuple[Measure, ...]
    ruled_out: tuple[RuledOut, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    choices: Choices = Choices()

    @classmethod
    def of(cls, one: Placement, beside: bool = True) -> Contender:
        """What contends; only of what is in, or is `beside` it and asked about, all is counted."""
        counted = tuple(one.measures) if one.within or (beside and one.beside) else ()
        return cls(one.option.id, counted, one.ruled_out, one.not_compared, one.choices)

    def measure(self, id: CriterionId) -> Measure:
        """The measure of this id."""
        return next(m for m in self.measures if m.id == id)


@dataclass(frozen=True, slots=True)
class Score:
    """What one criterion adds to an option's total: value (0 worst, 1 best) times weight.

    `share` is its part of the axis, `weight` its part of the whole.
    """

    criterion: CriterionId
    axis: str
    value: float
    share: float
    weight: float

    @property
    def contribution(self) -> float:
        """Value times weight."""
        return rounded(self.value * self.weight)


@dataclass(frozen=True, slots=True)
class Standing:
    """An option's place in the ranking; `total` is the sum of its scores, 0 to 1.

    `dominated_by` names an option that is at least as good on every criterion and better on one.
    """

    option: str
    total: float
    scores: tuple[Score, ...]
    dominated_by: str = ""
    choices: Choices = Choices()

    def added(self, axis: str) -> float:
        """What one axis adds to the total."""
        return summed(s.contribution for s in self.scores if s.axis == axis)

    def axis_value(self, axis: str) -> float:
        """How good the option is on one axis, 0 to 1, whatever the axis weighs."""
        return summed(s.value * s.share for s in self.scores if s.axis == axis)


@dataclass(frozen=True, slots=True)
class Flip:
    """The weights of an axis, nearest below and above, at which another option comes first."""

    axis: str
    weight: float
    below: tuple[float, str] | None
    above: tuple[float, str] | None


@dataclass(frozen=True, slots=True)
class Hinge:
    """A value that the verdict depends on: at `value`, `winner` would come first.

    `judgement` tells a judged number moved by one step from a measured interval's other end.
    """

    criterion: CriterionId
    option: str
    found: str
    value: float
    winner: str
    judgement: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Who comes first and why: weights that sum to one, standings best first, who is out.

    `ahead` names the options that are not compared and, counted as drawn, have more than the first.
    `variants` are the standings of every combination of choices that is in, of which `standings`
    holds the best of each option.
    """

    weights: tuple[tuple[str, float], ...]
    standings: tuple[Standing, ...]
    ruled_out: tuple[RuledOut, ...]
    flips: tuple[Flip, ...]
    hinges: tuple[Hinge, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    ahead: tuple[str, ...] = ()
    variants: tuple[Standing, ...] = ()

    @property
    def winner(self) -> str:
        """The first option's id; empty when no option that is compared meets the requirements."""
        return self.standings[0].option if self.standings else ""

    @property
    def lead(self) -> float:
        """How far the first is ahead of the second; the total itself where there is no second."""
        totals = [s.total for s in self.standings[:2]]
        return rounded(totals[0] - totals[1]) if len(totals) == 2 else summed(totals)

    @property
    def tied_with(self) -> tuple[str, ...]:
        """Options that would come first if one judgement moved by one step."""
        return tuple(dict.fromkeys(h.winner for h in self.hinges if h.judgement))

    @property
    def undecided_on(self) -> tuple[CriterionId, ...]:
        """Criteria whose unknown end would put another option first."""
        return tuple(dict.fromkeys(h.criterion for h in self.hinges if not h.judgement))
