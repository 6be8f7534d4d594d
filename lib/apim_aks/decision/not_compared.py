"""What the comparison leaves out: options that would need more than is drawn, and whole ways.

An option that misses a requirement which something undrawn would meet is neither ranked nor ruled
out, and the verdict says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.decision.design import Design, Placement
from apim_aks.decision.requirements import NotCompared
from apim_aks.facts.review import neighbours


def beside(design: Design) -> tuple[Placement, ...]:
    """The options that are not ranked because what they miss would be met by what is not drawn."""
    return tuple(p for p in design.placements if p.beside)


def beside_sentence(design: Design) -> str:
    """The options that are not compared, and whether they could change the verdict."""
    found = beside(design)
    if not found:
        return ""
    named = "; ".join(f"{p.option.title} with {means(p.not_compared)}" for p in found)
    ahead = [design.placement(o).option.title for o in design.ranking.ahead]
    if not design.ranking.standings:
        return f"Not compared: {named}."
    if not ahead:
        end = "it does not come first" if len(found) == 1 else "none of them comes first"
        return f"Not compared: {named}. Counted as drawn, without that, {end}."
    would = f"counted as drawn, without that, {' and '.join(ahead)} would be ahead"
    return f"What is not compared could change the verdict: {named}; {would}."


def means(found: Sequence[NotCompared]) -> str:
    """What would meet the requirements that an option misses, and how sure that is."""
    said = dict.fromkeys(n.means + _doubt(n.status) for n in found)
    return " and ".join(said)


def _doubt(status: str) -> str:
    return "" if status == "verified" else f" ({status})"


def standing_word(placement: Placement) -> str:
    """Whether an option is ranked: in, undecided, not compared, or ruled out."""
    return "in" if placement.standing == "met" else placement.standing


def not_compared() -> list[str]:
    """Ways that an architect may miss in the comparison."""
    return [row.label for row in neighbours()]
