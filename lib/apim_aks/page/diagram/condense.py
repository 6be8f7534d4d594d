"""What a picture shows of a topology: everything, or its likenesses grouped.

Two components are alike when they are the same kind of thing, equally exposed, in the same kind of
zone, and linked in the same way to components that are alike themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

from apim_aks.topology import Component, Exposure, Kind, Link, Topology, Zone, ZoneKind

Likeness = Mapping[str, Hashable]


@dataclass(frozen=True, slots=True)
class Node:
    """One card: a component, or several that are alike, with the load balancers `before` them."""

    id: str
    components: tuple[Component, ...]
    zone: str
    namespaces: int
    ends_tls: bool
    before: tuple[Component, ...] = ()

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.components[0].kind

    @property
    def exposure(self) -> Exposure:
        """What kind of address it listens on."""
        return self.components[0].exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One arrow: the links between two cards, with their place in the request path or 0.

    `beside` says that no request travels there, `passage` that what it leads to is no stop.
    """

    source: str
    target: str
    links: tuple[Link, ...]
    number: int
    bypass: bool
    beside: bool = False
    passage: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """The cards, arrows and zones of one picture."""

    zones: tuple[Zone, ...]
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]

    @property
    def fan(self) -> int:
        """The most arrows that leave one card."""
        return max((sum(a.source == n.id for a in self.arrows) for n in self.nodes), default=0)


_NO_STEP = (Kind.NAT_GATEWAY, Kind.FIREWALL, Kind.MANAGEMENT)
"""A request does not pass them: the gateway's own calls, or its configuration, do."""
PASSAGES = (Kind.INTEGRATION,)
"""A call passes them without a stop: nothing answers there, and nobody is asked for anything."""


def stages(topology: Topology) -> dict[str, int]:
    """How many stops a request has made at most when it leaves each component it passes.

    The longest way there counts: consumers inside may call what others reach through an edge.
    """
    onward = {c.id: tuple(_onward(topology, c.id)) for c in topology.components}
    stage = {c.id: 0 for c in topology.of_kind(Kind.CONSUMER)}
    queue = list(stage)
    while queue:
        source = queue.pop(0)
        for target, stop in onward[source]:
            far = stage[source] + stop
            if target not in stage or (far > stage[target] and not _leads(onward, target, source)):
                stage[target] = far
                queue.append(target)
    return stage


def _onward(topology: Topology, source: str) -> Iterator[tuple[str, int]]:
    """What a request goes on to from a component, and whether it stops there."""
    for link in topology.links_from(source):
        kind = topology.component(link.target).kind
        if not link.bypass and kind not in _NO_STEP:
            yield link.target, int(kind not in PASSAGES and not fronted(topology, source))


def fronted(topology: Topology, id: str) -> str:
    """What a load balancer stands before and belongs to, else nothing: to call it is to call that.

    It is in the same boundary as the one thing that it forwards to, which nothing else calls.
    """
    onward = topology.links_from(id)
    if topology.component(id).kind is not Kind.LOAD_BALANCER or len(onward) != 1:
        return ""
    target = topology.component(onward[0].target)
    beside = target.zone == topology.component(id).zone and target.kind is not Kind.LOAD_BALANCER
    return target.id if beside and len(topology.links_to(target.id)) == 1 else ""


def _leads(onward: Mapping[str, tuple[tuple[str, int], ...]], start: str, end: str) -> bool:
    """Whether a request can get from the one to the other."""
    seen, waiting = {start}, [start]
    while waiting and end not in seen:
        found = {target for target, _ in onward[waiting.pop()]} - seen
        seen |= found
        waiting += found
    return end in seen


def number(link: Link, stage: Mapping[str, int]) -> int:
    """The place of a link in the request path from 1, or 0 where it is not on it."""
    if link.bypass or not {link.source, link.target} <= stage.keys():
        return 0
    return stage[link.source] + 1 if stage[link.target] > stage[link.source] else 0


def views(topology: Topology, limit: int) -> tuple[View, ...]:
    """The views to choose from, the most detailed first, none with more cards than the limit.

    The last two ways of telling alike say little; they serve only where nothing else fits.
    """
    before = {c.id: fronted(topology, c.id) for c in topology.components}
    found = [_view(topology, likeness, before) for likeness in _likenesses(topology)]
    small = [view for view in found[:-2] if len(view.nodes) <= limit]
    last = next((view for view in found[-2:] if len(view.nodes) <= limit), found[-1])
    sizes = {len(view.nodes): view for view in reversed(small)}
    return tuple(sorted(sizes.values(), key=lambda v: -len(v.nodes))) or (last,)


