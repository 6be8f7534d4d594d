"""Parts of charts as plain SVG: bars with textures, dots, axes and texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from apim_aks.page.html import Html, element, joined
from apim_aks.rounding import rounded

WIDTH = 720
LEFT = 230
RIGHT = 60
ROW = 30
FONT = "system-ui, sans-serif"
INK, GREY, PALE = "#1b1f24", "#8a939d", "#e6e9ed"


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a value lies between the left and the right edge, on a straight or a log scale."""

    low: float
    high: float
    log: bool = False

    def at(self, value: float) -> float:
        """The x of a value, kept inside the chart."""
        ends = [self.low, min(max(value, self.low), self.high), self.high]
        low, x, high = map(math.log10, ends) if self.log else ends
        return rounded(LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT))


WHOLE = Scale(0, 1)


def percent_axis(top: float, bottom: float) -> Html:
    """Lines and labels from 0 to 100 %."""
    return _axis(top, bottom, lambda tick: f"{tick:.0%}".replace("%", " %"))


def total_axis(top: float, bottom: float) -> Html:
    """Lines and labels from 0 to 1, the scale of every total."""
    return _axis(top, bottom, lambda tick: f"{tick:g}")


def _axis(top: float, bottom: float, words: Callable[[float], str]) -> Html:
    parts = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x = WHOLE.at(tick)
        parts += [line(x, top, x, bottom, PALE)]
        parts += [text(x, bottom + 16, words(tick), anchor="middle", size=11)]
    return joined(parts)


def legend(labels: Sequence[str], wide: int = 140) -> Html:
    """What the fills of bars mean."""
    parts = []
    for at, label in enumerate(labels):
        x = 20 + at * wide
        parts += [bar(x, x + 18, 14, 14, at), text(x + 24, 26, label, size=12)]
    return joined(parts)


def dots_legend() -> Html:
    """What the marks of the dot plot mean."""
    words = (text(36, 20, "weight now", size=12), text(146, 20, "another option first", size=12))
    return joined((diamond(24, 16), dot(134, 16, "#fff"), *words))


_FILLS = ("#2b3a4a", "hatch", "#b9c3cd", "dots", "#ffffff")
"""Fills that differ in lightness and in texture: five of them stand side by side in grey."""


def bar(x: float, end: float, y: float, height: float, fill: int) -> Html:
    """A bar with an outline; textures are drawn as lines and dots of their own, without ids."""
    kind = _FILLS[fill % len(_FILLS)]
    plain = kind if kind.startswith("#") else "#ffffff"
    box = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{max(0.0, end - x):.1f}"}
    outline = element(
        "rect", **box, height=f"{height:g}", fill=plain, stroke=INK, stroke_width="0.8"
    )
    return outline + _texture(kind, x, end, y, height)


def _texture(kind: str, x: float, end: float, y: float, height: float) -> Html:
    if kind == "hatch":
        starts = [x + 6 * n for n in range(math.ceil((end - x) / 6))]
        path = " ".join(_stroke(s, end, y, height) for s in starts)
        return element("path", d=path, stroke=INK, stroke_width="0.9", fill="none")
    if kind == "dots":
        steps = [(x + 4 + 7 * n, y + 5 + 9 * m) for n in range(int((end - x) / 7)) for m in (0, 1)]
        fits = ((a, b) for a, b in steps if a < end - 1 and b < y + height - 1)
        path = " ".join(f"M{a:.1f} {b:.1f}h.01" for a, b in fits)
        return element("path", d=path, stroke=INK, stroke_width="2.2", stroke_linecap="round")
    return Html("")


def _stroke(start: float, end: float, y: float, height: float) -> str:
    """A slanted line of the hatching, cut off where the bar ends."""
    reach = min(end - start, height * 0.6)
    return f"M{start:.1f} {y + height:.1f}l{reach:.1f} {-reach / 0.6:.1f}"


def dot(x: float, y: float, fill: str) -> Html:
    """A dot with an outline."""
    place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "5"}
    return element("circle", **place, fill=fill, stroke=INK, stroke_width="1.6")


def diamond(x: float, y: float) -> Html:
    """A filled diamond."""
    return element("path", d=f"M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z", fill=INK)


def line(x: float, y: float, x2: float, y2: float, stroke: str, width: float = 1) -> Html:
    """A straight line."""
    ends = {"x1": f"{x:.1f}", "y1": f"{y:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    return element("line", **ends, stroke=stroke, stroke_width=f"{width:g}")


def text(
    x: float, y: float, words: str, anchor: str = "start", size: int = 13, weight: str = "400"
) -> Html:
    """Words at a place."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}"}
    return element(
        "text", words, **place, text_anchor=anchor, font_size=str(size), font_weight=weight
    )


def figure(parts: Iterable[Html], height: float, alt: str, caption: str, start: int = 0) -> Html:
    """The chart from `start` on, with its alternative text and caption."""
    drawn = element(
        "svg",
        element("g", *parts, font_family=FONT, fill=INK),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"{start} 0 {WIDTH - start} {height:g}",
        width=str(WIDTH - start),
        role="img",
        aria_label=alt,
    )
    return element(
        "figure",
        element("div", drawn, class_="picture", role="region", tabindex="0", aria_label=caption),
        element("figcaption", caption),
        class_="chart",
    )
