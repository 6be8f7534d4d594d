"""What differs between two sides for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.cli.console import paragraph, table
from apim_aks.columns import Column
from apim_aks.difference import Change, Compared, Difference, Side
from apim_aks.listing import listed

_SOURCES = 6


def difference_text(found: Difference) -> str:
    """Each part with its changes; those without one in a line."""
    head = f"From {_state(found.old)} to {_state(found.new)}."
    return "\n\n".join((paragraph(head), *(t for part in found.parts for t in _part(part))))


def _state(side: Side) -> str:
    return f"{side.title} (input {side.digest})"


def _part(part: Compared) -> Iterator[str]:
    reasons = " ".join(part.not_compared)
    yield paragraph(f"{part.part.label}: {part.outcome}. {reasons}".rstrip())
    if part.changes:
        yield table(
            part.changes,
            Column("Change", lambda c: c.kind),
            Column("What", lambda c: c.subject),
            Column("Before, now, and why", _words),
        )


def _words(change: Change) -> str:
    """`closed, now open; from a and b`: what there is of it."""
    sources = f"from {listed(change.sources, _SOURCES)}" if change.sources else ""
    values = f"{change.before or 'nothing'}, now {change.now or 'nothing'}"
    return "; ".join(filter(None, (values, sources, change.because)))