def _likenesses(topology: Topology) -> tuple[Likeness, ...]:
    """Who counts as alike, from nobody to everything of one kind and exposure."""
    zone = {z.id: z for z in topology.zones}
    around = {end for link in topology.links if link.bypass for end in (link.source, link.target)}
    exact: Likeness = {c.id: (c.kind, c.exposure, c.reach, c.zone) for c in topology.components}
    loose: Likeness = {
        c.id: (c.kind, c.exposure, c.reach, zone[c.zone].kind, c.id in around)
        for c in topology.components
    }
    return (
        {c.id: c.id for c in topology.components},
        _refined(topology, exact, lambda link: (link.label, link.bypass)),
        _refined(topology, loose, lambda link: (link.label, link.bypass)),
        _refined(topology, loose, lambda link: (link.protocol, link.auth, link.bypass)),
        _refined(topology, loose, lambda link: (link.auth, link.bypass)),
        loose,
        {c.id: (c.kind, c.exposure, c.id in around) for c in topology.components},
    )


def _refined(
    topology: Topology, start: Likeness, words: Callable[[Link], Hashable]
) -> dict[str, Hashable]:
    """The likeness told apart further by what each component is linked to, and how."""
    alike = _numbered(start)
    while True:
        seen: dict[str, set[Hashable]] = {c.id: set() for c in topology.components}
        for link in topology.links:
            seen[link.source].add(("to", words(link), alike[link.target]))
            seen[link.target].add(("from", words(link), alike[link.source]))
        finer = _numbered({id: (alike[id], frozenset(seen[id])) for id in seen})
        if len(set(finer.values())) == len(set(alike.values())):
            return dict(alike)
        alike = finer


def _numbered(alike: Likeness) -> dict[str, int]:
    order: dict[Hashable, int] = {}
    return {id: order.setdefault(key, len(order)) for id, key in alike.items()}


def _view(topology: Topology, likeness: Likeness, before: Mapping[str, str]) -> View:
    """One card for all that are alike; no card for what stands `before` something, as given."""
    groups: dict[Hashable, list[Component]] = {}
    for component in topology.components:
        if not before.get(component.id):
            groups.setdefault(likeness[component.id], []).append(component)
    nodes = tuple(
        _node(topology, i, tuple(group), before) for i, group in enumerate(groups.values())
    )
    return View(_zones(topology, nodes), nodes, _arrows(topology, nodes))


def _node(
    topology: Topology, index: int, group: tuple[Component, ...], before: Mapping[str, str]
) -> Node:
    zone = {z.id: z for z in topology.zones}
    paths = [_path(zone, c.zone) for c in group]
    shared = [level[0] for level in zip(*paths, strict=False) if len(set(level)) == 1]
    ids = {c.id for c in group}
    spaces = {c.zone for c in group if zone[c.zone].kind is ZoneKind.NAMESPACE}
    return Node(
        id=f"n{index}",
        components=group,
        zone=shared[-1] if shared else group[0].zone,
        namespaces=len(spaces) if len(spaces) > 1 else 0,
        ends_tls=any(link.ends_tls for link in topology.links if link.target in ids),
        before=tuple(c for c in topology.components if before.get(c.id) in ids),
    )


def whole(topology: Topology) -> View:
    """Each component by itself, however many there are, and each link an arrow of its own."""
    view = _view(topology, {c.id: c.id for c in topology.components}, {})
    stage = stages(topology)
    single = [
        replace(arrow, links=(link,), number=number(link, stage))
        for arrow in view.arrows
        for link in arrow.links
    ]
    return replace(view, arrows=tuple(single))


def around(view: View, zone: str) -> list[str]:
    """The boundaries that a boundary stands in and itself, the outermost first."""
    return _path({z.id: z for z in view.zones}, zone)


def _path(zone: Mapping[str, Zone], id: str) -> list[str]:
    """The zones around a component, the outermost first."""
    path: list[str] = []
    while id and id not in path:
        path.insert(0, id)
        id = zone[id].parent
    return path


def _zones(topology: Topology, nodes: tuple[Node, ...]) -> tuple[Zone, ...]:
    zone = {z.id: z for z in topology.zones}
    used = {id for node in nodes for id in _path(zone, node.zone)}
    return tuple(z for z in topology.zones if z.id in used)


def _arrows(topology: Topology, nodes: tuple[Node, ...]) -> tuple[Arrow, ...]:
    owner = {c.id: node.id for node in nodes for c in (*node.components, *node.before)}
    stage = stages(topology)
    bundles: dict[tuple[str, str, bool], list[Link]] = {}
    for link in topology.links:
        ends = owner[link.source], owner[link.target]
        bundles.setdefault((*ends, link.bypass), []).append(link)
    quiet = {n.id for n in nodes if n.kind in _NO_STEP}
    through = {n.id for n in nodes if n.kind in PASSAGES}
    return tuple(
        Arrow(
            source=source,
            target=target,
            links=tuple(links),
            number=max(number(k, stage) for k in links),
            bypass=bypass,
            beside=target in quiet,
            passage=target in through,
        )
        for (source, target, bypass), links in bundles.items()
    )
