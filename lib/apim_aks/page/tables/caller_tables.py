"""Who of the callers inside the cluster keeps its connections under an option."""

from __future__ import annotations

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.page.html import Content, Html, items, mark, table
from apim_aks.reachability.reach import Answer
from apim_aks.verification.callers import Access, access

_MARKS = {Answer.OPEN: ("pass", "✓"), Answer.UNKNOWN: ("warn", "?"), Answer.CLOSED: ("fail", "✗")}


def callers_table(design: Design, placement: Placement) -> Html:
    """Each call inside the cluster before and after the option's manifests; else nothing."""
    found = sorted(access(design, placement), key=lambda a: not a.lost)
    if not found:
        return Html("")
    return table(
        f"Callers inside the cluster under {placement.option.title}",
        found,
        Column("Caller", lambda a: a.call.caller.called),
        Column("Service", lambda a: a.call.callee),
        Column("Port", lambda a: a.port),
        Column("Call", lambda a: a.call.state.label),
        Column("Before", lambda a: mark(*_MARKS[a.before.answer], a.before.answer)),
        Column("After", lambda a: mark(*_MARKS[a.after.answer], a.after.answer)),
        Column("Why", _why),
    )


def _why(access: Access) -> Content:
    said = access.after.because
    return items(said) if len(said) > 1 else "".join(said)
