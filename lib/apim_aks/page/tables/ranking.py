"""Who comes first, what adds to it, and how far a weight must move to change it."""

from __future__ import annotations

from functools import partial

from apim_aks.columns import Column
from apim_aks.decision.design import Design, rank_placements
from apim_aks.decision.measures import missing_criteria
from apim_aks.decision.outcome import percent, title
from apim_aks.decision.ranking import Ranking, Standing, Weights
from apim_aks.facts import Criterion, axes, axis, criterion, preset, presets
from apim_aks.page.html import Content, Html, element, paragraph, table


def ranking_table(design: Design, ranking: Ranking | None = None) -> Html:
    """The options that are in, best first, with their value on each axis."""
    shown = ranking or design.ranking
    weights = dict(shown.weights)
    places = {s.option: str(place) for place, s in enumerate(shown.standings, 1)}
    return table(
        "Ranking: values from 0 to 1 on each axis, with its weight",
        shown.standings,
        Column("Option", lambda s: title(design, s.option)),
        Column("Place", lambda s: places[s.option]),
        Column("Total", lambda s: element("strong", f"{s.total:.2f}") + bar(s.total)),
        *(Column(f"{a.label} ({percent(weights[a.id])})", partial(_on_axis, a.id)) for a in axes()),
    )


def _on_axis(id: str, standing: Standing) -> str:
    return f"{standing.axis_value(id):.2f}"


def bar(share: float) -> Html:
    """A share of the whole as a bar beside its number."""
    return element("span", class_="bar", style=f"--share:{max(0.0, min(1.0, share)):.3f}")


def contributions_table(design: Design) -> Html:
    """What each criterion adds to each option's total."""
    standings = design.ranking.standings
    ids = [s.criterion for s in standings[0].scores] if standings else []
    return table(
        "What each criterion adds to the total",
        map(criterion, ids),
        Column("Criterion", lambda row: row.label),
        Column("Axis", lambda row: axis(row.axis).label),
        *(Column(title(design, s.option), partial(_added, s)) for s in standings),
    )


def _added(standing: Standing, row: Criterion) -> str:
    return f"{next(s.contribution for s in standing.scores if s.criterion == row.id):.3f}"


def flips_table(design: Design) -> Html:
    """For each axis, the weight at which another option comes first."""
    return table(
        "How far a weight has to move before the first place changes",
        design.ranking.flips,
        Column("Axis", lambda f: axis(f.axis).label),
        Column("Weight now", lambda f: percent(f.weight)),
        Column("Changes below", lambda f: _flip(design, f.below)),
        Column("Changes above", lambda f: _flip(design, f.above)),
    )


def _flip(design: Design, crossing: tuple[float, str] | None) -> Content:
    if crossing is None:
        return "never"
    return f"{percent(crossing[0])}: {title(design, crossing[1])}"


def missing_table() -> Html:
    """The criteria that are defined and not counted yet."""
    return table(
        "Criteria that are missing from this ranking",
        missing_criteria(),
        Column("Criterion", lambda c: c.label),
        Column("Axis", lambda c: axis(c.axis).label),
        Column("Share of its axis", lambda c: percent(c.share)),
        Column("Definition", lambda c: c.definition),
    )


def weights_table(design: Design) -> Html:
    """The weights in force, and where they come from."""
    own = bool(design.workload.weights)
    origin = "workload.yaml" if own else f"preset {preset(design.workload.preset).label.lower()}"
    return table(
        f"Weights, from {origin}",
        design.ranking.weights,
        Column("Axis", lambda weight: axis(weight[0]).label),
        Column("Weight", lambda weight: percent(weight[1])),
        Column("What it asks", lambda weight: axis(weight[0]).sentence),
    )


def presets_table(design: Design) -> Html:
    """Which option comes first and second under each named set of weights."""
    rows = [
        (row, rank_placements(design.mapping, design.contenders, dict(row.weights)))
        for row in presets()
    ]
    return table(
        "The same options, other weights",
        rows,
        Column("Weights", lambda row: row[0].label),
        Column("First", lambda row: _at(design, row[1], 0)),
        Column("Second", lambda row: _at(design, row[1], 1)),
        Column("Lead", lambda row: f"{row[1].lead:.3f}"),
        Column("Meant for", lambda row: row[0].because),
    )


def _at(design: Design, ranking: Ranking, place: int) -> str:
    found = ranking.standings[place : place + 1]
    return title(design, found[0].option) if found else "none"


def ranking_under(design: Design, weights: Weights) -> Html:
    """The ranking under these weights, with the order of the options in one sentence."""
    ranking = rank_placements(design.mapping, design.contenders, weights)
    order = [design.placement(s.option).option.title for s in ranking.standings]
    none = "No option that is compared meets every requirement"
    said = ", then ".join(order) if order else none
    return paragraph(element("strong", said), ".") + ranking_table(design, ranking)
