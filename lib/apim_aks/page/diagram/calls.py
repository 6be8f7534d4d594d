"""Who calls whom inside the cluster, as a graph: workloads by the Services before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from dataclasses import dataclass

from apim_aks.listing import listed
from apim_aks.page.diagram.labels import plain

MOST = 28
"""Cards that a page still shows readably."""
MOST_ARROWS = 36
HUB = 5
"""Callers from which on something may be what everybody calls."""


@dataclass(frozen=True, slots=True, order=True)
class End:
    """What calls or is called: a workload with the Service before its pods, or one of the two."""

    namespace: str
    name: str
    is_service: bool = True


@dataclass(frozen=True, slots=True)
class Way:
    """One caller and what it calls, on which ports; `sure` where nobody has to confirm it."""

    source: End
    target: End
    ports: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One end, or several that are alike; in no namespace where they are from several."""

    ends: tuple[End, ...]

    @property
    def namespace(self) -> str:
        """The one that all are in."""
        spaces = {e.namespace for e in self.ends}
        return self.ends[0].namespace if len(spaces) == 1 else ""


def views(ways: Sequence[Way]) -> Iterator[tuple[Card, ...]]:
    """The cards of each view that a page shows readably, the most detailed first; else the last."""
    drawn, common = drawn_ways(ways), set(hubs(ways))
    shown = False
    for alike in _likenesses(ways, drawn, common):
        groups: dict[Hashable, list[End]] = {}
        for end in ends(ways):
            groups.setdefault(alike(end), []).append(end)
        place = {end: key for key, group in groups.items() for end in group}
        arrows = {(place[w.source], place[w.target]) for w in drawn}
        cards = tuple(Card(tuple(group)) for group in groups.values())
        if len(groups) <= MOST and len(arrows) <= MOST_ARROWS:
            shown = True
            yield cards
    if not shown:
        yield cards


def hubs(ways: Sequence[Way]) -> dict[End, int]:
    """What so many call that arrows to it would hide the others: its callers are a number."""
    callers, everybody = _neighbours(ways)[0], len(ends(ways))
    counts = {end: len(found) for end, found in callers.items()}
    return {e: n for e, n in counts.items() if n >= HUB and n * 4 >= everybody}


def drawn_ways(ways: Sequence[Way]) -> list[Way]:
    """Those that have an arrow."""
    common = hubs(ways)
    return [way for way in ways if way.target not in common]


def ends(ways: Sequence[Way]) -> tuple[End, ...]:
    """Everything that calls or is called, in order."""
    return tuple(sorted({e for way in ways for e in (way.source, way.target)}))


def _likenesses(
    ways: Sequence[Way], drawn: Sequence[Way], common: Set[End]
) -> Iterator[Callable[[End], Hashable]]:
    """Who counts as alike: those without arrows, of equal neighbours, of equal parts, and so on."""
    callers, called = _neighbours(drawn)
    linked = {*callers, *called, *common}
    yield lambda end: end if end in linked else end.namespace
    yield lambda end: (end.namespace, callers.get(end), called.get(end), end in common and end)
    yield lambda end: (end.namespace, bool(callers.get(end)), bool(called.get(end)), end in common)
    yield lambda end: end.namespace
    busy = Counter(e.namespace for way in ways for e in (way.source, way.target))
    shown = {space for space, _ in busy.most_common(MOST - 1)}
    yield lambda end: end.namespace if end.namespace in shown else ""


def _neighbours(
    ways: Sequence[Way],
) -> tuple[dict[End, frozenset[End]], dict[End, frozenset[End]]]:
    callers: dict[End, set[End]] = {}
    called: dict[End, set[End]] = {}
    for way in ways:
        callers.setdefault(way.target, set()).add(way.source)
        called.setdefault(way.source, set()).add(way.target)
    return (
        {end: frozenset(found) for end, found in callers.items()},
        {end: frozenset(found) for end, found in called.items()},
    )


def alt_text(ways: Sequence[Way]) -> str:
    """Who is called by whom, in one paragraph: those that most call first."""
    callers, _ = _neighbours(ways)
    busiest = sorted(callers, key=lambda end: (-len(callers[end]), end))
    told = [
        f"{plain(end.name)} is called by {listed([plain(e.name) for e in sorted(callers[end])], 5)}"
        for end in busiest[:6]
    ]
    unsure = sum(not way.sure for way in ways)
    return (
        f"Workloads of the cluster by namespace: {len(ends(ways))}; calls between them: "
        f"{len(ways)}, {unsure} of them not confirmed. {'; '.join(told)}."
    )


def sentences(ways: Sequence[Way]) -> tuple[str, ...]:
    """Each caller and what it calls."""
    return tuple(
        f"{plain(way.source.name)} calls {plain(way.target.name)} on port {way.ports}."
        for way in ways
    )
