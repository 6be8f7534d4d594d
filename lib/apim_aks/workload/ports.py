"""Which port of a Service a gateway calls, and why: somebody names it, or the ports tell."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from apim_aks.facts.services import ServiceRole, service_roles
from apim_aks.workload.model import Port, Service, ServiceType
from apim_aks.workload.route import Route

WEB, GRPC, OPAQUE = "web", "grpc", "unknown"
KEEPERS = ("management", "monitoring")
"""Roles of data/service_roles.csv: those of ports for whoever runs the Service."""


@dataclass(frozen=True, slots=True)
class PortChoice:
    """The port that is published and why; the number is 0 where none can be."""

    number: int
    reason: str


def words_of(text: str) -> set[str]:
    """A port's name, or its protocol without the domain before it, whole and in its parts."""
    text = text.lower()
    return {text.rsplit("/", 1)[-1], *re.split(r"[-/:_]", text)} - {""}


def words(port: Port) -> set[str]:
    """The words of its appProtocol, which has precedence, else of its name."""
    return words_of(port.app_protocol or port.name)


@lru_cache(maxsize=1024)
def said(port: Port) -> ServiceRole | None:
    """What a port says of itself; None where it says nothing that is known.

    A word that says that nobody outside calls it counts wherever it stands. A whole name counts
    before its parts, so that `grpc-web` is no gRPC.
    """
    known, own = _by_word("port-name"), words(port)
    every = own | words_of(port.name)
    told = [row for word, row in known.items() if word in every]
    keepers = [row for row in told if row.role in KEEPERS]
    whole = known.get((port.app_protocol or port.name).lower().rsplit("/", 1)[-1])
    others = (row for row in told if row.pattern in own)
    return next(iter(keepers), None) or whole or next(others, None)


_CONVENTIONAL = "a conventional HTTPS port"


def usual(port: Port) -> ServiceRole | None:
    """What is served by habit on a port of this number."""
    return _by_word("port").get(str(port.number))


@cache
def _by_word(evidence: str) -> dict[str, ServiceRole]:
    found: dict[str, ServiceRole] = {}
    for row in service_roles():
        if row.evidence == evidence:
            found.setdefault(row.pattern, row)
    return found


def inner(port: Port) -> bool:
    """It is for those who run the Service: metrics, administration, health, debugging."""
    row = said(port) or (usual(port) if not port.name else None)
    return row is not None and row.role in KEEPERS


def outer_ports(service: Service) -> tuple[Port, ...]:
    """The TCP ports that are for callers of the Service; all where every one is for its keepers."""
    tcp = tuple(p for p in service.ports if p.protocol == "TCP")
    return tuple(p for p in tcp if not inner(p)) or tcp


def http_port(service: Service) -> int:
    """The port that a gateway calls; 0 where there is none."""
    return service.once(port_choice).number


def port_choice(service: Service) -> PortChoice:
    """The published port: named by workload.yaml, by a route, or told by what the ports say.

    What is for those who run the Service, is no TCP, or says that it speaks something else than
    HTTP is published only where workload.yaml names it.
    """
    if service.published_port:
        return PortChoice(service.published_port, "workload.yaml names it")
    able = [p for p in service.ports if p.protocol == "TCP" and _callable(p, service)]
    if not able:
        return PortChoice(0, _none(service))
    return next(c for rule in _RULES if (c := rule(service, able)))


def _callable(port: Port, service: Service) -> bool:
    row = said(port)
    if inner(port) or (row is not None and row.role not in (WEB, OPAQUE)):
        return False
    by_grpc = {_by_grpc(r) for r in service.routes if service.named_port(r.port) == port}
    return by_grpc != {True}


def _by_grpc(route: Route) -> bool:
    said = [s.value.lower() for s in route.settings if s.name.endswith("/backend-protocol")]
    rows = (_by_word("backend-protocol").get(word) for word in said)
    return route.kind == "GRPCRoute" or any(row and row.role == GRPC for row in rows)


def _none(service: Service) -> str:
    tcp = [p for p in service.ports if p.protocol == "TCP"]
    if not tcp:
        return "it has no TCP port"
    told = ", ".join(f"{called(p)} {_why_not(p)}" for p in tcp)
    return f"no port is for callers by HTTP: {told}"


def _why_not(port: Port) -> str:
    row = said(port) or usual(port)
    if row is None or row.role in (WEB, OPAQUE):
        return "(a route calls it by gRPC)"
    return f"({row.because})"


def called(port: Port) -> str:
    """Its number, and what it is called."""
    return f"{port.number} {port.app_protocol or port.name}".strip()


def not_published(service: Service) -> Iterator[tuple[Route, str]]:
    """Each route with the port that it leads to where another port is published, and why."""
    choice = port_choice(service)
    for route in service.routes:
        port = service.named_port(route.port)
        if route.port and port is None:
            yield route, f"port {route.port}, which {service.name} does not have"
        elif port and not _alike(service, port, choice.number):
            row = said(port)
            yield route, f"port {called(port)}" + (f" ({row.because})" if row else "")


