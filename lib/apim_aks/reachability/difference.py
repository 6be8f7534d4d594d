"""What a change opens and what it closes: the answers of two scenes, cut at the same places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from apim_aks.reachability.axis import Range
from apim_aks.reachability.connections import Connection, differing
from apim_aks.reachability.outside import Passing
from apim_aks.reachability.proof import surroundings
from apim_aks.reachability.reach import Answer, Reach
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import Ranges
from apim_aks.reachability.templates.tags import intersected, merged, without
from apim_aks.reachability.verdicts import Packet
from apim_aks.reachability.zones import Zone

Pair = tuple[str | Range, str | Range]


class Change(StrEnum):
    """The change of a connection: opened, closed, or no longer certain."""

    OPENED = "opened"
    NO_LONGER_CLOSED = "no longer closed"
    NO_LONGER_OPEN = "no longer open"
    CLOSED = "closed"

    @property
    def opens(self) -> bool:
        """Whether a connection is newly open, or no longer proved closed."""
        return self in (Change.OPENED, Change.NO_LONGER_CLOSED)


_CHANGES = {
    (Answer.CLOSED, Answer.OPEN): Change.OPENED,
    (Answer.UNKNOWN, Answer.OPEN): Change.OPENED,
    (Answer.CLOSED, Answer.UNKNOWN): Change.NO_LONGER_CLOSED,
    (Answer.OPEN, Answer.UNKNOWN): Change.NO_LONGER_OPEN,
    (Answer.OPEN, Answer.CLOSED): Change.CLOSED,
    (Answer.UNKNOWN, Answer.CLOSED): Change.CLOSED,
}


def change_of(was: Answer, now: Answer) -> Change | None:
    """What became of an answer; None where it is the same."""
    return _CHANGES.get((was, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """From whom to whom which ports were answered one way, and are now answered another.

    From a zone outside the cluster it is about the `addresses` that changed; none are all that the
    zone may have. A `packet` shows what was opened.
    """

    source: str | Range
    destination: str | Range
    ports: tuple[tuple[str, int, int], ...]
    was: Answer
    now: Answer
    addresses: Ranges = ()
    packet: Packet | None = None

    @property
    def change(self) -> Change:
        """What became of it."""
        return _CHANGES[self.was, self.now]

    @property
    def opens(self) -> bool:
        """Whether the connection is newly open, or no longer proved closed."""
        return self.change.opens


def difference(old: Scene, new: Scene, engine: Engine) -> tuple[Changed, ...]:
    """What the new scene opens and closes, by workloads and ranges of addresses."""
    before, after = Reach(old, engine, new), Reach(new, engine, old)
    return tuple(_changes(before, after, _CHANGES))


def lost(old: Scene, new: Scene, engine: Engine) -> tuple[Changed, ...]:
    """What the new scene takes away: what was open, and what was not closed and now is.

    It is about the workloads of the old scene alone, however many the new one has beside them.
    """
    before, after = Reach(old, engine, new), Reach(new, engine, old)
    return tuple(_changes(before, after, filter(is_lost, _CHANGES), before.ends.workloads))


def is_lost(answers: tuple[Answer, Answer]) -> bool:
    """Whether something was taken away, by the answers before and after."""
    return answers[0] is Answer.OPEN or answers[1] is Answer.CLOSED


def _changes(
    before: Reach,
    after: Reach,
    kinds: Iterable[tuple[Answer, Answer]],
    among: Iterable[str] = (),
) -> Iterator[Changed]:
    then, now = map(_by_pair, (before, after), differing(before, after, among))
    asked = tuple(kinds)
    for pair in sorted({*then, *now}, key=str):
        for was, is_ in asked:
            ports = _answered(then, pair, was) & _answered(now, pair, is_)
            if ranges := after.ports.ranges(ports):
                yield Changed(source=pair[0], destination=pair[1], ports=ranges, was=was, now=is_)


def around(old: Site, new: Site) -> Iterator[Changed]:
    """What the new site opens and closes for zones outside its cluster, by Service and port.

    Without templates the old one is taken to stand in the network of the new one.
    """
    if old.azure is None:
        old = replace(old, azure=new.azure, engine=new.engine)
    then, now = (dict(_passing(site)) for site in (old, new))
    outside = surroundings(new)
    services = {service.id: service for service in new.scene.services}
    for key in sorted({*then, *now}):
        before, after = then.get(key), now.get(key)
        for change in _of_zone(before, after):
            service = services.get(key[0])
            if after and service and change.now is Answer.OPEN:
                among = change.addresses or after.place.may
                packet = outside.packet(service, after.port, after.place, among)
                change = replace(change, packet=packet)
            yield change


def _passing(site: Site) -> Iterator[tuple[tuple[str, str, int, int], Passing]]:
    zones = list(Zone)
    outside = surroundings(site)
    for service in site.scene.services:
        for one in outside.passing(service):
            at = zones.index(one.place.zone)
            yield (service.id, one.port.protocol, one.port.number, at), one


def _of_zone(before: Passing | None, after: Passing | None) -> Iterator[Changed]:
    some = after or before
    if some is None:
        return
    then, now = _sets(before), _sets(after)
    whole = some.place.may
    for was, is_ in _CHANGES:
        if found := intersected(then[was], now[is_]):
            yield Changed(
                source=some.place.name,
                destination=f"{some.service}[Service]",
                ports=((some.port.protocol, some.port.number, some.port.number),),
                was=was,
                now=is_,
                addresses=() if found == merged(whole) else found,
            )


def _sets(passing: Passing | None) -> dict[Answer, Ranges]:
    """The addresses by their answer."""
    sure, may = (passing.sure, passing.may) if passing else ((), ())
    return {
        Answer.OPEN: sure,
        Answer.UNKNOWN: intersected(may, without(sure)),
        Answer.CLOSED: without(may),
    }


def _answered(found: Mapping[Pair, tuple[int, int]], pair: Pair, answer: Answer) -> int:
    sure, unknown = found.get(pair, (0, 0))
    return {Answer.OPEN: sure, Answer.UNKNOWN: unknown, Answer.CLOSED: ~(sure | unknown)}[answer]


def _by_pair(reach: Reach, rows: Iterable[Connection]) -> dict[Pair, tuple[int, int]]:
    """The open and the unknown ports; ranges are cut into those that both scenes know."""
    found: dict[Pair, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
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
