"""The same topology in words: the numbered request path, and what a picture shows."""

from __future__ import annotations

from apim_aks.diagram.condense import number, stages
from apim_aks.diagram.drawing import PLURAL
from apim_aks.diagram.labels import plain
from apim_aks.topology import Component, Kind, Link, Topology


def request_steps(topology: Topology, service: str | None = None) -> tuple[str, ...]:
    """The numbered path of a request to one Service, in words; its numbers stand in the picture."""
    return tuple(
        f"{i}. {_step(topology, link, i)}" for i, link in enumerate(_path(topology, service), 1)
    )


def _path(topology: Topology, service: str | None) -> tuple[Link, ...]:
    """The path to this Service, or else the first of those shaped like most."""
    if service:
        return topology.request_path(service)
    paths = [topology.request_path(c.service) for c in topology.of_kind(Kind.SERVICE)]
    shapes = [_shape(topology, path) for path in paths if path]
    return max(
        (path for path in paths if path),
        key=lambda p: shapes.count(_shape(topology, p)),
        default=(),
    )


def _shape(topology: Topology, path: tuple[Link, ...]) -> tuple[Kind, ...]:
    return tuple(topology.component(link.target).kind for link in path)


def _step(topology: Topology, link: Link, place: int) -> str:
    stage = stages(topology)
    alike = {k.target for k in topology.links if number(k, stage) == place}
    source, target = topology.component(link.source), topology.component(link.target)
    kin = [c for c in topology.of_kind(target.kind) if c.id in alike]
    which = f", one of {len(kin)} {PLURAL[target.kind]}" if len(kin) > 1 else ""
    tls = "; TLS ends there" if link.ends_tls else ""
    return f"{_name(source)} {_verb(source)} {_name(target)}{which}: {plain(link.label, 160)}{tls}."


def _verb(source: Component) -> str:
    return "call" if source.kind is Kind.CONSUMER else "calls"


def _name(component: Component) -> str:
    return plain(component.label)


def alt_text(topology: Topology) -> str:
    """What the picture shows, in one paragraph."""
    parts = (
        _zones(topology),
        _public(topology),
        " ".join(step.split(". ", 1)[1] for step in request_steps(topology)) or _unreached(),
        _around(topology),
    )
    return " ".join(part for part in parts if part)


def _zones(topology: Topology) -> str:
    outer = [z for z in topology.zones if not z.parent]
    inside = [plain(z.label) for z in topology.zones if z.parent]
    words = f"Trust boundaries: {_listed([plain(z.label) for z in outer])}"
    return f"{words}; inside them {_listed(inside, 5)}." if inside else f"{words}."


def _public(topology: Topology) -> str:
    public = [c for c in topology.components if c.public]
    seen = [c for c in topology.components if c.kind is not Kind.CONSUMER]
    if not public:
        return f"None of the {len(seen)} components has a public address."
    names = _listed([_name(c) for c in public], 4)
    have = "has" if len(public) == 1 else "have"
    return f"{len(public)} of {len(seen)} components {have} a public address: {names}."


def _around(topology: Topology) -> str:
    links = [link for link in topology.links if link.bypass]
    if not links:
        return ""
    targets = list(dict.fromkeys(_name(topology.component(link.target)) for link in links))
    lead = "One path leads" if len(links) == 1 else f"{len(links)} paths lead"
    return f"{lead} around the gateway, to {_listed(targets, 4)}."


def _unreached() -> str:
    return "No consumer of this workload reaches a Service through the gateway."


def _listed(words: list[str], most: int = 9) -> str:
    shown = words if len(words) <= most else [*words[:most], f"{len(words) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
