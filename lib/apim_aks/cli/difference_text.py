"""What differs between two sides for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.cli.console import paragraph, table
from apim_aks.columns import Column
from apim_aks.difference import Compared, Difference, Row, Side, first_rows


def difference_text(found: Difference) -> str:
    """Each part with its changes; those without one in a line.

    Of options that nobody follows or pinned the changes are counted.
    """
    parts = (t for part in found.parts for t in _part(part, found.new))
    return "\n\n".join((paragraph(found.between), *parts))


def _part(part: Compared, new: Side) -> Iterator[str]:
    reasons = " ".join(part.not_compared)
    yield paragraph(f"{part.part.label}: {part.outcome}. {reasons}".rstrip())
    first, rest, words = first_rows(part, new)
    if first:
        yield table(
            first,
            Column("Change", lambda r: f"! {r.change.kind}" if r.serious else r.change.kind),
            Column("What", lambda r: r.what),
            Column("Before, now, and why", _words),
        )
    if rest:
        yield paragraph(f"And {words}; --json has them.")


def _words(row: Row) -> str:
    return "; ".join(filter(None, (row.change.values, row.why)))
