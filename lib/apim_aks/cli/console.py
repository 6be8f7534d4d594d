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
    heads, cells = _texts(rows, columns)
    widths = _widest([*heads, *cells], len)
    _fit(widths, [*heads, *cells], width - len(_GAP) * (len(columns) - 1))
    return _drawn(heads, cells, widths)


def side_by_side(rows: Sequence[Row], *columns: Column[Row, str], width: int = WIDTH) -> str:
    """A table of labels and narrow columns; one too wide as two below each other, both labelled.

    Where columns as wide as they need to be are too wide, each is as wide as its longest word and
    the labels are wrapped into what is left.
    """
    heads, cells = _texts(rows, columns)
    widths = _narrowed(heads, cells, width - len(_GAP) * (len(columns) - 1))
    if len(columns) < 3 or sum(widths) + len(_GAP) * (len(columns) - 1) <= width:
        return _drawn(heads, cells, widths)
    half = len(columns) // 2 + 1
    left = side_by_side(rows, *columns[:half], width=width)
    return f"{left}\n\n{side_by_side(rows, columns[0], *columns[half:], width=width)}"


def _texts(
    rows: Iterable[Row], columns: Sequence[Column[Row, str]]
) -> tuple[list[list[str]], list[list[str]]]:
    """The lines of the heads, and the cells of each row."""
    cells = [[printable(column.cell(row)) for column in columns] for row in rows]
    titles = [column.head.split("\n") for column in columns]
    deep = max(len(title) for title in titles)
    lines = [[""] * (deep - len(title)) + title for title in titles]
    return [[title[i] for title in lines] for i in range(deep)], cells


def _widest(rows: Sequence[Sequence[str]], measured: Callable[[str], int]) -> list[int]:
    return [max(map(measured, column)) for column in zip(*rows, strict=True)]


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _narrowed(
    heads: Sequence[Sequence[str]], cells: Sequence[Sequence[str]], width: int
) -> list[int]:
    widths = _widest([*heads, *cells], len)
    if sum(widths) <= width:
        return widths
    pairs = zip(_widest(heads, len), _widest(cells, _longest_word), strict=True)
    labels, *narrow = map(max, pairs)
    return [max(labels, min(widths[0], width - sum(narrow))), *narrow]


def _drawn(
    heads: Sequence[Sequence[str]], cells: Sequence[Sequence[str]], widths: Sequence[int]
) -> str:
    rule = [["-" * w for w in widths]]
    return "\n".join(line for row in (*heads, *rule, *cells) for line in _lines(row, widths))


def _fit(widths: list[int], rows: Sequence[Sequence[str]], width: int) -> None:
    """The last column gets what is left; one of prose takes its share from the widest other."""
    left = width - sum(widths[:-1])
    if len(widths) > 1 and widths[-1] > _LEAST:
        most = max(range(len(widths) - 1), key=widths.__getitem__)
        longest = max(_longest_word(row[most]) for row in rows)
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
