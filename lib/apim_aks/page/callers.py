"""The page that says what changes for whom under each option, with one list for each team."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.columns import Column
from apim_aks.cutover.change import Address, Change, Demand, Stops, Taken
from apim_aks.cutover.changes import changes
from apim_aks.cutover.owners import owners
from apim_aks.decision.design import Design, Placement
from apim_aks.listing import counted, listed
from apim_aks.page.document import document
from apim_aks.page.html import (
    Content,
    Html,
    code,
    element,
    folded,
    items,
    joined,
    mark,
    paragraph,
    some,
    table,
)
from apim_aks.page.tables.caller_tables import WHAT_CHANGES


def callers_page(design: Design) -> str:
    """callers.html, whole."""
    title = f"{WHAT_CHANGES}: {design.workload.title}"
    body = joined(
        (
            element("h1", title),
            paragraph(
                "For each option, every current caller that the files show: what it calls today "
                "and from then on, what it has to send, and what stops when. Deploying changes "
                "nothing for anyone. ",
                code("cutover"),
                " moves callers, and only ",
                code("close"),
                " removes what served them. No file names the callers outside the cluster: the "
                "owners of each Service inform them. The same lists are in callers.json of each "
                "option.",
            ),
            paragraph(owners(design.workload).words),
            *(_section(same, body) for body, same in _alike(design).items()),
        )
    )
    inside = f'<div class="workbook">{body.text}</div>'
    return document(title, inside, home="index.html")


def _alike(design: Design) -> dict[Html, list[Placement]]:
    """The options by what they change, so that nothing is read twice."""
    by: dict[Html, list[Placement]] = {}
    for placement in design.placements:
        found = changes(design, placement)
        by.setdefault(_short(placement, found) + _teams(found), []).append(placement)
    return by


def _section(same: Sequence[Placement], body: Html) -> Html:
    """One heading for all options that change the same, each with its own anchor."""
    first = same[0].option.id
    titles = [element("span", p.option.title, id=p.option.id) for p in same[1:]]
    apart = (Html("; ") + title for title in titles)
    head = element("h2", same[0].option.title, *apart, id=first)
    return element("section", head, body, aria_labelledby=first)


def callers_short(design: Design, placement: Placement) -> Html:
    """The numbers of an option, and who loses what it calls with nothing in its place."""
    return _short(placement, changes(design, placement))


def _short(placement: Placement, found: Sequence[Change]) -> Html:
    if placement.proved.proof is None:
        why = placement.proved.refused or "no manifest was read"
        return paragraph(
            mark("none", "?", "not proved"), f" The current callers are not known: {why}"
        )
    outside = [c for c in found if not c.inside]
    inside = [c for c in found if c.inside and c.state]
    said = (
        f"{counted(len(outside), 'way')} in from outside the cluster{_numbers(outside)}. "
        f"{counted(len(inside), 'call')} inside the cluster{_numbers(inside)}. "
    )
    if not (outside or inside):
        said = "No file shows a current caller: nothing changes for any that is known. "
    asked = sum(c.open for c in found)
    confirm = (
        "Detected, to be confirmed or struck under calls in workload.yaml: "
        f"{counted(asked, 'call')}."
    )
    isolated = sum(c.inside and c.state is None for c in found)
    asked_of = f" {counted(isolated, 'Service')} will refuse pods that no file names as callers."
    ending = [f"{c.caller}: {c.service} ({c.why})" for c in found if c.ends and c.state]
    ending += [f"{c.caller}: {c.service} ({c.why})" for c in found if c.ends and not c.inside]
    parts = (
        paragraph(said, confirm if asked else "", asked_of if isolated else ""),
        *_ending(ending),
    )
    return joined(parts)


def _ending(sentences: Sequence[str]) -> Iterator[Html]:
    if sentences:
        lost = mark("fail", "✗", f"{counted(len(sentences), 'way')} with nothing in their place")
        yield paragraph(lost) + items(sentences)


def _numbers(found: Sequence[Change]) -> str:
    moved = sum(c.stops is not Stops.NEVER and c.new is not None for c in found)
    ending = sum(c.ends for c in found)
    stay = len(found) - moved - ending
    each = (
        (moved, "moves to the gateway", "move to the gateway"),
        (stay, "stays as it is", "stay as they are"),
        (ending, "ends", "end"),
    )
    told = [f"{n} {one if n == 1 else more}" for n, one, more in each if n]
    return f": {listed(told)}" if told else ""


def _teams(found: Sequence[Change]) -> Html:
    by: dict[str, list[Change]] = {}
    for change in found:
        by.setdefault(change.team, []).append(change)
    return joined(_team(team, mine) for team, mine in by.items())


def _team(team: str, mine: Sequence[Change]) -> Html:
    changing = [c for c in mine if c.stops is not Stops.NEVER]
    staying = [c for c in mine if c.stops is Stops.NEVER]
    parts = []
    if changing:
        parts.append(_changing(team, changing))
    if staying:
        parts.append(_staying(team, staying))
    said = f"{len(changing)} to change, {len(staying)} unchanged"
    return folded(f"{team}: {said}", joined(parts), "paper")


def _changing(team: str, found: Sequence[Change]) -> Html:
    return table(
        f"What changes: {team}",
        found,
        Column("Caller", _caller),
        Column("Service", lambda c: c.service),
        Column("Today", lambda c: _dialled(c.old, c.place)),
        Column(
            "From then on", lambda c: _dialled(c.new) if c.new else mark("fail", "✗", "nothing")
        ),
        Column("Paths", lambda c: joined(map(_paths, c.taken)) if c.taken else "–"),
        Column("Has to send", lambda c: _sends(c)),
        Column("Stops", _stopping),
    )


def _staying(team: str, found: Sequence[Change]) -> Html:
    return table(
        f"What stays: {team}",
        found,
        Column("Caller", lambda c: c.caller),
        Column("Service", lambda c: c.service),
        Column("Calls", lambda c: _dialled(c.old, c.place)),
        Column("Call", lambda c: c.state.label if c.state else "in no file"),
    )


def _caller(change: Change) -> Content:
    return items([change.caller, change.state.label]) if change.state else change.caller


def _dialled(address: Address, place: str = "") -> Content:
    lines = [f"{host} {address.port}".strip() for host in address.hosts] or [address.port]
    return items([line for line in (*lines, address.words, place) if line])


def _paths(taken: Taken) -> Html:
    changed = [p for p in taken.paths if not p.same]
    if not changed:
        return paragraph(f"{taken.api}: as today")
    known = [f"{p.method} {p.old or 'an unknown path'} → {p.new}" for p in changed]
    return paragraph(f"{taken.api}: ") + joined((_listed(known),))


def _listed(values: Sequence[str]) -> Html:
    found = some(values)
    return found if isinstance(found, Html) else paragraph(found)


def _sends(change: Change) -> Content:
    found = [_demand(d) for d in dict.fromkeys(d for t in change.taken for d in t.demands)]
    return items(found) if found else "–"


def _demand(demand: Demand) -> str:
    return f"{demand.words} ({'as today' if demand.today else 'new'})"


def _stopping(change: Change) -> Content:
    ends = {
        Stops.CLOSE: "at close",
        Stops.UNKNOWN: "not known whether it stops",
    }.get(change.stops, "never")
    lines = [f"{ends}: {change.why}"]
    if change.left:
        lines.append(f"no API takes over {', '.join(change.left[:5])}")
    if change.strays:
        lines.append("calls that no document describes are no longer answered")
    return items(lines)
