"""Who keeps its connections under an option: callers inside the cluster, and from outside."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.page.html import Content, Html, element, items, mark, paragraph, some, table
from apim_aks.reachability.because import EACH, out_of
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.zones import Zone
from apim_aks.verification.callers import Access, access
from apim_aks.verification.entries import OutsideCaller, outside_callers

CALLERS = "callers.html"
"""The page of a report that says what changes for whom."""
WHAT_CHANGES = "What changes for whom"
_MARKS = {Answer.OPEN: ("pass", "✓"), Answer.UNKNOWN: ("warn", "?"), Answer.CLOSED: ("fail", "✗")}


def callers_table(design: Design, placement: Placement) -> Html:
    """The calls inside the cluster before and after the option's manifests; else nothing.

    Callers of one port for which the same decides stand in one row.
    """
    found = sorted(access(design, placement), key=lambda a: not a.lost)
    if not found:
        return Html("")
    return table(
        f"Callers inside the cluster under {placement.option.title}",
        _alike(found),
        Column("Caller", lambda alike: some([a.call.caller.called for a in alike])),
        Column("Service", lambda alike: alike[0].call.callee),
        Column("Port", lambda alike: alike[0].port),
        Column("Call", lambda alike: alike[0].call.state.label),
        Column("Before", lambda alike: _marked(alike[0].before.answer)),
        Column("After", lambda alike: _marked(alike[0].after.answer)),
        Column("Why", _why),
    )


def outside_table(design: Design, placement: Placement) -> Html:
    """What callers from outside the cluster dial today, and what of it the option leaves.

    Nothing where nobody calls from there. Those who lose it come first, and places of one answer
    stand in one row.
    """
    found = sorted(outside_callers(design, placement), key=lambda c: not c.lost)
    if not found:
        return Html("")
    return table(
        f"Callers from outside the cluster under {placement.option.title}",
        _places(found),
        Column("Calls today", lambda alike: alike[0].entry.called),
        Column("Where", lambda alike: alike[0].entry.place),
        Column("Port", lambda alike: alike[0].port),
        Column("From", lambda alike: some([Zone(c.source).words for c in alike])),
        Column("Before", lambda alike: _marked(alike[0].before)),
        Column("After", lambda alike: _marked(alike[0].after)),
        Column("Later", lambda alike: alike[0].later),
        Column("Why", lambda alike: "; ".join(alike[0].because[:2])),
    )


def _places(found: Sequence[OutsideCaller]) -> list[list[OutsideCaller]]:
    rows: dict[tuple[object, ...], list[OutsideCaller]] = {}
    for caller in found:
        same = (caller.entry, caller.port, caller.before, caller.after)
        rows.setdefault(same, []).append(caller)
    return list(rows.values())


def _alike(found: Sequence[Access]) -> list[list[Access]]:
    by_reason: dict[tuple[object, ...], list[Access]] = {}
    for a in found:
        answers = a.before.answer, a.after.answer
        same = (a.call.callee, a.port, a.behind, a.call.state, *answers, _reasons(a, EACH))
        by_reason.setdefault(same, []).append(a)
    return list(by_reason.values())


def _marked(answer: Answer) -> Html:
    return mark(*_MARKS[answer], answer)


def _reasons(access: Access, source: str) -> tuple[str, ...]:
    caller = access.call.caller
    return out_of(access.after.because, f"{caller.id}[{caller.kind}]", source)


def _why(alike: Sequence[Access]) -> Content:
    said = _reasons(alike[0], EACH) if len(alike) > 1 else alike[0].after.because
    return items(said) if len(said) > 1 else "".join(said)


def callers_link(placement: Placement) -> Html:
    """Where it is said what changes for whom under this option."""
    link = element("a", "what changes for whom", href=f"{CALLERS}#{placement.option.id}")
    return paragraph("Caller by caller, a list for each team, on a page of the report: ", link, ".")
