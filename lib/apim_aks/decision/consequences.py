"""What is chosen against its nearest rival, by the measures alone."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import Measure
from apim_aks.decision.outcome import inside, nearest_rival
from apim_aks.decision.prose import escaped
from apim_aks.facts import criterion
from apim_aks.facts.criterion_ids import CriterionId
from apim_aks.listing import listed


def named(placement: Placement) -> str:
    """The option by its title and its id."""
    return f"{escaped(placement.option.title)} (`{placement.option.id}`)"


def consequences(design: Design) -> list[str]:
    """What is better and what is worse than with the nearest rival, by the measures alone."""
    chosen = design.chosen
    if chosen is None:
        return ["None, as no option is chosen."]
    rival = _rival(design, chosen)
    if rival is None:
        shown = [f"{_measured(m.id)} {m.text}" for m in chosen.measures if m.scored]
        return [f"Nothing is left to compare with. Counted: {escaped('; '.join(shown))}."]
    better = [m for m in chosen.measures if _side(m, rival) > 0]
    worse = [m for m in chosen.measures if _side(m, rival) < 0]
    known = {m.id for m in (*better, *worse)}
    same = [_measured(m.id) for m in chosen.measures if m.id not in known and m.scored]
    alike = escaped(listed(same, len(same))) if same else "nothing"
    return [
        f"{named(chosen)} against {named(rival)}, its nearest rival:",
        "",
        f"- Better: {_against(better, rival)}.",
        f"- Worse: {_against(worse, rival)}.",
        f"- The same, or not told apart: {alike}.",
    ]


def _rival(design: Design, chosen: Placement) -> Placement | None:
    standings = design.ranking.standings
    if len(standings) < 2:
        return None
    first, rival = standings[0].option, nearest_rival(design.ranking).option
    return design.placement(rival if first == chosen.option.id else first)


def _side(measure: Measure, rival: Placement) -> int:
    """1 where it is better than the rival's, whatever the open ends are; -1 worse; else 0."""
    other = rival.measure(measure.id)
    sign = 1 if criterion(measure.id).direction == "higher" else -1
    if measure.low > other.high:
        return sign
    return -sign if measure.high < other.low else 0


def _measured(id: CriterionId) -> str:
    return inside(criterion(id).label)


def _against(found: Sequence[Measure], rival: Placement) -> str:
    said = [f"{_measured(m.id)} {m.text} against {rival.measure(m.id).text}" for m in found]
    return escaped("; ".join(said)) or "nothing"
