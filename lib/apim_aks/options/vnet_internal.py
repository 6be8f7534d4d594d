"""Option 3, internal: gateway and cluster are both private to the network (V4)."""

from __future__ import annotations

from apim_aks.options import private_backends as inside
from apim_aks.options import surroundings as around
from apim_aks.options.expectations import common
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import (
    DnsName,
    Expectation,
    Exposure,
    Probe,
    ProbeOutcome,
    ProbeRequest,
    Reach,
    Topology,
    VantagePoint,
)
from apim_aks.workload.names import names_of

ID = "vnet-internal"
ENTRY = "apim-private-ip"
HOSTS = ("", "portal.", "developer.", "management.", "scm.")
"""The host names of an instance in internal mode (FACTS 3.5), each in a private zone of its own."""


def draw(setting: Setting) -> Topology:
    """Consumers inside reach the gateway's private address; from the internet nothing answers."""
    entry, onward = inside.load_balancer(
        ENTRY, "Internal load balancer", inside.SUBNET, Exposure.PRIVATE, Reach.NETWORK
    )
    return inside.drawn(
        setting,
        OPTION,
        (entry, around.gateway(setting, inside.SUBNET, Exposure.PRIVATE, Reach.NETWORK)),
        (*around.consumer_links(setting, ENTRY, *around.INSIDE), onward),
        around.GATEWAY,
        _hosts(setting),
        (*common(ID, ENTRY, VantagePoint.SAME_VNET), _unreachable()),
    )


def _unreachable() -> Expectation:
    return Expectation(
        f"{ID}.gateway-unreachable-from-internet",
        "V4",
        "The gateway does not answer from the internet",
        Probe(VantagePoint.INTERNET, ENTRY, ProbeRequest.GATEWAY_ADDRESSES, ProbeOutcome.SILENCE),
    )


def _hosts(setting: Setting) -> tuple[DnsName, ...]:
    name = names_of(setting.workload).gateway
    return tuple(
        DnsName(f"{name}.{host}azure-api.net", ENTRY, True, "the virtual network and its peers")
        for host in HOSTS
    )


OPTION = Option(
    id=ID,
    title="Virtual network, internal",
    sentence="API Management stands in the cluster's network, "
    "and neither is reachable from the internet.",
    mode="internal",
    draw=draw,
    needs=(*PUBLISHING, "vnet_injection_internal"),
    gains=("V+1", "V+2", "V+3", "V+4"),
    costs=("V-1",),
    avoid="consumers call from the internet and nothing stands in front of the network for them",
    chapter="05_option_3_virtual_network",
)
