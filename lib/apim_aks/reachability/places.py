"""The zones of a site as sets of addresses: which are known, and which may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Address
from itertools import chain

from apim_aks.reachability.axis import Range
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import EVERYWHERE, Ranges, Span, ranges_of
from apim_aks.reachability.templates.network import same_id
from apim_aks.reachability.templates.network_values import (
    Held,
    Network,
    Peering,
    PublicAddress,
    Subnet,
)
from apim_aks.reachability.templates.tags import intersected, merged, private, tags_of, without
from apim_aks.reachability.templates.unknown import Unknown
from apim_aks.reachability.zones import Zone

_GATEWAYS = "gatewaysubnet"
_V2 = "v2"
_NO_GATEWAY = "no gateway in the input connects the virtual network with others"
_FORWARDS = "a peered network may forward calls of others (allowForwardedTraffic)"
_OFF = Unknown("allowVirtualNetworkAccess, which is off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A zone, or one address: `sure` are its addresses for certain, `may` all that may be its.

    The tag `VirtualNetwork` holds whatever is `inside`, None where that is not known, unless it is
    `apart`: then what the templates say of the tag decides. `missing` says why nothing is there,
    `doubt` why nobody knows whether anything is, `said` what is known of the addresses. The text
    that stands in manifests for the public address of the gateway is that of a `placeholder`.
    """

    name: str
    zone: Zone
    sure: Ranges = ()
    may: Ranges = EVERYWHERE
    inside: bool | None = True
    apart: bool = False
    missing: str = ""
    doubt: str = ""
    said: str = ""
    placeholder: bool = False


