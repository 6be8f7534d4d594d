"""What results of our own are called for code hosts, where no other row says it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, by_id, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRule(Row):
    """A rule of results: its stable id, what it is about in one line, and what to do."""

    id: str
    title: str
    help: str


@cache
def result_rules() -> tuple[ResultRule, ...]:
    """Every rule of results that has no row elsewhere."""
    return read_rows(DATA / "result_rules.csv", ResultRule)


def result_rule(id: str) -> ResultRule:
    """The rule of this id."""
    return by_id("rule of results", result_rules(), id)
