"""Charts of a decision as plain SVG: patterns and labels carry them, colour says nothing alone.

Drawn by hand because four small charts need no library: nothing to install, a millisecond each,
and the same bytes on every machine. A table stands beside each.
"""

from __future__ import annotations

import math
from functools import partial

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.not_compared import standing_word
from apim_aks.decision.outcome import (
    flip_sentences,
    percent,
    robustness_of,
    robustness_sentence,
    title,
)
from apim_aks.decision.priced import at_prices, label_of, unit_of
from apim_aks.decision.ranking import Ranking, Robustness
from apim_aks.facts import axes, axis, criterion
from apim_aks.facts.criterion_ids import (
    AROUND_THE_GATEWAY,
    MONTHLY_COST,
    PUBLIC_ENDPOINTS,
    CriterionId,
)
from apim_aks.page.charts.chart_parts import (
    GREY,
    INK,
    LEFT,
    PALE,
    RIGHT,
    ROW,
    WHOLE,
    WIDTH,
    Scale,
    bar,
    diamond,
    dot,
    dots_legend,
    figure,
    legend,
    line,
    percent_axis,
    text,
    total_axis,
)
from apim_aks.page.html import Html, element, joined, table
from apim_aks.rounding import summed


def contributions_chart(design: Design, ranking: Ranking | None = None) -> Html:
    """What each axis adds to each option's total, as stacked bars."""
    standings = (ranking or design.ranking).standings
    if not standings:
        return Html("")
    parts = [legend([a.label for a in axes()]), total_axis(60, 60 + ROW * len(standings))]
    for place, standing in enumerate(standings):
        y, x = 64.0 + ROW * place, 0.0
        parts.append(text(LEFT - 10, y + 15, title(design, standing.option), anchor="end"))
        for at, a in enumerate(axes()):
            added = standing.added(a.id)
            parts.append(bar(WHOLE.at(x), WHOLE.at(x + added), y, 20, at))
            x = summed((x, added))
        parts.append(text(WHOLE.at(x) + 6, y + 15, f"{x:.2f}", weight="600"))
    said = "; ".join(f"{title(design, s.option)} {s.total:.2f}" for s in standings)
    alt = f"Stacked bars of what each axis adds to the total: {said}."
    return figure(parts, 84 + ROW * len(standings), alt, "What each axis adds to the total.")


def flips_chart(design: Design, ranking: Ranking | None = None) -> Html:
    """Each axis as a line from 0 to 100 %: its weight now, and where another option comes first."""
    found = ranking or design.ranking
    if not found.standings:
        return Html("")
    bottom = 44 + 46 * len(found.flips)
    parts = [dots_legend(), percent_axis(36, bottom)]
    for at, flip in enumerate(found.flips):
        y = 60.0 + 46 * at
        parts.append(text(LEFT - 10, y + 4, axis(flip.axis).label, anchor="end"))
        parts.append(line(LEFT, y, WIDTH - RIGHT, y, GREY))
        for end, lift in ((flip.below, -9), (flip.above, 17)):
            if end:
                x, words = WHOLE.at(end[0]), f"{percent(end[0])} {title(design, end[1])}"
                parts += [dot(x, y, "#fff"), _flip_label(x, y + lift, words)]
        parts.append(diamond(WHOLE.at(flip.weight), y))
    said = [s for f in found.flips for s in flip_sentences(design, f)]
    alt = "; ".join(said) or "No weight of a single axis changes the first place"
    return figure(parts, bottom + 24, f"{alt}.", "Weights that would change the first place.")


def _flip_label(x: float, y: float, words: str) -> Html:
    fits = x + 6.2 * len(words) < WIDTH - 4
    return text(x, y, words, anchor="start" if fits else "end", size=11)


def robustness_chart(design: Design, shares: Robustness | None = None) -> Html:
    """In which share of weightings each option comes first."""
    found = shares or robustness_of(design)
    if not found.nearby:
        return Html("")
    bottom = 60 + 44 * len(found.nearby)
    labels = ["within half of the stated weights", "all weightings"]
    parts = [legend(labels, wide=260), percent_axis(60, bottom)]
    pairs = zip(found.nearby, dict(found.anywhere).values(), strict=True)
    for place, ((option, nearby), anywhere) in enumerate(pairs):
        y = 64.0 + 44 * place
        parts.append(text(LEFT - 10, y + 20, title(design, option), anchor="end"))
        for row, share in enumerate((nearby, anywhere)):
            parts.append(bar(LEFT, WHOLE.at(share), y + 17 * row, 14, row))
            parts.append(text(WHOLE.at(share) + 6, y + 12 + 17 * row, percent(share), size=12))
    caption = robustness_sentence(design, found)
    return figure(parts, bottom + 24, caption, "How far the first place depends on the weights.")


