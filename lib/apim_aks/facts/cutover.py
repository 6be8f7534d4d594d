"""How callers are moved: lifetimes of names, what is watched and how long, what stops it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA
from apim_aks.facts.settings import read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoverSettings:
    """Each field is a row; units stand in the names."""

    lowered_ttl_seconds: int
    baseline_minutes: int
    watch_minutes: int
    watch_pause_seconds: int
    failures_percent: float
    fewest_requests: int
    resolver_tries: int
    answer_tries: int
    answer_pause_seconds: int
    close_after_days: int
    metric: str
    dimension: str
    failing: tuple[str, ...]
    grain: str
    owner_mark: str
    owner_prefixes: str
    hours_a_month: int


@cache
def cutover_settings() -> CutoverSettings:
    """The settings of moving callers."""
    return read_settings(DATA / "cutover_settings.csv", CutoverSettings)
