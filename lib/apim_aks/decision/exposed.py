"""Additions to the verdict: Services newly reached, an exposed gateway, controllers that end."""

from __future__ import annotations

from apim_aks.apis.mapping.newly_reached import newly_reached_sentence
from apim_aks.decision.design import Design, Placement
from apim_aks.facts.criterion_ids import GATEWAY_EXPOSURE, MONTHLY_COST
from apim_aks.listing import listed
from apim_aks.workload.kubernetes.ending import endings


def of_the_system(design: Design) -> str:
    """Who is newly reached, a gateway that is over-exposed, and which controllers end when."""
    ending = (
        f"{e.called}: that date applies whichever option is chosen."
        for e in endings(design.workload.documents)
    )
    return " ".join(filter(None, (reached_sentence(design), exposed_sentence(design), *ending)))


def reached_sentence(design: Design) -> str:
    """Who becomes reachable from the internet; empty without an option that could do that."""
    if design.chosen is None:
        return ""
    return newly_reached_sentence(design.workload, design.mapping.published)


def exposed_sentence(design: Design) -> str:
    """How far the chosen gateway is more exposed than necessary; empty if it is not.

    A private gateway or a firewall before it is another combination, which a requirement draws.
    """
    chosen = design.chosen
    found = chosen.measure(GATEWAY_EXPOSURE) if chosen else None
    if chosen is None or found is None or not found.low:
        return ""
    least = min(v.measure(GATEWAY_EXPOSURE).low for v in design.variants if v.within)
    better = [v for v in design.variants if v.within and v.measure(GATEWAY_EXPOSURE).low == least]
    own = [v for v in better if v.option.id == chosen.option.id]
    first = min(own or better, key=lambda v: v.measure(MONTHLY_COST).low)
    ways = f"; less exposed is {_combined(first, bool(own))}" if least < found.low else ""
    return f"Under {chosen.option.title} {' and '.join(found.counted)}{ways}."


def _combined(placement: Placement, own: bool) -> str:
    """The choices as one thing; with the title, where they are those of another option."""
    labels = listed(placement.choices.labels) if placement.choices.labels else ""
    if not own:
        return f"{placement.option.title} with {labels}" if labels else placement.option.title
    several = len(placement.choices.labels) > 1
    return f"the combination of {labels}" if several else labels
