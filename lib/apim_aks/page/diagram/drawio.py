"""A plan as a draw.io file: every component and link a shape of its own that can be edited.

Components, links and boundaries carry their ids as data of their shapes, so that what is drawn can
be compared with the topology. Icons are those of draw.io's own libraries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from apim_aks.facts.pictures import drawio_shape
from apim_aks.page.diagram import legend
from apim_aks.page.diagram.canvas import EDGE, LINE
from apim_aks.page.diagram.drawing import FILL
from apim_aks.page.diagram.labels import BYPASS, INK, PRIVATE, PUBLIC, QUIET
from apim_aks.page.diagram.plan import Box, Card, Plan, Point, Rect, Route, Sign, Text
from apim_aks.page.diagram.resources import GUARD
from apim_aks.topology import Exposure, Topology, ZoneKind

_ALL = "html=1;fontFamily=Arial;"
_DOWN, _IN = 5, 2
"""How far below the top of its shape draw.io begins a text, and how far inside by default."""
_CARD = (
    f"{_ALL}rounded=1;arcSize=9;absoluteArcSize=1;fillColor=#FFFFFF;fontSize=13;"
    "container=1;collapsible=0;"
)
_BOX = (
    f"{_ALL}rounded=1;arcSize=18;absoluteArcSize=1;container=1;collapsible=0;fontSize=13;"
    f"strokeColor={EDGE};fontColor={QUIET};align=left;verticalAlign=top;spacingLeft=5;"
)
_WORDS = (
    f"{_ALL}text;strokeColor=none;fillColor=none;fontColor={INK};fontSize=13;align=left;"
    f"verticalAlign=top;spacing=0;spacingTop={-_DOWN};whiteSpace=nowrap;"
)
_LINE = "edgeStyle=orthogonalEdgeStyle;rounded=1;html=1;endArrow=block;endFill=1;endSize=5;"
_INDENT = "&nbsp;" * 6
"""The room of the icon before the last line of a name."""
OUTLINE = {
    Exposure.PUBLIC: f"strokeColor={PUBLIC};strokeWidth=3;",
    Exposure.PRIVATE: f"strokeColor={PRIVATE};strokeWidth=1.5;dashed=1;",
    Exposure.CLUSTER: f"strokeColor={EDGE};",
    Exposure.NONE: f"strokeColor={EDGE};",
}


def drawio(plan: Plan, topology: Topology, title: str) -> str:
    """The file; `plan` shows each component and link of the topology by itself."""
    file = Element("mxfile", {"host": "apim-aks"})
    page = SubElement(file, "diagram", {"id": topology.option, "name": title})
    size = {"pageWidth": str(plan.width), "pageHeight": str(plan.height)}
    model = SubElement(page, "mxGraphModel", {"grid": "0", "page": "1", **size})
    root = SubElement(model, "root")
    SubElement(root, "mxCell", {"id": "0"})
    SubElement(root, "mxCell", {"id": "1", "parent": "0"})
    places = {"": Rect(0, 0, plan.width, plan.height), **{b.id: b.place for b in plan.boxes}}
    for box in plan.boxes:
        _box(root, box, places)
    for card in plan.cards:
        _card(root, card, places)
    cards = {card.id: card for card in plan.cards}
    for index, route in enumerate(plan.routes):
        _route(root, f"link-{index}", route, cards)
    for sign in plan.legend:
        _sign(root, sign)
    ElementTree.indent(file, " ")
    return ElementTree.tostring(file, encoding="unicode") + "\n"


def _box(root: Element, box: Box, places: Mapping[str, Rect]) -> None:
    dashed = "dashed=1;" if box.kind is ZoneKind.SUBNET else ""
    style = f"{_BOX}{dashed}fillColor={FILL[box.kind]};{_top(box.words, box.place)}"
    label = _said(box.words, _INDENT if box.icon else "")
    data = {"id": f"zone-{box.id}", "label": label, "zone": box.id}
    _vertex(
        root,
        data,
        style,
        f"zone-{box.parent}" if box.parent else "1",
        _at(box.place, places[box.parent]),
    )
    if box.icon:
        _icon(root, f"guard-{box.id}", GUARD, f"zone-{box.id}", _at(box.icon, box.place))


def _card(root: Element, card: Card, places: Mapping[str, Rect]) -> None:
    outline = OUTLINE[card.components[0].exposure if card.components else Exposure.NONE]
    flat = card.image.right < card.words[0].place.left
    room = (
        f"spacingLeft={card.words[0].place.left - card.place.left};align=left;verticalAlign=middle;"
    )
    below = f"verticalAlign=top;{_top(card.words, card.place)}"
    style = f"{_CARD}{outline}fontColor={INK};{room if flat else below}"
    is_component = bool(card.components)
    id = card.components[0].id if is_component else card.id
    data = {
        "id": _id(card),
        "label": _said(card.words),
        "component" if is_component else "resource": id,
    }
    _vertex(root, data, style, f"zone-{card.zone}", _at(card.place, places[card.zone]))
    _icon(root, f"icon-{id}", card.icon, _id(card), _at(card.image, card.place))


def _top(words: Sequence[Text], place: Rect) -> str:
    """The words of a shape where the plan has them."""
    return f"spacingTop={words[0].place.top - place.top - _DOWN - _IN};"


def _id(card: Card) -> str:
    return f"component-{card.components[0].id}" if card.components else f"resource-{card.id}"


def _icon(root: Element, id: str, kind: str, parent: str, place: Rect) -> None:
    style = f"{drawio_shape(kind).style};html=1;points=[];"
    cell = {"id": id, "value": "", "style": style, "vertex": "1", "connectable": "0"}
    _geometry(SubElement(root, "mxCell", {**cell, "parent": parent}), place)


def _route(root: Element, id: str, route: Route, cards: Mapping[str, Card]) -> None:
    """The arrow with its turns, and its words above and below the line, which move with it."""
    arrow, (link,) = route.arrow, route.arrow.links
    color = BYPASS if arrow.bypass else LINE
    dashed = "dashed=1;" if arrow.bypass or arrow.beside else ""
    walked = arrow.number or arrow.passage or arrow.bypass
    width = "1.8" if walked else "1.2"
    ends = _end("exit", cards[arrow.source].place, route.points[0]) + _end(
        "entry", cards[arrow.target].place, route.points[-1]
    )
    number = {"step": str(arrow.number)} if arrow.number else {}
    held = SubElement(
        root,
        "object",
        {
            "id": id,
            "label": "",
            "protocol": str(link.protocol),
            "port": str(link.port),
            "auth": " ".join(a.id for a in link.auth),
            **number,
        },
    )
    style = f"{_LINE}strokeColor={color};strokeWidth={width};{dashed}{ends}"
    cell = {"style": style, "edge": "1", "parent": "1"}
    cell |= {"source": _id(cards[arrow.source]), "target": _id(cards[arrow.target])}
    geometry = SubElement(
        SubElement(held, "mxCell", cell), "mxGeometry", {"relative": "1", "as": "geometry"}
    )
    if len(route.points) > 2:
        turns = SubElement(geometry, "Array", {"as": "points"})
        for x, y in route.points[1:-1]:
            SubElement(turns, "mxPoint", {"x": str(x), "y": str(y)})
    _beside(root, id, route)


def _end(name: str, place: Rect, point: Point) -> str:
    """Where at its card a line begins or ends, as parts of width and height."""
    across = (point[0] - place.left) / max(place.width, 1)
    down = (point[1] - place.top) / max(place.height, 1)
    return f"{name}X={across:.3f};{name}Y={down:.3f};{name}Dx=0;{name}Dy=0;"


def _beside(root: Element, id: str, route: Route) -> None:
    """The words of an arrow: bound to its nearer end, so that they follow it."""
    if not route.words:
        return
    color = BYPASS if route.arrow.bypass else INK
    number = f"<b>{route.arrow.number}</b>&nbsp; " if route.arrow.number else ""
    start, end = route.points[0], route.points[-1]
    from_start = abs(route.words[0].place.left - start[0]) < abs(route.words[0].place.left - end[0])
    near = start if from_start else end
    levels: dict[bool, list[Text]] = {True: [], False: []}
    line = _level(route)
    for text in route.words:
        levels[text.place.bottom <= line].append(text)
    for above, texts in levels.items():
        if not texts:
            continue
        left, top = texts[0].place.left, texts[0].place.top
        if above and route.badge:
            left = route.badge.left
        said = (number if above else "") + "<br>".join(escape(t.line.text) for t in texts)
        style = f"edgeLabel;{_WORDS}labelBackgroundColor=none;"
        cell = {
            "id": f"{id}-{'above' if above else 'below'}",
            "value": said,
            "style": style.replace(INK, color),
            "vertex": "1",
            "connectable": "0",
            "parent": id,
        }
        geometry = SubElement(
            SubElement(root, "mxCell", cell),
            "mxGeometry",
            {"x": "-1" if from_start else "1", "relative": "1", "as": "geometry"},
        )
        shift = {"x": str(left - near[0]), "y": str(top - near[1]), "as": "offset"}
        SubElement(geometry, "mxPoint", shift)


def _level(route: Route) -> int:
    """The height of the part of a line that its words stand at, or that of its end."""
    middle = route.words[0].place
    for (x1, y1), (x2, y2) in pairwise(route.points):
        if y1 == y2 and min(x1, x2) <= middle.left <= max(x1, x2) and abs(y1 - middle.bottom) < 60:
            return y1
    return max(text.place.bottom for text in route.words)


def _sign(root: Element, sign: Sign) -> None:
    place, id = sign.place, f"legend-{sign.drawn}"
    middle = (place.top + place.bottom) // 2
    shapes = {
        legend.OPEN: f"{_CARD}{OUTLINE[Exposure.PUBLIC]}",
        legend.INSIDE: f"{_CARD}{OUTLINE[Exposure.PRIVATE]}",
        legend.OTHER: f"{_CARD}{OUTLINE[Exposure.NONE]}",
        legend.SUBNET: f"{_BOX}dashed=1;fillColor={FILL[ZoneKind.SUBNET]};",
        legend.STEP: _WORDS,
    }
    if sign.drawn in shapes:
        value = "<b>1</b>" if sign.drawn == legend.STEP else ""
        _plain(root, id, value, shapes[sign.drawn], place)
    else:
        color = BYPASS if sign.drawn == legend.AROUND else LINE
        dashed = "" if sign.drawn == legend.CALL else "dashed=1;"
        cell = {
            "id": id,
            "style": f"{_LINE}strokeColor={color};{dashed}",
            "edge": "1",
            "parent": "1",
        }
        geometry = SubElement(
            SubElement(root, "mxCell", cell), "mxGeometry", {"relative": "1", "as": "geometry"}
        )
        for end, x in (("sourcePoint", place.left), ("targetPoint", place.right)):
            SubElement(geometry, "mxPoint", {"x": str(x), "y": str(middle), "as": end})
    _plain(root, f"{id}-words", escape(sign.text.line.text), _WORDS, sign.text.place)


def _plain(root: Element, id: str, value: str, style: str, place: Rect) -> None:
    cell = {"id": id, "value": value, "style": style, "vertex": "1", "parent": "1"}
    _geometry(SubElement(root, "mxCell", cell), place)


def _vertex(root: Element, data: Mapping[str, str], style: str, parent: str, place: Rect) -> None:
    """A shape that carries data: an object around its cell."""
    held = SubElement(root, "object", dict(data))
    cell = {"style": style, "vertex": "1", "parent": parent}
    _geometry(SubElement(held, "mxCell", cell), place)


def _geometry(cell: Element, place: Rect) -> None:
    size = {"x": place.left, "y": place.top, "width": place.width, "height": place.height}
    shape = {name: str(value) for name, value in size.items()}
    SubElement(cell, "mxGeometry", {**shape, "as": "geometry"})


def _at(place: Rect, around: Rect) -> Rect:
    """A rectangle as seen from the upper left corner of what is around it."""
    left, top = place.left - around.left, place.top - around.top
    return Rect(left, top, left + place.width, top + place.height)


def _said(texts: Sequence[Text], indent: str = "") -> str:
    """Lines as draw.io's HTML, each escaped, with its colour and weight, the last one indented."""
    lines = []
    for text in texts:
        words = escape(text.line.text)
        words = f"<b>{words}</b>" if text.line.bold else words
        look = f'color="{text.line.color}" style="font-size: {text.line.size}px"'
        lines.append(f"<font {look}>{words}</font>")
    return "<br>".join([*lines[:-1], indent + lines[-1]])
