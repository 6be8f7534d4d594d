"""What no template can do: the deployer's roles, and what a thing that is there already lacks."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.artefacts.arm_templates.cluster import add_on
from apim_aks.artefacts.arm_templates.edge import ADDRESS as EDGE_ADDRESS
from apim_aks.artefacts.arm_templates.foundation import GATEWAY_ADDRESS, needs_address
from apim_aks.artefacts.arm_templates.network import lends
from apim_aks.artefacts.arm_templates.private_names import gateway_names
from apim_aks.artefacts.arm_templates.routes import (
    NAT_ADDRESS,
    nat_made,
    needs_own_way,
    tunnelled,
)
from apim_aks.artefacts.arm_templates.site import SERVICE, Site
from apim_aks.artefacts.arm_templates.survey import site
from apim_aks.facts import ArmRole, ExistingRow, api_version, arm_role, arm_roles, existing_rows
from apim_aks.options.drawn import Drawn
from apim_aks.options.egress import edge_serves_premises
from apim_aks.topology import Kind, Protocol
from apim_aks.workload.model import Consumer
from apim_aks.workload.names import self_hosted_id


@dataclass(frozen=True, slots=True)
class Step:
    """Something to have or to do before a stage: what, how, and what it interrupts."""

    what: str
    command: str
    interruption: str
    source: str


def prerequisites(drawn: Drawn) -> tuple[Step, ...]:
    """What has to hold before the first stage: the deployer's roles, and what is there already."""
    place = site(drawn)
    rows = [r for r in existing_rows() if r.id not in _spare(place) and _concerns(r, place)]
    steps = (_step(row, _words(place)) for row in rows)
    return (*_roles(place), *steps, *_controller(place), *_self_hosted(place))


def _step(row: ExistingRow, words: dict[str, str]) -> Step:
    what = _filled(f"{_SUBJECTS[row.thing]} {row.what}", words)
    return Step(what, _filled(row.command, words), row.interruption, row.source)


_SUBJECTS = {
    "cluster": "The cluster <cluster>",
    "network": "The network <network>",
    "hub": "The hub network <hub>",
    "landing_zone": "The landing zone",
    "api_management": "API Management <gateway>",
    "key_vault": "The Key Vault <vault>",
    "consumers": "Consumers on premises",
}


def _roles(place: Site) -> Iterator[Step]:
    listed = 'az role assignment list --assignee "$MY_OBJECT_ID" --include-inherited'
    rows = (r for r in arm_roles() if r.id != "deployer-definitions" or place.topology.self_hosted)
    for row in rows:
        for group in _groups(row, place) if row.holder == "whoever deploys" else ():
            scope = f'"$(az group show --name {shlex.quote(group)} --query id --output tsv)"'
            what = f"Whoever deploys has the role {row.role} in the resource group {group}"
            yield Step(f"{what}: {row.because}", f"{listed} --scope {scope}", "none", row.source)


def _groups(row: ArmRole, place: Site) -> tuple[str, ...]:
    """The resource groups in which the role is needed, those of existing things among them."""
    if row.id == "deployer-cluster":
        return (place.group(place.existing.cluster) or place.home,)
    network = (place.existing.network,) if place.networked else ()
    # Nothing in a hub has roles of ours: subnet, peering and zones are made there.
    hub = (place.existing.hub,) if place.in_hub and row.id == "deployer" else ()
    beside = (place.group(found) for found in (*network, *hub, place.existing.key_vault))
    return tuple(dict.fromkeys((place.home, place.gateway_home, *filter(None, beside))))


def _concerns(row: ExistingRow, place: Site) -> bool:
    if row.thing == "consumers":
        away = Consumer.ON_PREMISES in place.workload.consumers
        return away and bool(gateway_names(place))
    if row.thing == "landing_zone":
        return place.landing_zone
    return getattr(place.existing, row.thing) is not None


def _spare(place: Site) -> set[str]:
    """Rows about something that this placement does not use."""
    reads = place.topology.cluster_reads_vault
    used = {
        "cluster-subnets": place.plan.range("ingress") is not None,
        "cluster-addresses": bool(place.plan.public_addresses),
        "cluster-security-group": place.plan.range("ingress") is not None,
        **dict.fromkeys(("cluster-provider", "cluster-vault-role", "cluster-vault-network"), reads),
        "landing-addresses": bool(_public_names(place)),
        "edge-learned-routes": place.azure.egress == "firewall"
        and edge_serves_premises(place.workload, place.topology),
        "hub-place": place.in_hub,
        "hub-peering": place.in_hub and place.existing.network is not None,
        "hub-endpoint-zone": place.in_hub and place.endpoint,
        "hub-lent-gateway": place.in_hub and lends(place),
        "cluster-version": bool(_least_version(place)),
        "cluster-way-out": place.azure.egress == "firewall",
        "network-default-route": _may_be_tunnelled(place),
        "gateway-management-route": tunnelled(place),
        "gateway-network": place.injected,
        "gateway-subnet": place.injected,
        "gateway-protocols": place.tier.family == "classic",
        "gateway-authority": place.own_authority and place.lists_authorities,
    }
    return {id for id, needed in used.items() if not needed}


