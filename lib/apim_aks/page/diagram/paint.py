"""A plan as SVG: shapes and texts in their places, icons by the names of their kinds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement

from apim_aks.page.diagram import legend
from apim_aks.page.diagram.canvas import EDGE, LINE
from apim_aks.page.diagram.drawing import FILL
from apim_aks.page.diagram.labels import BYPASS, INK, MARKED, PRIVATE, PUBLIC
from apim_aks.page.diagram.plan import Box, Card, Plan, Point, Rect, Route, Sign, Text
from apim_aks.page.diagram.resources import GUARD
from apim_aks.page.diagram.svg import HREF, SVG
from apim_aks.page.diagram.text import Line, above
from apim_aks.topology import Exposure, ZoneKind

OUTLINE = {
    Exposure.PUBLIC: {"stroke": PUBLIC, "stroke-width": "3"},
    Exposure.PRIVATE: {"stroke": PRIVATE, "stroke-width": "1.5", "stroke-dasharray": "5,3"},
    Exposure.CLUSTER: {"stroke": EDGE, "stroke-width": "1"},
    Exposure.NONE: {"stroke": EDGE, "stroke-width": "1"},
}
_PLAIN = {"stroke": EDGE, "stroke-width": "1"}
_ONLY = {"stroke": MARKED, "stroke-width": "5", "stroke-opacity": "0.55"}
_TINT = "#FCF0FE"
_HEAD = 10


def painted(plan: Plan) -> Element:
    """The picture, its icons as references to images of their kinds."""
    root = Element(f"{{{SVG}}}svg", {"viewBox": f"0 0 {plan.width} {plan.height}"})
    for part in _parts(plan):
        root.append(part)
    return root


def _parts(plan: Plan) -> Iterator[Element]:
    yield from (_box(box) for box in plan.boxes)
    yield from (_route(route) for route in plan.routes)
    yield from (_card(card) for card in plan.cards)
    yield from (_sign(sign) for sign in plan.legend)


def _box(box: Box) -> Element:
    group = _group("cluster")
    dashed = {"stroke-dasharray": "5,2"} if box.kind is ZoneKind.SUBNET else {}
    _rect(group, box.place, 9, fill=FILL[box.kind], **_PLAIN, **dashed)
    if box.icon:
        _icon(group, GUARD, box.icon)
    _texts(group, box.words)
    return group


def _card(card: Card) -> Element:
    group = _group("node")
    outline = OUTLINE[card.components[0].exposure] if card.components else _PLAIN
    if card.marked:
        _rect(group, _grown(card.place, 2), 10, fill="none", **_ONLY)
    _rect(group, card.place, 9, fill=_TINT if card.marked else "#FFFFFF", **outline)
    _icon(group, card.icon, card.image)
    _texts(group, card.words)
    return group


def _route(route: Route) -> Element:
    group = _group("edge")
    if route.marked:
        _path(group, route.points, **_ONLY)
    color = BYPASS if route.arrow.bypass else LINE
    dashed = {"stroke-dasharray": "5,3"} if route.arrow.bypass or route.arrow.beside else {}
    walked = route.arrow.number or route.arrow.passage or route.arrow.bypass
    _path(
        group,
        route.points,
        **{"stroke": color, "stroke-width": "1.8" if walked else "1.2"},
        **dashed,
    )
    _head(group, route.points, color)
    if route.badge:
        _badge(group, route.badge, route.arrow.number)
    _texts(group, route.words)
    return group


def _sign(sign: Sign) -> Element:
    """An entry of the legend, drawn as what it stands for."""
    group = _group("legend")
    place = sign.place
    middle = (place.top + place.bottom) // 2
    line = ((place.left, middle), (place.right, middle))
    outlines = {
        legend.OPEN: Exposure.PUBLIC,
        legend.INSIDE: Exposure.PRIVATE,
        legend.OTHER: Exposure.NONE,
    }
    if sign.drawn in outlines:
        _rect(group, _grown(place, -1), 5, fill="#FFFFFF", **OUTLINE[outlines[sign.drawn]])
    elif sign.drawn == legend.SUBNET:
        dashed = {"stroke-dasharray": "5,2"}
        _rect(group, _grown(place, -1), 5, fill=FILL[ZoneKind.SUBNET], **_PLAIN, **dashed)
    elif sign.drawn == legend.ONLY:
        _path(group, line, **_ONLY)
    elif sign.drawn == legend.STEP:
        _badge(group, Rect(place.left + 3, place.top - 1, place.left + 22, place.top + 18), 1)
    else:
        color = BYPASS if sign.drawn == legend.AROUND else LINE
        dashed = {} if sign.drawn == legend.CALL else {"stroke-dasharray": "5,3"}
        _path(group, line, **{"stroke": color, "stroke-width": "1.8"}, **dashed)
        _head(group, line, color)
    _texts(group, (sign.text,))
    return group


def _group(kind: str) -> Element:
    return Element(f"{{{SVG}}}g", {"class": kind})


def _grown(place: Rect, by: int) -> Rect:
    return Rect(place.left - by, place.top - by, place.right + by, place.bottom + by)


def _rect(group: Element, place: Rect, round: int, **look: str) -> None:
    sizes = {"x": place.left, "y": place.top, "width": place.width, "height": place.height}
    shape = {name: str(value) for name, value in sizes.items()}
    SubElement(group, f"{{{SVG}}}rect", {**shape, "rx": str(round), **look})


def _icon(group: Element, kind: str, place: Rect) -> None:
    size = {"x": place.left, "y": place.top, "width": place.width, "height": place.height}
    shape = {name: str(value) for name, value in size.items()}
    SubElement(group, f"{{{SVG}}}image", {HREF: kind, **shape})


def _texts(group: Element, texts: Sequence[Text]) -> None:
    """Each as wide as the table says, in whichever font the reader's machine has."""
    for text in texts:
        line, place = text.line, text.place
        look = {"font-weight": "bold"} if line.bold else {}
        middle = (place.top + place.bottom) / 2
        attributes = {
            "x": str(place.left),
            "y": f"{middle + above(line.size) / 2:.2f}",
            "textLength": str(line.width),
            "lengthAdjust": "spacingAndGlyphs",
            "font-size": f"{line.size}",
            "fill": line.color,
            **look,
        }
        SubElement(group, f"{{{SVG}}}text", attributes).text = line.text


