"""Before any gateway: consumers call the Services themselves (claims B2 and B3).

No option, since it puts no API Management anywhere. It is drawn so that the gateway's effect can
be counted.
"""

from __future__ import annotations

from apim_aks.apis.mapping import Mapping, http_port
from apim_aks.facts import controller, tiers
from apim_aks.options import surroundings as around
from apim_aks.options.option import Setting
from apim_aks.topology import Auth, Component, Exposure, Link, Protocol, Reach, Topology
from apim_aks.workload.model import Consumer, Service, Workload

ID = "without-gateway"


def draw(setting: Setting) -> Topology:
    """Every consumer calls every published Service at an address of its own."""
    exposure, reach = _opened(setting)
    callers = around.consumers(setting)
    fronts = tuple(_front(s, exposure, reach) for s in setting.published)
    return Topology(
        option=ID,
        mode="none",
        zones=around.zones(setting),
        components=(*callers, *fronts),
        links=tuple(_link(c, s) for c in callers for s in setting.published),
    )


def before(workload: Workload, mapping: Mapping) -> Topology:
    """The same as `draw`, for a workload and its APIs: no tier and no controller play a part."""
    return draw(
        Setting(workload=workload, mapping=mapping, tier=tiers()[0], controller=controller("none"))
    )


def _opened(setting: Setting) -> tuple[Exposure, Reach]:
    """Consumers on the internet need public addresses, all others private ones."""
    if Consumer.INTERNET in setting.workload.consumers:
        return Exposure.PUBLIC, Reach.INTERNET
    return Exposure.PRIVATE, Reach.NETWORK


def _front(service: Service, exposure: Exposure, reach: Reach) -> Component:
    return around.service_component(service, exposure, reach, http_port(service))


def _link(caller: Component, service: Service) -> Link:
    port = http_port(service)
    https = around.speaks_https(service, port)
    auth = Auth.CALLER_TOKEN if service.validates else Auth.NONE
    return Link(
        source=caller.id,
        target=f"svc-{service.id}",
        protocol=Protocol.HTTPS if https else Protocol.HTTP,
        port=port,
        auth=(auth,),
        ends_tls=https,
    )
