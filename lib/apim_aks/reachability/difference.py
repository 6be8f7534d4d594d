"""What a change opens and what it closes: the answers of two scenes, cut at the same places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from apim_aks.reachability.axis import Range
from apim_aks.reachability.reach import Answer, Reach, connections
from apim_aks.reachability.scene import Engine, Scene


class Change(StrEnum):
    """What became of a connection. What was proved closed and no longer is counts as opened."""

    OPENED = "opened"
    NO_LONGER_CLOSED = "no longer closed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Changed:
    """From whom to whom which ports changed how."""

    source: str | Range
    destination: str | Range
    ports: tuple[tuple[str, int, int], ...]
    change: Change


def difference(old: Scene, new: Scene, engine: Engine) -> tuple[Changed, ...]:
    """What the new scene opens and closes, by workloads and ranges of addresses."""
    before, after = Reach(old, engine, new), Reach(new, engine, old)
    then, now = _by_pair(before), _by_pair(after)
    return tuple(
        Changed(source, destination, after.ports.ranges(ports), change)
        for source, destination in sorted({*then, *now}, key=str)
        for ports, change in _changes(
            then.get((source, destination), (0, 0)), now.get((source, destination), (0, 0))
        )
        if ports
    )


def _changes(then: tuple[int, int], now: tuple[int, int]) -> Iterator[tuple[int, Change]]:
    was_open, was_unknown = then
    is_open, is_unknown = now
    yield is_open & ~was_open, Change.OPENED
    yield is_unknown & ~(was_open | was_unknown), Change.NO_LONGER_CLOSED
    yield (was_open | was_unknown) & ~(is_open | is_unknown), Change.CLOSED


Pair = tuple[str | Range, str | Range]


def _by_pair(reach: Reach) -> dict[Pair, tuple[int, int]]:
    """The open and the unknown ports; ranges are cut into those that both scenes know."""
    found: dict[Pair, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in connections(reach):
        for source in _atoms(reach, row.source):
            for destination in _atoms(reach, row.destination):
                sure, unknown = found[source, destination]
                if row.answer is Answer.OPEN:
                    sure |= row.ports
                else:
                    unknown |= row.ports
                found[source, destination] = sure, unknown
    return dict(found)


def _atoms(reach: Reach, end: str | Range) -> Iterator[str | Range]:
    if isinstance(end, str):
        yield end
    else:
        yield from reach.ends.atoms(*end)
