"""The way of a call from the gateway to the pods of a Service, hop by hop, read from files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

from apim_aks.reachability.facing import Facing
from apim_aks.reachability.hops import Hop, Step, breaks, passes, unsure, worst
from apim_aks.reachability.judging import Judge
from apim_aks.reachability.leaving import Leaving
from apim_aks.reachability.onward import Onward, Target
from apim_aks.reachability.proof import Proof
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.resolution import Resolution, Resolved
from apim_aks.reachability.self_hosted import SelfHosted
from apim_aks.reachability.templates.network_values import ApiManagement, BackEnd
from apim_aks.reachability.verdicts import Packet
from apim_aks.reachability.ways import frontends
from apim_aks.reachability.zones import Zone
from apim_aks.workload.model import Port

_SCHEMES = {"https": 443, "http": 80}
_BEST_FIRST = (Answer.OPEN, Answer.UNKNOWN, Answer.CLOSED)


@dataclass(frozen=True, slots=True)
class Passage:
    """The hops of a call in their order, as far as they can be followed."""

    target: Target
    hops: tuple[Hop, ...]
    packet: Packet | None = None

    @property
    def broken(self) -> Hop | None:
        """The first hop that is closed, else the first that is unknown; None where all are open."""
        return worst(self.hops)

    @property
    def answer(self) -> Answer:
        """Open where every hop is, closed where one is, unknown otherwise."""
        return self.broken.answer if self.broken else Answer.OPEN


@dataclass(frozen=True, slots=True)
class _Start:
    """What all calls to one back end share: the hops before its frontends, and host and port."""

    hops: tuple[Hop, ...]
    resolved: Resolved | None = None
    host: str = ""
    port: int = 0


class Passages:
    """The ways from the gateway of a proof's site."""

    def __init__(self, proof: Proof) -> None:
        self._outside = outside = proof.outside
        self._site = outside.site
        inside = bool(outside.reach.scene.gateways)
        zone = Zone.INTERNET if inside else Zone.GATEWAY
        place = next(p for p in outside.places.all if p.zone is zone)
        self._judge = Judge(outside.reach.ends, place)
        self._onward = Onward(outside, self._judge)
        self._started: dict[str, _Start] = {}
        self._names: Resolution | None = None

    def of(self, target: Target) -> tuple[Passage, ...]:
        """The way to a target: one for each back end among which its calls are divided."""
        if isinstance(self._gateway, Hop):
            return (Passage(target, (self._gateway,)),)
        found = self._back_ends.get(target.back_end.lower(), ())
        if not found:
            missing = f"the input makes no back end {target.back_end}"
            return (Passage(target, (breaks(Step.BACK_END, missing),)),)
        if self._self_hosted:
            return tuple(self._inside(target, one, self._self_hosted) for one in found)
        return tuple(self._passage(target, one, self._gateway) for one in found)

    def dependency(self, tag: str, port: int) -> Hop:
        """Whether what a service tag stands for is reached from the gateway's network."""
        if isinstance(self._gateway, Hop):
            return self._gateway
        if self._self_hosted:
            return self._onward.leaves(self._self_hosted, port)
        return self._leaving(self._gateway).to_tag(tag, port)

    @cached_property
    def _self_hosted(self) -> SelfHosted | None:
        """The only gateway that runs in the cluster and asks the instance of the templates."""
        if isinstance(self._gateway, Hop):
            return None
        name = self._gateway.id.rpartition("/")[2].lower()
        every = self._outside.reach.scene.gateways
        found = [one for one in every if one.instance.lower() == name]
        return found[0] if len(found) == 1 else None

    def _inside(self, target: Target, back_end: BackEnd, gateway: SelfHosted) -> Passage:
        url = _url(back_end)
        if isinstance(url, Hop):
            return Passage(target, (url,))
        host, port = (url.hostname or "").lower(), url.port or _SCHEMES[url.scheme]
        meant = [replace(target, service=s, port=p) for s, p in target.shares]
        ways = [tuple(self._onward.inside(gateway, host, port, t)) for t in (target, *meant)]
        first = passes(Step.BACK_END, f"{back_end.url} ({back_end.origin})")
        return Passage(target, (first, *min(ways, key=_rank)))

    def _leaving(self, gateway: ApiManagement) -> Leaving:
        return Leaving(self._site, self._outside.places, gateway)

    @cached_property
    def _gateway(self) -> ApiManagement | Hop:
        """The gateway; else why nothing can be followed."""
        for missed in self._site.templates.not_understood:
            if missed.what.lower().startswith("microsoft.apimanagement/"):
                return unsure(Step.BACK_END, str(missed))
        why = "the input makes no gateway, or several"
        return self._site.gateway or unsure(Step.BACK_END, why)

    @cached_property
    def _back_ends(self) -> Mapping[str, Sequence[BackEnd]]:
        """The back ends of each name in small letters, those of a pool in its place."""
        every = self._site.templates.all(BackEnd)
        known = {other.id.lower(): other for other in every}
        found: dict[str, list[BackEnd]] = defaultdict(list)
        for one in every:
            members = (known.get(id.lower(), one) for id in one.members or (one.id,))
            found[one.name.lower()].extend(members)
        return found

    def _passage(self, target: Target, back_end: BackEnd, gateway: ApiManagement) -> Passage:
        if back_end.id not in self._started:
            self._started[back_end.id] = self._start(back_end, gateway)
        start = self._started[back_end.id]
        fronts = start.resolved.fronts if start.resolved else ()
        meant = [target]
        if back_end.name.lower() != target.back_end.lower():
            meant += (replace(target, service=s, port=port) for s, port in target.shares)
        ways = [tuple(self._through(front, start, t)) for front in fronts for t in meant]
        best = min(ways, key=_rank, default=())
        return Passage(target, (*start.hops, *best), self._packet(start))

    def _start(self, back_end: BackEnd, gateway: ApiManagement) -> _Start:
        url = _url(back_end)
        if isinstance(url, Hop):
            return _Start((url,))
        host, port = (url.hostname or "").lower(), url.port or _SCHEMES[url.scheme]
        resolved = self._resolution(gateway).of(host)
        hops = [passes(Step.BACK_END, f"{back_end.url} ({back_end.origin})"), resolved.hop]
        if resolved.fronts:
            hops.append(_left(resolved, port, self._leaving(gateway)))
        return _Start(tuple(hops), resolved, host, port)

    def _resolution(self, gateway: ApiManagement) -> Resolution:
        if self._names is None:
            self._names = Resolution(self._site, gateway)
        return self._names

    def _through(self, front: Facing, start: _Start, target: Target) -> Iterator[Hop]:
        """From the frontend on: whether it takes calls to this port, and what is behind it."""
        known = self._onward.ports(front)
        port = next((p for p in known if (p.number, p.protocol) == (start.port, "TCP")), None)
        if port is None:
            yield _no_port(front, known, start.port)
            return
        yield self._front(front, port)
        yield from self._onward.hops(front, port, start.host, target)

    def _front(self, front: Facing, port: Port) -> Hop:
        way = next(iter(frontends(front, port)))
        return self._judge.hop(
            Step.FRONT, self._outside.crossing.gates(way, self._judge.place), (way.words,)
        )

    def _packet(self, start: _Start) -> Packet | None:
        if not (start.resolved and start.resolved.fronts and self._judge.asked):
            return None
        to = start.resolved.address or start.host
        return Packet(source=self._judge.example, destination=to, protocol="TCP", port=start.port)


