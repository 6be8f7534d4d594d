"""Names and sentences from the input, made safe and short enough for a picture."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

from apim_aks.page.diagram.text import Line

INK = "#1F2937"
QUIET = "#4B5563"
PUBLIC = "#B45309"
PRIVATE = "#1D4ED8"
BYPASS = "#B91C1C"
MARKED = "#A21CAF"
_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="0">'
_AIR = '<TD FIXEDSIZE="TRUE" WIDTH="1" HEIGHT="2"></TD>'
"""Between the words beside an arrow and the arrow."""


def plain(text: str, length: int = 60) -> str:
    """The text on one line without control characters, cut to a length."""
    kept = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text if _drawn(c)
    )
    words = " ".join(kept.split())
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def _drawn(character: str) -> bool:
    """Whether a picture can hold it: no format sign, surrogate, private or non-character.

    What Python's own Unicode calls unassigned is kept: the next Python may know it.
    """
    point = ord(character)
    never = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return not never and unicodedata.category(character) not in ("Cf", "Cs", "Co")


def lines(text: str, width: int, most: int = 3) -> list[str]:
    """The text in short lines, at most so many, the last one cut; no word is broken.

    A name longer than a line is broken after its hyphens, dots and slashes.
    """
    words = [part for word in plain(text, width * most).split() for part in _parts(word, width)]
    broken = [""]
    for part, joint in words:
        longer = f"{broken[-1]}{joint}{part}" if broken[-1] else part
        broken = [*broken[:-1], longer] if len(longer) <= width else [*broken, part]
    found = [line for line in broken if line] or [""]
    if len(found) <= most:
        return found
    return [*found[: most - 1], plain(" ".join(found[most - 1 :]), width)]


def even(text: str, width: int, most: int = 3) -> list[str]:
    """The text in as few lines, as even in length as they come."""
    count = len(lines(text, width, most))
    longest = max((len(word) for word in plain(text, width * most).split()), default=0)
    narrow = (w for w in range(longest, width) if len(lines(text, w, 2 * most)) <= count)
    return lines(text, next(narrow, width), most)


def _parts(word: str, width: int) -> list[tuple[str, str]]:
    """A word as pieces of which each fits a line, with what joins each to the one before."""
    if len(word) <= width:
        return [(word, " ")]
    pieces = [p for part in re.findall(r"[^-./]*[-./]*", word) for p in textwrap.wrap(part, width)]
    return [(piece, "" if i else " ") for i, piece in enumerate(pieces)]


def card(icon: str, written: Sequence[Line], beside: bool = False) -> str:
    """A node: icon and lines, the icon above them or beside them."""
    side = 36 if beside else 44
    image = (
        f'<TD FIXEDSIZE="TRUE" WIDTH="{side}" HEIGHT="{side}">'
        f'<IMG SCALE="TRUE" SRC="{escape(icon)}"/></TD>'
    )
    if beside:
        words = _rows(line.cell() for line in written)
        return f'<{_TABLE}<TR>{image}<TD CELLPADDING="3">{words}</TD></TR></TABLE>>'
    return f"<{_rows([image, *(line.cell('CENTER') for line in written)])}>"


def arrow_label(written: Sequence[str]) -> str:
    """What stands beside an arrow, line by line."""
    return f"<{_rows([_AIR, *(Line(line, 13, INK).cell() for line in written), _AIR])}>"


def _rows(cells: Iterable[str]) -> str:
    """The cells below each other."""
    return _TABLE + "".join(f"<TR>{cell}</TR>" for cell in cells) + "</TABLE>"


def zone_label(label: str) -> str:
    """The name of a trust boundary in short lines."""
    return f"<{_rows(Line(line, 14, QUIET, bold=True).cell() for line in lines(label, 40, 2))}>"
