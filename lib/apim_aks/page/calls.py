"""Who calls whom inside the cluster, as picture and table."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.columns import Column
from apim_aks.listing import counted
from apim_aks.page.diagram import End, Way, call_picture
from apim_aks.page.html import Content, Html, folded, items, mark, paragraph, table
from apim_aks.page.option_page import figure
from apim_aks.workload.call import Call, Caller, CallState, Evidence
from apim_aks.workload.model import Service, Workload

_MARKS = {
    CallState.FOUND: ("warn", "?"),
    CallState.CONFIRMED: ("pass", "✓"),
    CallState.STRUCK: ("none", "–"),
    CallState.DECLARED: ("pass", "+"),
}


def calls_figure(workload: Workload) -> Html:
    """The calls that hold as a picture; what is struck is in the table alone."""
    ways = call_ways(workload)
    if not ways:
        return paragraph("No field of the input names a Service that another workload would call.")
    picture = call_picture(ways, f"Who calls whom in {workload.title}")
    caption = (
        "An arrow leads from a caller to what it calls; dashed: detected, not confirmed. A Service "
        "with many callers shows their number instead of arrows."
    )
    return figure(picture, caption)


def call_ways(workload: Workload) -> tuple[Way, ...]:
    """The calls that hold between the cards of a picture, each pair once."""
    named = _ends(workload)
    calls: dict[tuple[End, End], list[Call]] = {}
    for call in workload.graph.calls:
        if call.holds:
            pair = named[call.caller], _end(workload.service(call.callee))
            calls.setdefault(pair, []).append(call)
    return tuple(
        Way(*pair, ", ".join(_port(c) for c in found), all(_sure(c) for c in found))
        for pair, found in calls.items()
    )


def _ends(workload: Workload) -> dict[Caller, End]:
    """Each caller by the Service before its pods, one that is called first; else by itself."""
    called = {c.callee for c in workload.graph.calls}
    before: dict[tuple[str, str, str], End] = {}
    for service in sorted(workload.services, key=lambda s: (s.id not in called, s.id)):
        for pods in service.pods:
            before.setdefault((service.namespace, pods.kind, pods.name), _end(service))
    return {
        c: before.get((c.namespace, c.kind, c.name), End(c.namespace, c.name, False))
        for c in workload.graph.callers
    }


def _end(service: Service) -> End:
    return End(service.namespace, service.name)


def _sure(call: Call) -> bool:
    return call.state is not CallState.FOUND


def calls_table(workload: Workload) -> Html:
    """Every call with what names it and what workload.yaml says of it, and what was not read."""
    if not workload.graph.calls:
        return unread(workload)
    listed = table(
        "Who calls whom inside the cluster",
        workload.graph.calls,
        Column("Caller", lambda c: c.caller.called),
        Column("Calls", lambda c: c.callee),
        Column("Port", _port),
        Column("State", lambda c: mark(*_MARKS[c.state], c.state.label)),
        Column("What names it", _evidence),
    )
    return listed + unread(workload)


def _port(call: Call) -> str:
    return str(call.port or "not told")


def _evidence(call: Call) -> Content:
    own = f"{call.caller.called}, "
    said = [f"{e.says.removeprefix(own)} ({e.place})" for e in call.evidence]
    return items(said) if len(said) > 1 else "".join(said) or "workload.yaml alone"


def unread(workload: Workload) -> Html:
    """The fields that may name a Service and were not read."""
    found = workload.graph.unread
    if not found:
        return Html("")
    many = counted(len(found), "field")
    return folded(f"Not read: {many} that may name a Service", _unread(found))


def _unread(found: Iterable[Evidence]) -> Html:
    return table(
        "Values in Secrets, which are never read, or in objects outside the input",
        found,
        Column("Field", lambda e: e.says),
        Column("Where", lambda e: e.place),
    )
