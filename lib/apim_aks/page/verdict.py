"""The outcome in one sentence with its reason, and what stands behind it."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.decision import Flip, Ranking, Standing
from apim_aks.design import Design, Placement
from apim_aks.facts import axis, criterion
from apim_aks.measures import missing_criteria
from apim_aks.options import OPTIONS
from apim_aks.page.comparison import ruled_out_table
from apim_aks.page.html import Html, element, folded, items, paragraph
from apim_aks.page.workload_tables import counted

NOT_COMPARED = {
    "v2-injection": "Premium v2 injected into the network",
    "self-hosted-gateway": "the self-hosted gateway inside the cluster",
    "edge": "an edge (Application Gateway or Front Door) before the gateway",
}
"""What an architect may miss in the comparison, unless an option of that id is there."""


CLOSE = 0.02
"""A lead below this share of the whole scale is called narrow."""


def verdict(design: Design) -> Html:
    """The outcome in one sentence with its reason, and how firm it is."""
    said = element("strong", verdict_sentence(design))
    return element("p", said, " ", firmness(design), class_="verdict")


def verdict_sentence(design: Design) -> str:
    """Which option, on which tier, because of what."""
    chosen, ranking = design.chosen, design.ranking
    if chosen is None:
        count = len(design.placements)
        return f"No option stays: each of the {count} compared misses a requirement."
    name = f"{chosen.option.title} ({chosen.tier.name})"
    if design.workload.decided:
        return f"{name} is the recorded decision, {_agreement(design, chosen)}."
    if len(ranking.standings) == 1:
        return f"{name} comes first because it is the only option that meets every requirement."
    return f"{name} comes first because {_reason(design, ranking)}."


def _agreement(design: Design, chosen: Placement) -> str:
    if chosen.ruled_out:
        return f"but it no longer holds, because {chosen.ruled_out[0].reason}"
    if design.ranking.winner == chosen.option.id:
        return "and it still comes first"
    first = design.placement(design.ranking.winner)
    return f"although {first.option.title} now comes first"


def _reason(design: Design, ranking: Ranking) -> str:
    """The two criteria that put the first most ahead of the second, with both numbers."""
    first, second = ranking.standings[:2]
    theirs = {s.criterion: s.contribution for s in second.scores}
    ahead = sorted(first.scores, key=lambda s: theirs[s.criterion] - s.contribution)
    best = [s.criterion for s in ahead if s.contribution > theirs[s.criterion]][:2]
    runner = design.placement(second.option).option.title
    sides = [f"({_text(design, first, id)} against {_text(design, second, id)}" for id in best]
    ends = [f" in {runner}, the second)", ")"]
    parts = [
        f"{inside(criterion(id).label)} {side}{end}"
        for id, side, end in zip(best, sides, ends, strict=False)
    ]
    return f"of {' and '.join(parts)}" if parts else f"it is listed before {runner}, its equal"


def inside(label: str) -> str:
    """A label inside a sentence: a small first letter, abbreviations as they are."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _text(design: Design, standing: Standing, criterion: str) -> str:
    return design.placement(standing.option).measure(criterion).text


def firmness(design: Design) -> str:
    """How far ahead the first is, and the nearest change of a weight that turns it."""
    ranking = design.ranking
    if len(ranking.standings) < 2:
        return ""
    size = "narrow" if ranking.lead < CLOSE else "clear"
    said = f"The lead is {size}, {ranking.lead:.2f} on a scale of 0 to 1."
    nearest = _nearest(ranking.flips)
    if nearest is None:
        return f"{said} No change of one weight alone turns it."
    id, now, then, option = nearest
    label, side = inside(axis(id).label), "less" if then < now else "more"
    title = design.placement(option).option.title
    turned = f"{title} would come first if {label} weighed {side} than {then:.1%}"
    return f"{said} {turned} (now {now:.0%})."


def _nearest(flips: Sequence[Flip]) -> tuple[str, float, float, str] | None:
    found = [
        (f.axis, f.weight, crossing[0], crossing[1])
        for f in flips
        for crossing in (f.below, f.above)
        if crossing and crossing[0] < 1
    ]
    return min(found, key=lambda c: abs(c[2] - c[1]), default=None)


def compared(design: Design) -> Html:
    """What was compared and what was not: tiers, criteria, options."""
    return items(
        (
            f"{counted(len(design.placements), 'option')}, {_judged_at(design)}.",
            f"Not compared: {'; '.join(_left_out())}.",
            f"Not counted yet: {_missing()}.",
            *_notes(design),
        )
    )


def _notes(design: Design) -> list[str]:
    """What numbers leave out, said once for each measure."""
    notes = {m.id: m.note for p in design.placements for m in p.measures if m.note}
    return [f"{criterion(id).label}: {note.rstrip('.')}." for id, note in notes.items()]


def _judged_at(design: Design) -> str:
    pinned = [f"{p.option.title} to {p.tier.name}" for p in design.placements if p.pinned]
    cheapest = "each at the cheapest tier that meets it and the requirements and has an SLA"
    return f"{cheapest}; pinned by the architect: {', '.join(pinned)}" if pinned else cheapest


def _left_out() -> list[str]:
    known = {o.id for o in OPTIONS}
    return [words for id, words in NOT_COMPARED.items() if id not in known] or ["nothing"]


def _missing() -> str:
    labels = [inside(c.label) for c in missing_criteria()]
    return ", ".join(labels) if labels else "nothing; every criterion has a measure"


def decision(design: Design) -> Html:
    """The decision in the shape of a record: question, drivers, outcome, consequences, proof."""
    chosen = design.chosen
    if chosen is None:
        return verdict(design) + ruled_out_table(design)
    promises = [e.id for e in chosen.topology.expectations]
    return element(
        "section",
        element("h3", "Outcome"),
        verdict(design),
        element("h3", "Confirmation"),
        paragraph(
            f"{counted(len(promises), 'check')} of notebook 07 prove that the built thing obeys."
        ),
        folded("Their ids", items(promises)),
    )
