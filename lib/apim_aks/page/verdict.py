"""The outcome in one sentence with its reason, and its basis."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.decision.design import Design
from apim_aks.decision.measures import missing_criteria
from apim_aks.decision.not_compared import beside_sentence, not_compared
from apim_aks.decision.outcome import (
    firmness,
    inside,
    share_sentence,
    verdict_sentence,
)
from apim_aks.decision.priced import price_basis
from apim_aks.decision.record import sections
from apim_aks.decision.stated import judged_at
from apim_aks.facts import criterion
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.listing import counted
from apim_aks.page.html import Html, element, items, marked
from apim_aks.page.markdown import markdown
from apim_aks.topology.check import Check


def verdict(design: Design) -> Html:
    """The outcome in one sentence with its reason, what it leaves open, and how firm it is."""
    said = element("strong", verdict_sentence(design))
    rest = " ".join(filter(None, (beside_sentence(design), firmness(design))))
    return element("p", said, " ", rest, class_="verdict")


def whole_verdict(design: Design) -> Html:
    """The verdict as a page opens with it, and where it says what moved weights make of it."""
    said = element("strong", verdict_sentence(design))
    parts = (beside_sentence(design), firmness(design), share_sentence(design))
    rest = " ".join(filter(None, parts))
    moved = element("p", "", data_verdict="yes", class_="moved", role="status", hidden="hidden")
    return element("p", said, " ", rest, class_="verdict") + moved


def compared(design: Design) -> Html:
    """What was compared and what was not: tiers, criteria, options."""
    return items(
        (
            f"{counted(len(design.placements), 'option')}, {judged_at(design)}.",
            f"Not compared: {'; '.join(not_compared())}.",
            f"Not counted yet: {_missing()}.",
            marked(price_basis(design)),
            *_notes(design),
        )
    )


def _notes(design: Design) -> list[str]:
    """What numbers leave out, said once for each measure."""
    notes = {m.id: m.note for p in design.placements for m in p.measures if m.note}
    notes.pop(MONTHLY_COST, None)  # the table of costs says it, part by part
    doubts = {m.id: m.doubt for p in design.placements for m in p.measures if m.doubt}
    said = (*notes.items(), *doubts.items())
    return [f"{criterion(id).label}: {note.rstrip('.')}." for id, note in said]


def _missing() -> str:
    labels = [inside(c.label) for c in missing_criteria()]
    return ", ".join(labels) if labels else "nothing; every criterion has a measure"


def decision(design: Design, checks: Sequence[Check]) -> Html:
    """The decision record as it is written to decision.md: question to dates."""
    parts = (
        element("h3", heading) + Html(markdown("\n".join(lines)))
        for heading, lines in sections(design, checks)
    )
    return element("section", *parts, class_="record")
