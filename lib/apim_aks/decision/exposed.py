"""Additions to the verdict: an over-exposed gateway, ingress controllers near their end."""

from __future__ import annotations

from apim_aks.decision.design import Design
from apim_aks.facts.criterion_ids import GATEWAY_EXPOSURE, MONTHLY_COST
from apim_aks.workload.kubernetes.ending import endings


def of_the_system(design: Design) -> str:
    """How far the chosen gateway is over-exposed, and which controllers of today end when."""
    ending = (
        f"{e.called}: that date applies whichever option is chosen."
        for e in endings(design.workload.documents)
    )
    return " ".join(filter(None, (exposed_sentence(design), *ending)))


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
    named = "" if own else f"{first.option.title}: "
    ways = f"; less exposed: {named}{first.choices.words}" if least < found.low else ""
    return f"Under {chosen.option.title} {' and '.join(found.counted)}{ways}."
