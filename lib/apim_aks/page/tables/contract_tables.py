"""A contract difference as a page shows it: the verdict, then every change by severity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apim_aks.apis.contract import ChangeSeverity, ContractChange, Difference, contract_difference
from apim_aks.columns import Column
from apim_aks.facts import contract_rule
from apim_aks.listing import counted
from apim_aks.page.html import (
    Heading,
    Html,
    code,
    element,
    folded,
    joined,
    mark,
    paragraph,
    source,
    table,
)

_MARKS = {
    ChangeSeverity.BREAKING: ("fail", "✗"),
    ChangeSeverity.UNCLEAR: ("warn", "!"),
    ChangeSeverity.COMPATIBLE: ("pass", "✓"),
}


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
    parts = []
    if serious := [*_group(found, ChangeSeverity.BREAKING), *_group(found, ChangeSeverity.UNCLEAR)]:
        parts.append(_table("Changes that callers may notice", serious))
    if quiet := found.compatible:
        shown = _table("Changes that no caller has to notice", quiet)
        parts.append(folded(f"Compatible changes ({len(quiet)})", shown))
    return joined((*parts, _rules(found)))


def _table(caption: str, rows: Iterable[ContractChange | Heading]) -> Html:
    return table(
        caption,
        rows,
        Column("Where", _where),
        Column("What changed", _what),
        Column("Before", lambda change: change.before),
        Column("Now", lambda change: change.after),
    )


def _group(found: Difference, severity: ChangeSeverity) -> list[ContractChange | Heading]:
    """A heading with the sign, then the changes of this severity."""
    changes = found.of(severity)
    head = mark(*_MARKS[severity], f"{severity.value} ({len(changes)}): {severity.label}")
    return [Heading(head), *changes] if changes else []


def _where(change: ContractChange) -> Html:
    where = code(change.operation) if change.operation else element("span", "the whole API")
    place = Html("<br>") + element("small", change.location) if change.location else Html("")
    return where + place


def _what(change: ContractChange) -> Html:
    return element("span", contract_rule(change.rule).what) + element("small", change.because)


def _rules(found: Difference) -> Html:
    ids = dict.fromkeys(c.rule for c in found.changes)
    listed = table(
        "Rules",
        map(contract_rule, ids),
        Column("Rule", lambda r: code(r.id)),
        Column("What", lambda r: r.what),
        Column("Severity", lambda r: r.severity),
        Column("Source", lambda r: source(r.source)),
        Column("Checked on", lambda r: str(r.checked_on)),
    )
    return folded("The rules that applied, with sources", listed)
