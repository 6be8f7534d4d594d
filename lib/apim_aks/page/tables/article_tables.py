"""What the article of 2019 says, what holds today, and what nobody has answered."""

from __future__ import annotations

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
from apim_aks.page.html import Content, Html, element, folded, mark, paragraph, source, table
from apim_aks.page.tables.workload_tables import counted

VERIFIED = "verified"


def claims_table(*ids: str) -> Html:
    """Claims of the article in our words, what holds today where that differs, and since when."""
    rows = (_claim_row(claim(id)) for id in ids)
    columns = ("Claim", "The article, 2019", "Today", "Since", "Source")
    return table(columns, rows, "What the article claims, and what holds today")


def _claim_row(row: Claim) -> tuple[Content, ...]:
    aged = mark("warn", "!", "aged") + Html(" ") + element("span", row.today)
    still = mark("pass", "✓", "holds")
    return (
        row.id,
        row.statement,
        aged if row.today else still,
        row.since or "–",
        source(row.source),
    )


def corrections_table(notebook: str) -> Html:
    """What the text of 2019 says or implies, against what holds now, for one notebook."""
    rows = (
        (
            f"{c.number}. {c.then}",
            uncertain(c.today, c.status),
            c.since,
            ", ".join(c.claims),
            source(c.source),
        )
        for c in corrections()
        if notebook in c.notebooks
    )
    columns = ("The article, 2019", "Today", "Since", "Claims", "Source")
    return table(columns, rows, "Corrections to the article")


def uncertain(text: str, status: str) -> Content:
    """The text, with how sure its source is unless it is first-hand."""
    if status == VERIFIED:
        return text
    return element("span", text + " ") + element("em", f"[{status}]", class_="status")


def concerns_matrix(design: Design) -> Html:
    """Published Services against the six concerns: who would have to do what, without a gateway."""
    rows: list[tuple[Content, ...]] = [
        (id, *(_alone(design, id, c) for c in concerns())) for id in design.mapping.published
    ]
    columns = ("Published Service", *(c.label for c in concerns()))
    return (
        table(columns, rows, "Without a gateway: each Service, each concern")
        + _concern_count(design)
        + _at_gateway()
    )


def _alone(design: Design, id: str, concern: Concern) -> Html:
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
    rows = (
        (
            c.label,
            c.alone,
            element("span", c.policy, class_="policy"),
            c.at_gateway,
            c.caveat,
        )
        for c in concerns()
    )
    columns = ("Concern", "Each Service alone", "Policy", "Once, at the gateway", "Know this")
    return table(columns, rows, "With a gateway: each concern once")


def lifecycle_table() -> Html:
    """What API Management does for an API besides passing calls on, and the tiers that have it."""
    rows = (
        (
            row.label,
            row.what,
            row.tiers,
            uncertain(row.today or "–", row.status),
            source(row.source),
        )
        for row in api_lifecycle()
    )
    columns = ("Part", "What it does", "Tiers", "Today", "Source")
    return table(columns, rows, "Through the life of an API")


def retirements_table() -> Html:
    """What ends or has ended, and what to do instead."""
    rows = (
        (row.what, row.ends_on, uncertain(row.instead, row.status), source(row.source))
        for row in retirements()
    )
    return table(("What", "Ends", "Instead", "Source"), rows, "What ends when")


def open_questions_table(*ids: str) -> Html:
    """What the sources leave open or disagree on, and how this workbook treats it."""
    rows = (
        (row.question, mark("warn", "?", row.status), row.treated_as, source(row.source))
        for row in open_questions()
        if not ids or row.id in ids
    )
    columns = ("Question", "State", "Treated here", "Source")
    return table(columns, rows, "Open questions")


def folded_open_questions() -> Html:
    """All open questions, folded."""
    rows = open_questions()
    return folded(f"{counted(len(rows), 'open question')} of the sources", open_questions_table())
