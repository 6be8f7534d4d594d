"""What differs between two sides as a page shows it: each part with its changes, or why not."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.columns import Column
from apim_aks.difference import Change, Compared, Difference, Side
from apim_aks.listing import listed
from apim_aks.page.document import document
from apim_aks.page.html import ROWS, Html, code, element, items, joined, mark, paragraph, table

_SOURCES = 6


def changed(found: Difference | None) -> Html | None:
    """What changed, part by part; None where nothing was compared."""
    if found is None:
        return None
    head = paragraph(f"From {_state(found.old)} to {_state(found.new)}.")
    outcomes = items(_outcome(part) for part in found.parts)
    return joined((head, outcomes, *map(_part, found.parts)))


def changed_page(found: Difference) -> str:
    """The same as a page of its own."""
    title = f"{found.new.title}: what changed"
    body = element("h1", title) + (changed(found) or Html(""))
    return document(title, f'<div class="workbook">{body.text}</div>')


def _state(side: Side) -> str:
    return f"{side.title} (input {side.digest})"


def _outcome(part: Compared) -> Html:
    """A part with its sign: not compared is neither good nor without change."""
    if part.not_compared:
        kind, sign = "warn", "!"
    elif any(c.gate for c in part.changes):
        kind, sign = "fail", "✗"
    else:
        kind, sign = ("plain", "≠") if part.changes else ("pass", "✓")
    reasons = " ".join(part.not_compared)
    words = (f"{part.part.label}: ", mark(kind, sign, part.outcome), f" {reasons}".rstrip())
    return element("span", *words)


def _part(part: Compared) -> Html:
    if not part.changes:
        return Html("")
    shown = part.changes[:ROWS]
    cells: dict[str, Callable[[Change], str]] = {
        "Before": lambda c: c.before,
        "Now": lambda c: c.now,
        "Why": _why,
    }
    rows = table(
        f"Changes: {part.part.label}",
        shown,
        Column("What", lambda c: code(c.subject)),
        Column("Change", _kind),
        *(Column(head, cell) for head, cell in cells.items() if any(map(cell, shown))),
        lead=any(c.gate for c in shown),
    )
    if len(shown) == len(part.changes):
        return rows
    said = f"The first {ROWS} of {len(part.changes):,}; the JSON of the difference has all."
    return rows + paragraph(said)


def _kind(change: Change) -> Html:
    return mark("fail", "✗", change.kind) if change.gate else element("span", change.kind)


def _why(change: Change) -> str:
    sources = f"from {listed(change.sources, _SOURCES)}" if change.sources else ""
    return "; ".join(filter(None, (sources, change.because)))
