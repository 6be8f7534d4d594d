"""Every option in every counted criterion, and what rules an option out."""

from __future__ import annotations

from dataclasses import fields

from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import measured_criteria
from apim_aks.decision.not_compared import means
from apim_aks.decision.outcome import percent
from apim_aks.facts import Criterion, axes, axis, criteria, criterion, requirement_rows
from apim_aks.page.html import Content, Html, element, folded, joined, mark, some, source, table
from apim_aks.page.tables.gains import costs, gains
from apim_aks.workload.model import Requirements


def requirements_table(design: Design) -> Html:
    """Each requirement as a question, what this workload answers, and whom it rules out."""
    asked = {f.name: getattr(design.workload.requirements, f.name) for f in fields(Requirements)}
    asked["consumers"] = tuple(c.place for c in design.workload.consumers)
    rows: list[tuple[Content, ...]] = []
    for row in requirement_rows():
        out = [p for p in design.placements if any(r.requirement == row.id for r in p.ruled_out)]
        open_ = [p for p in design.placements if _lacks(p, row.id)]
        titles = ", ".join(p.option.title for p in out) or "no option"
        unsure = [
            p.option.title
            for p in design.placements
            if any(u.requirement == row.id for u in p.undecided)
        ]
        titles += f"; undecided for {', '.join(unsure)}" if unsure else ""
        beside = ", ".join(p.option.title for p in open_) or "–"
        rows.append((row.label, row.question, _answer(asked[row.id]), titles, beside))
    columns = ("Requirement", "Question", "Asked here", "Rules out", "Not compared")
    return table(columns, rows, "Hard requirements")


def _lacks(placement: Placement, requirement: str) -> bool:
    """It misses this requirement as drawn, and something that is not drawn would meet it."""
    return any(n.requirement == requirement for n in placement.not_compared)


def _answer(value: object) -> str:
    if value in (False, None, ()):
        return "not asked"
    if value is True:
        return "yes"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def measures_table(design: Design) -> Html:
    """Every option in every counted criterion; those ruled out stay, with the reason."""
    columns = ("Criterion", *(p.option.title for p in design.placements))
    rows: list[tuple[Content, ...]] = [
        ("Tier", *(p.tier.name for p in design.placements)),
        ("Requirements", *(_standing_cell(p) for p in design.placements)),
        ("Total", *(_total(design, p) for p in design.placements)),
    ]
    for a in axes():
        counted = [c for c in criteria() if c.axis == a.id and c in measured_criteria()]
        rows += [(a.label,)] if counted else []
        rows += [_measured(design, c) for c in counted]
    return table(columns, rows, "The options, counted on this workload")


def _measured(design: Design, row: Criterion) -> tuple[Content, ...]:
    label = element("span", row.label + " ") + element("small", row.unit)
    return label, *(p.measure(row.id).text for p in design.placements)


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
    counted = ((p.option.title, p.measure(row.id)) for p in design.placements)
    rows = ((title, found.text, some(found.counted)) for title, found in counted)
    return table(("Option", row.unit, "Counted"), rows, row.label)


def criteria_table() -> Html:
    """Every criterion: axis, share, fixed scale and why it is so."""
    rows = (
        (
            c.label,
            axis(c.axis).label,
            percent(c.share),
            f"{c.worst} to {c.best:g} {c.unit}, {c.shape}",
            c.definition,
            c.because,
            "judgement" if c.judgement else "counted" if c.available == "yes" else "not yet",
        )
        for c in criteria()
    )
    columns = ("Criterion", "Axis", "Share", "Worst to best", "Definition", "Scale because", "How")
    return table(columns, rows, "Criteria and their fixed scales")


def options_claims(design: Design) -> Html:
    """Every option with its counted gains and costs, folded one by one."""
    return joined(
        folded(p.option.title, gains(design, p) + costs(design, p)) for p in design.placements
    )
