"""Option 3, external: the gateway in the cluster's network, public through a load balancer (V3)."""

from __future__ import annotations

from apim_aks.options import private_backends as inside
from apim_aks.options import surroundings as around
from apim_aks.options.expectations import answers_the_internet, common
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import (
    Exposure,
    Reach,
    Topology,
    VantagePoint,
)

ID = "vnet-external"
ENTRY = "apim-public-ip"


def draw(setting: Setting) -> Topology:
    """Consumers reach the gateway's public address, the gateway reaches private Services."""
    entry, onward = inside.load_balancer(
        ENTRY, "External load balancer", around.AZURE, Exposure.PUBLIC, Reach.INTERNET
    )
    return inside.drawn(
        setting,
        OPTION,
        (entry, around.gateway(setting, inside.SUBNET, Exposure.PRIVATE, Reach.INTERNET)),
        (*around.consumer_links(setting, ENTRY), onward),
        around.GATEWAY,
        promises=(*common(ID, ENTRY, VantagePoint.INTERNET), answers_the_internet(ID, ENTRY)),
    )


OPTION = Option(
    id=ID,
    title="Virtual network, external",
    sentence="API Management is in the cluster's network and is public; the cluster is not.",
    mode="external",
    draw=draw,
    needs=(*PUBLISHING, "vnet_injection_external"),
    gains=("V+1", "V+2", "V+4"),
    costs=("V-1",),
    avoid="the budget has no room for a tier that can be injected, or every consumer is inside",
    chapter="05_option_3_virtual_network",
)
