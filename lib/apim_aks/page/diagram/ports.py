"""Where arrows meet the sides of cards, and the room that they and their words take there."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apim_aks.page.diagram.columns import Wire
from apim_aks.page.diagram.face import Words
from apim_aks.page.diagram.ground import LANE, Ground

_APART = 18
"""Between two lines at one side of a card, in points."""
End = tuple[str, Hashable]
"""A card, and which of the ports at a side of it."""
_Sides = dict[str, dict[Hashable, list[tuple[int, Words | None]]]]


@dataclass(frozen=True, slots=True)
class Port:
    """A place on a side of a card: how far below its middle, and the room it takes there."""

    offset: int
    above: int
    below: int


Ports = dict[End, Port]


def at_left(ground: Ground) -> list[bool]:
    """Whether the words of each wire stand in the row that it comes from: where several meet."""
    lefts = [w.places[0] for w in ground.wires]
    rights = [w.places[-1] for w in ground.wires]
    return [lefts.count(w.places[0]) == 1 and rights.count(w.places[-1]) > 1 for w in ground.wires]


def keys(ground: Ground) -> list[tuple[End, End]]:
    """The port of each wire at its left and its right end; some wires share one."""
    found: list[tuple[End, End]] = []
    for index, (wire, left) in enumerate(zip(ground.wires, at_left(ground), strict=True)):
        own, shared = ("wire", index), ("style", wire.style)
        ends = (own, shared) if left else (shared, own)
        found.append(((wire.places[0], ends[0]), (wire.places[-1], ends[1])))
    return found


def leaving(ground: Ground, rank: Mapping[str, int]) -> Ports:
    """The ports on the right side of each card."""
    sides: _Sides = {}
    for wire, words, left, ((id, key), _) in _each(ground):
        near = rank[wire.places[1]]
        sides.setdefault(id, {}).setdefault(key, []).append((near, words if left else None))
    return _spread(sides)


def entering(ground: Ground, rank: Mapping[str, int]) -> Ports:
    """The ports on the left side of each card."""
    sides: _Sides = {}
    for wire, words, left, (_, (id, key)) in _each(ground):
        near = rank[wire.places[-2]]
        sides.setdefault(id, {}).setdefault(key, []).append((near, None if left else words))
    return _spread(sides)


def _each(ground: Ground) -> Iterator[tuple[Wire, Words, bool, tuple[End, End]]]:
    return zip(ground.wires, ground.words, at_left(ground), keys(ground), strict=True)


def _spread(sides: _Sides) -> Ports:
    """Ports of a side below each other in the order of what they lead to, around its middle."""
    found: Ports = {}
    for id, ports in sides.items():
        middle = {key: sum(near for near, _ in wires) / len(wires) for key, wires in ports.items()}
        ordered = sorted(ports.items(), key=lambda port: (middle[port[0]], str(port[0])))
        rooms = [_room([w for _, w in wires if w]) for _, wires in ordered]
        if len(rooms) == 1:
            found[id, ordered[0][0]] = Port(0, *rooms[0])
            continue
        below = -sum(above + below for above, below in rooms) // 2
        for (key, _), (up, down) in zip(ordered, rooms, strict=True):
            found[id, key] = Port(below + up, up, down)
            below += up + down
    return found


def _room(words: Sequence[Words]) -> tuple[int, int]:
    """Above and below a line with these words, or with none."""
    half = _APART // 2
    above = max([half, *(w.above + 2 for w in words)])
    return above, max([half, *(w.below + 2 for w in words)])


def extents(ground: Ground, *sides: Ports) -> dict[str, tuple[int, int]]:
    """How far each card or lane reaches above and below its middle, with words beside it."""
    half = halves(ground, *sides)
    found = {p.id: (half.get(p.id, LANE), half.get(p.id, LANE)) for p in ground.places}
    for ports in sides:
        for (id, _), port in ports.items():
            up, down = found[id]
            found[id] = max(up, port.above - port.offset), max(down, port.below + port.offset)
    return found


def halves(ground: Ground, *sides: Ports) -> dict[str, int]:
    """Half the height of each card: its face, and all ports on its sides."""
    found = {id: face.height // 2 + 1 for id, face in ground.faces.items()}
    for ports in sides:
        for (id, _), port in ports.items():
            if id in found:
                found[id] = max(found[id], abs(port.offset) + 9)
    return found
