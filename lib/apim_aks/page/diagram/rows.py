"""Heights under constraints: everything between as high and as low as it may stand."""

from __future__ import annotations

import heapq
from collections import defaultdict

Name = tuple[str, str]
"""What stands at a height: a card or lane by its id, or the top or bottom of a boundary."""


class Heights:
    """Heights from the top, each at least so far below others; nothing goes round in circles."""

    def __init__(self) -> None:
        self._below: dict[Name, list[tuple[Name, int]]] = defaultdict(list)
        self._above: dict[Name, list[tuple[Name, int]]] = defaultdict(list)
        self._fixed: dict[Name, int] = {}
        self._order: list[Name] = []

    def keep(self, first: Name, second: Name, distance: int) -> None:
        """The second stands at least so far below the first."""
        self._below[first].append((second, distance))
        self._above[second].append((first, distance))

    def fix(self, name: Name, height: int) -> None:
        """It stands here; the height has to lie between its highest and its lowest."""
        self._fixed[name] = height

    def highest(self) -> dict[Name, int]:
        """The least height of each, below all that it has to stand below."""
        found: dict[Name, int] = {}
        for name in self._sorted():
            least = [found[other] + far for other, far in self._above[name]]
            found[name] = max([*least, self._fixed.get(name, 0)])
        return found

    def lowest(self, end: int) -> dict[Name, int]:
        """The greatest height of each that leaves room above `end` for all below it."""
        found: dict[Name, int] = {}
        for name in reversed(self._sorted()):
            most = [found[other] - far for other, far in self._below[name]]
            found[name] = min([*most, self._fixed.get(name, end)])
        return found

    def settling(self, end: int) -> Settling:
        """The same heights while one after the other is fixed."""
        return Settling(self, end)

    def next_to(self, name: Name) -> tuple[list[tuple[Name, int]], list[tuple[Name, int]]]:
        """What has to stand below this and above it, each with the distance."""
        return self._below[name], self._above[name]

    def places(self) -> dict[Name, int]:
        """The place of each among all, after all that it has to stand below."""
        return {name: at for at, name in enumerate(self._sorted())}

    def _sorted(self) -> list[Name]:
        """Each after all that it has to stand below."""
        if not self._order:
            names = dict.fromkeys([*self._below, *self._above])
            waiting = {name: len(self._above[name]) for name in names}
            self._order = [name for name, count in waiting.items() if not count]
            for name in self._order:
                for other, _ in self._below[name]:
                    waiting[other] -= 1
                    if not waiting[other]:
                        self._order.append(other)
        return self._order


class Settling:
    """Heights that are fixed one after the other; only what a fixed one moves is looked at again.

    What is known of each is always what `highest` and `lowest` would say.
    """

    def __init__(self, heights: Heights, end: int) -> None:
        self._heights, self._places = heights, heights.places()
        self._high, self._low = heights.highest(), heights.lowest(end)

    def fix(self, name: Name, wanted: int) -> int:
        """As near to the wanted height as it may stand, and there from now on."""
        at = min(max(wanted, self._high[name]), self._low[name])
        self._heights.fix(name, at)
        self._moved(self._high, name, at, 1)
        self._moved(self._low, name, at, -1)
        return at

    def _moved(self, found: dict[Name, int], name: Name, height: int, way: int) -> None:
        """Down from this one, or up with -1: all that now has less room than before."""
        waiting = [(0, name, height)]
        while waiting:
            _, name, height = heapq.heappop(waiting)
            if way * height <= way * found[name]:
                continue
            found[name] = height
            below, above = self._heights.next_to(name)
            for other, far in below if way > 0 else above:
                heapq.heappush(waiting, (way * self._places[other], other, height + way * far))
