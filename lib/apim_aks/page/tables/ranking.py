"""Who comes first, what adds to it, and how far a weight must move to change it."""

from __future__ import annotations

from apim_aks.decision.design import Design, rank_placements
from apim_aks.decision.measures import missing_criteria
from apim_aks.decision.outcome import percent
from apim_aks.decision.ranking import Ranking, Weights
from apim_aks.facts import axes, axis, criterion, preset, presets
from apim_aks.page.html import Content, Html, element, paragraph, table


def ranking_table(design: Design, ranking: Ranking | None = None) -> Html:
    """The options that are in, best first, with their value on each axis."""
    shown = ranking or design.ranking
    weights = dict(shown.weights)
    rows: list[tuple[Content, ...]] = [
        (
            design.placement(s.option).option.title,
            str(place),
            element("strong", f"{s.total:.2f}") + bar(s.total),
            *(f"{s.axis_value(a.id):.2f}" for a in axes()),
        )
        for place, s in enumerate(shown.standings, 1)
    ]
    columns = (
        "Option",
        "Place",
        "Total",
        *(f"{a.label} ({percent(weights[a.id])})" for a in axes()),
    )
    return table(columns, rows, "Ranking: values from 0 to 1 on each axis, with its weight")


def bar(share: float) -> Html:
    """A share of the whole as a bar beside its number."""
    return element("span", class_="bar", style=f"--share:{max(0.0, min(1.0, share)):.3f}")


def contributions_table(design: Design) -> Html:
    """What each criterion adds to each option's total."""
    standings = design.ranking.standings
    ids = [s.criterion for s in standings[0].scores] if standings else []
    by_option = [{s.criterion: s.contribution for s in standing.scores} for standing in standings]
    rows = [
        (criterion(id).label, axis(criterion(id).axis).label, *(f"{b[id]:.3f}" for b in by_option))
        for id in ids
    ]
    columns = ("Criterion", "Axis", *(design.placement(s.option).option.title for s in standings))
    return table(columns, rows, "What each criterion adds to the total")


def flips_table(design: Design) -> Html:
    """For each axis, the weight at which another option comes first."""
    rows = (
        (axis(f.axis).label, percent(f.weight), _flip(design, f.below), _flip(design, f.above))
        for f in design.ranking.flips
    )
    columns = ("Axis", "Weight now", "Turns below", "Turns above")
    return table(columns, rows, "How far a weight has to move before the first place changes")


def _flip(design: Design, crossing: tuple[float, str] | None) -> Content:
    if crossing is None or crossing[0] >= 1:
        return "never"
    return f"{percent(crossing[0])}: {design.placement(crossing[1]).option.title}"


def missing_table() -> Html:
    """The criteria that are defined and not counted yet."""
    rows = (
        (c.label, axis(c.axis).label, percent(c.share), c.definition) for c in missing_criteria()
    )
    columns = ("Criterion", "Axis", "Share of its axis", "Definition")
    return table(columns, rows, "Criteria that are missing from this ranking")


def weights_table(design: Design) -> Html:
    """The weights in force, and where they come from."""
    rows = ((axis(id).label, percent(w), axis(id).sentence) for id, w in design.ranking.weights)
    own = bool(design.workload.weights)
    origin = "workload.yaml" if own else f"preset {preset(design.workload.preset).label.lower()}"
    return table(("Axis", "Weight", "What it asks"), rows, f"Weights, from {origin}")


def presets_table(design: Design) -> Html:
    """Which option comes first and second under each named set of weights."""
    rows = []
    for row in presets():
        found = rank_placements(design.mapping, design.placements, dict(row.weights))
        names = [design.placement(s.option).option.title for s in found.standings]
        first, second = (*names, "none", "none")[:2]
        rows.append((row.label, first, second, f"{found.lead:.3f}", row.because))
    columns = ("Weights", "First", "Second", "Lead", "Meant for")
    return table(columns, rows, "The same options, other weights")


def ranking_under(design: Design, weights: Weights) -> Html:
    """The ranking under these weights, with the order of the options in one sentence."""
    ranking = rank_placements(design.mapping, design.placements, weights)
    order = [design.placement(s.option).option.title for s in ranking.standings]
    none = "No option that is compared meets every requirement"
    said = ", then ".join(order) if order else none
    return paragraph(element("strong", said), ".") + ranking_table(design, ranking)
