"""Heights under constraints: everything between as high and as low as it may stand."""

from __future__ import annotations

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
