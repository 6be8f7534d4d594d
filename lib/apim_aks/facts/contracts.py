"""The rules by which a change of an OpenAPI contract is judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, read_rows, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRule(Row):
    """A kind of change, what it means for callers, and why."""

    id: str
    what: str
    severity: Literal["breaking", "compatible", "unclear"]
    direction: Literal["request", "response", "operation"]
    because: str


@cache
def contract_rules() -> tuple[ContractRule, ...]:
    """Every rule of the contract difference, operations first, then requests, then responses."""
    return read_rows(DATA / "contract_rules.csv", ContractRule)


@cache
def _rules_by_id() -> dict[str, ContractRule]:
    return {rule.id: rule for rule in contract_rules()}


def contract_rule(id: str) -> ContractRule:
    """The rule of this id."""
    if id not in _rules_by_id():
        raise unknown("contract rule", id, [r.id for r in contract_rules()])
    return _rules_by_id()[id]
