"""Where things stand in a picture: what holds for every topology, drawn in groups or as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from random import Random

import pytest

from apim_aks.options import OPTIONS
from apim_aks.page.calls import call_ways
from apim_aks.page.diagram import call_plan, calls, drawing, picture
from apim_aks.page.diagram.condense import views, whole
from apim_aks.page.diagram.plan import Box, Plan, Point, Rect, Route, Text
from apim_aks.topology import (
    Auth,
    Component,
    Exposure,
    Kind,
    Link,
    Protocol,
    Topology,
    Zone,
    ZoneKind,
)
from apim_aks.workload.model import Consumer, Workload
from tests.page.test_diagram import EXAMPLES
from tests.support.designs import bundled, designed
from tests.support.series import seeds

BUNDLED = ("contoso-orders", "contoso-retail")


def _topologies() -> Iterator[object]:
    for name in EXAMPLES:
        for count in (1, 5, 12):
            yield pytest.param(name, count, id=f"{name}-{count}")
    for workload in (*BUNDLED, "peered"):
        for option in OPTIONS:
            yield pytest.param(workload, option.id, id=f"{workload}-{option.id}")
    yield pytest.param("calls", 0, id="calls")


TOPOLOGIES = list(_topologies())
CALLS = [pytest.param("calls", seed, id=f"calls-{seed}") for seed in range(1, 4)]
every_topology = pytest.mark.parametrize(("name", "which"), TOPOLOGIES)
every_picture = pytest.mark.parametrize(("name", "which"), [*TOPOLOGIES, *CALLS])


def peered() -> Workload:
    """Every kind of consumer, a network for the gateway alone, a firewall before the internet."""
    plain = bundled("contoso-orders").workload
    azure = replace(plain.azure, gateway_network="peered", egress="firewall")
    return replace(plain, consumers=tuple(Consumer), azure=azure)


def calling(seed: object) -> tuple[calls.Way, ...]:
    """Workloads of a few namespaces that call each other as it happens, also in circles.

    Where nearly all namespaces call each other, an arrow may have to cross a third one.
    """
    chance = Random(str(seed))
    ends = [calls.End(f"n{chance.randrange(4)}", f"workload-{i}") for i in range(18)]
    pairs = {tuple(chance.sample(ends, 2)) for _ in range(26)}
    return tuple(calls.Way(*pair, "80", chance.random() < 0.5) for pair in sorted(pairs))


@cache
def drawn(name: str, which: object) -> tuple[Plan, ...]:
    if name == "calls":
        ways = call_ways(bundled("contoso-retail").workload) if not which else calling(which)
        return tuple(call_plan.plan(ways, shown) for shown in calls.views(ways))
    if name == "peered":
        topology = designed(peered()).placement(str(which)).topology
    elif name in BUNDLED:
        topology = bundled(name).placement(str(which)).topology
    else:
        topology = EXAMPLES[name](which)
    shown = (*views(topology, 12), whole(topology))
    return tuple(drawing.plan(view, topology) for view in shown)


@pytest.fixture
def plans(name: str, which: object) -> tuple[Plan, ...]:
    return drawn(name, which)


def texts(plan: Plan) -> list[Text]:
    parts = (*plan.boxes, *plan.cards, *plan.routes)
    return [t for part in parts for t in part.words] + [sign.text for sign in plan.legend]


def segments(route: Route) -> Iterator[Rect]:
    for (x1, y1), (x2, y2) in pairwise(route.points):
        assert x1 == x2 or y1 == y2
        yield Rect(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def touches(one: Rect, other: Rect) -> bool:
    across = one.left <= other.right and other.left <= one.right
    return across and one.top <= other.bottom and other.top <= one.bottom


def inside(box: Box, point: Point) -> bool:
    place = box.place
    return place.left < point[0] < place.right and place.top < point[1] < place.bottom


def crossings(box: Box, route: Route) -> int:
    """How often the line goes through the border."""
    return sum(_through(box.place, segment) for segment in segments(route))


def _through(place: Rect, segment: Rect) -> int:
    if segment.top == segment.bottom:
        if not place.top <= segment.top <= place.bottom:
            return 0
        return sum(segment.left < x < segment.right for x in (place.left, place.right))
    if not place.left <= segment.left <= place.right:
        return 0
    return sum(segment.top < y < segment.bottom for y in (place.top, place.bottom))


@every_picture
def test_nothing_lies_on_anything_else(plans: tuple[Plan, ...]) -> None:
    for plan in plans:
        words = texts(plan)
        sheet = Rect(0, 0, plan.width, plan.height)
        assert all(sheet.holds(text.place) for text in words)
        for index, text in enumerate(words):
            assert not [t.line for t in words[:index] if t.place.meets(text.place)], text.line
            for part in (*plan.boxes, *plan.cards):
                assert part.place.holds(text.place) or not touches(part.place, text.place)
        for part in (*plan.boxes, *plan.cards):
            assert all(part.place.holds(text.place) for text in part.words)
        cards = [card.place for card in plan.cards]
        assert not [1 for i, c in enumerate(cards) for o in cards[:i] if touches(c, o)]
        for route in plan.routes:
            for segment in segments(route):
                assert not [t.line for t in words if t.place.meets(_thick(segment))]
                assert not [c for c in cards if c.meets(_thick(segment))]
        assert all(text.line.width <= text.place.width for text in words)


def _thick(segment: Rect) -> Rect:
    """A line has no extent of its own; what it ends at, it only touches."""
    if segment.top == segment.bottom:
        return Rect(segment.left, segment.top, segment.right, segment.bottom + 1)
    return Rect(segment.left, segment.top, segment.left + 1, segment.bottom)


@every_topology
def test_an_arrow_crosses_a_border_once_or_never(plans: tuple[Plan, ...]) -> None:
    for plan in plans:
        for route in plan.routes:
            for box in plan.boxes:
                ends = [inside(box, end) for end in (route.points[0], route.points[-1])]
                assert crossings(box, route) == (ends[0] != ends[1]), (route.points, box)


@every_topology
def test_boundaries_hold_what_is_theirs(plans: tuple[Plan, ...]) -> None:
    for plan in plans:
        place = {box.id: box.place for box in plan.boxes}
        for card in plan.cards:
            assert place[card.zone].holds(card.place)
        for box in plan.boxes:
            assert not box.parent or place[box.parent].holds(box.place)
            others = [b for b in plan.boxes if b.parent == box.parent and b is not box]
            assert not [b.id for b in others if b.place.meets(box.place)]


@every_topology
def test_lines_of_different_arrows_do_not_run_on_each_other(plans: tuple[Plan, ...]) -> None:
    """Where two arrows share a line, they begin or end at the same card and look alike."""
    for plan in plans:
        for index, route in enumerate(plan.routes):
            for other in plan.routes[:index]:
                ends = {route.arrow.source, route.arrow.target}
                if ends & {other.arrow.source, other.arrow.target}:
                    continue
                for segment in segments(route):
                    assert not [s for s in segments(other) if _along(segment, s)]


def _along(one: Rect, other: Rect) -> bool:
    if one.top == one.bottom == other.top == other.bottom:
        return one.left < other.right and other.left < one.right
    if one.left == one.right == other.left == other.right:
        return one.top < other.bottom and other.top < one.bottom
    return False


def anything(random: Random) -> Topology:
    """Boundaries in each other, components in them and links between them, as they come."""
    zones: list[Zone] = []
    for index in range(random.randint(1, 7)):
        around = random.choice(["", *(zone.id for zone in zones)])
        name = "zone " * random.randint(1, 4) + str(index)
        zones.append(Zone(f"z{index}", name, random.choice(list(ZoneKind)), around))
    components = [
        Component(
            id=f"c{index}",
            label=f"component {index} {'x' * random.randint(0, 30)}",
            kind=random.choice(list(Kind)),
            zone=random.choice(zones).id,
            exposure=random.choice(list(Exposure)),
        )
        for index in range(random.randint(1, 12))
    ]
    links = [
        Link(
            source=random.choice(components).id,
            target=random.choice(components).id,
            protocol=random.choice(list(Protocol)),
            port=random.randint(1, 9999),
            auth=tuple(random.sample(list(Auth), random.randint(1, 2))),
            bypass=random.random() < 0.2,
            note=random.choice(["", "in the cluster", "outbound only"]),
        )
        for _ in range(random.randint(0, 16))
    ]
    return Topology(
        option="anything",
        mode="none",
        zones=tuple(zones),
        components=tuple(components),
        links=tuple(links),
    )


@seeds(25)
def test_nothing_lies_on_anything_else_whatever_the_topology(seed: int) -> None:
    topology = anything(Random(seed))
    made = tuple(drawing.plan(v, topology) for v in (*views(topology, 12), whole(topology)))
    test_nothing_lies_on_anything_else(made)
    test_boundaries_hold_what_is_theirs(made)
    assert picture(topology).drawio == picture(topology).drawio
