"""`cutover`: moves callers to the gateway, one host at a time, and watches their requests.

Existing entries are not changed: every name can be moved back until `close`.
"""

from __future__ import annotations

from dataclasses import replace
from shlex import quote

from apim_aks.cutover.controls import controls, lacking, uncalled
from apim_aks.cutover.hosts import Host, hosts
from apim_aks.cutover.names import Names, Target, target_of
from apim_aks.cutover.record import HostRecord, HostState, Phase
from apim_aks.cutover.session import Moving, PhaseEnded, Session, Stopped, collecting, moment
from apim_aks.cutover.watch import Requests, requests, too_many
from apim_aks.decision.design import Design, Placement
from apim_aks.deployment import StepDone
from apim_aks.deployment.sequence import Waits
from apim_aks.listing import listed
from apim_aks.verification.resource_ids import ground
from apim_aks.verification.scene import LiveScene

NEXT = "All callers have moved. Watch them for as long as you need, then run close."


_GO_BACK = (
    "Nothing more is moved. Move all callers back with rollback --apply, or correct it and run "
    "cutover --apply again."
)


def would_move(design: Design, placement: Placement) -> PhaseEnded:
    """What the cut-over would move, and what people must do, without reading Azure."""
    return PhaseEnded(
        phase=Phase.CUTOVER,
        option=placement.option.id,
        steps=(
            *(_would(h) for h in hosts(design, placement)),
            *map(_would_call, uncalled(placement.mapping.apis)),
        ),
        waits_for=("nothing was moved; use --apply to move",),
    )


def _would(host: Host) -> StepDone:
    if not host.by_dns:
        return StepDone(host.called, "by hand", host.by_hand)
    asks = f"; before, its callers {listed(host.asks, 6)}" if host.asks else ""
    return StepDone(host.called, "DNS", f"the name leads to the gateway{asks}")


def _would_call(name: str) -> StepDone:
    words = "none of its operations only reads: before anybody moves, make one call through the "
    words += f"new path whose change is harmless, and say --called {quote(name)}"
    return StepDone(f"call of {name}", "by hand", words)


def cutover(scene: LiveScene, given: Moving) -> PhaseEnded:
    """Move the present callers as far as possible; the next run continues.

    Raises:
        Stopped: a moved host does not answer as required. Nothing more was moved.
        AzureRefused: Azure refused; the record holds what was moved before.
        InputError: the record is damaged or about another subscription.
    """
    with Session(scene, given, Phase.CUTOVER) as session:
        return _Cutover(session).run()


