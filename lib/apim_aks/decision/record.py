"""The decision record: which option, because of what, and what would change it (MADR form)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from apim_aks.decision.as_json import fact_dates
from apim_aks.decision.changes import effects, ways_back
from apim_aks.decision.consequences import consequences, named
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.going_live import cut_over, recovery, sizing
from apim_aks.decision.measures import measured_criteria, money, number
from apim_aks.decision.next_steps import Urgency, next_steps
from apim_aks.decision.not_compared import not_compared
from apim_aks.decision.outcome import (
    NO_REMOVAL,
    NO_WEIGHT,
    answer,
    effect_sentence,
    flip_sentences,
    inside,
    not_compared_sentence,
    percent,
    robustness_of,
    robustness_sentence,
    ruled_out_sentence,
    undecided_sentence,
    way_back_sentence,
)
from apim_aks.decision.priced import currency, price_basis
from apim_aks.decision.prose import escaped, marked, table
from apim_aks.decision.review import review_dates, review_sentence
from apim_aks.decision.stated import judged_at, not_stated
from apim_aks.decision.threats import answered
from apim_aks.facts import axis, requirement_row
from apim_aks.facts.criterion_ids import MONTHLY_COST, PUBLIC_ENDPOINTS
from apim_aks.facts.reach_assumptions import reach_assumptions
from apim_aks.listing import counted, listed
from apim_aks.rounding import rounded
from apim_aks.topology.check import Check, State
from apim_aks.workload.model import Requirements

_ALL_MET = "every option meets the requirements that are set"

_BUDGET = "monthly_budget"

MOST = 6
"""Steps of one urgency that the record lists: it is read on three pages."""

Section = tuple[str, list[str]]
"""A heading of the record and the lines under it."""


def decision_record(design: Design, checks: Sequence[Check]) -> str:
    """The decision as Markdown: question, drivers, options, outcome, consequences, confirmation."""
    title = (
        f"# {escaped(design.workload.title)}: placement of API Management in front of the cluster\n"
    )
    decided = escaped(design.workload.decision.words)
    status = f"accepted {decided}".strip() if design.recorded else "proposed"
    state = f"Status: {status}. {marked(review_sentence(design))}\n"
    bodies = (
        f"## {head}\n\n" + "\n".join(lines) + "\n" for head, lines in sections(design, checks)
    )
    return "\n".join([title, state, *bodies])


def sections(design: Design, checks: Sequence[Check]) -> tuple[Section, ...]:
    """The record under its headings, each line Markdown."""
    return (
        ("Context", _context(design)),
        ("Requirements", _requirements(design)),
        ("Outcome", [marked(answer(design))]),
        ("Placements", _placements(design)),
        ("Consequences", consequences(design)),
        ("Risks and open proofs", _risks(design, checks)),
        ("Threats", _threats(design, checks)),
        ("Sizing, recovery and cut-over", _going_live(design)),
        ("What would change it", _changes(design)),
        ("Assumptions and dates", _assumptions(design)),
    )


def _context(design: Design) -> list[str]:
    mapping, workload = design.mapping, design.workload
    callers = " and ".join(c.place for c in workload.consumers)
    one = len(mapping.published) == 1
    weights = listed([f"{inside(axis(id).label)} {percent(w)}" for id, w in design.ranking.weights])
    return [
        f"How {'does' if one else 'do'} {counted(len(mapping.published), 'Service')} of "
        f"{escaped(workload.title)}, published as {counted(len(mapping.apis), 'API')} with "
        f"{counted(len(mapping.operations), 'operation')}, reach consumers "
        f"{callers} through API Management? Weights: {weights}. {len(measured_criteria())} "
        f"criteria are counted on each option, {escaped(judged_at(design))}.",
        "",
        f"Not considered: {'; '.join(not_compared())}.",
    ]


def _requirements(design: Design) -> list[str]:
    """What was stated, what it says, and who asks for it."""
    workload = design.workload
    values = {f.name: getattr(workload.requirements, f.name) for f in fields(Requirements)}
    values |= {"consumers": tuple(c.place for c in workload.consumers)}
    values |= {"region": workload.azure.region}
    places = ("consumers", "region") if workload.region_stated else ("consumers",)
    named = dict.fromkeys((*places, *workload.named_requirements))
    asked = [id for id in named if values[id] not in (False, None, ())]
    not_asked = [inside(requirement_row(id).label) for id in named if id not in asked]
    said = f"Stated as not required: {listed(not_asked)}." if not_asked else ""
    rest = " ".join(filter(None, (escaped(said), not_stated(design))))
    rows = [*(_required(design, id, values[id]) for id in asked), *_load(design)]
    return [*table(("Requirement", "Stated", "Owner"), rows), *(["", rest] if rest else [])]


def _required(design: Design, id: str, value: object) -> tuple[str, str, str]:
    said = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if id == _BUDGET and isinstance(value, int | float):
        said = f"{currency()} {money(value)} a month"
    owner = dict(design.workload.owners).get(id, "not named")
    stated = "yes" if value is True else said
    return escaped(requirement_row(id).label), escaped(stated), escaped(owner)


def _load(design: Design) -> Iterator[tuple[str, str, str]]:
    """The load, which sizes every option; nobody is named as its owner in workload.yaml."""
    if load := design.workload.traffic.requests_per_second:
        yield "Load", f"{number(load)} requests a second at the peak", "not named"


def _placements(design: Design) -> list[str]:
    places = {s.option: n for n, s in enumerate(design.ranking.standings, 1)}
    ordered = sorted(design.placements, key=lambda p: places.get(p.option.id, len(places) + 1))
    heads = ("Place", "Placement", "Of 100", f"{currency()} a month", "Public endpoints")
    return [
        *table(heads, (_placed(design, p, places.get(p.option.id, 0)) for p in ordered)),
        "",
        marked(price_basis(design)),
        "",
        *_ruled_out(design),
        *_beside(design),
    ]


def _placed(design: Design, placement: Placement, place: int) -> tuple[str, ...]:
    tier = placement.tier.name + (" (pinned)" if placement.pinned else "")
    name = ", ".join(filter(None, (tier, placement.choices.words)))
    total = number(rounded(100 * design.ranking.standings[place - 1].total, 1)) if place else "–"
    return (
        str(place) if place else placement.standing,
        f"{named(placement)}: {escaped(name)}",
        total,
        placement.measure(MONTHLY_COST).text,
        placement.measure(PUBLIC_ENDPOINTS).text,
    )


def _ruled_out(design: Design) -> list[str]:
    out = [
        f"- {marked(ruled_out_sentence(design, r))}. `{r.option}` by `{r.requirement}`, source: "
        f"{escaped(r.source)}"
        for r in design.ranking.ruled_out
    ]
    back = [f"- To relax: {marked(way_back_sentence(design, w))}" for w in ways_back(design)]
    open_ = [
        f"- {marked(undecided_sentence(design, u))}."
        for p in design.placements
        for u in p.undecided
    ]
    met = "no requirement rules one out" if design.ranking.not_compared else _ALL_MET
    return [*out, *back, *open_] or [f"Ruled out: none; {met}."]


def _beside(design: Design) -> list[str]:
    """What would meet requirements and is drawn nowhere: it is neither ranked nor ruled out."""
    return [
        f"- {marked(not_compared_sentence(design, n))}. `{n.option}` by `{n.requirement}`, "
        f"source: {escaped(n.source)}, {n.checked_on}"
        for n in design.ranking.not_compared
    ]


def _risks(design: Design, checks: Sequence[Check]) -> list[str]:
    steps = next_steps(design, checks)
    lines = []
    for urgency in Urgency:
        found = [s.sentence for s in steps if s.urgency is urgency]
        lines += [f"**{urgency.label}.**{'' if found else ' Nothing.'}", ""]
        more = [f"{len(found) - MOST} more are on the first page of the report."]
        shown = [*found[:MOST], *(more if len(found) > MOST else ())]
        lines += [*(f"- {marked(s)}" for s in shown), ""] if found else []
    return [*lines, _proved(design, checks)]


def _proved(design: Design, checks: Sequence[Check]) -> str:
    """How the checks of what is chosen ended; which they are stands beside each threat."""
    option = design.chosen.option.id if design.chosen else ""
    own = [c for c in checks if c.option == option]
    ended = [f"{sum(c.state is s for c in own)} {s.label}" for s in State]
    if not own:
        return "**Checks.** Nothing to confirm."
    return f"**Checks of `{option}`.** {listed(ended)}. All of them are in checks.json."


def _threats(design: Design, checks: Sequence[Check]) -> list[str]:
    if design.chosen is None:
        return ["No threat is judged, as no option is chosen."]
    word = {State.PASS: "closed", State.FAIL: "fails", State.NOT_RUN: "open"}
    rows = [
        (a.boundary, a.threat, f"{word[a.state]}; {a.words}")
        for a in answered(design.chosen, checks)
    ]
    return table(("Trust boundary", "Threat", "Answer"), rows)


def _going_live(design: Design) -> list[str]:
    chosen = design.chosen
    if chosen is None:
        return ["Nothing is sized, as no option is chosen."]
    said = (*sizing(design, chosen), *recovery(design, chosen), *cut_over(chosen))
    return [f"- {sentence}" for sentence in said]


def _changes(design: Design) -> list[str]:
    moves = [line for flip in design.ranking.flips for line in flip_sentences(design, flip)]
    turning = [e for e in effects(design) if e.winner != design.ranking.winner and e.change.relaxes]
    shares = robustness_sentence(design, robustness_of(design))
    parts = (
        ("Weights", moves, NO_WEIGHT),
        ("Requirements removed", [effect_sentence(design, e) for e in turning], NO_REMOVAL),
    )
    lines = [f"- **{title}.** {_told(found, none)}" for title, found, none in parts]
    return [*lines, f"- **Robustness.** {marked(shares)}"] if shares else lines


def _told(found: Sequence[str], none: str) -> str:
    return f"{marked('; '.join(found))}." if found else none


def _assumptions(design: Design) -> list[str]:
    """What the proofs rest on, and how old the facts are."""
    rests = reach_assumptions()
    days = " and ".join(sorted(set(fact_dates().values())))
    ends = "; ".join(f"{day}: {what}" for day, what in review_dates(design)) or "none known"
    return [
        f"The proofs rest on this: {'; '.join(f'**{a.id}** {marked(a.words)}' for a in rests)}.",
        "",
        f"Facts were checked on {days} or later. Ends of what this rests on: {escaped(ends)}.",
    ]
