"""The workloads of a portfolio through any executor: what is known already is not done again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field

from apim_aks.errors import InputError
from apim_aks.portfolio.allowance import Allowance
from apim_aks.portfolio.assessment import Assessment, State, read, stopped
from apim_aks.portfolio.packing import Packed, packed
from apim_aks.portfolio.results import Results
from apim_aks.portfolio.task import assess
from apim_aks.portfolio.workloads import Named

Done = Callable[[str, bool], None]
"""Told of each workload that is finished: its label, and whether an earlier run had done it."""

IN_FLIGHT = 2 * (os.cpu_count() or 1)
"""Workloads whose files are held at once on this machine: no processor waits."""

IN_FLIGHT_AWAY = 512
"""The same for a cluster, whose workers nobody counts here."""


@dataclass(frozen=True, slots=True)
class Row:
    """A workload by its path, what is known of it, and the digest of its input; empty without."""

    label: str
    found: Assessment
    digest: str = ""


def work_out(
    named: Iterable[Named],
    executor: Executor,
    results: Results,
    allowance: Allowance,
    done: Done,
    in_flight: int = IN_FLIGHT,
) -> tuple[Row, ...]:
    """A row for each workload, in their order. Whatever happens to one stops none of the others.

    At most `in_flight` are with the executor at once. Its tasks are calls of `assess`, which take
    the files along; an executor may run one again.
    """
    running = _Running(executor=executor, results=results, allowance=allowance, done=done)
    for place, one in enumerate(named):
        running.begin(place, one)
        while len(running.waiting) >= in_flight:
            running.settle()
    while running.waiting:
        running.settle()
    return tuple(running.rows[place] for place in sorted(running.rows))


@dataclass(slots=True, kw_only=True)
class _Running:
    executor: Executor
    results: Results
    allowance: Allowance
    done: Done
    rows: dict[int, Row] = field(default_factory=dict)
    waiting: dict[Future[bytes], str] = field(default_factory=dict)
    places: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)

    def begin(self, place: int, one: Named) -> None:
        """Hand it to the executor, unless it is known; equal inputs are worked out once."""
        if one.file is None:
            self._row(place, one.label, stopped(State.INPUT, one.wrong))
            return
        try:
            sent = packed(one.file)
        except InputError as error:
            self._row(place, one.label, stopped(State.INPUT, str(error)))
            return
        digest = sent.digest
        if known := self.results.finished(digest):
            self._row(place, one.label, known, digest, again=digest not in self.fresh)
        elif digest in self.places:
            self.places[digest].append((place, one.label))
        else:
            self.places[digest] = [(place, one.label)]
            self._submit(sent, digest)

    def _submit(self, sent: Packed, digest: str) -> None:
        try:
            self.waiting[self.executor.submit(assess, sent, self.allowance)] = digest
        except Exception as error:  # one that has broken takes no more
            self._finish(digest, _lost(error))

    def settle(self) -> None:
        """Wait until one is finished, and keep what it came to."""
        ended, _ = wait(self.waiting, return_when=FIRST_COMPLETED)
        for future in ended:
            digest = self.waiting.pop(future)
            try:
                found = read(future.result())
            except Exception as error:  # whatever an executor raises for a worker that is gone
                found = _lost(error)
            self.results.keep(digest, found)
            self._finish(digest, found)

    def _finish(self, digest: str, found: Assessment) -> None:
        self.fresh.add(digest)
        for place, label in self.places.pop(digest):
            self._row(place, label, found, digest)

    def _row(
        self, place: int, label: str, found: Assessment, digest: str = "", again: bool = False
    ) -> None:
        self.rows[place] = Row(label, found, digest)
        self.done(label, again)


def _lost(error: Exception) -> Assessment:
    words = " ".join(str(error).split())[:200]
    said = f" ({type(error).__name__}{f': {words}' if words else ''})"
    return stopped(State.LOST, f"The process that worked on it was lost{said}. Run it again.")
