"""What pictures are made of: the widths of characters, and the icons that come with the package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows

ICONS = DATA / "icons"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWidth(Row):
    """How wide some characters are, in font units; `points` are their code points and ranges."""

    id: str
    weight: Literal["regular", "bold", "both"]
    what: Literal["em", "cap height", "characters", "other"]
    units: int
    points: tuple[str, ...] = ()
    status: Status
    because: str

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The code points as first and last of each range."""
        ends = (point.split("-") for point in self.points)
        return tuple((int(end[0], 16), int(end[-1], 16)) for end in ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Icon(Row):
    """An icon that comes with the package, at the size of its file, and who allows that."""

    id: str
    file: str
    what: str
    licence: str
    status: Status

    @property
    def path(self) -> Path:
        """Where its PNG is in this installation."""
        return ICONS / self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawioShape(Row):
    """The draw.io shape for an icon of this kind."""

    id: str
    style: str
    status: Status


@cache
def text_widths() -> tuple[TextWidth, ...]:
    """How wide the characters of the font are that pictures are drawn for."""
    return read_rows(DATA / "text_widths.csv", TextWidth)


@cache
def text_width(id: str) -> TextWidth:
    """The row of this id."""
    return by_id("text width", text_widths(), id)


@cache
def icons() -> tuple[Icon, ...]:
    """The icon of each kind of component, and of pods."""
    return read_rows(DATA / "icons.csv", Icon)


@cache
def icon(id: str) -> Icon:
    """The icon of this kind."""
    return by_id("icon", icons(), id)


@cache
def drawio_shapes() -> tuple[DrawioShape, ...]:
    """The shape of each icon in draw.io."""
    return read_rows(DATA / "drawio_shapes.csv", DrawioShape)


@cache
def drawio_shape(id: str) -> DrawioShape:
    """The shape of the icon of this kind."""
    return by_id("draw.io shape", drawio_shapes(), id)
