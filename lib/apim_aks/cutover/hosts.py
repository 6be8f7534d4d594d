"""What has to move: each name or address of today, and its replacement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from shlex import quote

from apim_aks.cutover.change import Change, Demand, Stops
from apim_aks.cutover.changes import changes
from apim_aks.cutover.entries import NewEntry, new_entry
from apim_aks.cutover.record import called
from apim_aks.decision.design import Design, Placement
from apim_aks.listing import listed
from apim_aks.reachability.zones import Zone
from apim_aks.workload.model import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A name that callers use, or an address without one, such as the node ports of `shop/orders`.

    It moves in DNS where the gateway answers to the same name, and by hand, caller by caller, where
    callers must use another one: `new` are those, by place. `news` is what its callers do not
    send today, `paths` that some of them change. `others` are served under the name and do not
    move. A `fresh` name has no callers yet. Without `new` nothing takes its place, and a person
    says that nobody needs it.
    """

    id: str
    name: str
    new: tuple[str, ...]
    by_dns: bool
    services: tuple[str, ...] = ()
    news: tuple[Demand, ...] = ()
    paths: bool = False
    others: tuple[str, ...] = ()
    fresh: bool = False

    @property
    def called(self) -> str:
        """The name, or what is called without one, in words."""
        return called(self.id)

    @property
    def asks(self) -> tuple[str, ...]:
        """What its callers must do before the name leads to the gateway, in sentences."""
        sent = tuple(f"send {d.words}" for d in self.news)
        return (*sent, "ask for the new paths") if self.paths else sent

    @property
    def by_hand(self) -> str:
        """What a person must do, and how it is confirmed, in sentences."""
        if not self.new:
            return (
                "nothing takes its place: publish an API for it, keep what is called, or say "
                f"--moved {self.typed} once nobody needs it any more."
            )
        asks = listed([f"call {listed(self.new)}", *self.asks], 6)
        shared = f" The name also leads to {listed(self.others)}." if self.others else ""
        return f"its callers have to {asks}.{shared} {self.confirmed}"

    @property
    def confirmed(self) -> str:
        """How somebody says that its callers have moved."""
        return f"Say --moved {self.typed} when they do."

    @property
    def typed(self) -> str:
        """What it is called, as one argument of a command."""
        return quote(self.called)

    def named_by(self, patterns: Iterable[str]) -> bool:
        """Whether one of these names or patterns with `*` matches what it is called, or its id."""
        return any(fnmatchcase(name, p) for p in patterns for name in (self.called, self.id))


def hosts(design: Design, placement: Placement) -> tuple[Host, ...]:
    """Everything that moves: names in DNS first, a new name before all others."""
    moving: dict[str, list[Change]] = {}
    told = changes(design, placement)
    for change in told:
        if not change.inside and change.stops is not Stops.NEVER and change.new:
            for id, _ in _dialled(change):
                moving.setdefault(id, []).append(change)
    for id, change in ((id, c) for c in told for id in _ending(c)):
        moving.setdefault(id, []).append(change)
    found = [_host(design.workload, id, mine, told) for id, mine in moving.items()]
    return tuple(sorted((*_fresh(placement, moving), *found), key=lambda h: not h.by_dns))


def _ending(change: Change) -> Iterator[str]:
    """What a known caller loses without a replacement."""
    if change.ends and not change.inside:
        yield from (id for id, _ in _dialled(change))
    elif change.ends and change.state:
        yield f"{change.caller} to {change.service}"


def _dialled(change: Change) -> Iterator[tuple[str, str]]:
    """The address in use, and the host name in it."""
    for host in change.old.hosts:
        yield host, host
    if not change.old.hosts:
        yield f"{change.kind}:{change.service}", ""


def _host(workload: Workload, id: str, mine: list[Change], told: Iterable[Change]) -> Host:
    name = id if any(id in c.old.hosts for c in mine) else ""
    new = tuple(dict.fromkeys(h for c in mine if c.new for h in c.new.hosts))
    others = tuple(_others(workload, name, told)) if name else ()
    return Host(
        id=id,
        name=name,
        new=new,
        by_dns=bool(name) and name in new and not others,
        services=tuple(dict.fromkeys(c.service for c in mine)),
        news=tuple(dict.fromkeys(d for c in mine for d in c.news)),
        paths=any(not p.same for c in mine for t in c.taken for p in t.paths),
        others=others,
    )


def _others(workload: Workload, name: str, told: Iterable[Change]) -> Iterator[str]:
    """What the name leads to without an API: moving the name would cut it off."""
    yield from dict.fromkeys(
        c.service for c in told if name in c.old.hosts and not (c.new and c.taken)
    )
    for service in workload.services:
        yield from (e for r in service.routes if r.host == name for e in r.elsewhere)


def _fresh(placement: Placement, moving: Iterable[str]) -> Iterator[Host]:
    """The reader's own names that have no callers yet."""
    own = placement.workload.azure.host_name
    if own and own not in moving and entry_of(placement, own):
        yield Host(id=own, name=own, new=(own,), by_dns=True, fresh=True)


def entry_of(placement: Placement, name: str) -> NewEntry | None:
    """The entry that answers to this name, for the widest place."""
    found = (new_entry(placement, zone) for zone in Zone)
    return next((e for e in found if e and e.host == name), None)
