"""The combinations of choices that an option has, beside the one that stands for it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import money
from apim_aks.decision.priced import a_month
from apim_aks.facts import requirement_row
from apim_aks.facts.choices import ChoiceRow, choice_value, usual_entry
from apim_aks.facts.criterion_ids import (
    AROUND_THE_GATEWAY,
    MONTHLY_COST,
    UNAUTHENTICATED_HOPS,
)
from apim_aks.options.choices import promised, refusals
from apim_aks.page.html import Content, Html, element, folded, mark, paragraph, source, table
from apim_aks.page.tables.article_tables import uncertain
from apim_aks.topology import Kind


def entry_said(design: Design, placement: Placement) -> Html:
    """Who gets to one ingress without certificates, and what no ingress at all would be (V5)."""
    topology = placement.topology
    entries = [c for c in topology.of_kind(Kind.INGRESS) if not topology.asks_certificate(c.id)]
    if not entries:
        return Html("")
    around = placement.measure(AROUND_THE_GATEWAY)
    bare = placement.measure(UNAUTHENTICATED_HOPS)
    said = (
        f"{entries[0].label} asks for no certificate: whoever reaches its address reaches every "
        f"Service behind it. Who does without the gateway is level {around.text} of the bypass "
        f"exposure, read back from the files; {bare.text} of {len(design.mapping.operations)} "
        "operations carry no token that a Service checks. "
    )
    return paragraph(said, *_without_ingress(design, placement))


def _without_ingress(design: Design, placement: Placement) -> tuple[Content, ...]:
    wanted = replace(placement.choices, entry="per-service")
    found = [v for v in design.combinations(placement.option.id) if v.choices == wanted]
    if not found:
        return ()
    pin = f"placements: {{{placement.option.id}: {{entry: per-service}}}}"
    usual = usual_entry(len(design.mapping.published))
    return (
        "The ingress may be unnecessary, as the article says: with an address for each Service "
        f"the price is {_difference(found[0], placement)}, and ",
        element("code", pin),
        f" asks for it. From {usual.from_services} published Services on one ingress is the usual "
        f"entry here (judgement of {usual.checked_on}).",
    )


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
        Column(a_month(design), lambda v: v.measure(MONTHLY_COST).text),
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
