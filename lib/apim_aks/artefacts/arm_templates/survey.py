"""Whether a placement can be built where it is to stand; a sentence where it cannot."""

from __future__ import annotations

from apim_aks.artefacts.address_plan import GATEWAY_SUBNET
from apim_aks.artefacts.arm_templates.site import Site
from apim_aks.errors import InputError
from apim_aks.facts import Tier, network_modes
from apim_aks.options.drawn import Drawn
from apim_aks.options.tier_choice import refusal, refusal_source


def site(drawn: Drawn) -> Site:
    """The site of a drawn.

    Raises:
        InputError: the tier cannot do the option, or what is there already does not fit.
    """
    if why := refusal(drawn.option, drawn.tier):
        where = refusal_source(drawn.option, drawn.tier)
        raise InputError(f"{drawn.option.id}: {why}{_others(drawn.tier)} (source: {where}).")
    made = Site(drawn)
    for check in (_existing_cluster, _peered, _gateway_subnet, _endpoint, _authority):
        if why := check(made):
            raise InputError(why)
    return made


def _others(tier: Tier) -> str:
    """The ways in which this tier can be tied to a network."""
    labels = [f"{m.id} ({m.label})" for m in network_modes() if m.needs and tier.has(m.needs)]
    return f"; {tier.name} has the network mode {' or '.join(labels)}" if labels else ""


def _existing_cluster(site: Site) -> str:
    cluster = site.existing.cluster
    if not cluster or site.existing.network or not site.inside:
        return ""
    return (
        f"azure.existing names the cluster {cluster.name} but no network. Name the network "
        f"too, since {site.topology.option} puts the gateway beside the cluster."
    )


def _peered(site: Site) -> str:
    network, gateway = site.existing.network, site.existing.api_management
    where = site.azure.gateway_network
    if site.apart and gateway:
        return (
            f"azure.gateway_network is {where} and azure.existing names API Management "
            f"{gateway.name}. Use shared or leave it out, since its network exists already."
        )
    if where != "peered" or not site.apart or not network:
        return ""
    return (
        f"azure.gateway_network is peered and azure.existing names the network {network.name}; "
        "Use shared, since azure.address_space is a part of that network and cannot be "
        "peered with it."
    )


def _gateway_subnet(site: Site) -> str:
    prefix = site.azure.gateway_subnet
    if not prefix or site.existing.api_management:
        return ""
    return (
        f"azure.{GATEWAY_SUBNET} is {prefix} and azure.existing names no API Management. Set "
        "both or neither, since a new one gets its subnet from the address plan."
    )


def _endpoint(site: Site) -> str:
    there = site.existing.api_management
    if not there or not site.closed:
        return ""
    return (
        f"azure.existing names API Management {there.name}, and {site.topology.option} is drawn "
        "with a private endpoint. Remove it from azure.existing, since the public access of an "
        "existing instance is not closed here, or set inbound: public under placements."
    )


def _authority(site: Site) -> str:
    fact = site.tier.fact("private_ca_trust_for_backends")
    if not site.own_authority or site.lists_authorities or site.tier.family == "v2":
        return ""
    return (
        f"{site.topology.option} has back ends with certificates of a private authority, and "
        f"{site.tier.name} has {fact.value} (source: {fact.source}, checked {fact.checked_on}). "
        "Use Developer or a higher classic tier, or a v2 tier."
    )