def open_besides(service: Service) -> tuple[Port, ...]:
    """The other ports that the Service's own load balancer opens today."""
    if service.type is not ServiceType.LOAD_BALANCER:
        return ()
    number = http_port(service)
    return tuple(p for p in service.ports if p.number != number or p.protocol != "TCP")


def left_beside(service: Service) -> tuple[tuple[Route, Port], ...]:
    """Its routes to another port for callers than the published one, which no API takes over."""
    number = http_port(service)
    named = ((r, service.named_port(r.port)) for r in service.routes)
    return tuple((r, p) for r, p in named if p and not _alike(service, p, number) and not inner(p))


def routed_ports(service: Service) -> tuple[Port, ...]:
    """The ports for callers to which its routes lead, the published one where they name none."""
    number = str(http_port(service))
    named = {p for r in service.routes if (p := service.named_port(r.port or number))}
    return tuple(p for p in service.ports if p in named and not inner(p))


def further_ports(service: Service) -> tuple[tuple[Port, ...], ...]:
    """The ports beside the published one to which its routes lead calls by HTTP.

    Those that lead to one port of its pods are together.
    """
    named = {p for r in service.routes if (p := service.named_port(r.port))}
    number, found = http_port(service), defaultdict[str, list[Port]](list)
    for port in service.ports:
        if port in named and _callable(port, service) and not _alike(service, port, number):
            found[pod_port_of(service, port)].append(port)
    return tuple(map(tuple, found.values()))


def pod_port_of(service: Service, port: Port) -> str:
    """The number or name of the port of its pods that this port of the Service leads to."""
    numbers = {name: str(n) for pods in service.pods for name, n in pods.ports}
    target = port.target or str(port.number)
    return numbers.get(target, target)


def _alike(service: Service, port: Port, number: int) -> bool:
    """It leads to the same port of the pods as the port of this number: one back end."""
    other = service.named_port(str(number))
    return other is not None and pod_port_of(service, port) == pod_port_of(service, other)


def led_to(service: Service) -> set[str]:
    """How a route may name the published port: by its number, by its name, or not at all.

    One set for all routes of a Service: to choose the port, each of them is looked at.
    """
    named = {n for r in service.routes if (n := r.port)}
    number = http_port(service) if named else 0
    found = (n for n in named if (p := service.named_port(n)) and _alike(service, p, number))
    return {"", *found}


def _routed(service: Service, able: list[Port]) -> PortChoice | None:
    """The port that most routes name; the first of several in the order of the Service."""
    named = [p for r in service.routes if (p := service.named_port(r.port)) in able and p]
    if not named:
        return None
    times = Counter(p.number for p in named)
    port = max(named, key=lambda p: times[p.number])
    route = next(r for r in service.routes if service.named_port(r.port) == port)
    return PortChoice(port.number, f"{route.kind} {route.name} leads to it")


def _https_first(
    test: Callable[[Port, str], bool], reason: Callable[[Port], str]
) -> Callable[[Service, list[Port]], PortChoice | None]:
    def rule(service: Service, able: list[Port]) -> PortChoice | None:
        found = (p for word in ("https", "http") for p in able if test(p, word))
        return next((PortChoice(p.number, reason(p)) for p in found), None)

    return rule


def _probed(service: Service, able: list[Port]) -> PortChoice | None:
    """The port that leads to the one on which pods are asked for their health by HTTP."""
    for pods in service.pods:
        numbers = dict(pods.ports)
        asked = {n for port in pods.probed for n in (port, str(numbers.get(port, port)))}
        for port in able:
            target = port.target or str(port.number)
            if asked & {target, str(numbers.get(target, target))}:
                return PortChoice(port.number, "an HTTP probe of its pods goes there")
    return None


def _addressed(service: Service, able: list[Port]) -> PortChoice | None:
    """The port that an address by HTTP in the input names."""
    number, evidence = service.called_by_http or (None, None)
    if evidence is None or number not in [p.number for p in able]:
        return None
    return PortChoice(number, f"an address by HTTP names it ({evidence.place})")


def _by_habit(service: Service, able: list[Port]) -> PortChoice | None:
    for told in (said, usual):
        for port in able:
            if (row := told(port)) and row.role == WEB:
                return PortChoice(port.number, row.because)
    return None


def _first(service: Service, able: list[Port]) -> PortChoice | None:
    """The first port whose number stands for nothing else, in case of need any."""
    port = next((p for p in able if usual(p) is None), able[0])
    only = len(service.ports) == 1
    return PortChoice(port.number, "it is the only port" if only else "it is the first of them")


_RULES: tuple[Callable[[Service, list[Port]], PortChoice | None], ...] = (
    _routed,
    _https_first(
        lambda p, word: p.app_protocol.lower().rsplit("/", 1)[-1] == word,
        lambda p: f"its appProtocol is {p.app_protocol}",
    ),
    _https_first(lambda p, word: p.name.lower() == word, lambda p: f"it is named {p.name}"),
    _probed,
    _https_first(
        lambda p, word: word in words(p) or (word == "https" and p.number == 443),
        lambda p: (
            "it is named for HTTP" if words(p) & {"http", "https"} else "a conventional HTTPS port"
        ),
    ),
    _addressed,
    _by_habit,
    _first,
)
