"""A phase of the whole way killed at each of its writes, from the same state each time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apim_aks.remote.azure import AzureRefused
from tests.support.whole_way import Way, people

PARTS = (
    *("resources", "groups", "deployments", "operations", "deleted", "lists", "certificates"),
    *("writes", "requests", "gone", "tokens"),
)
PHASES: dict[str, Callable[[Way], Any]] = {
    "deploy": Way.deploy,
    "cutover": Way.cutover,
    "rollback": Way.rollback,
    "again": Way.cutover,
    "close": Way.close,
    "remove": Way.remove,
}
"""The phases in the order of the whole way."""


@dataclass(frozen=True)
class Snapshot:
    """How everything stood before a phase: Azure, the cluster, the folder, people."""

    arm: dict[str, Any]
    cluster: Any
    callers: list[Any]
    later: float
    folder: Path

    @classmethod
    def of(cls, way: Way, folder: Path) -> Snapshot:
        state = way.live.folder / "state"
        if state.is_dir():
            shutil.copytree(state, folder)
        parts = {p: deepcopy(getattr(way.arm, p)) for p in PARTS}
        later = way.later + sum(way.live.pauses)
        return cls(parts, way.model.cluster, [replace(c) for c in way.callers], later, folder)

    def restore(self, way: Way) -> None:
        """As it was, seen by a new process."""
        for part, held in self.arm.items():
            setattr(way.arm, part, deepcopy(held))
        way.arm.kill_at, way.model.cluster = 0, self.cluster
        way.model.done.clear()
        state = way.live.folder / "state"
        shutil.rmtree(state, ignore_errors=True)
        if self.folder.is_dir():
            shutil.copytree(self.folder, state)
        way.again()
        way.callers, way.later = [replace(c) for c in self.callers], self.later
        way.sent.clear(), way.lost.clear(), way.losers.clear()


@dataclass(frozen=True)
class Ended:
    """What a phase left: resources, how often each was written, the files, the lost requests."""

    resources: dict[str, Any]
    writes: dict[str, int]
    done: tuple[str, ...]
    lost: int


def ended(way: Way) -> Ended:
    """What stands now, but for what only differs by the moment, and the lease."""
    held = {id for id in way.arm.resources if "lease.internal" not in id}
    lost = sum(n for phase, n in way.lost.items() if not phase.startswith("close"))
    return Ended(dict.fromkeys(held), dict(way.arm.writes), tuple(way.model.done), lost)


def killed(way: Way, phase: str, at: int, after: bool) -> bool:
    """The phase killed at this write, then run again until it ends; whether it came so far."""
    way.arm.kill_at, way.arm.killed_after = at, after
    try:
        PHASES[phase](way)
    except KeyboardInterrupt:
        way.arm.kill_at = 0
        way.again()
        go_on(way, phase)
        return True
    came = way.arm.kill_at <= 0
    way.arm.kill_at = 0
    return came


def go_on(way: Way, phase: str) -> None:
    """Whoever comes next runs the same phase; what it says has to be done is done by itself."""
    for _ in range(3):
        try:
            done = PHASES[phase](way)
        except AzureRefused as refused:
            named = re.search(r"--take-over (\w+)", str(refused))
            if way.take_over or not named:
                raise AssertionError(f"{phase} does not go on: {refused}") from refused
            way.take_over = named[1]
            continue
        way.take_over = ""
        if not done.waits_for:
            return
    raise AssertionError(f"{phase} waits: {done.waits_for}")


def reached(way: Way, folder: Path) -> Iterator[tuple[str, Snapshot, Ended, int]]:
    """Each phase with the state before it, what it leaves unkilled, and how many writes it has."""
    for phase in PHASES:
        before = Snapshot.of(way, folder / phase)
        way.arm.kill_at = 10_000
        PHASES[phase](way)
        count = 10_000 - way.arm.kill_at
        whole = ended(way)
        if phase == "deploy" and not way.there:
            people(way)
        after = Snapshot.of(way, folder / f"{phase} done")
        yield phase, before, whole, count
        after.restore(way)
