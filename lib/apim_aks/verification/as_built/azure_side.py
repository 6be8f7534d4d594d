"""What Azure holds around gateway and cluster, read as if templates made it (REACHABILITY 6-8).

Only reading requests are sent. What may not be read, or is of a kind that is not modelled, is named
and leaves open what it may open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from apim_aks.facts.templates import is_unconcerned
from apim_aks.reachability.templates import Origin, Resource
from apim_aks.reachability.templates.network import AzureNetwork, NotUnderstood, azure_network
from apim_aks.reachability.templates.network_values import Subnet
from apim_aks.reachability.templates.readers import READERS
from apim_aks.remote.azure import AzureRefused, Json, redacted, resource_name, type_of
from apim_aks.verification.answers import inside, rows, said
from apim_aks.verification.resource_ids import ResourceIds

_SETS, _BALANCERS = "microsoft.compute/virtualmachinescalesets", "microsoft.network/loadbalancers"
_INTERFACES, _ZONES = "microsoft.network/networkinterfaces", "microsoft.network/privatednszones"
_ADMIN_RULES = "listNetworkManagerEffectiveSecurityAdminRules"
_ROOTS = (
    "microsoft.apimanagement/service",
    "microsoft.containerservice/managedclusters",
    "microsoft.network/virtualnetworks",
)
_APART = frozenset({*_ROOTS, _SETS, _BALANCERS, _INTERFACES, _ZONES})
"""Of a resource group these are not read as they stand there: by their ids, or in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureSide:
    """The network that Azure holds, and the security groups on the interfaces of nodes.

    `interface_groups` are ids, empty for an interface without a group; None where nobody may list
    them. `balancers` are the load balancers of the nodes' resource group as Azure answers them.
    """

    network: AzureNetwork
    interface_groups: tuple[str, ...] | None = None
    balancers: tuple[Json, ...] = ()


def azure_side(place: ResourceIds) -> AzureSide:
    """What Azure holds of the design's network, gateway and cluster, and beside them."""
    return _Reading(place).whole()


