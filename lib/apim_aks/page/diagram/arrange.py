"""Cards, boundaries and arrows put in their places, from left to right.

An arrow keeps to the gaps between columns and to the row of what it joins; its words stand in that
row too. So no word lies on a border, an arrow or another word, whatever the topology.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apim_aks.page.diagram.condense import around
from apim_aks.page.diagram.ground import AIR, MARGIN, PAD, Ground, spans
from apim_aks.page.diagram.heights import heights
from apim_aks.page.diagram.order import ranks
from apim_aks.page.diagram.plan import Point, Rect
from apim_aks.page.diagram.ports import Ports, at_left, entering, halves, keys, leaving
from apim_aks.page.diagram.tracks import Crossing, tracks

_TRACK, _HEAD = 12, 12
"""Between lines in a gap; for the head of an arrow, in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """Where cards and boundaries stand, where each wire runs and where its words begin."""

    width: int
    height: int
    cards: Mapping[str, Rect]
    boxes: Mapping[str, Rect]
    lines: tuple[tuple[Point, ...], ...]
    words: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """From where to where a column reaches; words and lines in the gap to the right of it."""

    left: int
    right: int
    first_words: int
    lines: int
    second_words: int


def arrange(ground: Ground) -> Laid:
    """Everything in its place."""
    rank = ranks(ground)
    sides = leaving(ground, rank), entering(ground, rank)
    middle, edges = heights(ground, rank, *sides)
    wires = _wires(ground, middle, *sides)
    turns = _turns(ground, wires)
    columns = _columns(ground, turns)
    cards = _cards(ground, columns, middle, halves(ground, *sides))
    boxes = _boxes(ground, columns, edges)
    drawn = list(_lines(ground, columns, cards, wires, turns))
    right, bottom = max(c.right for c in columns), 0
    for place in (*cards.values(), *boxes.values()):
        right, bottom = max(right, place.right), max(bottom, place.bottom)
    return Laid(
        width=right + MARGIN,
        height=bottom + MARGIN,
        cards=cards,
        boxes=boxes,
        lines=tuple(line for line, _ in drawn),
        words=tuple(words for _, words in drawn),
    )


def _wires(
    ground: Ground, middle: Mapping[str, int], left: Ports, right: Ports
) -> list[list[Crossing]]:
    """What each wire crosses, gap by gap, from port to port."""
    found = []
    for wire, (start, end) in zip(ground.wires, keys(ground), strict=True):
        ends = [("right", start), *(("lane", lane) for lane in wire.places[1:-1]), ("left", end)]
        at = [middle[place] for place in wire.places]
        at[0] += left[start].offset
        at[-1] += right[end].offset
        pairs = zip(ends, ends[1:], at, at[1:], strict=False)
        found.append([Crossing(*parts) for parts in pairs])
    return found


def _turns(
    ground: Ground, wires: Sequence[Sequence[Crossing]]
) -> dict[int, dict[Crossing, int | None]]:
    """In which line of its gap each crossing turns; None where it is straight."""
    column = {p.id: p.column for p in ground.places}
    gaps: dict[int, list[Crossing]] = defaultdict(list)
    for wire, parts in zip(ground.wires, wires, strict=True):
        for place, part in zip(wire.places, parts, strict=False):
            gaps[column[place]].append(part)
    return {gap: tracks(parts) for gap, parts in gaps.items()}


def _columns(ground: Ground, turns: Mapping[int, Mapping[Crossing, int | None]]) -> list[Column]:
    """Each column as wide as its cards, each gap as wide as its borders, words and lines."""
    opening, closing = _borders(ground, 0), _borders(ground, 1)
    first, second = _said(ground)
    found: list[Column] = []
    left = MARGIN
    for column in range(1 + max((p.column for p in ground.places), default=0)):
        left += PAD * opening.get(column, 0)
        right = left + _width(ground, column)
        words = right + PAD * closing.get(column, 0) + AIR
        lines = words + (first[column] + AIR if first[column] else 0)
        used = {turn for turn in turns.get(column, {}).values() if turn is not None}
        more = lines + _TRACK * len(used)
        found.append(Column(left, right, words, lines + 3, more))
        left = more + second[column] + _HEAD
    return found