def _public_names(place: Site) -> tuple[str, ...]:
    """The public addresses that the templates make."""
    own = (GATEWAY_ADDRESS,) if needs_address(place) else ()
    edge = (EDGE_ADDRESS,) if place.edge else ()
    nat = (NAT_ADDRESS,) if nat_made(place) else ()
    return (*(a.name for a in place.plan.public_addresses), *own, *edge, *nat)


def _least_version(place: Site) -> str:
    """The oldest Kubernetes that the check of client certificates needs; empty without it."""
    asked = any(place.topology.asks_certificate(c.id) for c in place.topology.of_kind(Kind.INGRESS))
    return place.drawn.controller.minimum_kubernetes if asked else ""


def _may_be_tunnelled(place: Site) -> bool:
    """Nobody said how calls leave, and a default route to a firewall would cut the platform off."""
    return not place.azure.egress and needs_own_way(place)


def _controller(place: Site) -> Iterator[Step]:
    """The ingress add-on of a cluster that is there already."""
    row = add_on(place)
    if row and place.existing.cluster:
        what = f"The cluster has {place.drawn.controller.name}"
        yield Step(what, row.step, row.interruption, row.source)


def _self_hosted(place: Site) -> Iterator[Step]:
    """What is done once the APIs are there: no template takes something away."""
    if place.topology.self_hosted is None:
        return
    name, group = shlex.quote(place.instance), shlex.quote(place.gateway_home)
    instance = f"$(az apim show --name {name} --resource-group {group} --query id --output tsv)"
    asked = f"?api-version={api_version(SERVICE, place.preview)}"
    base = f'"https://management.azure.com{instance}/gateways'
    apis = " ".join(shlex.quote(place.own(a.id)) for a in place.drawn.mapping.apis)
    source = "public repositories that delete it so (secondary); the reference speaks of no such id"
    yield Step(
        "After the last stage the APIs are taken off the gateway that Azure runs, where every new "
        "API stands: it resolves no name of the cluster",
        f"for api in {apis}; do az rest --method delete --url "
        f'{base}/managed/apis/$api{asked}"; done',
        "none for callers of the gateway in the cluster",
        source,
    )
    if hosts := [b.host for b in place.topology.backends if b.protocol is Protocol.HTTPS]:
        own = self_hosted_id(place.workload)
        yield Step(
            f"The gateway in the cluster trusts whoever signs the certificates of "
            f"{', '.join(hosts)}, for these names: an authority of your own is among the "
            "certificates of API Management, as back-end-authority",
            f"az rest --method put --url {base}/{own}/certificateAuthorities/back-end-authority"
            f'{asked}" --body \'{{"properties":{{"isTrusted":true}}}}\'',
            "none",
            "https://learn.microsoft.com/azure/api-management/api-management-howto-ca-certificates "
            "(2026-02-17)",
        )


def _words(place: Site) -> dict[str, str]:
    """What stands for a word in angle brackets; ids that nobody knows yet stay as they are."""
    known = {
        "kubernetes-version": _least_version(place) or place.workload.azure.kubernetes_version,
        "public-addresses": ", ".join(_public_names(place)),
        "hub": place.gateway_network,
        "firewall-address": place.azure.firewall_address,
        "cluster": place.cluster,
        "network": place.network,
        "gateway": place.instance,
        "vault": place.vault,
        "home": place.home,
        "region": place.workload.azure.region,
        "tier": place.tier.name,
        "mode": place.mode.label,
        "gateway-version": api_version(SERVICE, place.preview),
        "gateway-subnet": place.azure.gateway_subnet,
        "vault-role": arm_role("vault-reader").role,
        "network-role": arm_role("cluster-network").role,
    }
    there = {
        "cluster-group": place.existing.cluster,
        "network-group": place.existing.network,
        "hub-group": place.existing.hub,
        "gateway-group": place.existing.api_management,
        "vault-group": place.existing.key_vault,
    }
    return known | {word: found.resource_group for word, found in there.items() if found}


def _filled(sentence: str, words: dict[str, str]) -> str:
    quote = shlex.quote if sentence.startswith("az ") else str
    for word, value in words.items():
        sentence = sentence.replace(f"<{word}>", quote(value))
    return sentence
