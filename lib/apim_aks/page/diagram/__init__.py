"""A topology as a picture: self-contained SVG, with the same in words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from apim_aks.page.diagram import call_plan, calls, drawing, drawio, layout, service_mapping, svg
from apim_aks.page.diagram.calls import End, Way
from apim_aks.page.diagram.condense import View, views, whole
from apim_aks.page.diagram.drawing import NOTHING, Marked
from apim_aks.page.diagram.labels import plain
from apim_aks.page.diagram.paint import painted
from apim_aks.page.diagram.plan import Plan
from apim_aks.page.diagram.words import alt_text, request_steps
from apim_aks.topology import Topology

__all__ = [
    "End",
    "Marked",
    "Picture",
    "Way",
    "alt_text",
    "call_picture",
    "mapping_picture",
    "picture",
    "request_steps",
]

WIDE = 1240
"""The width of a topology, in points, up to which nothing has to be grouped for its sake."""
PAGE = 900
"""The width of a page, in pixels, at which text in a picture has to be readable."""
READABLE = 0.65
"""The least scale of a picture that holds nothing but names."""
GOOD = 0.78
"""A fit at which nothing has to be grouped for the picture's sake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing and its words: `shown` cards stand for `total` components.

    `source` is what is drawn, without its icons: DOT, or the shapes of the SVG.
    `drawio` is the same with each component by itself, for a topology alone.
    """

    svg: str
    alt: str
    steps: tuple[str, ...]
    source: str
    shown: int
    total: int
    name: str = ""
    drawio: str = ""


def picture(
    topology: Topology,
    title: str = "",
    limit: int = 12,
    lead: str = "",
    marked: Marked = NOTHING,
) -> Picture:
    """The topology drawn with at most `limit` cards, as detailed as reads well on a page.

    `lead` stands before what the picture shows in words; `marked` is pointed out in it.
    """
    made = _best(topology, limit, marked)
    shown = sum(bool(card.components) for card in made.cards)
    words = " ".join(filter(None, (lead, alt_text(topology)))), request_steps(topology)
    found = _painted(made, title or topology.option, words, (shown, len(topology.components)))
    return replace(found, name=topology.option, drawio=_drawio(topology, title))


def _painted(
    made: Plan, title: str, words: tuple[str, tuple[str, ...]], counts: tuple[int, int]
) -> Picture:
    root, named = painted(made), plain(title)
    source = ElementTree.tostring(root, encoding="unicode")
    return Picture(
        svg=svg.complete(root, _mark(named, source), named, words[0]),
        alt=words[0],
        steps=words[1],
        source=source,
        shown=counts[0],
        total=counts[1],
    )


def _drawio(topology: Topology, title: str) -> str:
    """The topology as a draw.io file: each component and link by itself, to be edited."""
    made = drawing.plan(whole(topology), topology)
    return drawio.drawio(made, topology, plain(title or topology.option))


def mapping_picture(rows: Sequence[service_mapping.Row], title: str = "") -> Picture:
    """APIs on the left, the Services behind them and their pods on the right."""
    shown = service_mapping.telling(rows, service_mapping.MOST)
    dot = service_mapping.dot(rows, shown)
    counts = service_mapping.cards(shown), service_mapping.cards(rows)
    words = service_mapping.alt_text(rows), service_mapping.sentences(rows)
    return _picture(dot, layout.laid_out(dot), title or "Service mapping", words, counts)


def call_picture(ways: Sequence[Way], title: str) -> Picture:
    """Who calls whom, each namespace a box; callers and what they call grouped where it is much."""
    for shown in calls.views(ways):
        made = call_plan.plan(ways, shown)
        if made.width * READABLE <= PAGE:
            break
    words = calls.alt_text(ways), calls.sentences(ways)
    counts = len(shown), len(calls.ends(ways))
    return _painted(made, title, words, counts)


def _picture(
    dot: str, raw: bytes, title: str, words: tuple[str, tuple[str, ...]], counts: tuple[int, int]
) -> Picture:
    text, named = portable(dot), plain(title)
    return Picture(
        svg=svg.finished(raw, _mark(named, text), named, words[0]),
        alt=words[0],
        steps=words[1],
        source=text,
        shown=counts[0],
        total=counts[1],
    )


def _mark(title: str, source: str) -> str:
    return hashlib.sha256(f"{title}{source}".encode()).hexdigest()[:8]


def _best(topology: Topology, limit: int, marked: Marked) -> Plan:
    """The most detailed plan that fits a page well, else the one that fits it best."""
    tried = []
    for view in views(topology, limit):
        tried.append((drawing.plan(view, topology, marked), view))
        if _fit(*tried[-1]) >= GOOD:
            break
    return max(tried, key=lambda drawn: min(_fit(*drawn), GOOD))[0]


def _fit(made: Plan, view: View) -> float:
    """How well a plan fits a page: its scale there, less for a bad shape or a crowd."""
    shape = made.width / made.height
    crowd = 0.1 * max(0, view.fan - 5)
    return min(1, WIDE / made.width) - max(0, 1.2 - shape) - max(0, shape - 3) / 2 - crowd


def portable(dot: str) -> str:
    """The DOT text with the base names of its icons only."""
    return re.sub(r'(SRC=")[^"]*?([^"/]+")', r"\1\2", dot)
