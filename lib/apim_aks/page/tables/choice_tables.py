"""The combinations of choices that an option has, beside the one that stands for it."""

from __future__ import annotations

from functools import partial

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import money
from apim_aks.facts import requirement_row
from apim_aks.facts.choices import ChoiceRow, choice_value
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.options.choices import promised, refusals
from apim_aks.page.html import Content, Html, element, folded, mark, source, table
from apim_aks.page.tables.article_tables import uncertain


def choices_table(design: Design, placement: Placement) -> Html:
    """Every combination of the option: its price beside the one that stands, what it meets."""
    variants = design.combinations(placement.option.id)
    if len(variants) < 2:
        return Html("")
    found = table(
        f"What else can be chosen: {placement.option.title}",
        variants,
        Column("", lambda v: mark("pass", "✓", "stands here") if v == placement else ""),
        *(Column(label, partial(_value, choice)) for choice, label in _CHOICES),
        Column("Tier", lambda v: v.tier.name),
        Column("USD a month", lambda v: v.measure(MONTHLY_COST).text),
        Column("Against the one that stands", lambda v: _difference(v, placement)),
        Column("Public endpoints", lambda v: sum(c.public for c in v.topology.components)),
        Column("Meets by itself", lambda v: _met(v)),
        Column("Here", lambda v: v.standing),
    )
    return found + _refused(placement)


_CHOICES = (("edge", "Edge"), ("inbound", "Consumers come in by"), ("entry", "Entry"))


def _value(choice: str, variant: Placement) -> str:
    return choice_value(choice, variant.choices.value(choice)).label


def _difference(variant: Placement, standing: Placement) -> str:
    """By the known ends of the two prices."""
    more = variant.measure(MONTHLY_COST).low - standing.measure(MONTHLY_COST).low
    if abs(more) < 0.005:
        return "the same"
    return f"{'+' if more > 0 else '−'} {money(abs(more))}"


def _met(variant: Placement) -> str:
    words = promised(variant.option.id, variant.choices)
    return ", ".join(_promise(word) for word in words) or "nothing"


def _promise(word: str) -> str:
    return "callers on the internet" if word == "internet" else requirement_row(word).label.lower()


def _refused(placement: Placement) -> Html:
    """What cannot be, or is not drawn, with the reason and its source."""
    rows = refusals(placement.option.id)
    return folded(
        f"What cannot be combined, and what is not drawn ({len(rows)})",
        table(
            f"Combinations left out: {placement.option.title}",
            rows,
            *(Column(label, partial(_values, choice)) for choice, label in _CHOICES),
            Column("Why not", _why),
            Column("Source", lambda row: source(row.source)),
        ),
    )


def _values(choice: str, row: ChoiceRow) -> str:
    lists = {"edge": row.edges, "inbound": row.inbounds, "entry": row.entries}
    return ", ".join(choice_value(choice, id).label for id in lists[choice])


def _why(row: ChoiceRow) -> Content:
    undrawn = "Not drawn here. " if row.standing == "undrawn" else ""
    return element("span", undrawn, uncertain(row.because, row.status))
