"""Which column each card stands in, and the lanes in which arrows pass a column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apim_aks.page.diagram.condense import Arrow, Node, View, around
from apim_aks.topology import Kind


@dataclass(frozen=True, slots=True)
class Place:
    """A card of the view, or a lane where `node` is None, in its column and boundary."""

    id: str
    zone: str
    column: int
    node: Node | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """An arrow with the cards and lanes that it joins, from left to right.

    `backwards`: it points to the left, since something calls what was called before it, or what
    stands outside the boundary that it is in.
    """

    arrow: Arrow
    places: tuple[str, ...]
    backwards: bool = False

    @property
    def style(self) -> tuple[bool, bool, bool]:
        """Arrows of one style may share a line."""
        return self.arrow.bypass, self.arrow.beside, self.backwards


def columns(view: View) -> dict[str, int]:
    """The column of each card from 0: callers left of what they call, consumers leftmost."""
    arrows = list(_forward(view))
    steps = [(a.target, a.source) if back else (a.source, a.target) for a, back in arrows]
    first = _first(view)
    found = {node.id: first.get(node.id, 0) for node in view.nodes}
    for _ in view.nodes:
        for source, target in steps:
            found[target] = max(found[target], found[source] + 1)
    outer = {zone.id for zone in view.zones if not zone.parent}
    for node in view.nodes:
        called = [found[target] for source, target in steps if source == node.id]
        if node.id in first and node.zone not in outer and called:
            found[node.id] = max(first[node.id], min(called) - 1)
    linked = {id for a in view.arrows if not a.bypass for id in (a.source, a.target)}
    callers = {source for source, _ in steps}
    for node in view.nodes:
        if node.id not in linked | callers and node.id not in first:
            found[node.id] = _kin(view, node, found, linked)
    used = sorted(set(found.values()))
    return {id: used.index(column) for id, column in found.items()}


def _first(view: View) -> dict[str, int]:
    """The least column of each consumer: inside Azure right of those outside."""
    outer = {zone.id for zone in view.zones if not zone.parent}
    consumers = [n for n in view.nodes if n.kind is Kind.CONSUMER]
    inner = int(any(n.zone in outer for n in consumers))
    return {n.id: 0 if n.zone in outer else inner for n in consumers}


def _kin(view: View, node: Node, found: Mapping[str, int], linked: set[str]) -> int:
    """The column of something that the design calls nowhere: with its like, else the last."""
    alike = [found[n.id] for n in view.nodes if n.kind is node.kind and n.id in linked]
    return max(found[node.id], *(alike or [found[id] for id in linked] or [0]))


def _forward(view: View) -> Iterator[tuple[Arrow, bool]]:
    """Each arrow between two cards; True where it leads back to what has led to its source.

    So does that of consumers who call, and call nothing else, around their own boundary: beside
    what is called there, that boundary would hold nothing but them in a column.
    """
    onward: dict[str, set[str]] = {}
    node = {n.id: n for n in view.nodes}
    for arrow in view.arrows:
        if arrow.source != arrow.target:
            caller, out = node[arrow.source], sum(a.source == arrow.source for a in view.arrows)
            outside = node[arrow.target].zone in around(view, caller.zone)[:-1]
            inner = caller.kind is Kind.CONSUMER and outside and out == 1 and not arrow.bypass
            back = inner or arrow.source in _reached(onward, arrow.target)
            ends = (arrow.target, arrow.source) if back else (arrow.source, arrow.target)
            onward.setdefault(ends[0], set()).add(ends[1])
            yield arrow, back


def _reached(onward: Mapping[str, set[str]], start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for target in onward.get(waiting.pop(), set()) - seen:
            seen.add(target)
            waiting.append(target)
    return seen


def spans(view: View, column: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The first and last column of each boundary."""
    found: dict[str, tuple[int, int]] = {}
    for node in view.nodes:
        at = column[node.id]
        for zone in around(view, node.zone):
            first, last = found.get(zone, (at, at))
            found[zone] = min(first, at), max(last, at)
    return found


def wired(view: View, column: Mapping[str, int]) -> tuple[tuple[Place, ...], tuple[Wire, ...]]:
    """Cards and lanes in their columns, and the arrows through them."""
    places = {n.id: Place(n.id, n.zone, column[n.id], n) for n in view.nodes}
    extent, wires = spans(view, column), []
    for index, (arrow, back) in enumerate(_forward(view)):
        ends = (arrow.target, arrow.source) if back else (arrow.source, arrow.target)
        left, right = places[ends[0]], places[ends[1]]
        lanes = [
            Place(f"{index}-{at}", _entered(view, right.zone, extent, at), at)
            for at in range(left.column + 1, right.column)
        ]
        places.update({lane.id: lane for lane in lanes})
        wires.append(Wire(arrow, (left.id, *(lane.id for lane in lanes), right.id), back))
    return tuple(places.values()), tuple(wires)


def _entered(view: View, zone: str, extent: Mapping[str, tuple[int, int]], column: int) -> str:
    """The innermost boundary around the end of an arrow that reaches to this column."""
    inside = [z for z in around(view, zone) if extent[z][0] <= column <= extent[z][1]]
    return inside[-1] if inside else ""
