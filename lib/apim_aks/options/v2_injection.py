"""Not in the article: Premium v2 in the network, where only the gateway becomes private."""

from __future__ import annotations

from apim_aks.options import private_gateway
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import Topology

HOSTS = ("",)
"""Portal and management keep their public names:
https://learn.microsoft.com/azure/api-management/inject-vnet-v2
"""


def draw(setting: Setting) -> Topology:
    """The gateway answers at a private address, portal and management stay public."""
    return private_gateway.drawn(setting, OPTION, HOSTS)


OPTION = Option(
    id="v2-injection",
    title="Premium v2, injected",
    sentence="The gateway of Premium v2 is in the cluster's network and is private to it; "
    "portal and management stay public.",
    mode="injection-v2",
    draw=draw,
    needs=(*PUBLISHING, "vnet_injection_v2"),
    gains=("V+1", "V+2", "V+3", "V+4"),
    costs=("V-1",),
    avoid="the portal has to be private too, several regions are needed, or an instance is there "
    "already: the place in the network is settled when an instance is created",
    chapter="05_option_3_virtual_network",
)
