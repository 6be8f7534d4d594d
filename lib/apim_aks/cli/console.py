"""A terminal: tables of 100 columns as plain text, and how a command ends."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import TypeVar

from apim_aks.columns import Column
from apim_aks.errors import ExitCode
from apim_aks.workload.model import Workload

Row = TypeVar("Row")

WIDTH = 100
_GAP = "  "
_LEAST = 20
_PROSE = 44
"""Characters that the last column gets: in need, and where it holds sentences."""


def input_exit_code(workload: Workload, say: Callable[[str], None]) -> ExitCode:
    """INPUT where a document was left out; each of them is named."""
    for finding in workload.findings:
        say(str(finding))
    return ExitCode.INPUT if any(f.refused for f in workload.findings) else ExitCode.SUCCESS


def printable(text: str) -> str:
    """Text of others without characters that a terminal would act on."""
    return "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))


def paragraph(text: str, width: int = WIDTH) -> str:
    """A sentence or several, wrapped."""
    return "\n".join(_wrapped(printable(text), width))


def table(rows: Iterable[Row], *columns: Column[Row, str], width: int = WIDTH) -> str:
    """Columns as wide as they need to be, the last one wrapped into what is left.

    Where that is too little, the widest of the others is wrapped too. A line break in a heading
    stays one.
    """
    cells = [[printable(column.cell(row)) for column in columns] for row in rows]
    titles = [column.head.split("\n") for column in columns]
    deep = max(len(title) for title in titles)
    lines = [[""] * (deep - len(title)) + title for title in titles]
    heads = [[title[i] for title in lines] for i in range(deep)]
    widths = [max(len(row[i]) for row in (*heads, *cells)) for i in range(len(columns))]
    _fit(widths, [*heads, *cells], width - len(_GAP) * (len(columns) - 1))
    rule = [["-" * w for w in widths]]
    return "\n".join(line for row in (*heads, *rule, *cells) for line in _lines(row, widths))


def side_by_side(rows: Sequence[Row], *columns: Column[Row, str], width: int = WIDTH) -> str:
    """A table; one that is too wide as two below each other, both with the first column."""
    whole = table(rows, *columns, width=width)
    if len(columns) < 3 or max(map(len, whole.splitlines())) <= width:
        return whole
    half = len(columns) // 2 + 1
    left = side_by_side(rows, *columns[:half], width=width)
    return f"{left}\n\n{side_by_side(rows, columns[0], *columns[half:], width=width)}"


def _fit(widths: list[int], rows: Sequence[Sequence[str]], width: int) -> None:
    """The last column gets what is left; one of prose takes its share from the widest other."""
    left = width - sum(widths[:-1])
    if len(widths) > 1 and widths[-1] > _LEAST:
        most = max(range(len(widths) - 1), key=widths.__getitem__)
        longest = max(len(word) for row in rows for word in row[most].split() or [""])
        lacking = max(0, min(widths[-1], _PROSE) - left)
        narrow = max(longest, widths[most] - lacking)
        left += widths[most] - narrow
        widths[most] = narrow
    widths[-1] = min(widths[-1], max(_LEAST, left))


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    columns = [_wrapped(cell, w) for cell, w in zip(row, widths, strict=True)]
    return [
        _GAP.join(part.ljust(w) for part, w in zip(line, widths, strict=True)).rstrip()
        for line in zip_longest(*columns, fillvalue="")
    ]


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of a text; names with hyphens stay whole where they fit, so that they can be copied."""
    if not text:
        return [""]
    too_long = any(len(word) > width for word in text.split())
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=too_long)