class Places:
    """The zones of a site, but for the nodes, which policies never close out."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._azure = site.templates
        self._subnets = {subnet.id.lower(): subnet for subnet in self._azure.all(Subnet)}
        pools = site.cluster.pools if site.cluster else ()
        self.node_subnets = tuple(dict.fromkeys(p.subnet for p in pools))
        self.pod_subnets = tuple(dict.fromkeys(p.pod_subnet for p in pools if p.pod_subnet))
        named = [id for id in self.node_subnets if id]
        self.network = named[0].rpartition("/subnets/")[0] if named else ""

    @cached_property
    def all(self) -> tuple[Place, ...]:
        """Every zone in order."""
        inside = self._own, self._peered, self._on_premises
        return self._internet, self._region, *inside, self._gateway

    def subnet(self, id: str) -> Subnet | None:
        """A subnet of the templates."""
        return self._subnets.get(id.lower())

    def ranges_of_subnet(self, id: str) -> Ranges | None:
        """The addresses of a subnet; None where they are not known."""
        found = self.subnet(id)
        return _known(found.prefixes) if found else None

    @cached_property
    def tagged(self) -> Span:
        """What `VirtualNetwork` holds, as rules on the nodes' subnets see it."""
        subnets = [self.subnet(id) for id in self.node_subnets]
        if not subnets or None in subnets:
            return Span()
        spans = [tags_of(self._azure, s).span("VirtualNetwork") for s in subnets if s]
        return Span(spans[0].sure, merged(r for span in spans for r in span.may))

    @cached_property
    def public(self) -> Ranges:
        """The addresses of the internet."""
        return without(private())

    @cached_property
    def _internet(self) -> Place:
        gateway = self._gateway.sure
        sure = intersected(self.public, without((*self.tagged.may, *gateway)))
        may = intersected(self.public, without((*self.tagged.sure, *gateway)))
        return Place(name=Zone.INTERNET, zone=Zone.INTERNET, sure=sure, may=may, inside=False)

    @cached_property
    def _region(self) -> Place:
        said = "which addresses tenants of the region have is not known"
        place = self._internet.may
        return Place(name=Zone.REGION, zone=Zone.REGION, may=place, inside=False, said=said)

    def _of_network(self, id: str) -> Ranges | None:
        network = self._azure.find(Network, id)
        return _known(network.prefixes) if network and network.maybe is None else None

    @cached_property
    def made(self) -> bool:
        """The templates make the network of the nodes, and so all that it is connected to."""
        return self.space is not None

    @property
    def space(self) -> Ranges | None:
        """The addresses of the nodes' network; None where the templates do not make it."""
        return self._of_network(self.network)

    @cached_property
    def _own(self) -> Place:
        name = Zone.NETWORK
        space = self.space
        if space is None:
            said = "the addresses of the virtual network are not in the input"
            return Place(name=name, zone=name, said=said)
        rest = intersected(space, without(self._apart()))
        return Place(name=name, zone=name, sure=rest, may=rest)

    def _apart(self) -> Iterator[Range]:
        """What of the network is a zone of its own: the gateway's subnet, nodes and pods."""
        yield from self._gateway.sure
        for id in (*self.node_subnets, *self.pod_subnets):
            yield from self.ranges_of_subnet(id) or ()

    @cached_property
    def _peerings(self) -> tuple[Peering, ...]:
        return tuple(p for p in self._azure.all(Peering) if same_id(p.network, self.network))

    @cached_property
    def _peered(self) -> Place:
        name = Zone.PEERED
        if not self.made:
            said = "networks may be peered that are not in the input, with any addresses"
            return Place(name=name, zone=name, said=said)
        if not self._peerings:
            return self._nobody(name, "the input peers no network with the virtual network")
        sure, may = self._spaces(p for p in self._peerings if not p.maybe), self._spaces()
        apart = any(p.access is not True for p in self._peerings)
        found = Place(name=name, zone=name, apart=apart, doubt=_unmade(self._peerings))
        if sure is None or may is None:
            said = "the addresses of a peered network are unknown"
            return replace(found, may=without(self._gateway.sure), said=said)
        forwards = not all(p.forwarded is False for p in self._peerings)
        if not (forwards or self._unread):
            return replace(found, sure=sure, may=may)
        said = _FORWARDS if forwards else self._unread
        others = intersected(private(), without((*(self.space or ()), *self._gateway.sure)))
        return replace(found, sure=sure, may=merged((*may, *others)), said=said)

    def _nobody(self, name: Zone, missing: str) -> Place:
        """Nothing is there, unless something that was not read connects it."""
        if self._unread:
            return Place(name=name, zone=name, doubt=self._unread)
        return Place(name=name, zone=name, may=(), missing=missing)

    @cached_property
    def _unread(self) -> str:
        """The first thing that nobody reads and that may connect the network with others."""
        resources = (str(m) for m in self._azure.not_understood if m.may_connect)
        doubts = (str(d) for d in self._site.scene.doubts if d.connects)
        return next(chain(resources, doubts), "")

    def _spaces(self, peerings: Iterable[Peering] | None = None) -> Ranges | None:
        """The addresses of peered networks; None where those of one are unknown."""
        every = self._peerings if peerings is None else peerings
        found = [self._of_network(p.remote) or _known(p.remote_prefixes) for p in every]
        if not all(found):
            return None
        space = merged(r for ranges in found for r in ranges or ())
        return intersected(space, without(self._gateway.sure))

    @cached_property
    def _on_premises(self) -> Place:
        name = Zone.ON_PREMISES
        if not self.made:
            said = "on-premises networks may be connected outside the input, with any addresses"
            return Place(name=name, zone=name, said=said)
        joining = tuple(self._joining())
        if not joining:
            return self._nobody(name, _NO_GATEWAY)
        said = "which addresses on-premises networks have is not in the input"
        return Place(name=name, zone=name, said=said, doubt=_unmade(joining))

    def _joining(self) -> Iterator[Held]:
        """What may connect on-premises networks: a subnet for a gateway, a peer that lends one."""
        for subnet in self._azure.all(Subnet):
            if same_id(subnet.network, self.network) and _named(subnet.id, _GATEWAYS):
                yield subnet
        for peering in self._peerings:
            if peering.uses_gateway is not False:
                lent, known = peering.uses_gateway, peering.access is True
                maybe = lent if isinstance(lent, Unknown) else None if known else _OFF
                yield replace(peering, maybe=peering.maybe or maybe)

    @cached_property
    def _gateway(self) -> Place:
        name, gateway = Zone.GATEWAY, self._site.gateway
        if gateway is None:
            said = "the gateway, and so its addresses, is not in the input"
            return Place(name=name, zone=name, inside=None, said=said, placeholder=True)
        if isinstance(gateway.mode, Unknown):
            said = f"how the gateway is tied to a network comes from {gateway.mode.name}"
            return Place(name=name, zone=name, inside=None, said=said)
        if gateway.subnet and not _is(gateway.mode, "none"):
            return self._in_subnet(gateway.subnet, self._is_v2)
        return self._outside_networks()

    @property
    def _is_v2(self) -> bool:
        gateway = self._site.gateway
        return gateway is not None and str(gateway.tier).lower().endswith(_V2)

    def _in_subnet(self, id: str, integrated: bool) -> Place:
        """Calls come from the gateway's subnet; of an integrated v2 tier that is not certain."""
        name, ranges = Zone.GATEWAY, self.ranges_of_subnet(id)
        at = id.rpartition("/subnets/")[0]
        allowed = (p for p in self._peerings if p.access is True and not p.maybe)
        joined = same_id(at, self.network) or any(same_id(at, p.remote) for p in allowed)
        if ranges is None or not joined:
            said = "the addresses of the gateway's subnet, or how it is connected, are not known"
            return Place(name=name, zone=name, inside=joined or None, said=said)
        may = (self._of_network(at) or EVERYWHERE) if integrated else ranges
        return Place(name=name, zone=name, sure=ranges, may=may)

    def _outside_networks(self) -> Place:
        """Its own public address, where it has one that stays; else any of the region."""
        name, gateway = Zone.GATEWAY, self._site.gateway
        fixed = (
            gateway is not None
            and not self._is_v2
            and not _is(gateway.tier, "consumption")
            and _is(gateway.nat_gateway, "disabled")
        )
        public = self._azure.find(PublicAddress, gateway.public_address) if gateway else None
        if fixed and public and isinstance(public.address, str):
            ranges = ranges_of(public.address) or ()
            return Place(
                name=name, zone=name, sure=ranges, may=ranges, inside=False, placeholder=True
            )
        said = (
            "Azure chooses the public address of the gateway"
            if fixed
            else "the gateway has no fixed address: its calls come from any address of the region"
        )
        return Place(
            name=name, zone=name, may=self.public, inside=False, said=said, placeholder=fixed
        )

    def at(self, address: int) -> Place:
        """The place of one address, by the zone that it surely lies in, else of nobody knows which.

        An address that no zone of the network is known to hold is one of the internet.
        """
        own = ((address, address),)
        zones = (self._gateway, self._own, self._peered, self._internet)
        found = next((z for z in zones if intersected(z.sure, own)), None)
        name = str(IPv4Address(address))
        if found:
            return replace(found, name=name, sure=own, may=own, missing="", placeholder=False)
        zone = Zone.INTERNET if intersected(self.public, own) else Zone.NETWORK
        return Place(name=name, zone=zone, sure=own, may=own, inside=None)


def _unmade(found: Iterable[Held]) -> str:
    """Why nobody knows whether any of these is there; empty where one is for certain."""
    why = [f"{held.maybe.name} ({held.origin})" if held.maybe else "" for held in found]
    return f"whether it is connected rests on {why[0]}" if why and all(why) else ""


def _named(id: str, name: str) -> bool:
    return id.lower().endswith(f"/{name}")


def _known(prefixes: Iterable[object]) -> Ranges | None:
    """The addresses of ranges; None where there is none or one is not known."""
    found = [ranges_of(p) if isinstance(p, str) else None for p in prefixes]
    if not found or None in found:
        return None
    return merged(r for ranges in found for r in ranges or ())


def _is(value: object, word: str) -> bool:
    """The value is this word, or nothing; what is unknown is not."""
    return value is None or (not isinstance(value, Unknown) and str(value).lower() == word)
