"""Weights that a reader moves on the page itself: no kernel, no network, complete without script.

The values come from the design; `decision.js` weighs them as `decision.rank` does.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from apim_aks.decision import Standing
from apim_aks.design import Design
from apim_aks.facts import axes, axis, criterion, preset, presets
from apim_aks.outcome import percent
from apim_aks.page.html import Html, element, folded, joined, paragraph

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
        folded("What each criterion adds under these weights", _contributions(design)),
        Html(f"<script>\n{_script()}</script>"),
        data_decision="yes",
        class_="movable",
        aria_label="Move the weights",
    )


def ranking_values(design: Design) -> dict[str, Any]:
    """What the script weighs: each option's value in each criterion, and the weights it starts at.

    Options in the order of the comparison, so that equal ones keep it.
    """
    standings = _in_order(design)
    return {
        "axes": [{"id": a.id, "label": a.label} for a in axes()],
        "criteria": [
            {"id": s.criterion, "axis": s.axis, "share": s.share} for s in standings[0].scores
        ],
        "options": [
            {
                "id": s.option,
                "title": design.placement(s.option).option.title,
                "values": [x.value for x in s.scores],
            }
            for s in standings
        ],
        "weights": dict(design.ranking.weights),
        "presets": {p.id: dict(p.weights) for p in presets()},
    }


def script_json(value: object) -> str:
    """JSON that nothing in it can end early inside a script element."""
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
    return _table(columns, rows, "Ranking: what each axis adds to the total", data_ranking="yes")


def _row(design: Design, standing: Standing, place: int) -> Html:
    share = f"--share:{standing.total:.3f}"
    added = {a.id: sum(s.contribution for s in standing.scores if s.axis == a.id) for a in axes()}
    total = element("strong", f"{standing.total:.3f}", data_sum="yes")
    return element(
        "tr",
        element("th", design.placement(standing.option).option.title, scope="row"),
        element("td", str(place), class_="number", data_place="yes"),
        element("td", total, element("span", class_="bar", style=share), class_="number"),
        *(element("td", f"{x:.3f}", class_="number", data_axis=id) for id, x in added.items()),
        data_option=standing.option,
        data_total=repr(standing.total),
    )


def _contributions(design: Design) -> Html:
    standings = _in_order(design)
    columns = ("Criterion", "Axis", *(design.placement(s.option).option.title for s in standings))
    rows = [_parts(standings, at) for at in range(len(standings[0].scores))]
    return _table(columns, rows, "What each criterion adds to the total")


def _parts(standings: list[Standing], at: int) -> Html:
    row = criterion(standings[0].scores[at].criterion)
    cells = (
        element(
            "td",
            f"{s.scores[at].contribution:.3f}",
            class_="number",
            data_criterion=row.id,
            data_of=s.option,
        )
        for s in standings
    )
    head = element("th", row.label, scope="row"), element("td", axis(row.axis).label)
    return element("tr", *head, *cells)


def _table(columns: tuple[str, ...], rows: list[Html], caption: str, **attributes: str) -> Html:
    head = element("tr", *(element("th", c, scope="col") for c in columns))
    whole = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", joined(rows)),
        **attributes,
    )
    return element(
        "div", whole, class_="scroll", role="region", tabindex="0", aria_label=f"Table: {caption}"
    )


def without_script() -> Html:
    """What a reader sees where scripts do not run."""
    said = "Scripts do not run here, so the weights stay as they are; the tables are complete."
    return Html(f"<noscript>{paragraph(said).text}</noscript>")
