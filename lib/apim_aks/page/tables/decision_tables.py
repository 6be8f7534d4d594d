"""Tables of what rules options out, what would change the outcome, and what costs are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.columns import Column
from apim_aks.costs import CostLine
from apim_aks.decision.changes import Effect, effects, ways_back
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import amount
from apim_aks.decision.not_compared import beside, means
from apim_aks.decision.outcome import NO_JUDGEMENT, inside, not_known, title, way_back_sentence
from apim_aks.decision.priced import at_prices, cost_of, currency, price_basis
from apim_aks.decision.requirements import NotCompared, RuledOut, Undecided
from apim_aks.facts import criterion, requirement_row
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.listing import listed
from apim_aks.page.html import (
    Content,
    Heading,
    Html,
    element,
    items,
    mark,
    paragraph,
    source,
    table,
)

_NOBODY = mark("fail", "✗", "no option")


@dataclass(frozen=True, slots=True)
class _Standing:
    """An option with one requirement that decides where it stands."""

    option: str
    standing: Html
    requirement: str
    why: str = "–"
    source: Content = "–"


def ruled_out_table(design: Design) -> Html:
    """Every option: in, or out by which requirement, with which fact from where."""
    standings = table(
        "Options against the requirements",
        (row for p in design.placements for row in _standings(p)),
        Column("Option", lambda row: row.option),
        Column("Standing", lambda row: row.standing),
        Column("Requirement", lambda row: row.requirement),
        Column("Why", lambda row: row.why),
        Column("Source", lambda row: row.source),
    )
    return standings + ways_back_list(design)


def _standings(placement: Placement) -> Iterator[_Standing]:
    """What is not compared has a row even beside a reason that rules it out: both are true."""
    name = placement.option.title
    if placement.within and not placement.undecided:
        yield _Standing(name, mark("pass", "✓", "in"), "all met")
    for out in placement.ruled_out:
        no = mark("fail", "✗", "out")
        yield _Standing(name, no, _asked(out), _sentence(out), source(out.source))
    for lacking in placement.not_compared:
        said = f"{_sentence(lacking)} It would be met by {means((lacking,))}."
        dated = source(lacking.source) + element("small", f" {lacking.checked_on}")
        yield _Standing(name, mark("warn", "?", "not compared"), _asked(lacking), said, dated)
    for open_ in placement.undecided if placement.within else ():
        yield _Standing(name, mark("warn", "?", "in, undecided"), _asked(open_), _sentence(open_))


def _asked(found: RuledOut | NotCompared | Undecided) -> str:
    return requirement_row(found.requirement).label


def _sentence(found: RuledOut | NotCompared | Undecided) -> str:
    return f"{found.reason[:1].upper()}{found.reason[1:]}."


def ways_back_list(design: Design) -> Html:
    """If no option is left: the requirements to relax, alone or in pairs."""
    if design.ranking.standings:
        return Html("")
    found = [f"{way_back_sentence(design, w)}." for w in ways_back(design)]
    none = "No single requirement and no pair of them, relaxed, would bring an option back."
    left = "No option that is compared is left." if beside(design) else "No option is left."
    said = f"{left} What would bring one back:" if found else none
    return paragraph(element("strong", said)) + (items(found) if found else Html(""))


def requirement_changes_table(design: Design) -> Html:
    """The effect of removing or adding each requirement on the ranking."""
    rows: list[Effect | Heading] = []
    found = effects(design)
    for relaxes, heading in (
        (True, "Required today, removed"),
        (False, "Not required today, added"),
    ):
        group = [e for e in found if e.change.relaxes is relaxes]
        rows += [Heading(heading), *group] if group else []

    def titles(options: Iterable[str]) -> str:
        return ", ".join(title(design, o) for o in options) or "–"

    return table(
        "Requirements removed or added",
        rows,
        Column("Requirement", lambda e: requirement_row(e.change.requirement).label),
        Column("Change", lambda e: e.change.words),
        Column("New first place", lambda e: _first(design, e)),
        Column("Back in", lambda e: titles(e.back)),
        Column("Out", lambda e: titles(e.out)),
        Column("Not compared", lambda e: titles(e.beside)),
        Column("Other tier", lambda e: _tiers(design, e)),
    )


def _first(design: Design, effect: Effect) -> Content:
    if not effect.winner:
        return mark("warn", "?", "none compared") if effect.beside else _NOBODY
    if effect.winner == design.ranking.winner:
        return element("span", "stays", class_="state none")
    return element("strong", title(design, effect.winner))


def _tiers(design: Design, effect: Effect) -> str:
    return ", ".join(f"{title(design, o)} to {t}" for o, t in effect.tiers) or "–"


def hinges_table(design: Design) -> Html:
    """The judgements and unknowns of which a single one changes the winner."""
    if not design.ranking.hinges:
        return paragraph(NO_JUDGEMENT)
    return table(
        "What the verdict depends on",
        design.ranking.hinges,
        Column("Number", lambda h: criterion(h.criterion).label),
        Column("Of", lambda h: title(design, h.option)),
        Column("Kind", lambda h: "judgement, one step" if h.judgement else "unknown, other end"),
        Column("Found", lambda h: h.found),
        Column("Moved to", lambda h: amount(h.criterion, h.value)),
        Column("New first place", lambda h: title(design, h.winner)),
    )


def dominated_list(design: Design) -> Html:
    """Options that another one equals or beats in every criterion."""
    found = [s for s in design.ranking.standings if s.dominated_by]
    if not found:
        lacking = [inside(criterion(id).label) for id in not_known(design)]
        if lacking:
            return paragraph(
                f"None is called dominated: not known everywhere is {listed(lacking)}."
            )
        return paragraph("No option is dominated: none is beaten everywhere by another.")
    said = "at least as good in every criterion and better in one"
    return items(
        f"{title(design, s.option)} is dominated by {title(design, s.dominated_by)}, {said}."
        for s in found
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the cost as it is shown: without a price there is nothing but why."""

    what: str
    because: Content
    monthly: Content = "not priced"
    quantity: str = ""
    each: str = ""
    source: Content = ""


