"""What `decide` and `prices` print: verdict, ranking, what would change it, as text and as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from apim_aks.cli.console import paragraph, side_by_side, table
from apim_aks.columns import Column
from apim_aks.decision.as_json import SCHEMA_VERSION, plain, ranking_data
from apim_aks.decision.changes import effects, ways_back
from apim_aks.decision.design import Design
from apim_aks.decision.measures import number
from apim_aks.decision.next_steps import NO_REQUIREMENT_STATED, unasked
from apim_aks.decision.outcome import (
    effect_sentence,
    flip_sentences,
    hinge_sentence,
    not_compared_sentence,
    not_known,
    outcome,
    percent,
    robustness_of,
    robustness_sentence,
    ruled_out_sentence,
    undecided_sentence,
    way_back_sentence,
)
from apim_aks.decision.priced import currency, price_basis
from apim_aks.decision.ranking import Robustness, Standing
from apim_aks.decision.requirements import NotCompared, Undecided
from apim_aks.facts import PriceRow, axis
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.rounding import rounded


def decision_data(design: Design) -> dict[str, Any]:
    """The verdict, the ranking, who is out, what would change it, and how robust it is."""
    shares = robustness_of(design)
    return {
        "schema_version": SCHEMA_VERSION,
        "outcome": outcome(design),
        "decided": design.workload.decided or None,
        **ranking_data(design),
        "undecided": plain(_open(design)),
        "undecided_on": list(design.ranking.undecided_on),
        "tied_with": list(design.ranking.tied_with),
        "hinges": plain(design.ranking.hinges),
        "requirement_changes": [
            {
                "requirement": e.change.requirement,
                "change": e.change.words,
                "relaxes": e.change.relaxes,
                "winner": e.winner or None,
                "back": list(e.back),
                "out": list(e.out),
                "not_compared": list(e.beside),
                "tiers": dict(e.tiers),
            }
            for e in effects(design)
        ],
        "ways_back": [
            {
                "requirements": [c.requirement for c in way.changes],
                "changes": [c.sentence for c in way.changes],
                "options": list(way.options),
            }
            for way in ways_back(design)
        ],
        "robustness": _shares(shares),
        "prices": price_basis(design),
    }


def _shares(found: Robustness) -> dict[str, Any]:
    return {
        "draws": found.draws,
        "standard_error": plain(found.error),
        "all_weightings": plain(dict(found.anywhere)),
        "within_half": plain(dict(found.nearby)),
    }


def left_out(design: Design) -> list[str]:
    """Why options have no rank, or one that may not hold, and unusual choices.

    The requirement that rules each out, what was not drawn, and of which nobody can tell.
    """
    ranking = design.ranking
    return [
        *(f"{ruled_out_sentence(design, out)}." for out in ranking.ruled_out),
        *(f"{not_compared_sentence(design, found)}." for found in ranking.not_compared),
        *(f"{undecided_sentence(design, found)}." for found in _open(design)),
        *_unusual(design),
    ]


def _unusual(design: Design) -> list[str]:
    """The options that do not stand with their usual combination of choices."""
    return [
        f"{p.option.title} is drawn with: {p.choices.words}."
        for p in design.placements
        if p.choices != design.combinations(p.option.id)[0].choices
    ]


def decision_text(design: Design) -> str:
    """The verdict and the ranking first, then who is out and what would change it."""
    ranking = design.ranking
    moves = [line for flip in ranking.flips for line in flip_sentences(design, flip)]
    turning = (e for e in effects(design) if e.winner != ranking.winner)
    turned = [effect_sentence(design, e) for e in turning]
    parts = [
        _list("Outcome", [outcome(design)]),
        _ranking(design) if ranking.standings else "",
        paragraph(price_basis(design)),
        _list(NO_REQUIREMENT_STATED, unasked(design)),
        _list("Ruled out", [ruled_out_sentence(design, r) for r in ranking.ruled_out]),
        _list("Undecided", [undecided_sentence(design, u) for u in _open(design)]),
        _list("Not compared", [not_compared_text(design, n) for n in ranking.not_compared]),
        _list("Requirements to relax", [way_back_sentence(design, w) for w in ways_back(design)]),
        _list("Weights that would change it", moves),
        _list("Requirements that would change it", [] if unasked(design) else turned),
        _list("Judgements and unknowns", [hinge_sentence(design, h) for h in ranking.hinges]),
        _robustness(design),
    ]
    return "\n\n".join(part for part in parts if part)


def _open(design: Design) -> tuple[Undecided, ...]:
    return tuple(u for p in design.placements for u in p.undecided)


def not_compared_text(design: Design, found: NotCompared) -> str:
    """What is not compared, with its source."""
    return f"{not_compared_sentence(design, found)}. Source: {found.source}, {found.checked_on}"


def _list(head: str, lines: Sequence[str]) -> str:
    return table(lines, Column(head, str)) if lines else ""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A line of the ranking: an option, or under all of them the weights."""

    option: str
    by_axis: Mapping[str, str]
    tier: str = ""
    cost: str = ""
    total: str = ""
    dominated: str = ""


