"""The resources behind the probes in Azure: gateway, cluster, log workspace."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.facts import azure_facts
from apim_aks.options.edge_calls import EDGE
from apim_aks.options.front_door import UNKNOWN_LETTERS, endpoint_name
from apim_aks.options.surroundings import GATEWAY
from apim_aks.remote.azure import AzureRefused, Json
from apim_aks.remote.calls import Call, Ending, Outcome
from apim_aks.topology import EDGE_KINDS, Kind
from apim_aks.verification.answers import inside, rows, words
from apim_aks.verification.resource_ids import ground
from apim_aks.verification.scene import LiveScene
from apim_aks.workload.names import names_of

SUBSCRIPTIONS = "Microsoft.ApiManagement/service/subscriptions"
ADDRESSES = "Microsoft.Network/publicIPAddresses"
BALANCERS = "Microsoft.Network/loadBalancers"


def designed_id(scene: LiveScene, type: str) -> str:
    """The id of the first designed resource of a type; empty without one."""
    subscription = scene.azure.client.subscription
    made = (d for d in scene.project.declared if d.type == type)
    return next((d.id(subscription) for d in made), "")


def gateway_host(scene: LiveScene) -> str:
    """The default host name of the gateway."""
    if own := scene.topology.self_hosted:
        return next(n.name for n in scene.topology.names if n.component == own.id)
    return f"{scene.project.gateway}.{azure_facts().gateway_suffix}"


def entry_host(scene: LiveScene) -> str:
    """The host name that consumers call: the edge's, if there is one."""
    edges = {c.id for c in scene.topology.of_kind(*EDGE_KINDS)}
    own = next((n.name for n in scene.topology.names if n.component in edges), "")
    if UNKNOWN_LETTERS in own:
        return scene.kept.once("edge's host", lambda: endpoint_host(scene))
    return own or gateway_host(scene)


def asked(scene: LiveScene, call: Call) -> Outcome:
    """Makes the call; one to the reader's own name goes to the address deployed for it.

    Until callers move, the name leads to the existing entry. That would answer in place of what
    was deployed, and would receive a key and a token that are not meant for it.

    Raises:
        AzureRefused: the endpoint of Front Door may not be read, or does not exist.
    """
    caller = scene.vantage.caller
    at = _azure_name(scene) if call.host == scene.design.workload.azure.host_name else ""
    if not at:
        return caller.ask(call)
    found = caller.addresses(at)
    return caller.ask(replace(call, address=found[0])) if found else Outcome(Ending.UNKNOWN_NAME)


def _azure_name(scene: LiveScene) -> str:
    """Azure's own name of the entry; empty for a private entry."""
    names = names_of(scene.design.workload)
    edge = next(iter(scene.topology.of_kind(*EDGE_KINDS)), None)
    if edge and edge.kind is Kind.FRONT_DOOR:
        return scene.kept.once("edge's host", lambda: endpoint_host(scene))
    entry = edge or scene.topology.self_hosted
    return names.public_host(EDGE if edge else GATEWAY) if entry and entry.public else ""


def endpoint_host(scene: LiveScene) -> str:
    """The host name of Front Door's endpoint, which Azure has completed.

    Raises:
        AzureRefused: it may not be read, or does not exist.
    """
    place = ground(scene)
    part = f"afdEndpoints/{endpoint_name(place.site.drawn)}"
    found = _there(scene, place.front_door(part), "the endpoint of Front Door")
    return str(inside(found, "properties.hostName") or "")


def gateway(scene: LiveScene) -> Json:
    """The API Management instance.

    Raises:
        AzureRefused: it may not be read, or does not exist.
    """
    return _there(scene, ground(scene).gateway, scene.project.gateway)


def cluster(scene: LiveScene) -> Json:
    """The cluster.

    Raises:
        AzureRefused: it may not be read, or does not exist.
    """
    return _there(scene, ground(scene).cluster, scene.project.cluster)


def workspace(scene: LiveScene) -> Json:
    """The log workspace.

    Raises:
        AzureRefused: it may not be read, or does not exist.
    """
    return _there(scene, ground(scene).workspace, "the log workspace")


def _there(scene: LiveScene, id: str, name: str) -> Json:
    found = scene.azure.resource(id)
    if not found:
        raise AzureRefused(f"{name} is not there")
    return found


def values(resource: Json, name: str) -> tuple[str, ...]:
    """The list of texts at a property of a resource."""
    return words(inside(resource, f"properties.{name}"))


def public_addresses(gateway: Json) -> tuple[str, ...]:
    """The public addresses of the gateway in all its regions."""
    regions = rows(gateway, "properties.additionalLocations")
    further = (address for r in regions for address in words(r.get("publicIPAddresses")))
    return (*values(gateway, "publicIPAddresses"), *further)


def not_alive(resource: Json) -> str:
    """Why a resource does not run; empty if it runs."""
    state = str(inside(resource, "properties.provisioningState") or "unknown")
    power = str(inside(resource, "properties.powerState.code") or "Running")
    if state != "Succeeded":
        return f"its state is {state}"
    return "" if power == "Running" else f"it is {power.lower()}"


def _beside_nodes(scene: LiveScene, type: str) -> tuple[Json, ...]:
    group = inside(cluster(scene), "properties.nodeResourceGroup")
    if not group:
        raise AzureRefused(f"{scene.project.cluster} does not report its nodes' resource group")
    found = scene.azure.children(scene.azure.client.id(str(group)), type)
    if found is None:
        raise AzureRefused(f"the group of the nodes of {scene.project.cluster} is not there")
    return found


def cluster_ports(scene: LiveScene) -> tuple[int, ...]:
    """The inbound ports of the load balancers of the cluster.

    Raises:
        AzureRefused: they may not be listed.
    """
    rules = (
        r
        for balancer in _beside_nodes(scene, BALANCERS)
        for r in rows(balancer, "properties.loadBalancingRules")
    )
    ports = (inside(r, "properties.frontendPort") for r in rules)
    return tuple(sorted({p for p in ports if isinstance(p, int) and 0 < p < 65536}))


def cluster_addresses(scene: LiveScene) -> tuple[str, ...]:
    """The public addresses that belong to the cluster.

    Raises:
        AzureRefused: they may not be listed.
    """
    found = _beside_nodes(scene, ADDRESSES)
    held = (inside(a, "properties.ipAddress") for a in found)
    return tuple(str(address) for address in held if address)
