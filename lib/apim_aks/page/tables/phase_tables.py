"""The phases as a checklist: what each does, how far it is, and where a person decides."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.columns import Column
from apim_aks.cutover.checklist import PhaseLine, Standing, checklist, hourly, state_there
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.priced import cost_of
from apim_aks.deployment import Project
from apim_aks.page.html import Html, code, joined, mark, paragraph, table
from apim_aks.remote.azure import AzureClient

_KIND = {Standing.DONE: "pass", Standing.BEGUN: "warn", Standing.NEXT: "warn"}
_SIGN = {Standing.DONE: "✓", Standing.BEGUN: "…", Standing.NEXT: "→"}


def phases(
    client: AzureClient | None, design: Design, placement: Placement, project: Project
) -> Html:
    """The checklist of an option, by the record in Azure where somebody asked, and its price."""
    found = checklist(project, state_there(client, project, ""))
    return phases_table(found, hourly(cost_of(design, placement)))


def phases_table(found: Iterable[PhaseLine], price: str) -> Html:
    """One row a phase, then the price."""
    listed = table(
        "The phases",
        found,
        Column("Phase", lambda p: p.row.title),
        Column("State", lambda p: mark(_KIND.get(p.standing, "none"), _sign(p), p.standing.value)),
        Column("Command", lambda p: code(p.row.command)),
        Column("Does", lambda p: p.row.does),
        Column("A person", lambda p: p.row.decides),
        Column("After a lost kernel", lambda p: p.row.goes_on),
        Column("Takes", lambda p: p.row.lasts),
    )
    return joined((listed, paragraph(price)))


def _sign(line: PhaseLine) -> str:
    return _SIGN.get(line.standing, "·")
