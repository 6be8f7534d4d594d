"""The resources behind the probes, as Azure has them: gateway, cluster, log workspace."""

from __future__ import annotations

from apim_aks.azure_client import AzureRefused, Json
from apim_aks.facts import azure_setting
from apim_aks.verification.ground import ground
from apim_aks.verification.scene import Scene

SUBSCRIPTIONS = "Microsoft.ApiManagement/service/subscriptions"
ADDRESSES = "Microsoft.Network/publicIPAddresses"


def designed_id(scene: Scene, type: str) -> str:
    """The id of the first designed resource of a type; empty where there is none."""
    subscription = scene.azure.client.subscription
    made = (d for piece in scene.project.pieces for d in piece.declared() if d.type == type)
    return next((d.id(subscription) for d in made), "")


def gateway_host(scene: Scene) -> str:
    """The host name under which the gateway always answers."""
    return f"{scene.project.gateway}.{azure_setting('gateway-suffix')}"


def gateway(scene: Scene) -> Json:
    """The API Management instance.

    Raises:
        AzureRefused: it may not be read, or is not there.
    """
    return _there(scene, ground(scene).gateway, scene.project.gateway)


def cluster(scene: Scene) -> Json:
    """The cluster.

    Raises:
        AzureRefused: it may not be read, or is not there.
    """
    return _there(scene, ground(scene).cluster, scene.project.cluster)


def workspace(scene: Scene) -> Json:
    """The log workspace.

    Raises:
        AzureRefused: it may not be read, or is not there.
    """
    return _there(scene, ground(scene).workspace, "the log workspace")


def _there(scene: Scene, id: str, name: str) -> Json:
    found = scene.azure.resource(id)
    if not found:
        raise AzureRefused(f"{name} is not there")
    return found


def values(resource: Json, name: str) -> tuple[str, ...]:
    """A list of texts among a resource's properties."""
    found = (resource.get("properties") or {}).get(name)
    return tuple(str(v) for v in found) if isinstance(found, list) else ()


def not_alive(resource: Json) -> str:
    """Why a resource does not run; empty where it does."""
    properties = resource.get("properties") or {}
    state = str(properties.get("provisioningState") or "unknown")
    power = str((properties.get("powerState") or {}).get("code") or "Running")
    if state != "Succeeded":
        return f"its state is {state}"
    return "" if power == "Running" else f"it is {power.lower()}"


def cluster_addresses(scene: Scene) -> tuple[str, ...]:
    """The public addresses that belong to the cluster.

    Raises:
        AzureRefused: they may not be listed.
    """
    group = (cluster(scene).get("properties") or {}).get("nodeResourceGroup")
    if not group:
        raise AzureRefused(f"{scene.project.cluster} names no group of its nodes")
    found = scene.azure.children(scene.azure.client.id(str(group)), ADDRESSES)
    if found is None:
        raise AzureRefused(f"the group of the nodes of {scene.project.cluster} is not there")
    held = ((a.get("properties") or {}).get("ipAddress") for a in found)
    return tuple(str(address) for address in held if address)
