"""A gateway in a subnet of the network that answers at a private address alone (V4)."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.facts import azure_facts
from apim_aks.options import private_backends as inside
from apim_aks.options import surroundings as around
from apim_aks.options.expectations import common, silent_to_the_internet
from apim_aks.options.option import Option, Setting
from apim_aks.topology import (
    DnsName,
    Exposure,
    Reach,
    Topology,
    VantagePoint,
)
from apim_aks.workload.names import names_of

ENTRY = "apim-private-ip"


def drawn(setting: Setting, option: Option, hosts: Iterable[str]) -> Topology:
    """Consumers inside reach the gateway's private address; from the internet nothing answers.

    `hosts` are what stands between the instance's name and its domain in each private name, empty
    for the gateway itself.
    """
    entry, onward = inside.load_balancer(
        ENTRY, "Internal load balancer", inside.SUBNET, Exposure.PRIVATE, Reach.NETWORK
    )
    return inside.drawn(
        setting,
        option,
        (entry, around.gateway(setting, inside.SUBNET, Exposure.PRIVATE, Reach.NETWORK)),
        (*around.consumer_links(setting, ENTRY, *around.INSIDE), onward),
        around.GATEWAY,
        tuple(_name(setting, host) for host in hosts),
        (
            *common(option.id, ENTRY, VantagePoint.SAME_VNET),
            silent_to_the_internet(option.id, ENTRY),
        ),
    )


def _name(setting: Setting, host: str) -> DnsName:
    name = f"{names_of(setting.workload).gateway}.{host}{azure_facts().gateway_suffix}"
    return DnsName(name, ENTRY, True, "the virtual network and its peers")
