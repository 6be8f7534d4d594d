"""The same topology in words: the numbered request path, and what a picture shows."""

from __future__ import annotations

from apim_aks.listing import listed
from apim_aks.page.diagram.condense import PASSAGES, fronted, number, stages
from apim_aks.page.diagram.drawing import PLURAL
from apim_aks.page.diagram.labels import plain
from apim_aks.topology import Component, Kind, Link, Topology

MOST_NAMES = 9


def request_steps(topology: Topology, service: str | None = None) -> tuple[str, ...]:
    """The path of a request to one Service, hop by hop; the picture numbers the hops from 1."""
    path = _path(topology, service)
    stops = [
        (link, before)
        for link, before in zip(path, (None, *path), strict=False)
        if not _passed(topology, link.target)
    ]
    return tuple(_step(topology, link, before, i) for i, (link, before) in enumerate(stops, 1))


def _path(topology: Topology, service: str | None) -> tuple[Link, ...]:
    """The path to this Service, or else the first of those shaped like most."""
    if service:
        return _from_afar(topology, topology.request_path(service))
    paths = [topology.request_path(c.service) for c in topology.of_kind(Kind.SERVICE)]
    shapes = [_shape(topology, path) for path in paths if path]
    usual = max(
        (path for path in paths if path),
        key=lambda p: shapes.count(_shape(topology, p)),
        default=(),
    )
    return _from_afar(topology, usual)


def _from_afar(topology: Topology, path: tuple[Link, ...]) -> tuple[Link, ...]:
    """The path of those who pass most before they get to its first stop, such as an edge."""
    stage, found, at = stages(topology), path[1:], path[0].target if path else ""
    while stage.get(at):
        ways = [k for k in topology.links_to(at) if number(k, stage)]
        last = max(ways, key=lambda link: stage[link.source])
        found, at = (last, *found), last.source
    return found


def _shape(topology: Topology, path: tuple[Link, ...]) -> tuple[Kind, ...]:
    return tuple(topology.component(link.target).kind for link in path)


def _step(topology: Topology, link: Link, before: Link | None, place: int) -> str:
    source, target, through = _ends(topology, link, before)
    tls = "; TLS ends there" if link.ends_tls else ""
    called = f"{_named(target)}{_kin(topology, target, place)}{through}"
    shown = before if before and fronted(topology, link.source) else link
    how = plain(shown.label, 160).replace(" + ", " and ")
    return f"{_opening(source)} {_verb(source)} {called}: {how}{tls}."


def _passed(topology: Topology, component: str) -> bool:
    """A call passes it without a stop."""
    return topology.component(component).kind in PASSAGES or bool(fronted(topology, component))


def _ends(topology: Topology, link: Link, before: Link | None) -> tuple[Component, Component, str]:
    """Who calls whom on a link, and what the call passes that was no stop on its way."""
    source, target = topology.component(link.source), topology.component(link.target)
    if before is None or not _passed(topology, source.id):
        return source, target, ""
    return topology.component(before.source), target, f" through the {_common(source)}"


def _kin(topology: Topology, target: Component, place: int) -> str:
    """How many of its kind are called at the same place of the path."""
    stage = stages(topology)
    alike = {k.target for k in topology.links if number(k, stage) == place}
    kin = [c for c in topology.of_kind(target.kind) if c.id in alike]
    return f", one of {len(kin)} {PLURAL[target.kind]}" if len(kin) > 1 else ""


def _verb(source: Component) -> str:
    return "call" if source.kind is Kind.CONSUMER else "calls"


_TIERED = (Kind.GATEWAY, Kind.MANAGEMENT)
_COMMON = {
    Kind.EDGE,
    Kind.LOAD_BALANCER,
    Kind.PRIVATE_ENDPOINT,
    Kind.INTEGRATION,
    Kind.NAT_GATEWAY,
    Kind.FIREWALL,
    Kind.TOKEN_PROXY,
}
"""Kinds whose labels are no names but say what the thing is: they take an article."""


def _opening(component: Component) -> str:
    named = _named(component)
    return named[0].upper() + named[1:] if named.startswith("the ") else named


