"""A topology laid out: where each boundary, card, arrow and word stands, in points."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.page.diagram.condense import Arrow
from apim_aks.page.diagram.text import Line
from apim_aks.topology import Component, ZoneKind

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its edges."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """From top to bottom."""
        return self.bottom - self.top

    def meets(self, other: Rect) -> bool:
        """The two share more than an edge."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: Rect) -> bool:
        """The other lies inside, edges included."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text in the rectangle that it fills."""

    line: Line
    place: Rect


@dataclass(frozen=True, slots=True)
class Box:
    """A trust boundary with its name in its upper left corner; `icon` before the last line."""

    id: str
    kind: ZoneKind
    parent: str
    place: Rect
    words: tuple[Text, ...]
    icon: Rect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card: the components it stands for, none where it is a resource beside them."""

    id: str
    zone: str
    icon: str
    components: tuple[Component, ...]
    place: Rect
    image: Rect
    words: tuple[Text, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow through its points, with the words beside it; `badge` holds its number."""

    arrow: Arrow
    points: tuple[Point, ...]
    words: tuple[Text, ...]
    badge: Rect | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """An entry of the legend: what is drawn there, and what it means."""

    drawn: str
    place: Rect
    text: Text


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything of one picture, each part where it stands."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    cards: tuple[Card, ...]
    routes: tuple[Route, ...]
    legend: tuple[Sign, ...]
