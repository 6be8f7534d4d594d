"""The comparison of the options for a terminal, and the same as data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from apim_aks.cli.console import paragraph, side_by_side
from apim_aks.columns import Column
from apim_aks.decision.as_json import SCHEMA_VERSION, placement_data
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.priced import label_of, price_basis
from apim_aks.facts import criterion
from apim_aks.facts.criterion_ids import CriterionId


def comparison_data(design: Design) -> dict[str, Any]:
    """Each option's tier, measures and what rules it out."""
    placements = [placement_data(p) for p in design.placements]
    return {"schema_version": SCHEMA_VERSION, "placements": placements}


def comparison_text(design: Design) -> str:
    """One row for each measure, one column for each option, and whose prices they are."""
    places = {s.option: f"{n}." for n, s in enumerate(design.ranking.standings, 1)}
    rows: list[Line] = [
        ("Rank", lambda p: _rank(p, places.get(p.option.id, ""))),
        ("Tier", lambda p: p.tier.name),
        *(_measured(design, m.id) for m in design.placements[0].measures),
    ]
    compared = side_by_side(
        rows,
        Column("", lambda line: line[0]),
        *(Column(p.option.id.replace("-", "\n"), partial(_of, p)) for p in design.placements),
    )
    return f"{compared}\n\n{paragraph(price_basis(design))}"


Line = tuple[str, Callable[[Placement], str]]
"""A label, and the function that gives the value of one option."""


def _of(placement: Placement, line: Line) -> str:
    return line[1](placement)


def _measured(design: Design, id: CriterionId) -> Line:
    """A criterion with its scale where it has one."""
    scale = f" ({criterion(id).out_of.strip()})" if criterion(id).out_of else ""
    return label_of(design, id) + scale, lambda p: p.measure(id).text


def _rank(placement: Placement, place: str) -> str:
    place = place or ("not compared" if placement.beside else "out")
    return f"{place} (?)" if placement.within and placement.undecided else place