def _badge(group: Element, place: Rect, number: int) -> None:
    _rect(group, place, 5, fill=INK)
    line = Line(str(number), 12, "#FFFFFF", bold=True)
    left = (place.left + place.right - line.width) // 2
    _texts(group, (Text(line, Rect(left, place.top, left + line.width, place.bottom)),))


def _path(group: Element, points: Sequence[Point], **look: str) -> None:
    SubElement(group, f"{{{SVG}}}path", {"d": _drawn(points), "fill": "none", **look})


def _drawn(points: Sequence[Point], round: int = 7) -> str:
    """The line through the points, its corners round."""
    words = [f"M{points[0][0]},{points[0][1]}"]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(round, *(_far(at, end) // 2 for end in (before, after)))
        first, last = _toward(at, before, reach), _toward(at, after, reach)
        words.append(f"L{first[0]},{first[1]}Q{at[0]},{at[1]} {last[0]},{last[1]}")
    return "".join([*words, f"L{points[-1][0]},{points[-1][1]}"])


def _far(one: Point, other: Point) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _toward(at: Point, end: Point, by: int) -> Point:
    across = (end[0] > at[0]) - (end[0] < at[0])
    down = (end[1] > at[1]) - (end[1] < at[1])
    return at[0] + by * across, at[1] + by * down


def _head(group: Element, points: Sequence[Point], color: str) -> None:
    """A triangle at the end."""
    end = points[-1]
    x, y = _toward(end, points[-2], _HEAD)
    across, down = (0, 4) if y == end[1] else (4, 0)
    back = f"{x - across},{y - down} {x + across},{y + down}"
    look = {"points": f"{end[0]},{end[1]} {back}", "fill": color}
    SubElement(group, f"{{{SVG}}}polygon", look)