def _ranking(design: Design) -> str:
    ranking = design.ranking
    weights = {id: number(rounded(100 * w, 1)) for id, w in ranking.weights}
    ranked = [_ranked(design, place, s) for place, s in enumerate(ranking.standings, 1)]
    dominated: Column[_Ranked, str] = Column("Dominated", lambda line: line.dominated)
    return side_by_side(
        [*ranked, _Ranked("weight, %", weights)],
        Column("Option", lambda line: line.option),
        Column("Tier", lambda line: line.tier),
        Column(f"{currency()}\na month", lambda line: line.cost),
        Column("Of 100", lambda line: line.total),
        *(Column(axis(id).label.replace(" ", "\n"), partial(_on_axis, id)) for id in weights),
        *([dominated] if any(s.dominated_by for s in ranking.standings) else []),
    )


def _ranked(design: Design, place: int, standing: Standing) -> _Ranked:
    placement = design.placement(standing.option)
    return _Ranked(
        f"{place}. {standing.option}",
        {id: number(round(100 * standing.axis_value(id))) for id, _ in design.ranking.weights},
        placement.tier.name,
        placement.measure(MONTHLY_COST).text,
        number(rounded(100 * standing.total, 1)),
        _dominated(design, standing),
    )


def _dominated(design: Design, standing: Standing) -> str:
    """By the place of the option that is as good in everything: its name would be too long."""
    places = {s.option: place for place, s in enumerate(design.ranking.standings, 1)}
    if standing.dominated_by:
        return f"by {places[standing.dominated_by]}."
    return "not known" if not_known(design) else "no"


def _on_axis(id: str, line: _Ranked) -> str:
    return line.by_axis[id]


def _robustness(design: Design) -> str:
    found = robustness_of(design)
    if not found.nearby:
        return ""
    anywhere = dict(found.anywhere)
    shares = table(
        found.nearby,
        Column("First in", lambda share: share[0]),
        Column("Weightings within\nhalf of the stated", lambda share: percent(share[1])),
        Column("All weightings", lambda share: percent(anywhere[share[0]])),
    )
    return f"{_list('Robustness', [robustness_sentence(design, found)])}\n\n{shares}"


def prices_data(rows: Sequence[PriceRow]) -> dict[str, Any]:
    """The snapshot of prices."""
    return {"schema_version": SCHEMA_VERSION, "prices": plain(rows)}


def prices_text(rows: Sequence[PriceRow]) -> str:
    """The snapshot of prices as a table."""
    return table(
        rows,
        Column("Id", lambda row: row.id),
        Column("List price", _list_price),
        Column("For", lambda row: row.unit),
        Column("Region", lambda row: row.region),
        Column("Status", lambda row: row.status),
        Column("Checked on", lambda row: row.checked_on),
        Column("Meter", lambda row: row.meter or "name not known"),
    )


def _list_price(row: PriceRow) -> str:
    return f"{row.price:g} {row.currency}" if row.price is not None else "not priced"
