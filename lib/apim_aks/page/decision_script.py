"""Weights that a reader moves on the page itself: no kernel, no network, complete without script.

The values come from the design; `decision.js` weighs them as `decision.rank` does.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from apim_aks.decision.design import Design
from apim_aks.decision.not_compared import beside, means
from apim_aks.decision.outcome import inside, percent
from apim_aks.decision.ranking import Standing
from apim_aks.facts import Axis, axes, axis, criterion, preset, presets
from apim_aks.page.html import Html, cell, element, folded, framed, paragraph, row_head

HERE = Path(__file__).parent
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def movable_ranking(design: Design) -> Html:
    """The ranking with controls for the weights, which work where scripts run."""
    if not design.ranking.standings:
        return Html("")
    return element(
        "section",
        Html(f'<script type="application/json">{script_json(ranking_values(design))}</script>'),
        without_script(),
        _controls(design),
        element("p", _said(design), data_said="yes", role="status", aria_live="polite"),
        _ranking(design),
        _beside(design),
        folded("What each criterion adds under these weights", _contributions(design)),
        Html(f"<script>\n{_script()}</script>"),
        data_decision="yes",
        class_="movable",
        aria_label="Move the weights",
    )


def ranking_values(design: Design) -> dict[str, Any]:
    """What the script weighs: each option's value in each criterion, and the weights it starts at.

    Options in the order of the comparison, so that equal ones keep it; of each every combination of
    choices that is in.
    """
    standings = _in_order(design)
    return {
        "axes": [{"id": a.id, "label": a.label} for a in axes()],
        "criteria": [
            {
                "id": s.criterion,
                "axis": s.axis,
                "share": s.share,
                "label": inside(criterion(s.criterion).label),
            }
            for s in standings[0].scores
        ],
        "options": [
            {
                "id": s.option,
                "title": design.placement(s.option).option.title,
                "variants": [
                    {"choices": v.choices.words, "values": [x.value for x in v.scores]}
                    for v in _variants(design, s.option)
                ],
            }
            for s in standings
        ],
        "weights": dict(design.ranking.weights),
        "presets": {p.id: dict(p.weights) for p in presets()},
    }


def _variants(design: Design, option: str) -> list[Standing]:
    """The combinations of an option that are in, in the order of the comparison."""
    order = [v.choices for v in design.combinations(option)]
    found = [s for s in design.ranking.variants if s.option == option]
    return sorted(found, key=lambda s: order.index(s.choices))


def script_json(value: object) -> str:
    """JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return "".join(_UNSAFE.get(c, c) for c in text)


@cache
def _script() -> str:
    return (HERE / "decision.js").read_text(encoding="utf-8")


def _in_order(design: Design) -> list[Standing]:
    by_id = {s.option: s for s in design.ranking.standings}
    return [by_id[p.option.id] for p in design.placements if p.option.id in by_id]


def _controls(design: Design) -> Html:
    """Hidden until the script is there to answer them."""
    own = preset(design.workload.preset).label
    back = f"Reset ({'workload.yaml' if design.workload.weights else own})"
    buttons = [element("button", p.label, type="button", value=p.id) for p in presets()]
    return element(
        "form",
        element(
            "fieldset",
            element("legend", "Weights; only their proportions count"),
            *(_slider(id, weight) for id, weight in design.ranking.weights),
        ),
        element("div", *buttons, element("button", back, type="button"), class_="presets"),
        hidden="hidden",
    )


def _slider(id: str, weight: float) -> Html:
    bounds = {"min": "0", "max": "100", "step": "0.5", "value": f"{100 * weight:g}"}
    moved = element("input", type="range", name=id, autocomplete="off", **bounds)
    control = Html(moved.text.removesuffix("</input>"))
    return element(
        "label", element("span", axis(id).label), control, element("output", percent(weight))
    )


def _said(design: Design) -> str:
    first, *others = design.ranking.standings
    title = design.placement(first.option).option.title
    if not others:
        return f"{title} comes first."
    second = design.placement(others[0].option).option.title
    return f"{title} comes first, {design.ranking.lead:.3f} ahead of {second}."


def _ranking(design: Design) -> Html:
    columns = ("Option", "Place", "Total", *(a.label for a in axes()))
    rows = [_row(design, s, place) for place, s in enumerate(design.ranking.standings, 1)]
    return framed(columns, rows, "Ranking: what each axis adds to the total", data_ranking="yes")


def _beside(design: Design) -> Html:
    """What no weight brings into the order."""
    found = [f"{p.option.title} with {means(p.not_compared)}" for p in beside(design)]
    return (
        paragraph(f"Not in this order, because not compared: {'; '.join(found)}.")
        if found
        else Html("")
    )


def _row(design: Design, standing: Standing, place: int) -> Html:
    share = f"--share:{standing.total:.3f}"
    total = element("strong", f"{standing.total:.3f}", data_sum="yes")
    return element(
        "tr",
        row_head(_head(design, standing)),
        cell(str(place), "Place", class_="number", data_place="yes"),
        cell(total + element("span", class_="bar", style=share), "Total", class_="number"),
        *(_added(standing, a) for a in axes()),
        role="row",
        data_option=standing.option,
        data_total=repr(standing.total),
    )


def _head(design: Design, standing: Standing) -> Html:
    """The option's title, and below it the choices that stand under these weights."""
    title = design.placement(standing.option).option.title
    chosen = element("small", standing.choices.words, data_choices="yes")
    return element("span", f"{title} ") + chosen


def _added(standing: Standing, of: Axis) -> Html:
    return cell(f"{standing.added(of.id):.3f}", of.label, class_="number", data_axis=of.id)


def _contributions(design: Design) -> Html:
    titled = {design.placement(s.option).option.title: s for s in _in_order(design)}
    columns = ("Criterion", "Axis", *titled)
    count = len(next(iter(titled.values())).scores)
    rows = [_parts(titled, at) for at in range(count)]
    return framed(columns, rows, "What each criterion adds to the total")


def _parts(titled: dict[str, Standing], at: int) -> Html:
    row = criterion(next(iter(titled.values())).scores[at].criterion)
    marked = {"class_": "number", "data_criterion": row.id}
    cells = (
        cell(f"{s.scores[at].contribution:.3f}", title, data_of=s.option, **marked)
        for title, s in titled.items()
    )
    return element(
        "tr", row_head(row.label), cell(axis(row.axis).label, "Axis"), *cells, role="row"
    )


def without_script() -> Html:
    """What a reader sees where scripts do not run."""
    said = "Scripts do not run here, so the weights stay as they are; the tables are complete."
    return Html(f"<noscript>{paragraph(said).text}</noscript>")