def _named(component: Component) -> str:
    """The component as a sentence calls it."""
    label = plain(component.label)
    if component.kind is Kind.SERVICE:
        return f"the Service {label}"
    if component.kind in _COMMON or (component.kind is Kind.GATEWAY and component.in_cluster):
        return f"the {_common(component)}"
    name, comma, tier = label.partition(", ")
    return f"{name} ({tier})" if comma and component.kind in _TIERED else label


def _common(component: Component) -> str:
    """A label as a sentence goes on with it: a name such as Front Door stays as it is."""
    label = plain(component.label)
    is_name = label[1:2].isupper() or any(word[0].isupper() for word in label.split()[1:])
    return label if is_name else label[:1].lower() + label[1:]


def alt_text(topology: Topology) -> str:
    """What the picture shows, in one paragraph."""
    parts = (
        _zones(topology),
        _public(topology),
        " ".join(request_steps(topology)) or _unreached(),
        _others(topology),
        _configured(topology),
        _around(topology),
    )
    return " ".join(part for part in parts if part)


_SPACE = "namespace "


def _zones(topology: Topology) -> str:
    outer = "; ".join(plain(z.label) for z in topology.zones if not z.parent)
    inner = [z for z in topology.zones if z.parent]
    labels = [plain(z.label) for z in inner]
    names = [z.removeprefix(_SPACE) for z in labels if z.startswith(_SPACE)]
    many = [f"{len(names)} namespaces ({listed(names, 5)})"] if len(names) > 1 else []
    inside = [z for z in labels if not (many and z.startswith(_SPACE))]
    within = f" Inside: {listed([*inside, *many], MOST_NAMES)}." if inner else ""
    return f"Trust boundaries: {outer}.{within}"


def _public(topology: Topology) -> str:
    public = [c for c in topology.components if c.public]
    seen = [c for c in topology.components if c.kind is not Kind.CONSUMER]
    if not public:
        return f"None of the {len(seen)} components has a public address."
    have = "has" if len(public) == 1 else "have"
    return f"{len(public)} of {len(seen)} components {have} a public address: {_grouped(public)}."


def _grouped(components: list[Component], most: int = 3) -> str:
    """Their names, or how many there are of a kind of which there are many."""
    kinds: dict[Kind, list[str]] = {}
    for component in components:
        kinds.setdefault(component.kind, []).append(_named(component))
    words = [
        [f"{len(names)} {PLURAL[kind]}"] if len(names) > most else names
        for kind, names in kinds.items()
    ]
    return listed([word for group in words for word in group], MOST_NAMES)


def _others(topology: Topology) -> str:
    """The consumers whose way has not been told."""
    told = _path(topology, None)[:1]
    said = []
    for consumer in topology.of_kind(Kind.CONSUMER):
        ways = [k for k in topology.links_from(consumer.id) if not k.bypass]
        if any(link.source == consumer.id for link in told):
            continue
        if any(link.target == k.target for link in told for k in ways):
            said.append(f"{_named(consumer)} take the same path.")
        elif ways:
            doors = _grouped([topology.component(k.target) for k in ways])
            said.append(f"{_named(consumer)} enter at {doors}.")
        elif told and not topology.links_from(consumer.id):
            said.append(f"{_named(consumer)} have no access.")
    return " ".join(said)


def _configured(topology: Topology) -> str:
    """Where a gateway that runs in the cluster gets its configuration."""
    for source in topology.of_kind(Kind.MANAGEMENT):
        for link in topology.links_to(source.id):
            gateway = _opening(topology.component(link.source))
            return f"{gateway} reads its configuration from {_named(source)}."
    return ""


def _around(topology: Topology) -> str:
    links = [link for link in topology.links if link.bypass]
    if not links:
        return ""
    targets = {link.target: topology.component(link.target) for link in links}
    lead = "One path leads" if len(links) == 1 else f"{len(links)} paths lead"
    return f"{lead} around the gateway, to {_grouped(list(targets.values()))}."


def _unreached() -> str:
    return "No consumer of this workload reaches a Service through the gateway."
