"""The basis of a review: axes, criteria with scales, presets and requirements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows

AxisId = Literal["security", "simplicity", "high-availability", "scale", "cost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion(Row):
    """A measure with its axis, its share there and the fixed scale that turns it into a value."""

    id: CriterionId
    label: str
    unit: str
    axis: AxisId
    share: float
    worst: float | Literal["services", "operations"]
    best: float
    shape: Literal["linear", "log", "first-step"]
    direction: Literal["lower", "higher"]
    definition: str
    judgement: bool
    available: Literal["yes", "later"]
    because: str

    @property
    def money(self) -> bool:
        """Whether its values are amounts of money."""
        return self.unit.endswith(" a month")

    @property
    def out_of(self) -> str:
        """The end of the scale behind a number that is a level, such as ` of 3`; else nothing."""
        return f" of {self.worst:g}" if self.unit.startswith("level") else ""

    def worst_for(self, services: int, operations: int) -> float:
        """The worst anchor for a workload that publishes this many Services and operations."""
        if isinstance(self.worst, str):
            return float({"services": services, "operations": operations}[self.worst])
        return self.worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis(Row):
    """One of the five axes that are weighted."""

    id: AxisId
    label: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetRow(Row):
    """The weight of one axis in one preset."""

    preset: str
    label: str
    axis: AxisId
    weight: float
    because: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of axis weights that sum to one."""

    id: str
    label: str
    weights: tuple[tuple[str, float], ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRow(Row):
    """A field of the requirements, as the question an architect answers."""

    id: str
    label: str
    question: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy(Row):
    """What would meet a requirement that an option misses as drawn, and that is not compared.

    `consumers` says for which callers: `internet` where some are there, `inside` where none is,
    empty for all. `needs` is a feature that a tier has to have for it.
    """

    option: str
    requirement: str
    consumers: str = ""
    needs: str = ""
    means: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour(Row):
    """An approach close to the options: when to choose it, and why it is not drawn."""

    id: str
    label: str
    choose: str
    undrawn: str
    status: Status


@cache
def neighbours() -> tuple[Neighbour, ...]:
    """The approaches that are close to the options and are not drawn."""
    return read_rows(DATA / "neighbours.csv", Neighbour)


@cache
def criteria() -> tuple[Criterion, ...]:
    """The criteria, axis by axis."""
    return read_rows(DATA / "criteria.csv", Criterion)


def criterion(id: str) -> Criterion:
    """The criterion of this id."""
    return by_id("criterion", criteria(), id)


@cache
def axes() -> tuple[Axis, ...]:
    """The five axes in the order of every table."""
    return read_rows(DATA / "axes.csv", Axis)


def axis(id: str) -> Axis:
    """The axis of this id."""
    return by_id("axis", axes(), id)


@cache
def presets() -> tuple[Preset, ...]:
    """The named sets of weights, the balanced one first."""
    rows = read_rows(DATA / "presets.csv", PresetRow)
    return tuple(_preset([r for r in rows if r.preset == id]) for id in _preset_ids(rows))


def _preset_ids(rows: Sequence[PresetRow]) -> list[str]:
    return list(dict.fromkeys(r.preset for r in rows))


def _preset(rows: Sequence[PresetRow]) -> Preset:
    weights = tuple((str(r.axis), r.weight) for r in rows)
    return Preset(rows[0].preset, rows[0].label, weights, rows[0].because)


def preset(id: str) -> Preset:
    """The preset of this id."""
    return by_id("preset", presets(), id)


@cache
def requirement_rows() -> tuple[RequirementRow, ...]:
    """The requirements as questions, in the order they are asked."""
    return read_rows(DATA / "requirements.csv", RequirementRow)


def requirement_row(id: str) -> RequirementRow:
    """The requirement of this id."""
    return by_id("requirement", requirement_rows(), id)


@cache
def remedies() -> tuple[Remedy, ...]:
    """The means that would meet a requirement and are not drawn, by option."""
    return read_rows(DATA / "not_compared.csv", Remedy)
