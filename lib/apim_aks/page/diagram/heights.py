"""The heights of all in a picture: nothing on anything else, arrows straight where they can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apim_aks.page.diagram.condense import around
from apim_aks.page.diagram.ground import (
    LANE,
    MARGIN,
    PAD,
    ROW,
    Ground,
    is_resource,
    spans,
)
from apim_aks.page.diagram.ports import Ports, extents, halves, keys
from apim_aks.page.diagram.rows import Heights, Name

_MORE = 160
"""Height that may be added for the sake of straight arrows, in points."""


def heights(
    ground: Ground, rank: Mapping[str, int], leaving: Ports, entering: Ports
) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """The middle of each card and lane, and top and bottom of each boundary."""
    reach = extents(ground, leaving, entering)
    half = defaultdict(lambda: LANE, halves(ground, leaving, entering))
    standing = _constraints(ground, rank, reach, half)
    end = max(standing.highest().values(), default=0)
    middle = _middles(ground, rank, standing, _nexts(ground, entering, leaving), end)
    low, high = standing.lowest(end + _MORE), standing.highest()
    edges = {z.id: (low["top", z.id], high["end", z.id]) for z in ground.view.zones}
    tops = [*(top for top, _ in edges.values()), *(m - half[id] for id, m in middle.items())]
    up = min(tops, default=0) - MARGIN
    return (
        {id: at - up for id, at in middle.items()},
        {zone: (top - up, bottom - up) for zone, (top, bottom) in edges.items()},
    )


def _middles(
    ground: Ground,
    rank: Mapping[str, int],
    standing: Heights,
    nexts: Mapping[str, list[tuple[str, int]]],
    end: int,
) -> dict[str, int]:
    """From right to left each where its arrows run straight, or as near to it as it may stand."""
    high, low = standing.highest(), standing.lowest(end)
    usual = {p.id: (high["at", p.id] + low["at", p.id]) // 2 for p in ground.places}
    wanted = dict(usual)
    for id, right in nexts.items():
        wanted.update((other, usual[id] - shift) for other, shift in right if len(right) == 1)
    last = {p.id for p in ground.places if is_resource(p, ground)}
    column = {p.id: p.column for p in ground.places}
    found: dict[str, int] = {}
    settled = standing.settling(end + _MORE)
    for id in sorted(usual, key=lambda id: (id in last, -column[id], rank[id])):
        straight = [found[other] + shift for other, shift in nexts.get(id, ()) if other in found]
        best = sum(straight) // len(straight) if straight else wanted[id]
        found[id] = settled.fix(("at", id), best)
    return found


def _nexts(ground: Ground, entering: Ports, leaving: Ports) -> dict[str, list[tuple[str, int]]]:
    """What stands to the right of each, and how far from its middle a straight arrow would meet."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    quiet: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for wire, (start, end) in zip(ground.wires, keys(ground), strict=True):
        last = len(wire.places) - 2
        for i, (left, right) in enumerate(zip(wire.places, wire.places[1:], strict=False)):
            shift = entering[end].offset if i == last else 0
            shift -= leaving[start].offset if i == 0 else 0
            aside = any(wire.style)
            (quiet if aside else found)[left].append((right, shift))
    return {**quiet, **found}


def _constraints(
    ground: Ground,
    rank: Mapping[str, int],
    reach: Mapping[str, tuple[int, int]],
    half: Mapping[str, int],
) -> Heights:
    """Everything inside its boundary, and below what stands above it in the same boundary."""
    standing = Heights()
    inside: dict[str, list[Part]] = defaultdict(list)
    for place in ground.places:
        up, down = reach[place.id]
        name, top, end = ("at", place.id), ("top", place.zone), ("end", place.zone)
        standing.keep(top, name, _head(ground, place.zone) + up)
        standing.keep(name, end, max(PAD + half[place.id], down + 4))
        inside[place.zone].append(
            Part(rank[place.id], name, name, up, down, (place.column, place.column))
        )
    lowest, extent = _lowest(ground, rank), spans(ground)
    for zone in ground.view.zones:
        top, end = ("top", zone.id), ("end", zone.id)
        standing.keep(("top", zone.parent), top, _head(ground, zone.parent))
        standing.keep(end, ("end", zone.parent), PAD)
        inside[zone.parent].append(Part(lowest[zone.id], top, end, 0, 0, extent[zone.id]))
    for parts in inside.values():
        _pile(standing, sorted(parts))
    return standing


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """What stands directly in a boundary: in which order, from where to where, in which columns."""

    rank: int
    top: Name
    end: Name
    up: int
    down: int
    columns: tuple[int, int]


def _pile(standing: Heights, parts: Sequence[Part]) -> None:
    """Each below what was there before in any of its columns."""
    last: dict[int, Part] = {}
    for part in parts:
        used = range(part.columns[0], part.columns[1] + 1)
        for above in dict.fromkeys(last[column] for column in used if column in last):
            standing.keep(above.end, part.top, above.down + ROW + part.up)
        last.update(dict.fromkeys(used, part))


def _head(ground: Ground, zone: str) -> int:
    """Between the top of a boundary and what stands in it: its name, or nothing around all."""
    return ground.labels[zone].height if zone else MARGIN


def _lowest(ground: Ground, rank: Mapping[str, int]) -> dict[str, int]:
    """The first rank in each boundary: its place in the boundary around it."""
    found: dict[str, int] = {}
    outer = {id: around(ground.view, id) for id in {place.zone for place in ground.places}}
    for place in ground.places:
        for zone in outer[place.zone]:
            found[zone] = min(found.get(zone, rank[place.id]), rank[place.id])
    return found
