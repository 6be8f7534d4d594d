"""How wide a text is, from a table of advance widths: no font of this machine is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape

from apim_aks.facts.pictures import text_width, text_widths

FONTS = "Arial, 'Liberation Sans', Arimo, Helvetica, sans-serif"
"""What a reader's machine draws the text with; the first four have the widths of the table."""


@cache
def advance(character: str, bold: bool) -> int:
    """How far a character takes the text on, in units of the font."""
    point, weights = ord(character), ("both", "bold" if bold else "regular")
    for row in text_widths():
        if row.weight in weights and any(first <= point <= last for first, last in row.ranges):
            return row.units
    return text_width("other").units


def width(text: str, size: int, bold: bool = False) -> int:
    """How wide a line is in points, rounded up."""
    units = sum(advance(character, bold) for character in text)
    return -(-units * size // text_width("em").units)


def above(size: float) -> float:
    """How far a capital letter of this size reaches above the line that it stands on, in points."""
    return size * text_width("cap-height").units / text_width("em").units


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in a picture; it stands in a cell of its own width and height."""

    text: str
    size: int
    color: str
    bold: bool = False

    @property
    def width(self) -> int:
        """In points; a line without text has a width too."""
        return max(width(self.text, self.size, self.bold), 1)

    @property
    def height(self) -> int:
        """In points, with the room between two lines."""
        return round(self.size * 1.2)

    @property
    def markup(self) -> str:
        """As Graphviz markup, escaped."""
        # Graphviz puts names in place of \N and \G, even inside markup.
        words = escape(self.text, quote=True).replace("\\", "\\\\")
        words = f"<B>{words}</B>" if self.bold else words
        return f'<FONT POINT-SIZE="{self.size}" COLOR="{self.color}">{words}</FONT>'

    def cell(self, align: str = "LEFT") -> str:
        """Its cell in a table; the fill that nobody sees tells the SVG where the cell is."""
        size = f'FIXEDSIZE="TRUE" WIDTH="{self.width}" HEIGHT="{self.height}"'
        return f'<TD {size} ALIGN="{align}" BGCOLOR="transparent">{self.markup}</TD>'
