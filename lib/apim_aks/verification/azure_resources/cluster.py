"""The cluster: enforced network policies, a private API server, and required add-ons."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.cluster import add_on
from apim_aks.facts import azure_facts
from apim_aks.remote.azure import Json
from apim_aks.topology import Exposure, Kind
from apim_aks.verification.answers import (
    at_rest,
    gone,
    inside,
    looked,
    other,
    rows,
    said,
    same,
    words,
)
from apim_aks.verification.azure_resources.security_rules import normal
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict

_PROVIDER = "properties.addonProfiles.azureKeyvaultSecretsProvider.enabled"
_FEATURES = {
    "workload identity": "properties.securityProfile.workloadIdentity.enabled",
    "the issuer of workload identity": "properties.oidcIssuerProfile.enabled",
}


def cluster(scene: LiveScene) -> Verdict:
    """Whether the cluster runs, enforces network policies and is as private as required."""
    place = ground(scene)
    found = scene.azure.resource(place.cluster)
    wrong = gone(place.cluster) if found is None else tuple(_cluster(found, place))
    engine = said(inside(found, "properties.networkProfile.networkPolicy"))
    private = inside(found, "properties.apiServerAccessProfile.enablePrivateCluster") is True
    server = "private" if private else "public"
    return looked(wrong, f"network policies by {engine}, API server {server}")


def _cluster(found: Json, place: ResourceIds) -> Iterator[str]:
    yield from other("the power state", inside(found, "properties.powerState.code"), "Running")
    yield from at_rest(found)
    yield from _engine(found, place)
    yield from _api_server(found, place)
    yield from _features(found, place)
    yield from _ingress(found, place)


def _engine(found: Json, place: ResourceIds) -> Iterator[str]:
    if not any(c.kind == "NetworkPolicy" for c in place.scene.topology.changes):
        return
    known = azure_facts().policy_engines
    engine = inside(found, "properties.networkProfile.networkPolicy")
    if not any(same(engine, k) for k in known):
        yield (
            f"the network policy engine is {said(engine)}, so network policies have no effect; "
            f"designed: one of {', '.join(known)}"
        )


def _api_server(found: Json, place: ResourceIds) -> Iterator[str]:
    profile = inside(found, "properties.apiServerAccessProfile")
    if place.site.workload.requirements.private_api_server:
        if inside(profile, "enablePrivateCluster") is not True:
            yield "the API server is public, designed: private"
        return
    asked = place.site.azure.authorized_ranges
    if asked and place.own_cluster:
        seen, wanted = normal(words(inside(profile, "authorizedIPRanges"))), normal(asked)
        if seen != wanted:
            listed = said(sorted(wanted))
            yield f"{said(sorted(seen))} may call the API server, designed: {listed}"


def _features(found: Json, place: ResourceIds) -> Iterator[str]:
    for what, path in _FEATURES.items():
        if inside(found, path) is not True:
            yield f"{what} is off"
    reads = place.scene.topology.cluster_reads_vault
    if (place.own_cluster or reads) and inside(found, _PROVIDER) is not True:
        yield "the Key Vault provider is off"


def _ingress(found: Json, place: ResourceIds) -> Iterator[str]:
    """The settings that the designed ingress controller needs."""
    row = add_on(place.site)
    if row is None:
        return
    if row.mesh and not same(inside(found, "properties.serviceMeshProfile.mode"), "Istio"):
        yield "the Istio add-on is off"
    if row.mesh_ingress:
        yield from _mesh_gateway(found, place)
    if row.gateway_api:
        kind = inside(found, "properties.ingressProfile.gatewayAPI.installation")
        yield from other("the installation of the Gateway API", kind, "Standard")
    if row.app_routing:
        path = "properties.ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio"
        yield from other("application routing", inside(found, f"{path}.mode"), "Enabled")


def _mesh_gateway(found: Json, place: ResourceIds) -> Iterator[str]:
    public = place.scene.topology.of_kind(Kind.INGRESS)[0].exposure is Exposure.PUBLIC
    wanted = "External" if public else "Internal"
    path = "properties.serviceMeshProfile.istio.components.ingressGateways"
    open_ = [g.get("mode") for g in rows(found, path) if g.get("enabled") is True]
    if not any(same(mode, wanted) for mode in open_):
        yield f"the mesh's ingress is {said(open_)}, designed: {wanted}"