def cost_table(design: Design) -> Html:
    """Every priced or judged part of the cost, option by option, with what is equal in all."""
    parts = table(
        "What the monthly cost is made of",
        (row for p in design.placements for row in _cost_rows(design, p)),
        Column("Part", lambda part: part.what),
        Column("How many", lambda part: part.quantity),
        Column("Price of one", lambda part: part.each),
        Column("A month", lambda part: part.monthly),
        Column("Because", lambda part: part.because),
        Column("Source", lambda part: part.source),
    )
    same = items(cost_of(design, design.placements[0]).equal)
    basis = paragraph(price_basis(design))
    return basis + parts + paragraph("Equal in every option and left out:") + same


def _cost_rows(design: Design, placement: Placement) -> Iterator[_Part | Heading]:
    found = cost_of(design, placement)
    paid = placement.measure(MONTHLY_COST).text
    yield Heading(at_prices(design, f"{placement.option.title}: {currency()} {paid}"))
    yield from map(_part, found.lines)
    listed = {line.what for line in found.lines}
    for part in found.not_priced:
        if part not in found.bounded and part.what not in listed:
            yield _Part(inside(part.head), part.why)


def _part(line: CostLine) -> _Part:
    where = f"{line.meter or 'meter not known'}, {line.region}, {line.checked_on}"
    return _Part(
        what=line.what,
        because=element("span", line.because) + element("small", line.bound),
        monthly=_monthly(line),
        quantity=f"{line.quantity:g}",
        each="–" if line.unit_price is None else f"{line.unit_price:g} for {line.unit}",
        source=source(line.source) + element("small", where),
    )


def _monthly(line: CostLine) -> Content:
    if line.monthly is not None:
        return f"{line.monthly:,.2f}" + (f" or {line.at_most:,.2f}" if line.at_most else "")
    if line.at_most is None:
        return "open, not priced"
    judged = element("em", "judgement", class_="status")
    return element("span", f"at most {line.at_most:,.2f} ") + judged