def robustness_table(design: Design, shares: Robustness | None = None) -> Html:
    """In which share of weightings each option comes first, with the error of the estimate."""
    found = shares or robustness_of(design)
    anywhere = dict(found.anywhere)
    error = f"{found.draws:,} draws, standard error at most {percent(found.error)}"
    return table(
        f"Share of weightings in which an option comes first ({error})",
        found.nearby,
        Column("Option", lambda share: title(design, share[0])),
        Column("Within half of the stated weights", lambda share: percent(share[1])),
        Column("All weightings", lambda share: percent(anywhere[share[0]])),
    )


def exposure_chart(design: Design) -> Html:
    """What each option costs a month against how many endpoints it leaves on the internet."""
    row = criterion(MONTHLY_COST)
    scale = Scale(row.best, float(row.worst), log=True)
    most = max(p.measure(PUBLIC_ENDPOINTS).low for p in design.placements) or 1.0
    parts = [_exposure_frame(scale, most, at_prices(design, unit_of(row)))]
    taken: list[tuple[float, float]] = []
    for at, placement in enumerate(design.placements, 1):
        parts += _exposed(placement, str(at), scale, most, taken)
    alt = "; ".join(_exposure_words(p) for p in design.placements)
    caption = (
        "Cost a month against public endpoints of the cluster; the numbers are those of the table. "
        "A bar spans an interval, a dashed ring marks an option that is ruled out or not compared; "
        "marks that would cover each other stand above each other."
    )
    return figure(parts, 300, f"Cost against exposure: {alt}.", caption, start=110)


def exposure_table(design: Design) -> Html:
    """The numbers behind the chart of cost against exposure."""
    shown = (MONTHLY_COST, PUBLIC_ENDPOINTS, AROUND_THE_GATEWAY)
    return table(
        "Cost against exposure",
        enumerate(design.placements, 1),
        Column("Option", lambda row: row[1].option.title),
        Column("In the chart", lambda row: str(row[0])),
        *(Column(label_of(design, id), partial(_measured, id)) for id in shown),
        Column("Standing", lambda row: standing_word(row[1])),
    )


def _measured(id: CriterionId, row: tuple[int, Placement]) -> str:
    return row[1].measure(id).text


def _exposure_words(placement: Placement) -> str:
    cost, endpoints = placement.measure(MONTHLY_COST), placement.measure(PUBLIC_ENDPOINTS)
    out = "" if placement.within else f", {standing_word(placement)}"
    return f"{placement.option.title} {cost.text} a month, {endpoints.text} public endpoints{out}"


def _height(value: float, most: float) -> float:
    return 250 - value / most * 210


def _exposure_frame(scale: Scale, most: float, unit: str) -> Html:
    ticks = [t for t in (100, 200, 500, 1000, 2000, 5000, 10_000) if scale.low <= t <= scale.high]
    parts = [line(LEFT, 250, WIDTH - RIGHT, 250, GREY), line(LEFT, 30, LEFT, 250, GREY)]
    for tick in ticks:
        x = scale.at(tick)
        parts += [line(x, 30, x, 250, PALE), text(x, 268, f"{tick:,}", anchor="middle", size=11)]
    for level in sorted({0, round(most / 2), round(most)}):
        y = _height(level, most) + 4
        parts.append(text(LEFT - 8, y, f"{level:,}", anchor="end", size=11))
    parts.append(text(LEFT - 8, 22, "Public endpoints", anchor="end", size=12))
    parts.append(text(WIDTH - RIGHT, 288, f"{unit}, log scale", anchor="end", size=12))
    return joined(parts)


def _exposed(
    placement: Placement, sign: str, scale: Scale, most: float, taken: list[tuple[float, float]]
) -> list[Html]:
    cost = placement.measure(MONTHLY_COST)
    high = scale.high if math.isinf(cost.high) else cost.high
    x, y = scale.at(cost.low), _height(placement.measure(PUBLIC_ENDPOINTS).low, most)
    while any(abs(x - a) < 22 and abs(y - b) < 22 for a, b in taken):
        y -= 24
    taken.append((x, y))
    dash = "" if placement.within else "3 2"
    ring = element(
        "circle",
        cx=f"{x:.1f}",
        cy=f"{y:.1f}",
        r="10",
        fill="#fff",
        stroke=INK,
        stroke_width="1.6",
        stroke_dasharray=dash,
    )
    span = line(x, y, scale.at(high), y, INK, 3)
    return [span, ring, text(x, y + 4, sign, anchor="middle", size=12, weight="600")]
