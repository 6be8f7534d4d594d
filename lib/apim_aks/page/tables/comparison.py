"""Every option in every counted criterion, and what rules an option out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import partial

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import measured_criteria, money
from apim_aks.decision.not_compared import means
from apim_aks.decision.outcome import percent, title
from apim_aks.decision.priced import currency, label_of, unit_of
from apim_aks.decision.requirements import NotCompared, RuledOut, Undecided
from apim_aks.facts import Criterion, axes, axis, criteria, criterion, requirement_rows
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.page.html import (
    Content,
    Heading,
    Html,
    element,
    folded,
    joined,
    mark,
    some,
    source,
    table,
)
from apim_aks.page.tables.gains import costs, gains
from apim_aks.workload.model import Requirements

Line = tuple[Content, Callable[[Placement], Content]]
"""A label, and the function that gives the value of one option."""


def requirements_table(design: Design) -> Html:
    """Each requirement as a question, what this workload answers, and whom it rules out."""
    asked = {f.name: getattr(design.workload.requirements, f.name) for f in fields(Requirements)}
    azure = design.workload.azure
    asked["region"] = azure.region
    asked |= {"egress": azure.egress == "firewall"} if azure.egress else {}
    asked["consumers"] = tuple(c.place for c in design.workload.consumers)
    missed = design.ranking.not_compared
    return table(
        "Hard requirements",
        (row for row in requirement_rows() if row.id in asked),
        Column("Requirement", lambda row: row.label),
        Column("Question", lambda row: row.question),
        Column("Stated", lambda row: _answer(asked[row.id])),
        Column("Rules out", lambda row: _rules_out(design, row.id)),
        Column("Not compared", lambda row: _titles(design, missed, row.id) or "–"),
    )


def _rules_out(design: Design, requirement: str) -> str:
    out = _titles(design, design.ranking.ruled_out, requirement) or "no option"
    unsure = _titles(design, (u for p in design.placements for u in p.undecided), requirement)
    return f"{out}; undecided for {unsure}" if unsure else out


def _titles(
    design: Design, found: Iterable[RuledOut | NotCompared | Undecided], requirement: str
) -> str:
    options = dict.fromkeys(f.option for f in found if f.requirement == requirement)
    return ", ".join(title(design, option) for option in options)


def _answer(value: object) -> str:
    if value in (False, None, ()):
        return "not required"
    if value is True:
        return "yes"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def measures_table(design: Design) -> Html:
    """Every option in every counted criterion; those ruled out stay, with the reason."""
    return _compared(
        design,
        ("Tier", lambda p: p.tier.name),
        ("Choices", partial(_choices, design)),
        ("Requirements", _standing_cell),
        ("Total", partial(_total, design)),
    )


def counted_options(design: Design) -> Html:
    """The counted criteria alone, for below cards that say the rest."""
    return _compared(design)


def _compared(design: Design, *first: Line) -> Html:
    rows: list[Line | Heading] = [*first]
    for a in axes():
        counted = [c for c in criteria() if c.axis == a.id and c in measured_criteria()]
        rows += [Heading(a.label)] if counted else []
        rows += [_measured(design, c) for c in counted]
    return table(
        "The options, counted on this workload",
        rows,
        Column("Criterion", lambda line: line[0]),
        *by_option(design.placements),
        lead=True,
    )


def _choices(design: Design, placement: Placement) -> Content:
    """The combination that stands for the option, and a cheaper one that is in too."""
    words = element("span", placement.choices.words or "none to make")
    other = design.cheaper(placement)
    if other is None:
        return words
    least, now = (p.measure(MONTHLY_COST).low for p in (other, placement))
    said = f" Cheapest: {other.choices.words}, {currency()} {money(now - least)} less a month."
    return words + element("small", said)


def by_option(placements: Iterable[Placement]) -> tuple[Column[Line, Content], ...]:
    """A column for each of these options."""
    return tuple(Column(p.option.title, partial(_of, p)) for p in placements)


def _of(placement: Placement, line: Line) -> Content:
    return line[1](placement)


def _measured(design: Design, row: Criterion) -> Line:
    label = element("span", label_of(design, row.id) + " ") + element("small", unit_of(row))
    return label, lambda p: p.measure(row.id).text


def _standing_cell(placement: Placement) -> Content:
    if placement.standing == "undecided":
        open_ = "; ".join(u.reason for u in placement.undecided)
        return mark("warn", "?", "undecided") + Html(" ") + element("small", open_)
    if placement.within:
        return mark("pass", "✓", "met")
    if placement.beside:
        said = f"as drawn: {'; '.join(n.reason for n in placement.not_compared)}. It would need "
        lacking = element("small", said, means(placement.not_compared), ". ")
        return mark("warn", "?", "not compared") + Html(" ") + lacking + _sources(placement)
    reasons = "; ".join(r.reason for r in placement.ruled_out)
    return mark("fail", "✗", "ruled out") + Html(" ") + element("small", reasons)


def _sources(placement: Placement) -> Html:
    named = dict.fromkeys(n.source for n in placement.not_compared)
    return element("small", source("; ".join(named)))


def _total(design: Design, placement: Placement) -> Content:
    for place, standing in enumerate(design.ranking.standings, 1):
        if standing.option == placement.option.id:
            return (
                element("strong", f"{standing.total:.2f}")
                + Html(" ")
                + element("span", f"(place {place})", class_="whole")
            )
    return "not ranked"


def counted_table(design: Design, id: str) -> Html:
    """What one measure counted in each option: the things behind the number."""
    row = criterion(id)
    return table(
        row.label,
        design.placements,
        Column("Option", lambda p: p.option.title),
        Column(unit_of(row), lambda p: p.measure(row.id).text),
        Column("Counted", lambda p: some(p.measure(row.id).counted)),
    )


def criteria_table() -> Html:
    """Every criterion: axis, share, fixed scale and why it is so."""
    return table(
        "Criteria and their fixed scales",
        criteria(),
        Column("Criterion", lambda c: c.label),
        Column("Axis", lambda c: axis(c.axis).label),
        Column("Share", lambda c: percent(c.share)),
        Column("Worst to best", lambda c: f"{c.worst} to {c.best:g} {c.unit}, {c.shape}"),
        Column("Definition", lambda c: c.definition),
        Column("Scale because", lambda c: c.because),
        Column("How", _how),
    )


def _how(row: Criterion) -> str:
    if row.judgement:
        return "judgement"
    return "counted" if row.available == "yes" else "not yet"


def options_claims(design: Design) -> Html:
    """Every option with its counted gains and costs, folded one by one."""
    return joined(
        folded(p.option.title, gains(design, p) + costs(design, p)) for p in design.placements
    )