def _borders(ground: Ground, end: int) -> dict[int, int]:
    """How many borders stand side by side where boundaries begin or end in a column."""
    extent, found = spans(ground), defaultdict[int, int](int)
    for zone, depth in _depths(ground, end).items():
        column = extent[zone][end]
        found[column] = max(found[column], depth)
    return dict(found)


def _depths(ground: Ground, end: int) -> dict[str, int]:
    """How many borders stand in a row at one end of each boundary, its own the last."""
    extent, found = spans(ground), dict[str, int]()
    for zone in sorted(ground.view.zones, key=lambda z: -len(around(ground.view, z.id))):
        inside = [z.id for z in ground.view.zones if z.parent == zone.id]
        level = [found[id] for id in inside if extent[id][end] == extent[zone.id][end]]
        found[zone.id] = 1 + max(level, default=0)
    return found


def _width(ground: Ground, column: int) -> int:
    """Of the widest card, and of names that stand in the column."""
    places = {p.id: p for p in ground.places if p.column == column}
    faces = [ground.faces[id].width for id in places if id in ground.faces]
    extent, depths = spans(ground), _depths(ground, 0)
    names = [
        label.width - PAD * depths[zone]
        for zone, label in ground.labels.items()
        if extent[zone][0] == column
    ]
    return max([*faces, *names, 0])


def _said(ground: Ground) -> tuple[dict[int, int], dict[int, int]]:
    """How wide the words left and right of the lines of each gap are."""
    column = {p.id: p.column for p in ground.places}
    first, second = defaultdict[int, int](int), defaultdict[int, int](int)
    for wire, words, stays in zip(ground.wires, ground.words, at_left(ground), strict=True):
        side, gap = (first, wire.places[0]) if stays else (second, wire.places[-2])
        side[column[gap]] = max(side[column[gap]], words.width)
    return first, second


def _cards(
    ground: Ground, columns: Sequence[Column], middle: Mapping[str, int], half: Mapping[str, int]
) -> dict[str, Rect]:
    places = [p for p in ground.places if p.id in ground.faces]
    across = {p.id: columns[p.column] for p in places}
    return {
        id: Rect(at.left, middle[id] - half[id], at.right, middle[id] + half[id])
        for id, at in across.items()
    }


def _boxes(
    ground: Ground, columns: Sequence[Column], edges: Mapping[str, tuple[int, int]]
) -> dict[str, Rect]:
    opening, closing = _depths(ground, 0), _depths(ground, 1)
    found = {}
    for zone, (first, last) in spans(ground).items():
        left = columns[first].left - PAD * opening[zone]
        right = columns[last].right + PAD * closing[zone]
        found[zone] = Rect(left, edges[zone][0], right, edges[zone][1])
    return found


def _lines(
    ground: Ground,
    columns: Sequence[Column],
    cards: Mapping[str, Rect],
    wires: Sequence[Sequence[Crossing]],
    turns: Mapping[int, Mapping[Crossing, int | None]],
) -> Iterator[tuple[tuple[Point, ...], Point]]:
    """The points of each wire, and where the words at it begin."""
    column = {p.id: p.column for p in ground.places}
    for wire, parts, stays in zip(ground.wires, wires, at_left(ground), strict=True):
        points = [(cards[wire.places[0]].right, parts[0].start)]
        for place, part in zip(wire.places, parts, strict=False):
            turn = turns[column[place]][part]
            if turn is not None:
                at = columns[column[place]].lines + _TRACK * turn
                points += [(at, part.start), (at, part.end)]
        points.append((cards[wire.places[-1]].left, parts[-1].end))
        if stays:
            words = columns[column[wire.places[0]]].first_words, parts[0].start
        else:
            words = columns[column[wire.places[-2]]].second_words, parts[-1].end
        yield _bends(points[::-1] if wire.backwards else points), words


def _bends(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points at which a line begins, turns and ends."""
    kept: list[Point] = []
    for point in points:
        if len(kept) > 1 and any(kept[-2][i] == kept[-1][i] == point[i] for i in (0, 1)):
            kept.pop()
        if not kept or point != kept[-1]:
            kept.append(point)
    return tuple(kept)
