"""What arrived at the Services of the testbed, in the order of its arrival."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from apim_aks.testbed.exchange import Request


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that arrived at a Service; `operation` is what its document calls it, or empty."""

    service: str
    request: Request
    operation: str = ""


class Recorder:
    """Takes down arrivals from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrived: list[Arrival] = []

    def note(self, arrival: Arrival) -> None:
        """Take this one down."""
        with self._lock:
            self._arrived.append(arrival)

    def mark(self) -> int:
        """Where the record stands now."""
        return len(self._arrived)

    def since(self, mark: int) -> tuple[Arrival, ...]:
        """What arrived since then."""
        return tuple(self._arrived[mark:])
