"""The first stage: network, names, addresses, identities, vault, logs and the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.cluster import (
    PROVIDER,
    cluster,
    cluster_id,
    identity,
    network_roles,
)
from apim_aks.artefacts.arm_templates.edge import ADDRESS, edge_identity
from apim_aks.artefacts.arm_templates.expressions import Code, parameter, reference
from apim_aks.artefacts.arm_templates.monitoring import cluster_logs, vault_logs, workspace
from apim_aks.artefacts.arm_templates.network import network_resources
from apim_aks.artefacts.arm_templates.private_names import private_zones
from apim_aks.artefacts.arm_templates.public_address import address
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.site import CLUSTERS, VAULTS, Site
from apim_aks.artefacts.arm_templates.stages import Draft
from apim_aks.artefacts.arm_templates.vault import assigned, key_vault, vault_id
from apim_aks.artefacts.arm_templates.workload_identity import gateway_identity, identity_outputs
from apim_aks.facts import api_version

GATEWAY_ADDRESS = "pip-apim"


def foundation(site: Site) -> Draft:
    """The resources of the first stage, without those that exist already."""
    return Draft(
        "10-foundation",
        tuple(_resources(site)),
        "Network, names, addresses, identities, Key Vault, logs and cluster: what the gateway and "
        "the certificates need to be there.",
        outputs=tuple(_outputs(site)),
    )


def _resources(site: Site) -> Iterator[Resource]:
    there = site.existing
    if None in (there.cluster, there.api_management, there.key_vault):
        yield workspace()
    yield from network_resources(site)
    yield from (address(a.name, a.dns_label) for a in site.plan.public_addresses)
    if needs_address(site):
        yield address(GATEWAY_ADDRESS, site.names.gateway, site.network_type.because)
    if site.edge:
        yield address(ADDRESS, site.names.public_host(site.edge.id).partition(".")[0])
    if site.existing.key_vault is None:
        yield key_vault(site)
        yield vault_logs(vault_id(site))
    if site.existing.cluster is None:
        yield from _cluster(site)
    yield from edge_identity(site)
    yield from gateway_identity(site)
    yield from private_zones(site)


def _cluster(site: Site) -> Iterator[Resource]:
    roles = network_roles(site)
    yield identity()
    yield from roles
    yield cluster(site, roles)
    yield from cluster_logs(site)
    yield assigned(
        "vault-reader",
        (VAULTS, (parameter("vaultName"),)),
        reference(cluster_id(site), api_version(CLUSTERS), f"{PROVIDER}.objectId"),
        cluster_id(site),
        group=site.group(site.existing.key_vault),
    )


def needs_address(site: Site) -> bool:
    """The gateway gets a public address of ours; whether it must is a conflict in the sources."""
    return site.network_type.address and bool(site.zones) and not site.existing.api_management


def _outputs(site: Site) -> Iterator[tuple[str, Code]]:
    yield "entraTenantId", Code("subscription().tenantId")
    if site.existing.cluster is None:
        version = api_version(CLUSTERS)
        yield (
            "keyVaultProviderClientId",
            reference(cluster_id(site), version, f"{PROVIDER}.clientId"),
        )
        yield "clusterIssuer", reference(cluster_id(site), version, "oidcIssuerProfile.issuerURL")
    yield from identity_outputs(site)
