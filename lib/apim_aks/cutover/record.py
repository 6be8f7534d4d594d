"""The record of the cut-over: each name as it was, written before it is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from apim_aks.errors import InputError
from apim_aks.verification.entries import EntryKind


class Phase(StrEnum):
    """The phases that have a record of their own."""

    CUTOVER = "cutover"
    CLOSE = "close"


_WITHOUT_NAME = {kind.key: kind.value for kind in EntryKind}


def called(id: str) -> str:
    """A host in words: its name, or `node ports of shop/orders` for `nodes:shop/orders`."""
    kind, _, service = id.partition(":")
    return f"{_WITHOUT_NAME[kind]} of {service}" if kind in _WITHOUT_NAME else id


class HostState(StrEnum):
    """The state of a host."""

    WAITING = "waiting"
    LOWERED = "TTL lowered"
    MOVING = "moving"
    MOVED = "moved"
    STOPPED = "stopped"
    WATCHED = "watched"
    BACK = "moved back"


@dataclass(frozen=True, slots=True)
class Kept:
    """A record set as it was: `properties` is None if it did not exist.

    `id` does not contain the subscription. `ours` is its target after the move, empty if it is
    removed then.
    """

    id: str
    properties: dict[str, Any] | None
    was: tuple[str, ...]
    ours: tuple[str, ...]
    ttl: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRecord:
    """One host: its record sets before, and the times of lowering the TTL and of moving.

    Times are in seconds since the epoch, 0 for never. `before` are its previous addresses. `now`
    are those of the gateway, where somebody changed a record that no given zone holds.
    """

    id: str
    state: HostState = HostState.WAITING
    kept: tuple[Kept, ...] = ()
    before: tuple[str, ...] = ()
    lowered_at: float = 0
    moved_at: float = 0
    now: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """The host in words."""
        return called(self.id)

    @property
    def ttl(self) -> int:
        """How long in seconds resolvers may cache the record from before its TTL was lowered."""
        return max((k.ttl for k in self.kept), default=0)

    @property
    def moved(self) -> bool:
        """Whether it leads to the gateway, or may do so."""
        return self.state not in (HostState.WAITING, HostState.LOWERED, HostState.BACK)


@dataclass(frozen=True, slots=True)
class CutoverRecord:
    """Every changed host, and when all were moved and confirmed, and the first run began; 0 before
    that. `called` are the APIs of which a person has said that a call of theirs succeeded."""

    hosts: tuple[HostRecord, ...] = ()
    complete_at: float = 0
    began_at: float = 0
    called: tuple[str, ...] = ()

    def host(self, id: str) -> HostRecord:
        """The record of this host; a new one if there is none."""
        return next((h for h in self.hosts if h.id == id), HostRecord(id=id))

    def with_host(self, host: HostRecord) -> CutoverRecord:
        """The record with this entry for the host."""
        kept = tuple(host if h.id == host.id else h for h in self.hosts)
        known = any(h.id == host.id for h in self.hosts)
        return replace(self, hosts=kept if known else (*kept, host))

    def plain(self) -> dict[str, Any]:
        """The record as JSON, with what leads to the gateway, which `remove` reads."""
        moved = [h for h in self.hosts if h.moved]
        records = {k.id: k.ours for h in moved for k in h.kept if k.ours}
        led = {h.called: h.now for h in moved if h.now}
        calls = {"moved": [h.called for h in moved], "records": records, "names": led}
        return {**asdict(self), **calls}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRecord:
    """The files that closing has begun with, those given back since, and the addresses it kept.

    `addresses` are names of public addresses, by Service as objects are called. `complete_at` is in
    seconds since the epoch, 0 before that.
    """

    files: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    complete_at: float = 0


def close_record(phases: Mapping[str, Any]) -> CloseRecord:
    """The record of closing in the state; an empty one before it has begun."""
    held = phases.get(Phase.CLOSE) or {}
    return CloseRecord(
        files=tuple(held.get("files") or ()),
        reopened=tuple(held.get("reopened") or ()),
        addresses=dict(held.get("addresses") or {}),
        complete_at=float(held.get("complete_at") or 0),
    )


def cutover_record(phases: Mapping[str, Any], path: Path) -> CutoverRecord:
    """The record of the cut-over in the state file of this path.

    Raises:
        InputError: it is damaged.
    """
    held = phases.get(Phase.CUTOVER)
    if not held:
        return CutoverRecord()
    try:
        return CutoverRecord(
            tuple(map(_host, held["hosts"])),
            float(held["complete_at"]),
            float(held.get("began_at") or 0),
            tuple(map(str, held.get("called") or ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: the record of the cut-over cannot be read ({type(error).__name__}). Restore "
            "the file: it holds what each name was before it was moved."
        ) from None


def _host(held: Mapping[str, Any]) -> HostRecord:
    return HostRecord(
        id=str(held["id"]),
        state=HostState(held["state"]),
        kept=tuple(map(_kept, held["kept"])),
        before=tuple(map(str, held["before"])),
        lowered_at=float(held["lowered_at"]),
        moved_at=float(held["moved_at"]),
        now=tuple(map(str, held.get("now") or ())),
    )


def _kept(held: Mapping[str, Any]) -> Kept:
    properties = held["properties"]
    return Kept(
        id=str(held["id"]),
        properties=None if properties is None else dict(properties),
        was=tuple(map(str, held["was"])),
        ours=tuple(map(str, held["ours"])),
        ttl=int(held["ttl"]),
    )
