"""The rules of results: those with a row of their own, and what other rows say."""

from __future__ import annotations

from apim_aks.facts import claims, contract_rule
from apim_aks.facts.openings import OpeningRow
from apim_aks.facts.result_rules import result_rule
from apim_aks.page.results.outcome import Rule
from apim_aks.topology.check import Check


def rule_of(id: str) -> Rule:
    """A rule that has a row of its own."""
    row = result_rule(id)
    return Rule(row.id, row.title, row.help, row.source)


def rule_of_check(check: Check) -> Rule:
    """A check by its own id, with the claim behind it as the reason."""
    claim = next((c for c in claims() if c.id == check.claim), None)
    title = _title(check.expected)
    if claim is None:
        return Rule(check.id, title, *_rest("check-failed"))
    return Rule(check.id, title, claim.statement, claim.source)


def _rest(id: str) -> tuple[str, str]:
    row = result_rule(id)
    return row.help, row.source


def rule_of_opening(row: OpeningRow) -> Rule:
    """A way that objects of the input may open."""
    help = f"{_sentence(row.because)} {_sentence(row.advice)}"
    return Rule(f"opening.{row.id}", _title(f"an object {row.words}"), help, row.source)


def rule_of_contract(id: str) -> Rule:
    """A kind of change of a contract."""
    row = contract_rule(id)
    return Rule(f"contract.{row.id}", _title(row.what), _sentence(row.because), row.source)


def _title(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}"


def _sentence(text: str) -> str:
    return f"{_title(text)}."
