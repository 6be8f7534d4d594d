"""The filters between a place and the end of a way, before policies: routes, groups, nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apim_aks.reachability.balancers import host_port_rules, rules_for, span_of
from apim_aks.reachability.endpoints import Endpoints
from apim_aks.reachability.facing import Facing
from apim_aks.reachability.gates import OPEN, Gate, passed, shut, unknown
from apim_aks.reachability.groups import Groups, Target
from apim_aks.reachability.places import Place, Places
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.filtering import EVERYWHERE, Ranges, ranges_of
from apim_aks.reachability.templates.network_values import (
    ManagedCluster,
    Route,
    SecurityRule,
    Subnet,
)
from apim_aks.reachability.templates.tags import intersected, is_tag, merged
from apim_aks.reachability.templates.unknown import Unknown
from apim_aks.reachability.ways import Dialled, Kind, Way
from apim_aks.reachability.zones import Zone

_INTERFACES = "microsoft.compute/virtualmachinescalesets/networkinterfaces"
_LINKED = ("microsoft.resources/deployments", "microsoft.resources/deploymentscripts")
_INTO_CLUSTER = "microsoft.kubernetesconfiguration/"
_CONCERNED = (
    "microsoft.network/",
    "microsoft.containerservice/",
    _INTERFACES,
    _INTO_CLUSTER,
    *_LINKED,
)
_NAMES = "microsoft.network/privatednszones"
"""Names decide where a call is sent, not who may connect."""
_ELSEWHERE = ("virtualappliance", "virtualnetworkgateway")
_PRIVATE = "has a private address, which the internet does not reach"
_NO_PORT = "no port that it may be is let through by both groups"
_APART = (
    "what passes a peering that allowVirtualNetworkAccess takes from the tag VirtualNetwork is not "
    "documented where no security group stands"
)


class Crossing:
    """The gates on the ways into one site, policies apart."""

    def __init__(self, site: Site, places: Places, ends: Endpoints) -> None:
        self._site, self._places, self._ends = site, places, ends
        self._groups = Groups(site, places, ends)
        self._rules: dict[str, tuple[SecurityRule, ...]] = {}
        self._nodes = Target(self._of_subnets(places.node_subnets))
        pods = [p.pod_subnet or p.subnet for p in site.cluster.pools] if site.cluster else []
        self._pod_subnets = tuple(dict.fromkeys(pods))
        self._pods = Target(self._of_subnets(self._pod_subnets))
        self.doubts = tuple(_not_understood(site))
        self._forwards = self._forwarding()
        self._host_ports = host_port_rules(site.cluster) if site.cluster else ()
        self._gates: dict[object, tuple[Gate, ...]] = {}

    def _of_subnets(self, ids: tuple[str, ...]) -> Ranges:
        found = [self._places.ranges_of_subnet(id) for id in ids]
        known = [r for ranges in found if ranges for r in ranges]
        return merged(known) if found and all(found) else EVERYWHERE

    def gates(self, way: Way, place: Place) -> tuple[Gate, ...]:
        """The filters on a way from a place, in the order in which they are passed."""
        facing = way.facing.called if way.facing and self._matters(way) else ""
        key = place.name, place.inside, way.kind, facing, way.at, way.doubt, way.sees
        if key not in self._gates:
            self._gates[key] = tuple(self._either(way, place))
        return self._gates[key]

    @staticmethod
    def _matters(way: Way) -> bool:
        """Which Service it is matters to filters but where all node ports are alike."""
        return way.kind is not Kind.NODE or bool(way.facing and way.facing.node_addressed)

    def _either(self, way: Way, place: Place) -> Iterator[Gate]:
        """Where nobody knows whether a place is in the network, either may hold."""
        if place.doubt:
            yield unknown(place.doubt)
        if place.inside is not None:
            yield from self._doubtful(way, self._filters(way, place))
            return
        within, without = (self.gates(way, replace(place, inside=i)) for i in (True, False))
        (sure, may), (too, perhaps) = passed(within), passed(without)
        reasons = (reason for gate in (*within, *without) for reason in gate.reasons)
        yield Gate(sure & too, may | perhaps, tuple(reasons))

    def _doubtful(self, way: Way, filters: Iterator[Gate]) -> Iterator[Gate]:
        """What is not understood may let through what a filter stops, and stop nothing for sure."""
        if way.doubt:
            yield unknown(way.doubt)
            if way.kind is Kind.FRONTEND:
                return
        if not self.doubts:
            yield from filters
            return
        for gate in filters:
            stopped = ((~gate.may, words) for words in self.doubts)
            yield Gate(gate.sure, -1, (*stopped, *gate.reasons))

    def _filters(self, way: Way, place: Place) -> Iterator[Gate]:
        if way.kind in (Kind.EXTERNAL_ADDRESS, Kind.ROUTE, Kind.UNREAD):
            return
        if way.kind is Kind.PRIVATE_LINK:
            if place.zone is not Zone.REGION:
                yield shut("private endpoints are of tenants of Azure, asked about as the region")
            return
        target, subnets = self._end(way)
        yield from self._routes(way, place)
        dialled = self._frontend(way.facing) if way.kind is Kind.FRONTEND else target
        yield self._diverted(place, dialled)
        if way.kind is not Kind.POD:
            at = self._on_nodes(way)
            yield from (both := self._both(way, place, target, at))
            yield from self._port_by_port(way, place, target, at, both)
            yield self._enforced(way, place)
        else:
            yield self._groups.of_subnets(place, subnets, target, way.at)

    def _both(self, way: Way, place: Place, target: Target, at: Dialled) -> tuple[Gate, Gate]:
        """The groups on the nodes' interfaces and on their subnets, for the ports of `at`."""
        subnets = self._end(way)[1]
        of_subnets = self._groups.of_subnets(place, subnets, target, at)
        return self._on_interfaces(way, place, target, at), of_subnets

    def _port_by_port(
        self, way: Way, place: Place, target: Target, at: Dialled, whole: tuple[Gate, Gate]
    ) -> Iterator[Gate]:
        """Where nobody knows the port, both groups have to let one and the same port through."""
        if at.first == at.last or OPEN in whole:
            return
        may = 0
        for part in self._groups.cut(at, self._rules_of(way)):
            may |= passed(self._both(way, place, target, part))[1]
        if passed(whole)[1] & ~may:
            yield Gate(-1, may, ((~may, _NO_PORT),))

    def _on_interfaces(self, way: Way, place: Place, target: Target, at: Dialled) -> Gate:
        """The groups on the nodes' interfaces: as they were found, else as AKS writes them."""
        found = self._site.interface_groups
        if found is not None:
            return self._groups.of_any(place, found, target, at)
        return self._groups.of_nodes(place, self._rules_of(way), target, at)

    def _end(self, way: Way) -> tuple[Target, tuple[str, ...]]:
        """Where packets go as security groups see it, and the subnets behind."""
        subnets = self._places.node_subnets
        if way.kind is Kind.POD:
            return self._pods, self._pod_subnets
        if way.kind is not Kind.FRONTEND or (way.facing and way.facing.node_addressed):
            return self._nodes, subnets
        return self._frontend(way.facing), subnets

    def _frontend(self, facing: Facing | None) -> Target:
        given = ranges_of(facing.address) if facing else None
        if facing and facing.internal:
            return Target(given or self._of_frontend(facing))
        return Target(given or self._places.public, private=False)

    def _of_frontend(self, facing: Facing) -> Ranges:
        if facing.subnet:
            id = f"{self._places.network}/subnets/{facing.subnet}"
            return self._places.ranges_of_subnet(id) or EVERYWHERE
        return self._nodes.ranges

    def _on_nodes(self, way: Way) -> Dialled:
        """The port as groups see it: without floating address that of the node."""
        addressed = way.facing is not None and way.facing.node_addressed
        return way.on_node if addressed and way.on_node else way.at

    def _rules_of(self, way: Way) -> tuple[SecurityRule, ...]:
        facing = way.facing
        own = facing is not None and facing.balanced and not facing.other
        addressed = facing is not None and facing.node_addressed
        to_nodes = self._host_ports if way.kind is Kind.NODE or addressed else ()
        if facing is None or not own or (way.kind is Kind.NODE and not addressed):
            return to_nodes
        if facing.called not in self._rules:
            self._rules[facing.called] = rules_for(facing)
        return (*to_nodes, *self._rules[facing.called])

    def _enforced(self, way: Way, place: Place) -> Gate:
        """Nodes enforce `loadBalancerSourceRanges`; to close, only what Azure denies counts."""
        facing = way.facing
        if way.kind is not Kind.FRONTEND or facing is None or not facing.ranges:
            return OPEN
        span = span_of(facing.ranges, place.placeholder)
        sure, may = self._ends.of_ranges(span.sure), self._ends.of_ranges(span.may)
        words = f"nodes admit what loadBalancerSourceRanges of {facing.called} names, and no other"
        known = f"whether {words} is not certain"
        if facing.denies_rest:
            return Gate(sure, may, ((~may, words), (sure, words), (-1, known)))
        return Gate(sure, -1, ((sure, words), (-1, known)))

    def _routes(self, way: Way, place: Place) -> Iterator[Gate]:
        """Whether packets of a place get as far as the end of a way at all."""
        if place.apart and (way.kind is Kind.POD or self._site.interface_groups == ()):
            yield unknown(_APART)
        if way.kind is Kind.POD and (gate := self._to_pods()) is not None:
            yield gate
        public = way.kind is Kind.FRONTEND and way.facing and not way.facing.internal
        if not (place.inside or public):
            yield self._to_private(way)

    def _to_private(self, way: Way) -> Gate:
        """From outside Azure's networks to an address in them."""
        if self._forwards:
            return unknown(self._forwards)
        if way.kind is Kind.POD:
            return shut(f"a pod {_PRIVATE}")
        if way.kind is Kind.FRONTEND:
            return shut(f"an internal load balancer {_PRIVATE}")
        return _public_nodes(self._site.cluster)

    def _to_pods(self) -> Gate | None:
        """None where pods have addresses in the network of the nodes."""
        cluster = self._site.cluster
        if cluster is None:
            return unknown("whether pods have addresses in the network is not in the input")
        mode = None if cluster.plugin_mode is None else str(cluster.plugin_mode).lower()
        if mode == "overlay":
            return shut(f"pods have no address outside the cluster (overlay, {cluster.origin})")
        plugin = str(cluster.plugin).lower()
        if isinstance(cluster.plugin_mode, Unknown) or plugin != "azure":
            return unknown(f"whether pods have addresses in the network is not known ({plugin})")
        return None

    def _diverted(self, place: Place, target: Target) -> Gate:
        """Where routes of a place's subnets lead packets elsewhere, nothing is sure."""
        if not place.inside or place.zone is Zone.ON_PREMISES:
            return OPEN
        lost, first = 0, ""
        for subnet in self._site.templates.all(Subnet):
            ranges = self._places.ranges_of_subnet(subnet.id) if subnet.route_table else None
            if ranges and (route := self._around(subnet, target)):
                lost |= self._ends.of_ranges(intersected(ranges, place.may))
                first = first or f"a route leads calls to it elsewhere: {route.origin}"
        return Gate(~lost, -1, ((lost, first),)) if lost else OPEN

    def _around(self, subnet: Subnet, target: Target) -> Route | None:
        """A route of this subnet that takes calls to a destination elsewhere.

        Inside the network its own range counts before what is less specific.
        """
        usual = "vnetlocal" if target.private else "internet"
        for route in self._site.templates.routes(subnet.route_table):
            if str(route.hop).lower() != usual:
                ranges = ranges_of(str(route.prefix))
                if target.private and is_tag(route.prefix):
                    continue
                nearer = target.private and ranges == EVERYWHERE
                if ranges is None or not (nearer or not intersected(ranges, target.ranges)):
                    return route
        return None

    def _forwarding(self) -> str:
        """Why the internet may reach private addresses: what forwards to the nodes' network."""
        for id in self._places.node_subnets:
            subnet = self._places.subnet(id)
            table = subnet.route_table.lower() if subnet else ""
            routes = self._site.templates.routes(table)
            if table and not routes:
                return f"the route table {table.rpartition('/')[2]} is not in the input"
            for route in routes:
                if isinstance(route.hop, Unknown) or str(route.hop).lower() in _ELSEWHERE:
                    to = "" if route.hop_address is None else f" {route.hop_address}"
                    return f"{route.hop}{to} may forward calls to nodes ({route.origin})"
        return ""


def _public_nodes(cluster: ManagedCluster | None) -> Gate:
    if cluster is None:
        return unknown("whether nodes have public addresses is not in the input")
    told = [pool.public_nodes for pool in cluster.pools]
    if any(isinstance(value, Unknown) for value in told) or not told:
        return unknown("whether nodes have public addresses is not known")
    if True in told:
        return OPEN
    return shut(f"a node {_PRIVATE} (no enableNodePublicIP, {cluster.origin})")


def _not_understood(site: Site) -> Iterator[str]:
    """What of the network templates say and nobody here understands."""
    for missed in site.templates.not_understood:
        what = missed.what.lower()
        if what.startswith(_CONCERNED) and not what.startswith(_NAMES):
            yield str(missed)
    if cluster := site.cluster:
        for name in cluster.add_ons:
            yield f"{cluster.origin}: not understood: the add-on {name} is switched on"
