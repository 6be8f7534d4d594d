"""Names and sentences from the input, made safe and short enough for a picture."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from html import escape

INK = "#1F2937"
QUIET = "#4B5563"
PUBLIC = "#B45309"
PRIVATE = "#1D4ED8"
BYPASS = "#B91C1C"
_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="1">'


def plain(text: str, length: int = 60) -> str:
    """The text on one line without control characters, cut to a length."""
    kept = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in text
        if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )
    words = " ".join(kept.split())
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def lines(text: str, width: int, most: int = 3) -> list[str]:
    """The text broken into short lines, at most so many, the last one cut."""
    broken = textwrap.wrap(plain(text, width * most), width, break_on_hyphens=False) or [""]
    return [*broken[: most - 1], plain(" ".join(broken[most - 1 :]), width)][: len(broken)]


def markup(text: str, size: int = 0, color: str = "", bold: bool = False) -> str:
    """One line of text as Graphviz markup, escaped."""
    # Graphviz puts names in place of \N and \G, even inside markup.
    words = escape(text, quote=True).replace("\\", "\\\\")
    if bold:
        words = f"<B>{words}</B>"
    attributes = (f' POINT-SIZE="{size}"' if size else "") + (f' COLOR="{color}"' if color else "")
    return f"<FONT{attributes}>{words}</FONT>" if attributes else words


def card(icon: str, written: Sequence[str], beside: bool = False) -> str:
    """A node: icon and lines of markup, the icon above them or beside them."""
    side = 36 if beside else 44
    image = (
        f'<TD FIXEDSIZE="TRUE" WIDTH="{side}" HEIGHT="{side}">'
        f'<IMG SCALE="TRUE" SRC="{escape(icon)}"/></TD>'
    )
    opening = '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
    if beside:
        text = '<BR ALIGN="LEFT"/>'.join(written) + '<BR ALIGN="LEFT"/>'
        return f'{opening}<TR>{image}<TD BALIGN="LEFT" CELLPADDING="4">{text}</TD></TR></TABLE>>'
    rows = "".join(f"<TR><TD>{line}</TD></TR>" for line in written)
    return f"{opening}<TR>{image}</TR>{rows}</TABLE>>"


def arrow_label(number: int, written: Sequence[str], color: str = INK) -> str:
    """What stands beside an arrow: its number in the request path, then its lines."""
    rows = [markup(line, 13, color) for line in written]
    if number:
        rows[0] = _numbered(number, rows[0], 26 + _width(written[0]))
    body = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return f"<{_TABLE}{body}</TABLE>>"


def _numbered(number: int, line: str, width: int) -> str:
    """A line after its number; of fixed size, since Graphviz would stretch the number."""
    badge = markup(str(number), 12, "#FFFFFF", bold=True)
    table = _TABLE.replace(">", f' FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="20">')
    return (
        f'{table}<TR><TD FIXEDSIZE="TRUE" WIDTH="19" HEIGHT="19" BGCOLOR="{INK}" STYLE="ROUNDED">'
        f'{badge}</TD><TD FIXEDSIZE="TRUE" WIDTH="{width - 22}" HEIGHT="19" ALIGN="LEFT">{line}'
        "</TD></TR></TABLE>"
    )


def _width(line: str) -> int:
    """About how wide a line is in the usual sans-serif fonts, at the size of arrow labels."""
    return round(sum(9.4 if c.isupper() else 3.8 if c in " ,./" else 7.4 for c in line))


def zone_label(label: str, prefix: str = "", width: int = 40) -> str:
    """The name of a trust boundary in short lines, its address range below it."""
    name = [markup(line, 14, QUIET, bold=True) for line in lines(label, width, 2)]
    below = [markup(plain(prefix, 24), 13, QUIET)] if prefix else []
    return "<" + "".join(f'{line}<BR ALIGN="LEFT"/>' for line in [*name, *below]) + ">"
