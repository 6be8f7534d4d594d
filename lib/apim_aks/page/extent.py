"""How long a list is on a page, so that a long one is folded under its own caption."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

SCREEN = 18
"""Lines of a table that a page shows unfolded: about half a screen."""

SHEET = 60
"""Lines of a folded table that are printed: about a sheet of paper."""

_LINE = 120
"""Characters of small text that stand beside each other across a page."""
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"</li>|<small>|<br>")


def lines(rows: Sequence[str]) -> int:
    """About how many lines these rows of a table take."""
    return sum(map(_lines, rows))


def _lines(row: str) -> int:
    """The lines of the highest cell, where every column is as wide as the others."""
    cells = row.replace("</th>", "</td>").split("</td>")[:-1]
    wide = max(1, _LINE // max(1, len(cells)))
    return max((_height(cell, wide) for cell in cells), default=1)


def _height(cell: str, wide: int) -> int:
    parts = (html.unescape(_TAG.sub("", part)) for part in _BREAK.split(cell))
    return sum(-(-len(part) // wide) for part in parts if part.strip()) or 1