@dataclass
class _Reading:
    """Resources by their ids in small letters, and what could not be read."""

    place: ResourceIds
    found: dict[str, Resource] = field(default_factory=dict)
    missed: list[NotUnderstood] = field(default_factory=list)

    def whole(self) -> AzureSide:
        place = self.place
        for id in (place.cluster, place.gateway, place.network, place.gateway_network):
            self._read(id)
        for one in self._listed(place.gateway, "backends"):
            self._hold(one)
        self._group(place.home)
        self._zones()
        group = self._node_group()
        nodes = self._group(group) if group else ()
        self._linked()
        self._admin_rules()
        groups = self._node_groups(nodes) if group else None
        balancers = tuple(self._balancers(nodes))
        network = azure_network(self.found.values())
        missed = (*network.not_understood, *self.missed)
        return AzureSide(
            network=AzureNetwork(held=network.held, not_understood=tuple(dict.fromkeys(missed))),
            interface_groups=groups,
            balancers=balancers,
        )

    # One resource, one list

    def _read(self, id: str) -> Json | None:
        """The resource, kept for the network; one that is not there, or not to be read, is missed.

        Two ids may be that of one resource: it is asked for once.
        """
        if id.lower() in self.found:
            return None
        try:
            found = self.place.scene.azure.resource(id)
        except AzureRefused as refused:
            self._miss(id, f"not read: {refused}")
            return None
        if found is None:
            self._miss(id, "it is not there")
            return None
        self._hold(found | {"id": id})
        return found

    def _listed(self, id: str, kind: str) -> tuple[Json, ...]:
        try:
            return self.place.scene.azure.children(id, kind) or ()
        except AzureRefused as refused:
            below = f"{id}/providers/{kind}" if kind.startswith("Microsoft.") else f"{id}/{kind}"
            self._miss(below, f"not listed: {refused}")
            return ()

    def _hold(self, found: Json) -> None:
        made = as_resource(found)
        self.found[made.id.lower()] = made

    def _miss(self, id: str, because: str) -> None:
        kind = type_of(id) if "/providers/" in id else "Microsoft.Network/*"
        what = redacted(f"{kind}: {because}")
        self.missed.append(NotUnderstood(what=what, origin=_origin(id)))

    # What is asked for

    def _group(self, id: str) -> tuple[Json, ...]:
        """What of a resource group is of the network; the rest of it by name, as it is listed."""
        listed = self._listed(id, "resources")
        for one in listed:
            kind = str(one.get("type")).lower()
            if kind in _APART or is_unconcerned(kind):
                continue
            if kind in READERS:
                self._read(str(one.get("id")))
            else:
                self._miss(str(one.get("id")), "this kind of resource is not modelled")
        for one in listed:
            if str(one.get("type")).lower() == "microsoft.network/privateendpoints":
                for group in self._listed(str(one.get("id")), "privateDnsZoneGroups"):
                    self._hold(group)
        return listed

    def _zones(self) -> None:
        """Private zones that may answer for the host of a back end; one of any group may."""
        hosts = {backend.host.lower() for backend in self.place.scene.topology.backends}
        subscription = f"/subscriptions/{self.place.scene.azure.client.subscription}"
        for zone in self._listed(subscription, "Microsoft.Network/privateDnsZones"):
            name, id = str(zone.get("name")).lower(), str(zone.get("id"))
            if any(host == name or host.endswith(f".{name}") for host in hosts):
                links = self._listed(id, "virtualNetworkLinks")
                if self._answers(id, links):
                    records = (one for kind in ("A", "CNAME") for one in self._listed(id, kind))
                    for one in (zone, *links, *records):
                        self._hold(one)

    def _answers(self, zone: str, links: Iterable[Json]) -> bool:
        """It is linked to a network of the design, or is one that should be."""
        networks = {self.place.network.lower(), self.place.gateway_network.lower()}
        tied = {str(inside(one, "properties.virtualNetwork.id")).lower() for one in links}
        return bool(networks & tied) or zone.lower().startswith(f"{self.place.home.lower()}/")

    def _node_group(self) -> str:
        """The resource group that AKS keeps for the nodes."""
        held = self.found.get(self.place.cluster.lower())
        name = inside(held.properties, "nodeResourceGroup") if held else None
        return self.place.scene.azure.client.id(str(name)) if name else ""

    def _linked(self) -> None:
        """Security groups, route tables and NAT gateways of the subnets, wherever they stand."""
        subnets = azure_network(self.found.values()).all(Subnet)
        links = (i for s in subnets for i in (s.security_group, s.route_table, s.nat_gateway))
        for id in dict.fromkeys(filter(None, links)):
            self._read(id)

    def _admin_rules(self) -> None:
        """Rules of a network manager come before every group: nobody here follows them."""
        for id in dict.fromkeys((self.place.network, self.place.gateway_network)):
            if id.lower() not in self.found:
                continue
            try:
                found = self.place.scene.azure.asked(id, _ADMIN_RULES)
            except AzureRefused as refused:
                self._miss(id, f"whether security admin rules apply to it is not known: {refused}")
                continue
            for rule in found:
                self._miss(id, f"the security admin rule {said(rule.get('id'))} applies to it")

    def _node_groups(self, listed: Iterable[Json]) -> tuple[str, ...] | None:
        """The groups on the interfaces of scale sets, and of machines that stand alone."""
        before = len(self.missed)
        found = tuple(dict.fromkeys(self._on_interfaces(listed)))
        for id in filter(None, found):
            self._read(id)
        return found if found and len(self.missed) == before else None

    def _on_interfaces(self, listed: Iterable[Json]) -> Iterator[str]:
        for one in listed:
            id, kind = str(one.get("id")), str(one.get("type")).lower()
            held: tuple[Json, ...] = ()
            if kind == _SETS:
                held = self._listed(id, "networkInterfaces")
            elif kind == _INTERFACES:
                held = tuple(filter(None, [self._shown(id)]))
            for interface in held:
                if inside(interface, "properties.virtualMachine"):
                    yield str(inside(interface, "properties.networkSecurityGroup.id") or "")

    def _shown(self, id: str) -> Json | None:
        """The resource as it is answered; it is no part of the network."""
        try:
            return self.place.scene.azure.resource(id)
        except AzureRefused as refused:
            self._miss(id, f"not read: {refused}")
            return None

    def _balancers(self, listed: Iterable[Json]) -> Iterator[Json]:
        """AKS makes them from Services, which are read in the cluster."""
        for one in listed:
            if str(one.get("type")).lower() == _BALANCERS and (
                found := self._shown(str(one.get("id")))
            ):
                yield found


def as_resource(found: Json) -> Resource:
    """A resource as Azure answers it, as if a template had made it."""
    id = str(found.get("id"))
    return Resource(
        id=id,
        type=type_of(id),
        name=id.rpartition("/")[2],
        maybe=None,
        origin=_origin(id),
        held=found.get,
    )


def _origin(id: str) -> Origin:
    return Origin(file="Azure", path=redacted(resource_name(id)))


def rules_of_nobody(side: AzureSide, uids: Iterable[str]) -> Iterator[NotUnderstood]:
    """What load balancers of the nodes' group let in that is of no Service with one of these ids.

    AKS begins the name of a rule with `a` and the id of its Service without hyphens, 32 characters
    in all (kubernetes-sigs/cloud-provider-azure, `GetLoadBalancerName`).
    """
    known = tuple(f"a{uid.replace('-', '')}"[:32] for uid in uids)
    for balancer in side.balancers:
        id = str(balancer.get("id"))
        for kind in ("loadBalancingRules", "inboundNatRules", "inboundNatPools"):
            for rule in rows(balancer, f"properties.{kind}"):
                if not str(rule.get("name")).startswith(known):
                    name = said(rule.get("name"))
                    what = f"{type_of(id)}: {name} of {kind} is of no Service that was read"
                    yield NotUnderstood(what=what, origin=_origin(id))
