"""The identity that the pods of a gateway in the cluster sign in with, without a secret.

https://learn.microsoft.com/azure/api-management/self-hosted-gateway-enable-workload-identity
(2026-02-19); that a user-assigned identity stands in for the app registration is unverified.
"""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.cluster import IDENTITIES, cluster_id
from apim_aks.artefacts.arm_templates.expressions import Code, reference, resource_id
from apim_aks.artefacts.arm_templates.resource import LOCATION, TAGS, Resource
from apim_aks.artefacts.arm_templates.site import CLUSTERS, Site
from apim_aks.facts import api_version
from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.options.self_hosted_gateway import NAME

_IDENTITY = Code("format('id-{0}-gateway', parameters('gatewayName'))")


def identity_id(site: Site) -> Code:
    """The id of the identity of the gateway's pods."""
    group = site.home if site.gateway_home != site.home else ""
    return resource_id(IDENTITIES, (_IDENTITY,), group)


def gateway_identity(site: Site) -> Iterator[Resource]:
    """The identity of the gateway's pods, which Entra ID knows by the tokens of the cluster."""
    if site.topology.self_hosted is None:
        return
    run = self_hosted_defaults()
    made = Resource(
        type=IDENTITIES, names=(_IDENTITY,), body={**LOCATION, **TAGS, "properties": {}}
    )
    issuer = reference(cluster_id(site), api_version(CLUSTERS), "oidcIssuerProfile.issuerURL")
    trusted = {
        "issuer": issuer.value,
        "subject": f"system:serviceaccount:{run.namespace}:{NAME}",
        "audiences": [run.token_audience],
    }
    yield made
    yield Resource(
        type=f"{IDENTITIES}/federatedIdentityCredentials",
        names=(_IDENTITY, "gateway"),
        body={"properties": trusted},
        needs=(made.id, cluster_id(site)),
    )


def identity_outputs(site: Site) -> Iterator[tuple[str, Code]]:
    """The client id that the gateway's account in the cluster is annotated with."""
    if site.topology.self_hosted:
        id = resource_id(IDENTITIES, (_IDENTITY,))
        yield "gatewayIdentityClientId", reference(id, api_version(IDENTITIES), "clientId")
