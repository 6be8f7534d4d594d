"""What differs between two sides as a page shows it: each part with its changes, or why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apim_aks.columns import Column
from apim_aks.difference import Compared, Difference, Row, Side, first_rows, rows
from apim_aks.page.document import document
from apim_aks.page.html import ROWS, Html, element, folded, items, joined, mark, paragraph, table


def changed(found: Difference | None) -> Html | None:
    """What changed, part by part; None where nothing was compared."""
    if found is None:
        return None
    outcomes = items(_outcome(part, found.new) for part in found.parts)
    return joined(
        (paragraph(found.between), outcomes, *(_part(part, found.new) for part in found.parts))
    )


def changed_page(found: Difference) -> str:
    """The same as a page of its own."""
    title = f"{found.new.title}: what changed"
    body = element("h1", title) + (changed(found) or Html(""))
    return document(title, f'<div class="workbook">{body.text}</div>')


def _outcome(part: Compared, new: Side) -> Html:
    """A part with its sign: not compared is neither good nor without change."""
    if part.not_compared:
        kind, sign = "warn", "!"
    elif any(r.serious for r in rows(part, new)):
        kind, sign = "fail", "✗"
    else:
        kind, sign = ("plain", "≠") if part.changes else ("pass", "✓")
    reasons = " ".join(part.not_compared)
    words = (f"{part.part.label}: ", mark(kind, sign, part.outcome), f" {reasons}".rstrip())
    return element("span", *words)


def _part(part: Compared, new: Side) -> Html:
    first, rest, words = first_rows(part, new)
    label = f"Changes: {part.part.label}"
    made = _rows(label, first) if first else Html("")
    return made + folded(f"{label}, {words}", _rows(label, rest)) if rest else made


def _rows(label: str, all: Sequence[Row]) -> Html:
    shown = all[:ROWS]
    cells: dict[str, Callable[[Row], str]] = {
        "Before": lambda r: r.change.before,
        "Now": lambda r: r.change.now,
        "Why": lambda r: r.why,
    }
    made = table(
        label,
        shown,
        Column("What", lambda r: r.what),
        Column("Change", _kind),
        *(Column(head, cell) for head, cell in cells.items() if any(map(cell, shown))),
        lead=any(r.serious for r in shown),
    )
    if len(shown) == len(all):
        return made
    said = f"The first {ROWS} of {len(all):,}; the JSON of the difference has all."
    return made + paragraph(said)


def _kind(row: Row) -> Html:
    kind = row.change.kind
    return mark("fail", "✗", kind) if row.serious else element("span", kind)
