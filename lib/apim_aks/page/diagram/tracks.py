"""The lines in a gap between two columns: what shares a line, and who runs left of whom."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

_CLOSE = 6
"""Two lines at heights nearer than this would be seen as one."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A part of an arrow that crosses a gap, from a port on its left to one on its right."""

    left: Hashable
    right: Hashable
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Net:
    """Crossings that meet at a port and share a vertical line."""

    crossings: tuple[Crossing, ...]

    @property
    def starts(self) -> set[int]:
        """The heights at which it comes from the left."""
        return {c.start for c in self.crossings}

    @property
    def ends(self) -> set[int]:
        """The heights at which it leaves to the right."""
        return {c.end for c in self.crossings}

    @property
    def straight(self) -> bool:
        """It needs no vertical line."""
        return len(self.starts | self.ends) == 1


def tracks(crossings: Iterable[Crossing]) -> dict[Crossing, int | None]:
    """The track of each crossing, from the left, or None where it is straight.

    Of two nets, that which comes in where the other goes out has to turn left of it.
    """
    nets = list(_nets(crossings))
    found = {c: None for net in nets if net.straight for c in net.crossings}
    turning = sorted((net for net in nets if not net.straight), key=_preference)
    placed: dict[Crossing, int | None] = dict(found)
    track = 0
    while turning:
        free = [n for n in turning if not any(_first(o, n) for o in turning if o is not n)]
        net = (free or turning)[0]
        turning.remove(net)
        placed.update(dict.fromkeys(net.crossings, track))
        track += 1
    return placed


def _preference(net: Net) -> tuple[int, int]:
    """Of lines that go down the lower ones turn first, of those that go up the upper ones."""
    down = sum(net.ends) * len(net.starts) >= sum(net.starts) * len(net.ends)
    return (0, -min(net.starts)) if down else (1, min(net.starts))


def _first(one: Net, other: Net) -> bool:
    """The one comes in at a height where the other goes out."""
    return any(abs(start - end) < _CLOSE for start in one.starts for end in other.ends)


def _nets(crossings: Iterable[Crossing]) -> Sequence[Net]:
    groups: list[list[Crossing]] = []
    for crossing in crossings:
        ports = {crossing.left, crossing.right}
        met = [g for g in groups if any(ports & {c.left, c.right} for c in g)]
        groups = [g for g in groups if g not in met]
        groups.append([c for g in met for c in g] + [crossing])
    return [Net(tuple(group)) for group in groups]
