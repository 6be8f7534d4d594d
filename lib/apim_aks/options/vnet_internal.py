"""Option 3, internal: gateway and cluster are both private to the network (V4)."""

from __future__ import annotations

from apim_aks.options import private_gateway
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import Topology

HOSTS = ("", "portal.", "developer.", "management.", "scm.")
"""The host names of an instance in internal mode (FACTS 3.5), each in a private zone of its own."""


def draw(setting: Setting) -> Topology:
    """Gateway, portals and management answer at a private address."""
    return private_gateway.drawn(setting, OPTION, HOSTS)


OPTION = Option(
    id="vnet-internal",
    title="Virtual network, internal",
    sentence="API Management is in the cluster's network, "
    "and neither is reachable from the internet.",
    mode="internal",
    draw=draw,
    needs=(*PUBLISHING, "vnet_injection_internal"),
    gains=("V+1", "V+2", "V+3", "V+4"),
    costs=("V-1",),
    avoid="consumers call from the internet and nothing is in front of the network for them",
    chapter="05_option_3_virtual_network",
)
