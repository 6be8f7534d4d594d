"""Tables of what rules options out, what would change the outcome, and what costs are made of."""

from __future__ import annotations

from apim_aks.costs import CostLine
from apim_aks.decision.changes import Effect, effects, ways_back
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import amount
from apim_aks.decision.not_compared import beside, means
from apim_aks.decision.outcome import cost_of, inside, title, way_back_sentence
from apim_aks.decision.requirements import NotCompared, RuledOut, Undecided
from apim_aks.facts import criterion, requirement_row
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.page.html import Content, Html, element, items, mark, paragraph, source, table

_NOBODY = mark("fail", "✗", "no option")


def ruled_out_table(design: Design) -> Html:
    """Every option: in, or out by which requirement, with which fact from where."""
    rows = [row for p in design.placements for row in _standing_rows(p)]
    columns = ("Option", "Standing", "Requirement", "Why", "Source")
    return table(columns, rows, "In or out") + ways_back_list(design)


def _standing_rows(placement: Placement) -> list[tuple[Content, ...]]:
    name = placement.option.title
    if placement.standing == "undecided":
        return [(name, mark("warn", "?", "in, undecided"), *_open(u)) for u in placement.undecided]
    if placement.within:
        return [(name, mark("pass", "✓", "in"), "all met", "–", "–")]
    out = [(name, mark("fail", "✗", "out"), *_reason(r)) for r in placement.ruled_out]
    open_ = mark("warn", "?", "not compared")
    return [*out, *((name, open_, *_lacking(n)) for n in placement.not_compared)]


def _lacking(found: NotCompared) -> tuple[Content, ...]:
    """A row of its own even beside a reason that rules the option out: both are true."""
    said = f"{found.reason[:1].upper()}{found.reason[1:]}. It would be met by {means((found,))}."
    dated = source(found.source) + element("small", f" {found.checked_on}")
    return requirement_row(found.requirement).label, said, dated


def _reason(out: RuledOut) -> tuple[Content, ...]:
    said = f"{out.reason[:1].upper()}{out.reason[1:]}."
    return requirement_row(out.requirement).label, said, source(out.source)


def _open(found: Undecided) -> tuple[Content, ...]:
    said = f"{found.reason[:1].upper()}{found.reason[1:]}."
    return requirement_row(found.requirement).label, said, "–"


def ways_back_list(design: Design) -> Html:
    """Where no option is left: what to relax, alone or in pairs, to have one again."""
    if design.ranking.standings:
        return Html("")
    found = [f"{way_back_sentence(design, w)}." for w in ways_back(design)]
    none = "No single requirement and no pair of them, relaxed, would bring an option back."
    left = "No option that is compared is left." if beside(design) else "No option is left."
    said = f"{left} What would bring one back:" if found else none
    return paragraph(element("strong", said)) + (items(found) if found else Html(""))


def requirement_changes_table(design: Design) -> Html:
    """Each requirement less or more: who would come first, who would be in again or out."""
    rows: list[tuple[Content, ...]] = []
    found = effects(design)
    for relaxes, heading in ((True, "Asked today, taken away"), (False, "Not asked, added")):
        group = [_effect_row(design, e) for e in found if e.change.relaxes is relaxes]
        rows += [(heading,), *group] if group else []
    columns = (
        "Requirement",
        "Change",
        "First then",
        "Back in",
        "Out",
        "Not compared",
        "Other tier",
    )
    return table(columns, rows, "A requirement less or more")


def _effect_row(design: Design, effect: Effect) -> tuple[Content, ...]:
    first: Content = title(design, effect.winner)
    if not effect.winner:
        first = mark("warn", "?", "none compared") if effect.beside else _NOBODY
    elif effect.winner == design.ranking.winner:
        first = element("span", "stays", class_="state none")
    else:
        first = element("strong", first)
    tiers = ", ".join(f"{title(design, o)} to {t}" for o, t in effect.tiers)
    return (
        requirement_row(effect.change.requirement).label,
        effect.change.words,
        first,
        ", ".join(title(design, o) for o in effect.back) or "–",
        ", ".join(title(design, o) for o in effect.out) or "–",
        ", ".join(title(design, o) for o in effect.beside) or "–",
        tiers or "–",
    )


def hinges_table(design: Design) -> Html:
    """The judged numbers and unknown ends that, moved alone, put another option first."""
    rows = (
        (
            criterion(h.criterion).label,
            title(design, h.option),
            "judgement, one step" if h.judgement else "unknown, other end",
            h.found,
            amount(h.criterion, h.value),
            title(design, h.winner),
        )
        for h in design.ranking.hinges
    )
    columns = ("Number", "Of", "Kind", "Found", "Moved to", "First then")
    if not design.ranking.hinges:
        return paragraph("Changing any single judgement or unknown does not change the winner.")
    return table(columns, rows, "What the verdict hangs on")


def dominated_list(design: Design) -> Html:
    """Options that another one equals or beats in every criterion."""
    found = [s for s in design.ranking.standings if s.dominated_by]
    if not found:
        return paragraph("No option is dominated: none is beaten everywhere by another.")
    said = "at least as good in every criterion and better in one"
    return items(
        f"{title(design, s.option)} is dominated by {title(design, s.dominated_by)}, {said}."
        for s in found
    )


def cost_table(design: Design) -> Html:
    """Every priced or judged part of the cost, option by option, with what is equal in all."""
    rows: list[tuple[Content, ...]] = []
    for placement in design.placements:
        found = cost_of(design, placement)
        rows += [(f"{placement.option.title}: {placement.measure(MONTHLY_COST).text}",)]
        rows += [_cost_row(line) for line in found.lines]
        listed = {line.what for line in found.lines}
        rows += [
            (inside(part.head), "", "", "not priced", part.why, "")
            for part in found.not_priced
            if part not in found.bounded and part.what not in listed
        ]
    columns = ("Part", "How many", "Price of one", "A month", "Because", "Source")
    same = paragraph("Equal in every option and left out:") + items(
        cost_of(design, design.placements[0]).equal
    )
    return table(columns, rows, "What the monthly cost is made of") + same


def _cost_row(line: CostLine) -> tuple[Content, ...]:
    each = "–" if line.unit_price is None else f"{line.unit_price:g} for {line.unit}"
    monthly: Content = "open, not priced"
    if line.monthly is not None:
        monthly = f"{line.monthly:,.2f}"
    elif line.at_most is not None:
        judged = element("em", "judgement", class_="status")
        monthly = element("span", f"at most {line.at_most:,.2f} ") + judged
    where = f"{line.meter or 'meter not known'}, {line.region}, {line.checked_on}"
    told = source(line.source) + element("small", where)
    why = element("span", line.because) + element("small", line.bound)
    return line.what, f"{line.quantity:g}", each, monthly, why, told
