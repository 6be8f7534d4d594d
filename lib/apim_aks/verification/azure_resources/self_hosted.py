"""The self-hosted gateway in API Management: its APIs and its host name."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.remote.azure import Json
from apim_aks.verification.answers import counted, each, gone, inside, looked, other, said
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict
from apim_aks.workload.names import self_hosted_id

_MANAGED = "managed"
"""The id of the managed gateway among the gateways of an instance."""


def gateway_in_cluster(scene: LiveScene) -> Verdict:
    """Whether it exists with every API and its host name, and alone serves them."""
    place = ground(scene)
    id = f"{place.gateway}/gateways/{self_hosted_id(scene.placement.workload)}"
    if scene.azure.resource(id) is None:
        return looked(gone(id), "")
    wrong = [*each((place,), lambda p: _apis(id, p)), *each((place,), lambda p: _host(id, p))]
    apis = counted(len(_wanted(place)), "API")
    return looked(wrong, f"{apis} at the gateway in the cluster, under {_name(place)}")


def _wanted(place: ResourceIds) -> frozenset[str]:
    mapping = place.scene.placement.mapping
    return frozenset(place.site.own(api.id).lower() for api in mapping.apis)


def _name(place: ResourceIds) -> str:
    gateway = place.scene.topology.self_hosted
    return place.site.name_of(gateway.id) if gateway else ""


def _apis(id: str, place: ResourceIds) -> Iterator[str]:
    served = _names(place.scene.azure.children(id, "apis"))
    for name in sorted(_wanted(place) - served):
        yield f"API {said(name)} is not served by the gateway in the cluster"
    beside = _names(place.scene.azure.children(f"{place.gateway}/gateways/{_MANAGED}", "apis"))
    for name in sorted(_wanted(place) & beside):
        yield f"API {said(name)} is served by the gateway that Azure runs too"


def _names(found: tuple[Json, ...] | None) -> frozenset[str]:
    return frozenset(str(one.get("name")).lower() for one in found or ())


def _host(id: str, place: ResourceIds) -> Iterator[str]:
    found = place.scene.azure.resource(f"{id}/hostnameConfigurations/consumers")
    yield from other("its host name", inside(found, "properties.hostname"), _name(place))
