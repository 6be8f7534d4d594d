"""An option in about twenty lines: API Management in front of Services on private addresses."""

from apim_aks.options import surroundings as around
from apim_aks.options.expectations import common
from apim_aks.options.option import PUBLISHING, Option, Setting
from apim_aks.topology import Exposure, Link, Protocol, Reach, Topology, VantagePoint


def draw(setting: Setting) -> Topology:
    services = [
        around.service_component(s, Exposure.PRIVATE, Reach.NETWORK, 80) for s in setting.published
    ]
    return Topology(
        option="toy",
        mode="none",
        zones=around.zones(setting),
        components=(
            *around.consumers(setting),
            around.gateway(setting, around.AZURE, Exposure.PUBLIC, Reach.INTERNET),
            *services,
        ),
        links=(
            *around.consumer_links(setting, around.GATEWAY),
            *(
                Link(source=around.GATEWAY, target=s.id, protocol=Protocol.HTTP, port=80)
                for s in services
            ),
        ),
        expectations=common("toy", around.GATEWAY, VantagePoint.INTERNET),
    )


OPTION = Option(
    id="toy", title="Toy", sentence="A gateway alone.", mode="none", draw=draw, needs=PUBLISHING
)
