"""The decision record: which option, because of what, and what would change it (MADR form)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from apim_aks.decision.as_json import fact_dates
from apim_aks.decision.changes import effects, relaxations, ways_back
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import Measure, amount, measured_criteria, missing_criteria, number
from apim_aks.decision.not_compared import means, not_compared
from apim_aks.decision.outcome import (
    NO_JUDGEMENT,
    NO_REQUIREMENT,
    NO_WEIGHT,
    effect_sentence,
    flip_sentences,
    hinge_sentence,
    inside,
    judged_at,
    not_compared_sentence,
    outcome,
    percent,
    robustness_of,
    robustness_sentence,
    ruled_out_sentence,
    undecided_sentence,
    way_back_sentence,
)
from apim_aks.decision.priced import price_basis
from apim_aks.facts import axis, claim, criterion, requirement_row
from apim_aks.listing import counted
from apim_aks.rounding import rounded
from apim_aks.topology.check import Check

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")

_ALL_MET = "every option meets the requirements that are set"

Section = tuple[str, list[str]]
"""A heading of the record and the lines under it."""


def decision_record(design: Design, checks: Sequence[Check]) -> str:
    """The decision as Markdown: question, drivers, options, outcome, consequences, confirmation."""
    title = f"# {escaped(design.workload.title)}: where API Management stands before the cluster\n"
    state = f"Status: {'accepted' if design.recorded else 'proposed'}\n"
    bodies = (
        f"## {head}\n\n" + "\n".join(lines) + "\n" for head, lines in sections(design, checks)
    )
    return "\n".join([title, state, *bodies])


def sections(design: Design, checks: Sequence[Check]) -> tuple[Section, ...]:
    """The record under its headings, each line Markdown."""
    return (
        ("Question", _question(design)),
        ("Drivers", _drivers(design)),
        ("Options considered", _considered(design)),
        ("Outcome", [escaped(outcome(design))]),
        ("Consequences", _consequences(design)),
        ("Ruled out", _ruled_out(design)),
        ("Not compared", _beside(design)),
        ("Confirmation", _confirmation(design, checks)),
        ("What would change it", _changes(design)),
        ("Dates of the facts", _dates(design)),
    )


def escaped(text: str) -> str:
    """Text of others in one line of Markdown, with nothing in it that Markdown would act on."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _name(placement: Placement) -> str:
    return f"{escaped(placement.option.title)} (`{placement.option.id}`)"


def _question(design: Design) -> list[str]:
    mapping, workload = design.mapping, design.workload
    callers = " and ".join(c.place for c in workload.consumers)
    one = len(mapping.published) == 1
    return [
        f"How {'does' if one else 'do'} {counted(len(mapping.published), 'Service')} of "
        f"{escaped(workload.title)}, published as {counted(len(mapping.apis), 'API')} with "
        f"{counted(len(mapping.operations), 'operation')}, reach consumers "
        f"{callers} through API Management?"
    ]


def _drivers(design: Design) -> list[str]:
    asked = dict.fromkeys(c.requirement for c in relaxations(design.workload))
    labels = [inside(requirement_row(id).label) for id in asked]
    return [
        *(
            f"- {axis(id).label}: weight {percent(weight)}. {axis(id).sentence}"
            for id, weight in design.ranking.weights
        ),
        "",
        f"Must hold, whatever the weights: {', '.join(labels) or 'nothing is asked'}.",
    ]


def _considered(design: Design) -> list[str]:
    totals = {s.option: s.total for s in design.ranking.standings}
    missing = ", ".join(inside(c.label) for c in missing_criteria())
    lines = [f"- {_considered_line(p, totals)}" for p in design.placements]
    if missing:
        lines += ["", f"Not weighed yet: {missing}."]
    return [
        *lines,
        "",
        f"Judged {escaped(judged_at(design))}.",
        "",
        f"Not considered: {'; '.join(not_compared())}.",
    ]


def _considered_line(placement: Placement, totals: dict[str, float]) -> str:
    pinned = ", pinned" if placement.pinned else ""
    head = f"{_name(placement)} on {placement.tier.name}{pinned}"
    if placement.option.id in totals:
        return f"{head}: {number(rounded(100 * totals[placement.option.id], 1))} of 100"
    if placement.beside:
        return f"{head}: not compared; it would need {escaped(means(placement.not_compared))}"
    return f"{head}: ruled out"


