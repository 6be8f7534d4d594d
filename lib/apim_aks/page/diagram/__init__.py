"""A topology as a picture: self-contained SVG, with the same in words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from apim_aks.page.diagram import calls, drawing, layout, service_mapping, svg
from apim_aks.page.diagram.calls import End, Way
from apim_aks.page.diagram.condense import View, views
from apim_aks.page.diagram.labels import plain
from apim_aks.page.diagram.words import alt_text, request_steps
from apim_aks.topology import Topology

__all__ = [
    "End",
    "Picture",
    "Way",
    "alt_text",
    "call_picture",
    "mapping_picture",
    "picture",
    "request_steps",
]

PAGE = 900
"""The width of a page, in pixels, at which text in a picture has to be readable."""
READABLE = 0.65
"""The least scale of a picture that holds nothing but names."""
GOOD = 0.78
"""A fit at which nothing has to be grouped for the picture's sake."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing and its words: `shown` cards stand for `total` components."""

    svg: str
    alt: str
    steps: tuple[str, ...]
    dot: str
    shown: int
    total: int


def picture(topology: Topology, title: str = "", limit: int = 12, lead: str = "") -> Picture:
    """The topology drawn with at most `limit` cards, as detailed as reads well on a page.

    `lead` stands before what the picture shows in words.
    """
    view, dot, raw = _best(topology, limit)
    counts = len(view.nodes), len(topology.components)
    words = " ".join(filter(None, (lead, alt_text(topology)))), request_steps(topology)
    return _picture(dot, raw, title or topology.option, words, counts)


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
        dot = calls.dot(ways, shown)
        raw = layout.laid_out(dot)
        if svg.size(raw)[0] * READABLE <= PAGE:
            break
    words = calls.alt_text(ways), calls.sentences(ways)
    return _picture(dot, raw, title, words, (len(shown), len(calls.ends(ways))))


def _picture(
    dot: str, raw: bytes, title: str, words: tuple[str, tuple[str, ...]], counts: tuple[int, int]
) -> Picture:
    text = portable(dot)
    mark = hashlib.sha256(f"{plain(title)}{text}".encode()).hexdigest()[:8]
    drawing = svg.finished(raw, mark, plain(title), words[0])
    return Picture(drawing, *words, text, *counts)


def _best(topology: Topology, limit: int) -> tuple[View, str, bytes]:
    tried = []
    for view in views(topology, limit):
        dot = drawing.dot(view)
        tried.append((view, dot, layout.laid_out(dot)))
        if _fit(*tried[-1]) >= GOOD:
            break
    return max(tried, key=lambda drawn: min(_fit(*drawn), GOOD))


def _fit(view: View, _: str, raw: bytes) -> float:
    """How well a drawing fits a page: its scale there, less for a bad shape or a crowd."""
    width, height = svg.size(raw)
    shape = width / height
    crowd = 0.1 * max(0, view.fan - 5)
    return min(1, PAGE / width) - max(0, 1.2 - shape) - max(0, shape - 3) / 2 - crowd


def portable(dot: str) -> str:
    """The DOT text with the base names of its icons only."""
    return re.sub(r'(SRC=")[^"]*?([^"/]+")', r"\1\2", dot)