def _left(resolved: Resolved, port: int, leaving: Leaving) -> Hop:
    if resolved.address:
        return leaving.to_address(resolved.address, port)
    return leaving.to_internet(port)


def _no_port(front: Facing, known: Iterable[Port], wanted: int) -> Hop:
    """A frontend without the port; of a Service that a chart makes elsewhere, none is known."""
    named = ", ".join(f"{p.protocol} {p.number}" for p in known)
    if not named:
        return unsure(Step.FRONT, f"the ports of {front.called} are not in the input")
    return breaks(Step.FRONT, f"{front.called} has no port TCP {wanted}, but {named}")


def _rank(hops: tuple[Hop, ...]) -> int:
    broken = worst(hops)
    return _BEST_FIRST.index(broken.answer if broken else Answer.OPEN)


def _url(back_end: BackEnd) -> SplitResult | Hop:
    """The URL of a back end; else why it cannot be followed."""
    place = f"back end {back_end.name} ({back_end.origin})"
    if back_end.maybe or back_end.members or back_end.proxy is not None:
        return unsure(Step.BACK_END, f"{place} depends on a parameter, a proxy or another pool")
    if not isinstance(back_end.url, str):
        return unsure(Step.BACK_END, f"the URL of {place} is not known")
    try:
        url = urlsplit(back_end.url)
        known = url.scheme in _SCHEMES and url.hostname and url.port != 0
    except ValueError:
        known = False
    return url if known else breaks(Step.BACK_END, f"{back_end.url} of {place} is no URL")
