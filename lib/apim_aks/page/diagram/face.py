"""What stands on a card, in the corner of a boundary and beside an arrow, with its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apim_aks.page.diagram.plan import Rect, Text
from apim_aks.page.diagram.text import Line

_SIDE, _INSET = 7, 7
BADGE = 19
"""The side of the square that a number of the request path stands in, in points."""
_NEAR = 3
"""Between an arrow and the words above and below it."""


@dataclass(frozen=True, slots=True)
class Face:
    """An icon and lines, the icon above them or, flat, beside them."""

    icon: str
    lines: tuple[Line, ...]
    flat: bool = False

    @property
    def icon_size(self) -> int:
        """Of the icon."""
        return 36 if self.flat else 44

    @property
    def width(self) -> int:
        """The least width of its card."""
        across = max((line.width for line in self.lines), default=0)
        inside = self.icon_size + 6 + across if self.flat else max(self.icon_size, across)
        return inside + 2 * _SIDE

    @property
    def height(self) -> int:
        """The least height of its card."""
        down = _down(self.lines)
        return (max(self.icon_size, down) if self.flat else self.icon_size + 2 + down) + 2 * _INSET

    def parts(self, place: Rect) -> tuple[Rect, tuple[Text, ...]]:
        """Icon and lines in the middle of a card that stands here."""
        middle = (place.top + place.bottom) // 2
        if self.flat:
            top, left = middle - self.icon_size // 2, place.left + _SIDE
            beside = left + self.icon_size + 6
            return _square(left, top, self.icon_size), _texts(
                self.lines, middle - _down(self.lines) // 2, beside
            )
        top = middle - self.height // 2 + _INSET
        centre = (place.left + place.right) // 2
        words = _texts(self.lines, top + self.icon_size + 2, centre, centred=True)
        return _square(centre - self.icon_size // 2, top, self.icon_size), words


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a boundary; `guarded`: the last line has an icon before it."""

    lines: tuple[Line, ...]
    guarded: bool = False
    _ICON = 17

    @property
    def width(self) -> int:
        """With the room beside it."""
        last = self._ICON if self.guarded else 0
        widths = [line.width for line in self.lines]
        return max([*widths[:-1], widths[-1] + last]) + 2 * _SIDE

    @property
    def height(self) -> int:
        """With the room above and below it."""
        return _down(self.lines) + 11

    def parts(self, place: Rect) -> tuple[Rect | None, tuple[Text, ...]]:
        """In the upper left corner of a boundary that stands here."""
        left, texts = place.left + _SIDE, _texts(self.lines, place.top + 6, place.left + _SIDE)
        if not self.guarded:
            return None, texts
        last = texts[-1]
        moved = Text(last.line, _moved(last.place, self._ICON))
        return _square(left, last.place.top, 15), (*texts[:-1], moved)


@dataclass(frozen=True, slots=True)
class Words:
    """What stands above an arrow's line, after its number if it has one, and below it."""

    number: int
    upper: tuple[Line, ...]
    lower: tuple[Line, ...]

    @property
    def width(self) -> int:
        """Of the widest line."""
        badge = BADGE + 4 if self.number else 0
        first = [line.width + badge for line in self.upper[:1]]
        return max([*first, *(line.width for line in (*self.upper[1:], *self.lower))], default=0)

    @property
    def above(self) -> int:
        """How far they reach above the line."""
        badge = BADGE - self.upper[0].height if self.number else 0
        return _down(self.upper) + _NEAR + max(badge, 0) if self.upper else 0

    @property
    def below(self) -> int:
        """How far they reach below the line."""
        return _down(self.lower) + _NEAR if self.lower else 0

    def parts(self, left: int, line: int) -> tuple[Rect | None, tuple[Text, ...]]:
        """Badge and lines at an arrow that runs at this height."""
        top = line - _NEAR - _down(self.upper)
        upper = _texts(self.upper, top, left)
        lower = _texts(self.lower, line + _NEAR, left)
        if not self.number:
            return None, (*upper, *lower)
        first = upper[0]
        badge = _square(left, first.place.bottom - BADGE + 1, BADGE)
        if len(upper) > 1:
            badge = _square(left, first.place.top - 2, BADGE)
        moved = Text(first.line, _moved(first.place, BADGE + 4))
        return badge, (moved, *upper[1:], *lower)


def _down(lines: Sequence[Line]) -> int:
    return sum(line.height for line in lines)


def _square(left: int, top: int, side: int) -> Rect:
    return Rect(left, top, left + side, top + side)


def _moved(place: Rect, right: int) -> Rect:
    return Rect(place.left + right, place.top, place.right + right, place.bottom)


def _texts(lines: Sequence[Line], top: int, left: int, centred: bool = False) -> tuple[Text, ...]:
    """The lines below each other, from the left or around a centre."""
    found = []
    for line in lines:
        start = left - line.width // 2 if centred else left
        found.append(Text(line, Rect(start, top, start + line.width, top + line.height)))
        top += line.height
    return tuple(found)
