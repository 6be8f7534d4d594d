"""The claims of the 2019 article, what holds today, and open questions."""

from __future__ import annotations

from functools import partial

from apim_aks.columns import Column
from apim_aks.decision.design import Design
from apim_aks.facts import (
    Claim,
    Concern,
    api_lifecycle,
    claim,
    concerns,
    corrections,
    open_questions,
    retirements,
)
from apim_aks.facts.review import neighbours
from apim_aks.listing import counted
from apim_aks.page.html import (
    Content,
    Html,
    element,
    folded,
    joined,
    mark,
    paragraph,
    source,
    table,
)

VERIFIED = "verified"


def claims_table(*ids: str) -> Html:
    """Claims of the article in our words, what holds today where that differs, and since when."""
    return table(
        "What the article claims, and what holds today",
        map(claim, ids),
        Column("Claim", lambda row: row.id),
        Column("The article, 2019", lambda row: row.statement),
        Column("Today", _today),
        Column("Since", lambda row: row.since or "–"),
        Column("Source", lambda row: source(row.source)),
    )


def _today(row: Claim) -> Html:
    if not row.today:
        return mark("pass", "✓", "holds")
    return mark("warn", "!", "aged") + Html(" ") + element("span", row.today)


def corrections_table(notebook: str) -> Html:
    """What the text of 2019 says or implies, against what holds now, for one notebook."""
    return table(
        "Corrections to the article",
        (c for c in corrections() if notebook in c.notebooks),
        Column("The article, 2019", lambda c: f"{c.number}. {c.then}"),
        Column("Today", lambda c: uncertain(c.today, c.status)),
        Column("Since", lambda c: c.since),
        Column("Claims", lambda c: ", ".join(c.claims)),
        Column("Source", lambda c: source(c.source)),
    )


def uncertain(text: str, status: str) -> Content:
    """The text, with how sure its source is unless it is first-hand."""
    if status == VERIFIED:
        return text
    return element("span", text + " ") + element("em", f"[{status}]", class_="status")


def concerns_matrix(design: Design) -> Html:
    """Published Services against the six concerns: who would have to do what, without a gateway."""
    alone = table(
        "Without a gateway: each Service, each concern",
        design.mapping.published,
        Column("Published Service", str),
        *(Column(c.label, partial(_alone, design, c)) for c in concerns()),
    )
    return alone + _concern_count(design) + _at_gateway()


def _alone(design: Design, concern: Concern, id: str) -> Html:
    service = design.workload.service(id)
    if concern.id == "authentication" and service.validates:
        return mark("pass", "✓", "does it today")
    return mark("none", "○", "its own")


def _concern_count(design: Design) -> Html:
    services, kinds = len(design.mapping.published), len(concerns())
    done = sum(1 for id in design.mapping.published if design.workload.service(id).validates)
    return paragraph(
        element("strong", f"{services * kinds} places without a gateway, {kinds} with one."),
        f" {counted(services, 'Service')} times {kinds} concerns, for consumers inside and outside "
        f"alike; {done} of these places are known to be filled today (token validation), the "
        "manifests do not show the others.",
    )


def _at_gateway() -> Html:
    return table(
        "With a gateway: each concern once",
        concerns(),
        Column("Concern", lambda c: c.label),
        Column("Each Service alone", lambda c: c.alone),
        Column("Policy", lambda c: element("span", c.policy, class_="policy")),
        Column("Once, at the gateway", lambda c: c.at_gateway),
        Column("Know this", lambda c: c.caveat),
    )


def lifecycle_table() -> Html:
    """What API Management does for an API besides passing calls on, and the tiers that have it."""
    return table(
        "Through the life of an API",
        api_lifecycle(),
        Column("Part", lambda row: row.label),
        Column("What it does", lambda row: row.what),
        Column("Tiers", lambda row: row.tiers),
        Column("Today", lambda row: uncertain(row.today or "–", row.status)),
        Column("Source", lambda row: source(row.source)),
    )


def retirements_table() -> Html:
    """What ends or has ended, and what to do instead."""
    return table(
        "What ends when",
        retirements(),
        Column("What", lambda row: row.what),
        Column("Ends", lambda row: row.ends_on),
        Column("Instead", lambda row: uncertain(row.instead, row.status)),
        Column("Source", lambda row: source(row.source)),
    )


def neighbours_list() -> Html:
    """What stands close to the options, a paragraph each: when to pick it, why it is not drawn."""
    return joined(
        paragraph(
            element("strong", f"{row.label}. "),
            f"{row.choose} ",
            element("em", "Why it is not drawn: "),
            uncertain(row.undrawn, row.status),
            " ",
            source(row.source),
            f" ({row.checked_on})",
        )
        for row in neighbours()
    )


def open_questions_table(*ids: str) -> Html:
    """What the sources leave open or disagree on, and how this workbook treats it."""
    return table(
        "Open questions",
        (row for row in open_questions() if not ids or row.id in ids),
        Column("Question", lambda row: row.question),
        Column("State", lambda row: mark("warn", "?", row.status)),
        Column("Treated here", lambda row: row.treated_as),
        Column("Source", lambda row: source(row.source)),
    )


def folded_open_questions() -> Html:
    """All open questions, folded."""
    rows = open_questions()
    return folded(f"{counted(len(rows), 'open question')} of the sources", open_questions_table())