def _consequences(design: Design) -> list[str]:
    chosen = design.chosen
    if chosen is None:
        return ["None, as nothing is chosen."]
    good = [m for m in chosen.measures if _side(design, chosen, m) > 0]
    bad = [m for m in chosen.measures if _side(design, chosen, m) < 0]
    return [
        *(f"- Good: {_counted(m)}; {_against(design, m)}" for m in good),
        *(f"- Bad: {_counted(m)}; {_against(design, m)}" for m in bad),
        *(f"- Good: {escaped(claim(id).statement)} ({id})" for id in chosen.option.gains),
        *(f"- Bad: {escaped(claim(id).statement)} ({id})" for id in chosen.option.costs),
    ]


def _side(design: Design, chosen: Placement, measure: Measure) -> int:
    """1 where no option does better and one does worse, -1 the other way round, else 0."""
    sign = 1 if criterion(measure.id).direction == "higher" else -1
    values = [sign * p.measure(measure.id).low for p in design.placements]
    own = sign * measure.low
    if min(values) == max(values) or own not in (min(values), max(values)):
        return 0
    return 1 if own == max(values) else -1


def _counted(measure: Measure) -> str:
    row = criterion(measure.id)
    return f"{row.label}, {measure.text} ({row.unit})"


def _against(design: Design, measure: Measure) -> str:
    lows = [p.measure(measure.id).low for p in design.placements]
    least, most = amount(measure.id, min(lows)), amount(measure.id, max(lows))
    return f"the options lie between {least} and {most}"


def _ruled_out(design: Design) -> list[str]:
    out = [
        f"- {escaped(ruled_out_sentence(design, r))}. `{r.option}` by `{r.requirement}`, source: "
        f"{escaped(r.source)}"
        for r in design.ranking.ruled_out
    ]
    back = [f"- Way back: {escaped(way_back_sentence(design, w))}" for w in ways_back(design)]
    open_ = [
        f"- {escaped(undecided_sentence(design, u))}."
        for p in design.placements
        for u in p.undecided
    ]
    met = "no requirement rules one out" if design.ranking.not_compared else _ALL_MET
    return [*out, *back, *open_] or [f"Nothing: {met}."]


def _beside(design: Design) -> list[str]:
    """What would meet requirements and is drawn nowhere: it is neither ranked nor ruled out."""
    return [
        f"- {escaped(not_compared_sentence(design, n))}. `{n.option}` by `{n.requirement}`, "
        f"source: {escaped(n.source)}, {n.checked_on}"
        for n in design.ranking.not_compared
    ] or ["Nothing: no requirement asks for what this workbook does not draw."]


def _confirmation(design: Design, checks: Iterable[Check]) -> list[str]:
    option = design.chosen.option.id if design.chosen else ""
    own = [c for c in checks if c.option == option]
    return [
        f"- `{c.id}`: {escaped(c.expected)}. {c.state.label.capitalize()}"
        + (f", {escaped(c.reason)}" if c.reason else "")
        for c in own
    ] or ["Nothing to confirm."]


def _changes(design: Design) -> list[str]:
    moves = [line for flip in design.ranking.flips for line in flip_sentences(design, flip)]
    turning = [e for e in effects(design) if e.winner != design.ranking.winner]
    shares = robustness_sentence(design, robustness_of(design))
    parts = (
        ("Weights", moves, NO_WEIGHT),
        ("Requirements", [effect_sentence(design, e) for e in turning], NO_REQUIREMENT),
        (
            "Judgements and unknowns",
            [hinge_sentence(design, h) for h in design.ranking.hinges],
            NO_JUDGEMENT,
        ),
    )
    lines = [line for title, found, none in parts for line in _part(title, found, none)]
    return [*lines, f"**Robustness.** {escaped(shares)}"] if shares else lines


def _part(title: str, found: Sequence[str], none: str) -> Iterator[str]:
    yield from (f"**{title}.**{'' if found else f' {none}'}", "")
    if found:
        yield from (f"- {escaped(line)}" for line in found)
        yield ""


def _dates(design: Design) -> list[str]:
    scored = len(measured_criteria())
    return [
        *(f"- {name}: checked on {day} or later" for name, day in fact_dates().items()),
        f"- prices: {escaped(price_basis(design))}",
        "",
        f"{scored} criteria are counted on the topology of each option.",
    ]
