"""Whether calls of the gateway leave its network: the group and the routes of its subnet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, ip_network

from apim_aks.facts.load_balancers import example_range
from apim_aks.facts.network import called_services
from apim_aks.reachability.hops import Hop, Step, breaks, passes, unsure, worst
from apim_aks.reachability.places import Places
from apim_aks.reachability.resolution import network_of
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import (
    EVERYWHERE,
    Admission,
    Packets,
    Part,
    Ranges,
    Span,
    Tags,
    filtered,
    known_ranges,
    ranges_of,
)
from apim_aks.reachability.templates.network_values import (
    ApiManagement,
    Network,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityRule,
    Subnet,
)
from apim_aks.reachability.templates.tags import (
    intersected,
    is_tag,
    merged,
    private,
    tags_of,
    without,
)
from apim_aks.reachability.templates.unknown import Unknown

_GATEWAYS = "gatewaysubnet"
_INTERNET, _CLOUD, _NETWORK = "internet", "azurecloud", "virtualnetwork"


class Leaving:
    """What the outbound rules and the routes of the gateway's subnet let out."""

    def __init__(self, site: Site, places: Places, gateway: ApiManagement) -> None:
        self._azure, self._places, self._gateway = site.templates, places, gateway

    @cached_property
    def _subnet(self) -> Subnet | Hop:
        """The gateway's subnet; else why nothing filters, or why nobody knows what does."""
        gateway = self._gateway
        if isinstance(gateway.mode, Unknown):
            return unsure(Step.OUTBOUND, f"how the gateway is tied comes from {gateway.mode}")
        if not network_of(gateway):
            why = f"the gateway stands in no network, so that nothing filters ({gateway.origin})"
            return passes(Step.OUTBOUND, why)
        found = self._places.subnet(gateway.subnet)
        if found is None or self._places.ranges_of_subnet(found.id) is None:
            name = gateway.subnet.rpartition("/")[2]
            return unsure(Step.OUTBOUND, f"the gateway's subnet {name} is not in the input")
        return found

    def to_address(self, address: str, port: int) -> Hop:
        """Whether calls to an address in the network leave; from no network nobody gets there."""
        at = int(IPv4Address(address))
        if isinstance(self._subnet, Hop):
            outside = not network_of(self._gateway) and intersected(private(), ((at, at),))
            why = f"{address} is private, and the gateway stands in no network"
            return breaks(Step.OUTBOUND, why) if outside else self._subnet
        subnet, tags = self._subnet, self._tags(self._subnet)
        if intersected(self._public, ((at, at),)):
            return self.to_internet(port)
        parts = self._parts(subnet, ((at, at),), port, tags)
        return _first(self._group(subnet, parts), self._routed(subnet, at, tags))

    def to_internet(self, port: int) -> Hop:
        """Whether calls to public addresses leave, whichever of them."""
        if isinstance(self._subnet, Hop):
            return self._subnet
        subnet, tags = self._subnet, self._tags(self._subnet)
        parts = self._parts(subnet, self._public, port, tags)
        return _first(self._group(subnet, parts), self._defaulted(subnet))

    def to_tag(self, tag: str, port: int) -> Hop:
        """Whether calls to what a service tag of Azure's stands for leave.

        The tag of another service that gateways call holds none of its addresses.
        """
        if isinstance(self._subnet, Hop):
            return self._subnet
        subnet = self._subnet
        any_of_it = (ranges_of(example_range("outside")) or ())[:1]
        spans = {other.lower(): Span((), ()) for other in called_services()}
        spans |= {tag.lower(): Span(any_of_it, any_of_it), _CLOUD: Span((), any_of_it)}
        tags = Tags({**spans, **self._tags(subnet).known})
        parts = self._parts(subnet, any_of_it, port, tags, unlisted=True)
        return _first(self._group(subnet, parts), self._defaulted(subnet))

    @property
    def _public(self) -> Ranges:
        """Public addresses outside the gateway's network."""
        made = self._azure.find(Network, network_of(self._gateway))
        return without((*private(), *known_ranges(made.prefixes if made else ())))

    def _tags(self, subnet: Subnet) -> Tags:
        """The tags on the subnet, which is in its network even where that is not in the input."""
        known = tags_of(self._azure, subnet).known
        own = self._places.ranges_of_subnet(subnet.id) or ()
        network = known[_NETWORK]
        both = Span(merged((*network.sure, *own)), merged((*network.may, *own)))
        return Tags({**known, _NETWORK: both})

    def _parts(
        self, subnet: Subnet, to: Ranges, port: int, tags: Tags, unlisted: bool = False
    ) -> tuple[Part, ...] | str:
        """What the group does; else why that is not known. No group has no parts."""
        group = subnet.security_group.lower()
        if not group:
            return ()
        if self._azure.find(SecurityGroup, group) is None:
            return f"the security group {group.rpartition('/')[2]} is not in the input"
        rules = [r for r in self._azure.all(SecurityRule) if r.group.lower() == group]
        packets = Packets(
            direction="Outbound",
            protocol="TCP",
            sources=self._places.ranges_of_subnet(subnet.id) or EVERYWHERE,
            destinations=to,
            ports=((port, port),),
        )
        return filtered(map(_unlisted, rules) if unlisted else rules, packets, tags)

    def _group(self, subnet: Subnet, parts: tuple[Part, ...] | str) -> Hop:
        if isinstance(parts, str):
            return unsure(Step.OUTBOUND, parts)
        name = subnet.security_group.rpartition("/")[2]
        said = {part.admission: f"security group {name}: {part.words}" for part in parts}
        if set(said) == {Admission.DENIED}:
            return breaks(Step.OUTBOUND, said[Admission.DENIED])
        doubts = [words for state, words in said.items() if state is not Admission.ADMITTED]
        if doubts:
            return unsure(Step.OUTBOUND, *doubts)
        free = f"no security group stands on the gateway's subnet ({subnet.origin})"
        return passes(Step.OUTBOUND, said.get(Admission.ADMITTED, free))

    def _table(self, subnet: Subnet) -> tuple[Route, ...] | str:
        """The routes of the subnet; else why they are not known."""
        table = subnet.route_table.lower()
        found = self._azure.routes(table)
        if table and not found:
            return f"the route table {table.rpartition('/')[2]} is not in the input"
        odd = next((r for r in found if _network(r.prefix) is None and not _tagged(r)), None)
        if odd:
            return f"the route {_name(odd)} is for {odd.prefix}, which is not followed"
        return found

    def _routed(self, subnet: Subnet, at: int, tags: Tags) -> Hop:
        """The longest prefix counts; of equal ones that of the route table before Azure's own."""
        table = self._table(subnet)
        if isinstance(table, str):
            return unsure(Step.OUTBOUND, table)
        address = IPv4Address(at)
        lengths = [n.prefixlen for n in self._joined(tags) if address in n]
        mine = [(r, n) for r in table if (n := _network(r.prefix)) and address in n]
        longest = max(mine, key=lambda found: found[1].prefixlen, default=None)
        if longest and longest[1].prefixlen >= max(lengths, default=0):
            return _followed(longest[0], "vnetlocal")
        joined = any(s.id.lower().endswith(f"/{_GATEWAYS}") for s in self._azure.all(Subnet))
        own = self._azure.find(RouteTable, subnet.route_table)
        if joined and not (own and own.no_gateway_routes is True):
            return unsure(Step.OUTBOUND, "a gateway of the network may bring routes of its own")
        if not lengths:
            network = network_of(self._gateway).rpartition("/")[2]
            why = f"{address} is in no network that {network} is peered with, both ways"
            return breaks(Step.OUTBOUND, why)
        return passes(Step.OUTBOUND)

    def _joined(self, tags: Tags) -> Iterator[IPv4Network]:
        """The ranges of the gateway's network and of those that it is peered with, both ways."""
        sure = tags.span(_NETWORK).sure
        for made in self._azure.all(Network):
            for prefix in made.prefixes:
                known = _network(prefix)
                ranges = ranges_of(str(prefix)) or ()
                if known and ranges and intersected(ranges, sure) == ranges:
                    yield known

    def _defaulted(self, subnet: Subnet) -> Hop:
        """Public addresses are reached unless a route takes some or all of them elsewhere."""
        table = self._table(subnet)
        if isinstance(table, str):
            return unsure(Step.OUTBOUND, table)
        for route in (r for r in table if not _tagged(r)):
            ranges = ranges_of(str(route.prefix)) or EVERYWHERE
            if intersected(ranges, self._public) and str(route.hop).lower() != _INTERNET:
                whole = ranges == EVERYWHERE
                partly = f"the route {_name(route)} is for some public addresses ({route.origin})"
                return _followed(route, _INTERNET) if whole else unsure(Step.OUTBOUND, partly)
        return passes(Step.OUTBOUND)


