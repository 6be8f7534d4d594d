"""Not in the article: a v2 tier outside the network reaches private Services through a subnet."""

from __future__ import annotations

from apim_aks.listing import listed
from apim_aks.options import private_backends as inside
from apim_aks.options import surroundings as around
from apim_aks.options.expectations import answers_the_internet, common
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import (
    Component,
    Exposure,
    Kind,
    Link,
    Protocol,
    Reach,
    Topology,
    VantagePoint,
)

ID = "v2-integration"
INTEGRATION = "integration"


def draw(setting: Setting) -> Topology:
    """A public gateway whose outbound calls enter the network through a delegated subnet."""
    integration = Component(
        id=INTEGRATION,
        label="Outbound integration",
        kind=Kind.INTEGRATION,
        zone=inside.SUBNET,
        exposure=Exposure.NONE,
        reach=Reach.GATEWAY,
        added=True,
        detail="outbound only: nothing enters the network here but the gateway's calls",
    )
    return inside.drawn(
        setting,
        OPTION,
        (around.gateway(setting, around.AZURE, Exposure.PUBLIC, Reach.INTERNET), integration),
        (*around.consumer_links(setting, around.GATEWAY), _onward(setting)),
        INTEGRATION,
        promises=(
            *common(ID, around.GATEWAY, VantagePoint.INTERNET),
            answers_the_internet(ID, around.GATEWAY),
        ),
    )


def _onward(setting: Setting) -> Link:
    """The gateway's calls on their way into the network: what they are behind the subnet."""
    calls = [k for k in inside.links(setting, INTEGRATION) if k.source == INTEGRATION]
    ports = sorted({k.port for k in calls})
    more = f", to ports {listed([*map(str, ports)])}" if len(ports) > 1 else ""
    return Link(
        source=around.GATEWAY,
        target=INTEGRATION,
        protocol=Protocol.TCP,
        port=ports[0],
        auth=tuple(dict.fromkeys(a for k in calls for a in k.auth)),
        note=f"outbound only{more}",
    )


OPTION = Option(
    id=ID,
    title="v2 tier with outbound integration",
    sentence="API Management stays public and outside, "
    "and reaches private Services through a subnet.",
    mode="integration",
    draw=draw,
    needs=(*PUBLISHING, "outbound_vnet_integration"),
    gains=("V+1", "V+2"),
    costs=("V-1",),
    avoid="back ends or partners must see one fixed address, or several regions are needed",
    chapter="05_option_3_virtual_network",
)
