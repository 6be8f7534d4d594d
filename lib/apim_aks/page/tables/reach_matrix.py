"""Sources and ports of Services as a matrix: an answer in each cell, which leads to its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from apim_aks.decision.reached import PortReached, Reached
from apim_aks.page.html import (
    Html,
    cell,
    code,
    element,
    folded,
    framed,
    items,
    joined,
    paragraph,
    row_head,
    safe,
)
from apim_aks.page.tables.reach_reasons import (
    HEADS,
    Reasons,
    looked_at,
    of_zone,
    reasons_of,
    zones_said,
)
from apim_aks.reachability.reach import ANY_POD, Answer
from apim_aks.reachability.verdicts import Verdict
from apim_aks.reachability.zones import Zone

MOST = 80
"""Ports in a matrix: a page has one for each state, and each row opens to all of its reasons."""
_PODS = "Pods"
_MARKS = {Answer.OPEN: ("fail", "✗"), Answer.UNKNOWN: ("none", "?"), Answer.CLOSED: ("pass", "✓")}
_GROUPS = ("Published", "Added by the option", "Not published")


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer as it is shown: colour, sign, what stands below, and words of its own."""

    kind: str
    sign: str
    answer: Answer
    notes: tuple[str, ...] = ()
    words: str = ""


def reach_matrix(state: Reached, id: str) -> Html:
    """One row for each port, which opens to its reasons; `id` keeps matrices of a page apart.

    Zones of one answer at every port for the same reasons stand above it, and zones of equal
    answers in one column.
    """
    if not state.ports:
        return Html("")
    common = _common(state.ports)
    columns = _columns(state.ports, [zone for zone in HEADS if zone not in common])
    heads = ("Service and port", *map(zones_said, columns), _PODS)
    shown = sorted(sorted(state.ports, key=_urgency)[:MOST], key=_group)
    rows: list[Html] = []
    for group, ports in groupby(enumerate(shown), key=lambda numbered: _group(numbered[1])):
        rows.append(_group_head(_GROUPS[group], len(heads)))
        rows += (_row(port, f"{id}-{number}", columns) for number, port in ports)
    whole = framed(heads, rows, f"Who reaches which Service: {state.title}")
    rest = len(state.ports) - len(shown)
    more = paragraph(f"{rest} more are in ", code("reachability.json"), ".") if rest else Html("")
    return element("div", _said_once(state.ports[0], common), whole, more, class_="reach")


Columns = Sequence[tuple[Zone, ...]]


def _common(ports: Sequence[PortReached]) -> tuple[Zone, ...]:
    """The zones that get one answer for the same reasons at each of several ports."""
    found: list[Zone] = []
    for zone in HEADS:
        verdicts = (of_zone(port, zone) for port in ports)
        if len({(v.answer, v.packet, v.because) for v in verdicts}) == 1 < len(ports):
            found.append(zone)
    return tuple(found)


def _columns(ports: Sequence[PortReached], zones: Sequence[Zone]) -> Columns:
    """The zones, those together that look alike at every port; the gateway stands alone."""
    found: dict[object, list[Zone]] = {}
    for zone in zones:
        look = tuple(marked(port, of_zone(port, zone)) for port in ports)
        found.setdefault((zone is Zone.GATEWAY, look), []).append(zone)
    return tuple(map(tuple, found.values()))


def _said_once(port: PortReached, zones: Sequence[Zone]) -> Html:
    found = (r for r in reasons_of(port, zones) if r.zones)
    said = (_reason(f"{r.who}, at every port", marked(port, r.verdict), r.said) for r in found)
    return element("ul", *said) if zones else Html("")


def _group_head(words: str, width: int) -> Html:
    head = element("th", words, scope="colgroup", colspan=str(width), role="columnheader")
    return element("tr", head, class_="group", role="row")


def _group(port: PortReached) -> int:
    if port.published:
        return 0
    return 1 if port.claim else 2


def _urgency(port: PortReached) -> tuple[bool, int]:
    """What a reader of a matrix that is cut must not miss comes first."""
    return not port.unclaimed, _group(port)


def _row(port: PortReached, id: str, columns: Columns) -> Html:
    """A port with its answers, each of which leads to its reasons in the row itself."""
    reasons = reasons_of(port, [zone for zones in columns for zone in zones])
    places = {zone: f"{id}-{at}" for at, found in enumerate(reasons) for zone in found.zones}
    first = next(at for at, found in enumerate(reasons) if not found.zones)
    body = (
        _reason(f.who, _head_mark(port, f), f.said, f"{id}-{at}" if at <= first else "")
        for at, f in enumerate(reasons)
    )
    name = joined((Html(safe(port.service)), Html("<br>"), element("small", port.port)))
    own = element("li", looked_at(port))
    head = row_head(folded(name, element("ul", own, *body, class_="why")))
    cells = (
        cell(_link(marked(port, of_zone(port, zones[0])), places[zones[0]]), zones_said(zones))
        for zones in columns
    )
    pods = cell(_link(_pods(port), f"{id}-{first}"), _PODS)
    return element("tr", head, *cells, pods, role="row")


def _reason(who: str, shown: Marked, said: Sequence[str], id: str = "") -> Html:
    head = element("strong", f"{who}: {shown.sign} {shown.answer.value}")
    body = items(said) if len(said) > 1 else joined([Html(" "), element("span", *said)])
    return element("li", head, body, id=id)


def _head_mark(port: PortReached, found: Reasons) -> Marked:
    if found.zones:
        return marked(port, found.verdict)
    answer = found.verdict.answer
    return (
        Marked("plain", "●", answer) if answer is Answer.OPEN else Marked(*_MARKS[answer], answer)
    )


def marked(port: PortReached, verdict: Verdict) -> Marked:
    """Open is red unless it is drawn, closed green unless the gateway is to get through."""
    kind, sign = _MARKS[verdict.answer]
    drawn = port.claim.covers(verdict) if port.claim else None
    notes: list[str] = []
    if verdict.answer is Answer.OPEN and drawn is not None:
        kind, sign = ("plain", "●") if drawn else (kind, sign)
        notes.append("as drawn" if drawn else "not drawn")
    if verdict.answer is Answer.CLOSED and drawn and verdict.source == Zone.GATEWAY:
        kind, sign = "fail", "✗"
        notes.append("though drawn open")
    if verdict.credential:
        notes.append("certificate asked for")
    return Marked(kind, sign, verdict.answer, tuple(notes))


def _link(shown: Marked, id: str) -> Html:
    words = shown.words or f"{shown.sign} {shown.answer.value}"
    small = (element("small", note) for note in shown.notes)
    return joined((element("a", words, class_=f"state {shown.kind}", href=f"#{id}"), *small))


def _pods(port: PortReached) -> Marked:
    """How many of the workloads connect, and whether any pod beside them would."""
    found = dict.fromkeys(Answer, 0)
    other = None
    for one in port.inside:
        if one.sources == (ANY_POD,):
            other = one.verdict.answer
        else:
            found[one.verdict.answer] += len(one.sources)
    if other is None:
        return Marked("none", "?", Answer.UNKNOWN)
    notes = [f"{found[Answer.UNKNOWN]} unknown"] if found[Answer.UNKNOWN] else []
    if other is Answer.CLOSED and not (found[Answer.OPEN] or notes):
        return Marked("pass", "✓", Answer.CLOSED)
    notes.append(f"any other pod: {other.value}")
    words = f"{found[Answer.OPEN]} of {sum(found.values())} open"
    return Marked("plain", "", Answer.OPEN, tuple(notes), words)
