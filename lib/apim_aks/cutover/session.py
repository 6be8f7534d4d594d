"""One run of a phase: what it is given and did, and the record by which the next goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from shlex import quote

from apim_aks.cutover.controls import Control, controls, lacking, seen, uncalled
from apim_aks.cutover.record import (
    CloseRecord,
    CutoverRecord,
    Phase,
    close_record,
    cutover_record,
)
from apim_aks.deployment import Run, StepDone
from apim_aks.deployment.confirmation import require_confirmed
from apim_aks.deployment.memory import Memory
from apim_aks.deployment.preflight import ROLES_AT_NODES, roles_of
from apim_aks.deployment.sequence import Waits, left_to_do
from apim_aks.deployment.state import DeploymentState, particular
from apim_aks.facts.cutover import CutoverSettings, cutover_settings
from apim_aks.listing import listed, shown
from apim_aks.remote.azure import AzureClient, AzureRefused, RecordSets
from apim_aks.topology.check import State
from apim_aks.verification.scene import LiveScene
from apim_aks.workload.call import CallState


class Stopped(AzureRefused):
    """What was moved does not answer as it has to: nothing more is moved."""


@dataclass(frozen=True, kw_only=True)
class Moving(Run):
    """What the phases are given beside what every run is: what a person has done, and the clock.

    `zones` are zones of Azure by group and name. `moved` and `prepared` name hosts, or patterns
    with `*`: those whose callers call the new address already, and those whose callers send what
    will be asked for; where it closes, `prepared` are objects in no file by which callers come.
    `called` names APIs that a person has called, or a back end of one as `API:SERVICE`. `failures`
    and `after_days` are None where the rows hold. `irreversible` says that what cannot be taken
    back is meant.
    """

    zones: tuple[tuple[str, str], ...] = ()
    moved: tuple[str, ...] = ()
    prepared: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    failures: float | None = None
    after_days: float | None = None
    irreversible: bool = False
    now: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEnded:
    """How far a phase came; `waits_for` is what has to happen before the next run goes on."""

    phase: str
    option: str
    steps: tuple[StepDone, ...] = ()
    waits_for: tuple[str, ...] = ()
    follows: str = ""

    @property
    def finished(self) -> bool:
        """Everything of the phase is done."""
        return not self.waits_for


class Session:
    """The state file is written before and after everything that changes something."""

    def __init__(self, scene: LiveScene, given: Moving, phase: str) -> None:
        self.scene, self.given = scene, given
        self.client: AzureClient = scene.azure.client
        self.settings: CutoverSettings = cutover_settings()
        self.phase = phase
        self.memory = Memory(self.client, scene.project, replace(given, tell=scene.tell), phase)
        self.told = self.memory.ended
        self.record: CutoverRecord = cutover_record(self.state.phases, self.memory.path)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        """The next run may begin."""
        self.memory.lease.release()

    @property
    def state(self) -> DeploymentState:
        """The state as it is now."""
        return self.memory.state

    def keep(self, record: CutoverRecord) -> None:
        """The record of the cut-over as it is now, in its file."""
        self.record = record
        self.keep_state(self.state.with_phase(Phase.CUTOVER, record.plain()))

    def keep_state(self, state: DeploymentState) -> None:
        """The state as it is now, in its file and in Azure."""
        if self.memory.lease.held:
            self.memory.lease.require()
        self.memory.keep(state)

    @property
    def closed(self) -> CloseRecord:
        """The record of closing as it is now."""
        return close_record(self.state.phases)

    def keep_closed(self, record: CloseRecord, state: DeploymentState | None = None) -> None:
        """The record of closing as it is now, in its file and in Azure, with the rest of it."""
        self.keep_state((state or self.state).with_phase(Phase.CLOSE, asdict(record)))

    def ended(self, waits: Iterable[str], follows: str) -> PhaseEnded:
        """How far the phase came; `follows` is said where nothing waits."""
        held = tuple(waits)
        return PhaseEnded(
            phase=self.phase,
            option=self.scene.project.option,
            steps=tuple(self.memory.done),
            waits_for=held,
            follows="" if held else follows,
        )

    def require_confirmed(self) -> None:
        """Somebody has said which subscription, cluster and caller are meant; nobody else runs.

        Raises:
            InputError: nobody has, or it was said of another one.
            LeaseHeld: another run changes something.
            Waits: the identity may not do what the phase does.
        """
        given = self.given
        require_confirmed(self.client, self.scene.project, given.confirm, given.answer)
        self.require_allowed(self.phase)
        self.memory.hold()

    def require_allowed(self, phase: str) -> None:
        """Nothing, where the identity may do what a phase does; what cannot be looked at is told.

        Raises:
            Waits: it may not; nothing was changed.
        """
        found = roles_of(self.client, self.scene.project, phase, self._zones())
        for finding in (f for f in found if f.state is State.NOT_RUN):
            self.scene.tell(finding.line)
        # Who says that lost addresses are meant needs no right to keep them.
        meant = {ROLES_AT_NODES} if self.given.irreversible else set[str]()
        if lacks := [f for f in found if f.state is State.FAIL and f.id not in meant]:
            words = "; ".join(f"{f.what}: {f.seen}; {f.next_step}" for f in lacks)
            raise Waits(f"nothing was changed, since it would be refused halfway: {words}")

    def _zones(self) -> tuple[str, ...]:
        """The ids of the zones whose names move, or have moved."""
        sets, kept = RecordSets(self.client), (k for h in self.record.hosts for k in h.kept)
        moved = (particular(k.id, self.client.subscription).rsplit("/", 2)[0] for k in kept)
        named = (id for group, zone in self.given.zones for id in sets.zones(group, zone))
        return tuple(dict.fromkeys((*moved, *named)))

    def require_deployed(self) -> None:
        """Nothing, where every stage and manifest of `deploy` is there.

        Raises:
            Waits: it is not.
        """
        if left := left_to_do(self.scene.project, self.state):
            raise Waits(f"deploy is not complete ({listed(left, 4)}); run deploy --apply first")

    def require_resolved(self, name: str, holds: Callable[[set[str]], bool], record: str) -> None:
        """Nothing, once the addresses that a name has here are those that it has to have.

        Raises:
            Waits: they are not, after a while; `record` says what stands in its zone.
        """
        tries, held = self.settings.resolver_tries, set[str]()
        for attempt in self.attempts():
            held = set(self.scene.vantage.caller.addresses(name))
            if holds(held):
                return
            self.scene.tell(f"{name}: it resolves here as before ({attempt} of {tries})")
        here = listed(sorted(held)) or "nothing"
        raise Waits(f"{name}: {record}, and resolves here to {here} still; run it again later")

    def attempts(self) -> Iterator[int]:
        """The tries after which everybody sees a changed record, with pauses between them."""
        settings = self.settings
        return self.client.attempts(settings.resolver_tries, settings.lowered_ttl_seconds)

    def require_answers(self, when: str) -> None:
        """One successful call for each API through the new path.

        Raises:
            Waits: some do not answer.
        """
        found = controls(self.scene)
        self.require(found)
        self.told(f"calls {when}", "done", seen(found))

    def require(self, found: tuple[Control, ...]) -> None:
        """Nothing, where every API that can be asked answered.

        Raises:
            Waits: some do not answer.
        """
        if why := lacking(found):
            raise Waits(f"the new path does not answer for every API ({why})")

    def require_called(self) -> None:
        """Nothing, where a person has called each back end of which no operation only reads.

        Raises:
            Waits: nobody has said so of some.
        """
        silent = uncalled(self.scene.placement.mapping.apis)
        self.tell_unmatched("--called", self.given.called, silent)
        left = set(silent) - set(self.record.called)
        said = {a for a in left if any(fnmatchcase(a, p) for p in self.given.called)}
        if said:
            self.keep(replace(self.record, called=(*self.record.called, *sorted(said))))
        for api in sorted(left - said):
            self.told(f"call of {api}", "not_run", "none of its operations only reads")
        if left - said:
            named = listed(sorted(left - said))
            flags = " ".join(f"--called {quote(name)}" for name in sorted(left - said))
            raise Waits(
                f"nothing has called {named}: none of the operations only reads. Make one call of "
                "each through the new path whose change is harmless, then run cutover --apply with "
                f"{flags}"
            )

    def tell_unmatched(self, flag: str, given: Iterable[str], names: Iterable[str]) -> None:
        """Tells which of the confirmations name nothing that waits for one, and what does."""
        known = sorted(set(names))
        for pattern in dict.fromkeys(given):
            if pattern != "*" and not any(fnmatchcase(name, pattern) for name in known):
                there = f"what it can name: {listed(known)}" if known else "nothing waits for it"
                self.told(f"{flag} {pattern}", "not_run", f"it names nothing; {there}")

    def require_calls(self) -> None:
        """Nothing, where every caller that was found is confirmed or struck.

        Raises:
            Waits: some are neither.
        """
        calls = self.scene.design.workload.graph.calls
        found = [c for c in calls if c.state is CallState.FOUND]
        if found:
            named = shown([f"{c.caller.called} calls {c.callee}" for c in found])
            raise Waits(
                f"{len(found)} callers inside the cluster are neither confirmed nor struck under "
                f"`calls` in workload.yaml ({named})"
            )


@contextmanager
def collecting(waits: list[str]) -> Iterator[None]:
    """What waits for somebody is kept, and the run goes on with the next."""
    try:
        yield
    except Waits as reason:
        waits.append(str(reason))


def moment(seconds: float) -> str:
    """A moment as people read it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
