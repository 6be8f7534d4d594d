"""A phase of the whole way that ends at each of its writes, from the same state each time.

`python -m tests.support.scenes_page --kills` kills every phase of every option of both workloads at
every write.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from apim_aks.remote.azure import AzureRefused
from tests.support.whole_way import Way, not_ours, people, whole_way

PARTS = (
    *("resources", "groups", "deployments", "operations", "deleted", "lists", "certificates"),
    *("writes", "gone", "tokens"),
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
    """How everything stood at a moment: Azure, the cluster, the folder, people.

    Two are equal where a process that starts then finds the same.
    """

    arm: dict[str, Any] = field(repr=False)
    cluster: Any = field(repr=False)
    files: dict[str, bytes] = field(repr=False)
    callers: list[Any] = field(repr=False, compare=False)
    later: float = field(compare=False)
    requests: list[Any] = field(repr=False, compare=False)
    done: tuple[str, ...] = ()

    @classmethod
    def of(cls, way: Way) -> Snapshot:
        state = way.live.folder / "state"
        files = {str(f.relative_to(state)): f.read_bytes() for f in state.rglob("*") if f.is_file()}
        return cls(
            # What a deployment has still to make refers to the server, which is no copy.
            arm=deepcopy({p: getattr(way.arm, p) for p in PARTS}, {id(way.arm): way.arm}),
            cluster=way.model.cluster,
            files=files,
            callers=[replace(c) for c in way.callers],
            later=way.later + sum(way.live.pauses),
            requests=list(way.arm.requests),
            done=tuple(way.model.done),
        )

    def restore(self, way: Way) -> None:
        """As it was, seen by a new process."""
        for part, held in deepcopy(self.arm, {id(way.arm): way.arm}).items():
            setattr(way.arm, part, held)
        way.arm.kill_at, way.model.cluster = 0, self.cluster
        way.arm.requests = list(self.requests)
        way.model.done[:] = self.done
        state = way.live.folder / "state"
        shutil.rmtree(state, ignore_errors=True)
        for name, content in self.files.items():
            (state / name).parent.mkdir(parents=True, exist_ok=True)
            (state / name).write_bytes(content)
        way.again()
        way.callers, way.later = [replace(c) for c in self.callers], self.later
        way.sent.clear(), way.lost.clear(), way.losers.clear()


@dataclass(frozen=True)
class Ended:
    """What a phase left: resources, objects, how often each was written, the files, the lost
    requests."""

    resources: frozenset[str]
    objects: frozenset[Any]
    writes: dict[str, int]
    done: tuple[str, ...]
    lost: int


def ended(way: Way) -> Ended:
    """What stands now, but for what only differs by the moment, and the lease."""
    return Ended(
        resources=frozenset(id for id in way.arm.resources if "lease.internal" not in id),
        objects=frozenset(way.model.cluster.kept),
        writes={id: n for id, n in way.arm.writes.items() if "lease.internal" not in id},
        done=tuple(way.model.done),
        lost=sum(n for phase, n in way.lost.items() if not phase.startswith("close")),
    )


def interrupted(way: Way, phase: str, at: int) -> None:
    """The phase interrupted after this write, then run again until it ends."""
    way.arm.kill_at, way.arm.killed_after = at, True
    try:
        PHASES[phase](way)
    except KeyboardInterrupt:
        way.arm.kill_at = 0
        way.again()
        go_on(way, phase)
    assert way.arm.kill_at <= 0, "it was never interrupted"


def go_on(way: Way, phase: str) -> bool:
    """Whoever comes next runs the same phase and does what it says has to be done; whether it
    went on without a word."""
    told = False
    for _ in range(3):
        try:
            done = PHASES[phase](way)
        except AzureRefused as refused:
            named = re.search(r"--take-over (\w+)", str(refused))
            if way.take_over or not named:
                raise AssertionError(f"{phase} does not go on: {refused}") from refused
            way.take_over, told = named[1], True
            continue
        way.take_over = ""
        if not done.waits_for:
            return not told
    raise AssertionError(f"{phase} waits: {done.waits_for}")


@dataclass(frozen=True)
class Passed:
    """A phase that nobody killed: the state before it, what it leaves, how many writes it has,
    and how everything stood before and after each of them."""

    phase: str
    before: Snapshot
    whole: Ended
    count: int
    moments: tuple[Snapshot, ...]


def passed(way: Way, look: bool = True) -> Iterator[Passed]:
    """Each phase of the whole way; the next one begins where this one ended."""
    for phase in PHASES:
        before, moments = Snapshot.of(way), list[Snapshot]()
        if look:
            way.arm.moved_on = partial(_look, way, moments)
        way.arm.kill_at = 10_000
        PHASES[phase](way)
        count = 10_000 - way.arm.kill_at
        way.arm.kill_at, way.arm.moved_on = 0, lambda: None
        whole = ended(way)
        if phase == "deploy" and not way.there:
            people(way)
        after = Snapshot.of(way)
        yield Passed(phase, before, whole, count, tuple(moments))
        after.restore(way)
        way.model.done.clear()


def _look(way: Way, kept: list[Snapshot]) -> None:
    now = Snapshot.of(way)
    if not kept or now != kept[-1]:
        kept.append(now)


WENT_ON = ("went on", "named what to do")


def gone_on(way: Way, found: Passed, moment: Snapshot, theirs: dict[str, Any]) -> Counter[str]:
    """What became of the phase after a process ended at this moment, counted by kind."""
    moment.restore(way)
    counts = Counter({"kills": 1})
    try:
        counts[WENT_ON[0 if go_on(way, found.phase) else 1]] += 1
    except AssertionError as stopped:
        return counts + Counter({f"stopped: {stopped}": 1})
    return counts + faults_of(way, found, theirs)


def faults_of(way: Way, found: Passed, theirs: dict[str, Any]) -> Counter[str]:
    """What a run that went on did wrong: nothing, where nothing is counted."""
    now, whole = ended(way), found.whole
    return Counter(
        {
            "lost": now.lost,
            "made twice": int(now.writes != whole.writes or _again(now.done, whole.done)),
            "other end": int((now.resources, now.objects) != (whole.resources, whole.objects)),
            "not ours removed": int(not theirs.keys() <= not_ours(way).keys()),
        }
    )


def _again(done: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    """More was applied a second time than the file at which it ended, or in another order."""
    return len(done) > len(whole) + 1 or list(dict.fromkeys(done)) != list(dict.fromkeys(whole))


def every_kill(case: tuple[str, str, bool], folder: Path) -> Counter[str]:
    """What became of a way that ended at every write of every phase, in numbers."""
    counts = Counter[str]()
    with whole_way(folder, *case) as way:
        theirs = not_ours(way)
        for found in passed(way):
            for moment in found.moments:
                counts += gone_on(way, found, moment, theirs)
    return counts
