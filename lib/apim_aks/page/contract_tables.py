"""A contract difference as a page shows it: the verdict, then every change by severity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apim_aks.contract import ChangeSeverity, ContractChange, Difference, contract_difference
from apim_aks.facts import contract_rule
from apim_aks.page.html import Content, Html, code, folded, mark, paragraph, source, table
from apim_aks.page.workload_tables import counted

_MARKS = {
    ChangeSeverity.BREAKING: ("fail", "✗"),
    ChangeSeverity.UNCLEAR: ("warn", "!"),
    ChangeSeverity.COMPATIBLE: ("pass", "✓"),
}
_COLUMNS = ("Callers", "Where", "What changed", "Before", "Now", "Because")


def contract_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Html:
    """What callers notice when the API in `after` takes the place of the one in `before`."""
    found = contract_difference(before, after)
    return contract_verdict(found) + _changes(found)


def contract_verdict(found: Difference) -> Html:
    """The difference in one sentence with its sign."""
    among = f"{counted(found.compared, 'operation')} compared"
    if found.breaking:
        count = counted(len(found.breaking), "change")
        verb = "breaks" if len(found.breaking) == 1 else "break"
        return paragraph(mark("fail", "✗", "breaking"), f" {count} {verb} callers; {among}.")
    if found.unclear:
        count = counted(len(found.unclear), "change")
        said = f" {count} to look at, none that surely breaks callers; {among}."
        return paragraph(mark("warn", "!", "unclear"), said)
    if found.compatible:
        count = counted(len(found.compatible), "change")
        return paragraph(mark("pass", "✓", "compatible"), f" {count}, none breaks; {among}.")
    return paragraph(mark("pass", "✓", "unchanged"), f" Callers notice nothing; {among}.")


def _changes(found: Difference) -> Html:
    if found.unchanged:
        return Html("")
    serious = (*found.breaking, *found.unclear)
    shown = table(_COLUMNS, map(_row, serious), "Changes that callers may notice")
    quiet = table(_COLUMNS, map(_row, found.compatible), "Changes that no caller has to notice")
    folds = folded(f"Compatible changes ({len(found.compatible)})", quiet)
    return (
        (shown if serious else Html("")) + (folds if found.compatible else Html("")) + _rules(found)
    )


def _row(change: ContractChange) -> tuple[Content, ...]:
    rule = contract_rule(change.rule)
    state = mark(*_MARKS[change.severity], change.severity.value)
    return state, change.place, rule.what, change.before, change.after, change.because


def _rules(found: Difference) -> Html:
    ids = dict.fromkeys(c.rule for c in found.changes)
    rows = [
        (code(r.id), r.what, r.severity, source(r.source), str(r.checked_on))
        for r in map(contract_rule, ids)
    ]
    columns = ("Rule", "What", "Severity", "Source", "Checked on")
    return folded("The rules that applied, with sources", table(columns, rows, "Rules"))
