"""The comparison as data frames, for architects who sort, filter and plot."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from apim_aks.columns import Column
from apim_aks.decision.design import Design
from apim_aks.decision.measures import amount
from apim_aks.decision.not_compared import standing_word
from apim_aks.decision.priced import unit_of
from apim_aks.facts import criterion
from apim_aks.page.html import Html, table


def comparison_frame(design: Design) -> pd.DataFrame:
    """One row for each option: tier, whether it is in, its total, and every measure's low end.

    `proved` is false where the input may open what no measure counts: the low ends are no proof.
    """
    totals = {s.option: s.total for s in design.ranking.standings}
    rows = {
        p.option.id: {
            "tier": p.tier.name,
            "in": p.within,
            "standing": standing_word(p),
            "total": totals.get(p.option.id),
            "proved": not any(m.unproved for m in p.measures),
            **{m.id: m.low if m.scored else None for m in p.measures},
        }
        for p in design.placements
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("option")


def measures_frame(design: Design) -> pd.DataFrame:
    """One row for each option and measure, with axis, unit and both ends."""
    return pd.DataFrame(
        [
            {
                "option": p.option.id,
                "measure": m.id,
                "axis": criterion(m.id).axis,
                "low": m.low,
                "high": m.high,
                "unit": unit_of(criterion(m.id)),
            }
            for p in design.placements
            for m in p.measures
        ]
    )


def services_frame(design: Design) -> pd.DataFrame:
    """One row for each Service: namespace, type, role, whether it is published."""
    decided = {d.service: d for d in design.mapping.decisions}
    return pd.DataFrame(
        [
            {
                "service": s.id,
                "namespace": s.namespace,
                "type": s.type.value,
                "role": decided[s.id].role.value,
                "public": s.public,
                "published": decided[s.id].publish,
                "operations": len(s.operations),
            }
            for s in design.workload.services
        ]
    ).set_index("service")


def frame_table(frame: pd.DataFrame, caption: str) -> Html:
    """A data frame as one of our tables: escaped, with scoped heads and no random ids."""
    flat = frame.reset_index() if frame.index.name else frame
    columns = (Column(str(c), partial(_words, str(c), at)) for at, c in enumerate(flat.columns))
    return table(caption, flat.itertuples(index=False, name=None), *columns)


def _words(head: str, at: int, row: tuple[Any, ...]) -> str:
    cell: object = row[at]
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return "–" if pd.isna(cell) else amount(head, cell)
    return str(cell)
