"""What the signs of a picture mean, below it: only those that it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from apim_aks.page.diagram.arrange import Laid
from apim_aks.page.diagram.ground import MARGIN
from apim_aks.page.diagram.labels import QUIET
from apim_aks.page.diagram.plan import Box, Card, Rect, Route, Sign, Text
from apim_aks.page.diagram.text import Line
from apim_aks.topology import Exposure, ZoneKind

STEP, CALL, ASIDE, AROUND = "step", "call", "aside", "around"
OPEN, INSIDE, OTHER, SUBNET, ONLY = "public", "private", "other", "subnet", "only"
MEANING = {
    STEP: "order of a request",
    CALL: "request",
    ASIDE: "configuration or calls to the internet",
    AROUND: "a bypass of the gateway",
    OPEN: "public address",
    INSIDE: "private address",
    OTHER: "address in the cluster, or none",
    SUBNET: "subnet",
    ONLY: "not in the other picture",
}
_SIGN, _APART, _ROW = 26, 20, 24


def legend(
    boxes: Sequence[Box],
    cards: Sequence[Card],
    routes: Sequence[Route],
    laid: Laid,
    meaning: Mapping[str, str],
) -> tuple[tuple[Sign, ...], int, int]:
    """The signs in rows below what is laid out, and the width and height of all together."""
    used = set(_used(boxes, cards, routes))
    shown = [(sign, Line(text, 13, QUIET)) for sign, text in meaning.items() if sign in used]
    width = max([laid.width, *(MARGIN * 2 + _SIGN + 6 + line.width for _, line in shown)])
    left, top, found = MARGIN, laid.height + 4, []
    for sign, line in shown:
        across = _SIGN + 6 + line.width
        if left + across > width - MARGIN and left > MARGIN:
            left, top = MARGIN, top + _ROW
        place = Rect(left, top, left + _SIGN, top + 18)
        words = Rect(place.right + 6, top + 1, place.right + 6 + line.width, top + 1 + line.height)
        found.append(Sign(sign, place, Text(line, words)))
        left += across + _APART
    return tuple(found), width, top + _ROW + 2


def _used(boxes: Sequence[Box], cards: Sequence[Card], routes: Sequence[Route]) -> Iterator[str]:
    for route in routes:
        yield _kind(route)
        if route.badge:
            yield STEP
    signs = {Exposure.PUBLIC: OPEN, Exposure.PRIVATE: INSIDE}
    yield from (signs.get(c.components[0].exposure, OTHER) for c in cards if c.components)
    if any(box.kind is ZoneKind.SUBNET for box in boxes):
        yield SUBNET
    if any(card.marked for card in cards) or any(route.marked for route in routes):
        yield ONLY


def _kind(route: Route) -> str:
    if route.arrow.bypass:
        return AROUND
    return ASIDE if route.arrow.beside else CALL