def _network(prefix: object) -> IPv4Network | None:
    try:
        found = ip_network(str(prefix), strict=False)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def _tagged(route: Route) -> bool:
    """A route for a service tag that leads on: its public addresses are reached as without it."""
    return is_tag(route.prefix) and str(route.hop).lower() == _INTERNET and route.maybe is None


def _name(route: Route) -> str:
    return route.id.rpartition("/")[2]


def _followed(route: Route, fine: str) -> Hop:
    """What a route does with packets: on as before, nowhere, or to somebody who is not known."""
    hop, place = str(route.hop).lower(), f"route {_name(route)} ({route.origin})"
    if route.maybe or isinstance(route.hop, Unknown):
        return unsure(Step.OUTBOUND, f"whether {place} counts, or where it leads, is not known")
    if hop == fine:
        return passes(Step.OUTBOUND, f"{place} leads on")
    if hop == "none":
        return breaks(Step.OUTBOUND, f"{place} drops packets to {route.prefix}")
    to = "" if route.hop_address is None else f" {route.hop_address}"
    return unsure(Step.OUTBOUND, f"{place} leads to {route.hop}{to}, of which nothing is known")


def _first(*hops: Hop) -> Hop:
    """All of them as one."""
    said = tuple(words for hop in hops for words in hop.because)
    return worst(hops) or passes(Step.OUTBOUND, *said)


def _unlisted(rule: SecurityRule) -> SecurityRule:
    """The rule where a tag is asked about: what its public ranges share with the tag is unknown."""
    return replace(rule, destinations=tuple(map(_listed, rule.destinations)))


def _listed(prefix: object) -> object:
    ranges = ranges_of(str(prefix))
    if not ranges or ranges == EVERYWHERE or not intersected(ranges, without(private())):
        return prefix
    return Unknown(str(prefix))
