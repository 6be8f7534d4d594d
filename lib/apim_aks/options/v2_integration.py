"""Not in the article: a v2 tier outside the network reaches private Services through a subnet."""

from __future__ import annotations

from apim_aks.options import private_backends as inside
from apim_aks.options import surroundings as around
from apim_aks.options.expectations import answers_the_internet, common
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import (
    Auth,
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
    onward = Link(
        source=around.GATEWAY,
        target=INTEGRATION,
        protocol=Protocol.TCP,
        port=around.HTTPS,
        auth=(Auth.NONE,),
        note="outbound only",
    )
    return inside.drawn(
        setting,
        OPTION,
        (around.gateway(setting, around.AZURE, Exposure.PUBLIC, Reach.INTERNET), integration),
        (*around.consumer_links(setting, around.GATEWAY), onward),
        INTEGRATION,
        promises=(
            *common(ID, around.GATEWAY, VantagePoint.INTERNET),
            answers_the_internet(ID, around.GATEWAY),
        ),
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
