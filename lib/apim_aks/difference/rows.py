"""Changes as people read them: what is alike in one row, what a reviewer must see first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apim_aks.decision.reached import TODAY
from apim_aks.difference.change import NO_LONGER_PROVED, Change, Compared
from apim_aks.difference.side import Side
from apim_aks.listing import counted, listed

_LONG = 100
_NAMED = 3
"""How many subjects, options and sources are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One change of these subjects in these options, `number` changes in all.

    `near` says that it is about the option that is followed, about today, or about none; `shown`
    that it is about one of those or one that is pinned; `serious` that it stops a pull request, or
    that the option that is followed is no longer proved.
    """

    change: Change
    number: int
    subjects: tuple[str, ...]
    options: tuple[str, ...]
    every: bool
    near: bool
    shown: bool
    serious: bool

    @property
    def what(self) -> str:
        """The subjects, behind where they changed."""
        subjects = listed(self.subjects, _NAMED)
        return f"{self.where}: {subjects}" if self.where else subjects

    @property
    def where(self) -> str:
        """The options, all of them in one word, and today."""
        if self.every:
            return f"all {len(self.options)} options"
        if len(self.options) > _NAMED:
            return f"{self.options[0]} and {counted(len(self.options) - 1, 'other option')}"
        return listed(self.options)

    @property
    def why(self) -> str:
        """From whom, an example or a reason, and where it stands."""
        change = self.change
        sources = f"from {listed(change.sources, _NAMED)}" if change.sources else ""
        place = "" if any(change.place in s for s in self.subjects) else change.place
        return "; ".join(filter(None, (sources, change.because, place)))


def rows(part: Compared, side: Side) -> tuple[Row, ...]:
    """The changes of a part, those that are alike together: serious ones, then the near ones."""
    options: dict[object, list[Change]] = {}
    for change in sorted(part.changes, key=lambda c: c.option not in (TODAY, side.followed)):
        options.setdefault((change.subject, *_same(change)), []).append(change)
    subjects: dict[object, list[list[Change]]] = {}
    for alike in options.values():
        where = tuple(c.option for c in alike)
        subjects.setdefault((where, *_same(alike[0])), []).append(alike)
    found = (_row(group, side) for group in subjects.values())
    return tuple(_once(sorted(found, key=lambda row: (not row.serious, not row.near))))


def first_rows(part: Compared, side: Side) -> tuple[Sequence[Row], Sequence[Row], str]:
    """The rows that everybody reads, and those of options that nobody follows or pinned.

    The words say how many changes the latter are.
    """
    every = rows(part, side)
    first = [row for row in every if row.shown or row.serious]
    rest = [row for row in every if not (row.shown or row.serious)]
    options = {o for row in rest for o in row.options}
    more = counted(sum(row.number for row in rest), "more change")
    return first, rest, f"{more} of {counted(len(options), 'option')} that nobody follows or pinned"


def _once(found: Iterable[Row]) -> Iterator[Row]:
    """The rows; a long reason that an earlier one has is named by it."""
    said: dict[str, str] = {}
    for row in found:
        because = row.change.because
        first = said.setdefault(because, row.subjects[0]) if len(because) > _LONG else ""
        if first and first not in row.subjects:
            row = replace(row, change=replace(row.change, because=f"the same reason as {first}"))
        yield row


def _same(change: Change) -> tuple[object, ...]:
    """What is alike: a packet is only an example for sources, and every check expects its own."""
    because = "" if change.sources else change.because
    return change.kind, change.place, change.before, change.now, change.sources, because


def _row(group: list[list[Change]], side: Side) -> Row:
    changes = [change for alike in group for change in alike]
    options = tuple(dict.fromkeys(c.option for c in changes if c.option))
    return Row(
        change=changes[0],
        number=len(changes),
        subjects=tuple(dict.fromkeys(c.subject for c in changes)),
        options=options,
        every=1 < len(options) == side.options and TODAY not in options,
        near=not options or bool({TODAY, side.followed} & {*options}),
        shown=not options or bool({TODAY, *side.shown} & {*options}),
        serious=any(c.gate or is_lost(c, side) for c in changes),
    )


def is_lost(change: Change, side: Side) -> bool:
    """Whether a check of the option that is followed passed, and is not run now."""
    return change.kind == NO_LONGER_PROVED and change.option == side.followed
