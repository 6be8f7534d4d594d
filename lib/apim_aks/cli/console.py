"""A terminal: tables of 100 columns as plain text, and how a command ends."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence

from apim_aks.errors import Status
from apim_aks.workload.model import Workload

WIDTH = 100
_GAP = "  "


def input_status(workload: Workload, say: Callable[[str], None]) -> Status:
    """INPUT where a document was left out; each of them is named."""
    for finding in workload.findings:
        say(str(finding))
    return Status.INPUT if any(f.refused for f in workload.findings) else Status.DONE


def printable(text: str) -> str:
    """Text of others without characters that a terminal would act on."""
    return "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))


def paragraph(text: str, width: int = WIDTH) -> str:
    """A sentence or several, wrapped."""
    return textwrap.fill(printable(text), width, break_long_words=False)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], width: int = WIDTH) -> str:
    """Columns as wide as they need to be, the last one wrapped into what is left.

    A line break in a heading stays one.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    titles = [title.split("\n") for title in head]
    deep = max(len(title) for title in titles)
    lines = [[""] * (deep - len(title)) + title for title in titles]
    heads = [[title[i] for title in lines] for i in range(deep)]
    widths = [max(len(row[i]) for row in (*heads, *cells)) for i in range(len(head))]
    left = width - sum(widths[:-1]) - len(_GAP) * (len(head) - 1)
    widths[-1] = min(widths[-1], max(20, left))
    rule = [["-" * w for w in widths]]
    return "\n".join(line for row in (*heads, *rule, *cells) for line in _lines(row, widths))


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    last = textwrap.wrap(row[-1], widths[-1], break_long_words=False) or [""]
    start = _GAP.join(cell.ljust(w) for cell, w in zip(row[:-1], widths, strict=False))
    blank = " " * len(start)
    gap = _GAP if start else ""
    return [f"{start if i == 0 else blank}{gap}{part}".rstrip() for i, part in enumerate(last)]