class _Cutover:
    def __init__(self, session: Session) -> None:
        self.session, self.given = session, session.given
        self.scene, self.settings = session.scene, session.settings
        self.names = Names(session)
        self.hosts = hosts(session.scene.design, session.scene.placement)

    def run(self) -> PhaseEnded:
        waits: list[str] = []
        self._unmatched()
        with collecting(waits):
            self.session.require_deployed()
            self.session.require_confirmed()
            self.session.require_answers("before")
            self.session.require_called()
        if not waits:
            self._begin()
            self._all(waits)
        return self.session.ended(waits, NEXT)

    def _unmatched(self) -> None:
        """A misspelled name confirms nothing, which nobody would notice."""
        given = (("--moved", self.given.moved), ("--prepared", self.given.prepared))
        for flag, patterns in given:
            left = tuple(p for p in patterns if not any(h.named_by((p,)) for h in self.hosts))
            self.session.tell_unmatched(flag, left, (h.called for h in self.hosts))

    def _begin(self) -> None:
        """The first run notes when it began; the next record that is kept has it."""
        record = self.session.record
        if not record.began_at:
            self.session.record = replace(record, began_at=self.given.now())

    def _all(self, waits: list[str]) -> None:
        held: dict[str, list[str]] = {host.id: [] for host in self.hosts}
        for step in (self._lowered, self._host):
            for host in self.hosts:
                if not held[host.id]:
                    with collecting(held[host.id]):
                        step(host)
        waits += [reason for reasons in held.values() for reason in reasons]
        with collecting(waits):
            self.session.require_calls()
        if not waits:
            with collecting(waits):
                self._complete()

    def _complete(self) -> None:
        """The final check of all calls, since callers moved by hand come at any time."""
        self.session.require_answers("after")
        now = self.given.now()
        since = now - 60 * self.settings.watch_minutes
        lately, before = self._requests(since, now), self._hour_before(since)
        if why := self._too_many(lately, before):
            raise Stopped(f"all callers have moved, and calls fail: {why}. {_GO_BACK}")
        if not self.session.record.complete_at:
            self.session.keep(replace(self.session.record, complete_at=now))
        since = self.session.record.complete_at
        self.session.told("cutover", "done", f"complete since {moment(since)}; {lately.words}")

    # One host

    def _record(self, host: Host) -> HostRecord:
        return self.session.record.host(host.id)

    def _keep(self, record: HostRecord) -> None:
        self.session.keep(self.session.record.with_host(record))

    def _lowered(self, host: Host) -> None:
        """Records the name as it was, then lowers its time to live."""
        record = self._record(host)
        waiting = record.state in (HostState.WAITING, HostState.BACK)
        if not host.by_dns or not waiting or host.named_by(self.given.moved):
            return
        # After an interrupted run the record holds the name as it was; its TTL may be low now.
        begun = record.state is HostState.WAITING and bool(record.kept)
        fresh = record if begun else self._found(host)
        if not fresh.kept:
            return
        self._keep(fresh)
        for one in fresh.kept:
            self.names.lower(one)
        lowered = replace(fresh, state=HostState.LOWERED, lowered_at=self.given.now())
        self._keep(lowered)
        self.session.told(f"{host.called}: lifetime", "done", self._lifetime(lowered))

    def _found(self, host: Host) -> HostRecord:
        """The record sets of the name before any change."""
        kept = self.names.found(host, target_of(self.session, host))
        before = self.scene.vantage.caller.addresses(host.name) if kept else ()
        return HostRecord(id=host.id, kept=kept, before=before)

    def _lifetime(self, record: HostRecord) -> str:
        lowest = self.settings.lowered_ttl_seconds
        if record.ttl <= lowest:
            return f"it is {record.ttl} s already"
        return f"lowered from {record.ttl} s to {lowest} s; resolvers keep the old one until then"

    def _host(self, host: Host) -> None:
        record = self._record(host)
        if record.state is HostState.WATCHED:
            self.session.told(host.called, "already", f"moved {moment(record.moved_at)}")
        elif host.by_dns and (record.kept or host.named_by(self.given.moved)):
            self._by_dns(host)
        elif host.named_by(self.given.moved):
            self._moved_by_hand(host)
        else:
            raise Waits(self._asked(host))

    def _asked(self, host: Host) -> str:
        if not host.by_dns:
            return f"{host.called}: {host.by_hand}"
        target, ttl = target_of(self.session, host), self.settings.lowered_ttl_seconds
        record = f"{host.name}. {ttl} IN CNAME {target.name}."
        address = (
            f" (or A {', '.join(target.addresses)})" if target.addresses and target.fixed else ""
        )
        asks = f" Before, its callers {listed(host.asks, 6)}." if host.asks else ""
        return (
            f"{host.id}: no zone that is named with --zone holds it; lower its lifetime to {ttl} "
            f"s, wait for the old one, then write {record}{address}.{asks} {host.confirmed}"
        )

    def _by_dns(self, host: Host) -> None:
        """Moves the name in its zone; without a given zone, waits until it was changed by hand."""
        record = self._record(host)
        if record.kept and not record.moved:
            self._require_ready(host, record)
        if record.kept and record.state is not HostState.MOVED:
            if record.state is not HostState.STOPPED:
                moved_at = record.moved_at or self.given.now()
                self._keep(replace(record, state=HostState.MOVING, moved_at=moved_at))
            # A name that leads nowhere for a moment is worse than one that leads to two places.
            for one in sorted(record.kept, key=lambda k: not k.ours):
                self.names.move(host, one)
        target = target_of(self.session, host)
        self._require_resolved(host, target)
        if not record.kept:
            self._keep(replace(self._record(host), now=self._addresses(target)))
        self._watched(host)

    def _require_ready(self, host: Host, record: HostRecord) -> None:
        if host.asks and not host.named_by(self.given.prepared):
            raise Waits(
                f"{host.id}: before the name moves, its callers have to {listed(host.asks, 6)}. "
                f"Say --prepared {host.id} when they do."
            )
        until = record.lowered_at + record.ttl
        if record.ttl > self.settings.lowered_ttl_seconds and self.given.now() < until:
            raise Waits(
                f"{host.id}: resolvers may keep its old lifetime until {moment(until)}; run it "
                "again then"
            )

    def _require_resolved(self, host: Host, target: Target) -> None:
        def led(held: set[str]) -> bool:
            return bool(held) and held == set(self._addresses(target))

        self.session.require_resolved(host.id, led, "the record is changed")

    def _addresses(self, target: Target) -> tuple[str, ...]:
        return target.addresses or self.scene.vantage.caller.addresses(target.name)

    # Watching

    def _requests(self, start: float, end: float) -> Requests:
        gateway = ground(self.scene).gateway
        return requests(self.session.client, gateway, self.settings, (start, end))

    def _watched(self, host: Host) -> None:
        """Watches a moved name for a while, compared with the hour before.

        After a stop, the period starts again.
        """
        record = self._record(host)
        moved_at = record.moved_at or self.given.now()
        since = self.given.now() if record.state is HostState.STOPPED else moved_at
        before = self._hour_before(moved_at)
        self._keep(replace(record, state=HostState.MOVED, moved_at=moved_at))
        pause = self.settings.watch_pause_seconds
        seen = self._seen(host, before, since, host.name)
        for _ in range(60 * self.settings.watch_minutes // pause):
            self.session.client.pause(pause)
            seen = self._seen(host, before, since, host.name)
        self._keep(replace(self._record(host), state=HostState.WATCHED))
        self.session.told(host.called, "done", f"{seen.words}, {before.words} in the hour before")

    def _moved_by_hand(self, host: Host) -> None:
        """Callers moved one by one: their new address answers; requests are counted at the end."""
        self._require(host, lacking(controls(self.scene, "", host.services)))
        moved = replace(self._record(host), state=HostState.WATCHED, moved_at=self.given.now())
        self._keep(moved)
        self.session.told(host.called, "done", "its callers have moved by hand")

    def _seen(self, host: Host, before: Requests, since: float, name: str) -> Requests:
        found = controls(self.scene, name, host.services)
        now = self._requests(since, self.given.now())
        self._require(host, lacking(found) or self._too_many(now, before))
        return now

    def _hour_before(self, moment: float) -> Requests:
        """The hour before, without callers of this cut-over that have moved by hand and fail."""
        end = min(moment, self.session.record.began_at)
        return self._requests(end - 60 * self.settings.baseline_minutes, end)

    def _too_many(self, now: Requests, before: Requests) -> str:
        points = self.given.failures
        points = self.settings.failures_percent if points is None else points
        return too_many(now, before, points, self.settings.fewest_requests)

    def _require(self, host: Host, why: str) -> None:
        """Return if there is no fault.

        Raises:
            Stopped: there is a fault.
        """
        if not why:
            return
        self._keep(replace(self._record(host), state=HostState.STOPPED))
        raise Stopped(f"{host.called} was moved and does not answer as before: {why}. {_GO_BACK}")
