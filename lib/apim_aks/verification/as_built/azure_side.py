"""The Azure resources around gateway and cluster, in the form of templates (REACHABILITY 6-8).

Only read requests are sent. Resources that may not be read or are not modelled are named
and leave open what they may open.
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
"""Types that are not read from the list of a resource group, but by id or in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureSide:
    """The network in Azure, and the security groups on the nodes' interfaces.

    `interface_groups` are ids, empty for an interface without a group; None if they may not be
    listed. `balancers` are the load balancers of the nodes' resource group as Azure answers them.
    """

    network: AzureNetwork
    interface_groups: tuple[str, ...] | None = None
    balancers: tuple[Json, ...] = ()


def azure_side(place: ResourceIds) -> AzureSide:
    """Reads the design's network, gateway and cluster in Azure, and resources beside them."""
    return _Reading(place).whole()


@dataclass
class _Reading:
    """Resources by their ids in lower case, and what could not be read."""

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
        """Reads a resource for the network; records one that is missing or may not be read.

        Ids that name the same resource are read once.
        """
        if id.lower() in self.found:
            return None
        try:
            found = self.place.scene.azure.resource(id)
        except AzureRefused as refused:
            self._miss(id, f"not read: {refused}")
            return None
        if found is None:
            self._miss(id, "it does not exist")
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
        """Reads the network resources of a group; other listed resources are recorded by name."""
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
        """Private zones, of any resource group, that may resolve the host of a back end."""
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
        """Whether it is linked to a network of the design, or should be."""
        networks = {self.place.network.lower(), self.place.gateway_network.lower()}
        tied = {str(inside(one, "properties.virtualNetwork.id")).lower() for one in links}
        return bool(networks & tied) or zone.lower().startswith(f"{self.place.home.lower()}/")

    def _node_group(self) -> str:
        """The resource group that AKS manages for the nodes."""
        held = self.found.get(self.place.cluster.lower())
        name = inside(held.properties, "nodeResourceGroup") if held else None
        return self.place.scene.azure.client.id(str(name)) if name else ""

    def _linked(self) -> None:
        """Security groups, route tables and NAT gateways of the subnets, in any resource group."""
        subnets = azure_network(self.found.values()).all(Subnet)
        links = (i for s in subnets for i in (s.security_group, s.route_table, s.nat_gateway))
        for id in dict.fromkeys(filter(None, links)):
            self._read(id)

    def _admin_rules(self) -> None:
        """Records the rules of a network manager, which precede all groups and are not modelled."""
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
        """The groups on the interfaces of scale sets and of single machines."""
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
        """The resource as Azure returns it; it is not part of the network."""
        try:
            return self.place.scene.azure.resource(id)
        except AzureRefused as refused:
            self._miss(id, f"not read: {refused}")
            return None

    def _balancers(self, listed: Iterable[Json]) -> Iterator[Json]:
        """The load balancers that AKS creates from Services."""
        for one in listed:
            if str(one.get("type")).lower() == _BALANCERS and (
                found := self._shown(str(one.get("id")))
            ):
                yield found


def as_resource(found: Json) -> Resource:
    """A resource from Azure in the form of a template resource."""
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
    """Load balancer rules in the nodes' group that belong to none of these Service ids.

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
                    what = f"{type_of(id)}: {name} of {kind} belongs to no Service that was read"
                    yield NotUnderstood(what=what, origin=_origin(id))
