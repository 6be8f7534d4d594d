"""Which ports of a Service are called by TLS today, as routes and traffic policies say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.facts.ingress_behaviours import calls_by_tls
from apim_aks.workload.model import Port, Service

Said = tuple[str, bool]
"""A port by name or number, empty for each of which nothing else is said, and whether by TLS."""


def ports_by_tls(service: Service, policies: Iterable[Said]) -> tuple[tuple[int, bool], ...]:
    """Each TCP port by its number of which something says whether its calls are TLS.

    Where two things say different, it is: pods that end TLS answer no call without it.
    """
    said = (*_of_routes(service), *policies)
    tcp = (p for p in service.ports if p.protocol == "TCP")
    found = ((p.number, _of_port(p, said)) for p in tcp)
    return tuple((number, any(by_tls)) for number, by_tls in found if by_tls)


def _of_port(port: Port, said: Iterable[Said]) -> list[bool]:
    said = tuple(said)
    own = [tls for named, tls in said if named in (str(port.number), port.name) and named]
    return own or [tls for named, tls in said if not named]


def _of_routes(service: Service) -> Iterator[Said]:
    """What a traffic policy says of single ports is no word of the route that it stands beside."""
    for route in service.routes:
        for setting in route.settings:
            tls = calls_by_tls(setting.name, setting.value)
            if tls is not None and not setting.name.startswith("DestinationRule/"):
                yield route.port, tls
