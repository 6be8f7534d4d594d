"""The page of a portfolio: every workload on every option, and what only shows together."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from apim_aks.decision.measures import money, number
from apim_aks.listing import counted
from apim_aks.page.document import document
from apim_aks.page.html import (
    Content,
    Html,
    cell,
    definitions,
    element,
    folded,
    framed,
    items,
    joined,
    mark,
    paragraph,
    row_head,
)
from apim_aks.page.tables.portfolio_tables import (
    claimed_table,
    crossings_table,
    limits_table,
    portfolio_words,
    sharing_table,
)
from apim_aks.portfolio.assessment import Assessment, Placed
from apim_aks.portfolio.risk import NOTHING, ORDER, gravest, why
from apim_aks.portfolio.running import Row
from apim_aks.portfolio.together import Portfolio, Totals

LISTED = 400
"""Workloads in the table: 1.5 MB of page. The files have all of them."""

EXPLAINED = 100
"""Workloads whose verdict stands on the page too: those that are looked at first."""

_STANDINGS = {
    "met": ("pass", "✓", "in"),
    "undecided": ("none", "?", "undecided"),
    "not compared": ("none", "–", "not compared"),
    "ruled out": ("fail", "✗", "out"),
}


@cache
def _script() -> str:
    return Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def portfolio_page(whole: Portfolio) -> str:
    """index.html of a portfolio, whole and self-contained."""
    title = f"Portfolio of {counted(len(whole.rows), 'workload')}"
    body = joined(
        (
            element("h1", title),
            _lead(whole),
            _section("totals", "Totals", _totals(whole)),
            _section("workloads", "Workloads by risk", _workloads(whole)),
            _section("limits", "Limits of one API Management for all", limits_table(whole)),
            _section("gateways", "One gateway for all, or one for each", sharing_table(whole)),
            _section("collisions", "Collisions", claimed_table(whole)),
            _section("calls", "Calls between workloads", crossings_table(whole)),
            _section("words", "How to read this page", portfolio_words()),
        )
    )
    return document(title, f'<div class="workbook">{body.text}</div>', sheet="portfolio.css")


def _section(id: str, title: str, body: Html) -> Html:
    return element("section", element("h2", title, id=id), body, aria_labelledby=id)


def _link(file: str) -> Html:
    return element("a", file, href=file)


def _lead(whole: Portfolio) -> Html:
    said = (
        "Each workload was assessed by itself, as the command design does it. The same stands in "
    )
    files = paragraph(said, _link("portfolio.csv"), " and ", _link("portfolio.json"), ".")
    lost = whole.totals.workloads - whole.totals.assessed
    if not lost:
        return files
    said = f" of {whole.totals.workloads:,}: in no count below, with the reason in the row."
    return files + paragraph(mark("fail", "✗", f"{counted(lost, 'workload')} not assessed"), said)


def _totals(whole: Portfolio) -> Html:
    totals, named = whole.totals, whole.currency
    return definitions(
        (
            ("Workloads", f"{totals.assessed:,} assessed of {totals.workloads:,}"),
            ("With an option", f"{totals.placed:,}"),
            ("Services", f"{totals.services:,}, of which {totals.published:,} published"),
            ("APIs", f"{totals.apis:,} with {counted(totals.operations, 'operation')}"),
            ("Public endpoints", totals.public_endpoints.text(number)),
            ("Monthly cost", f"{named} {totals.monthly_cost.text(money)}, a gateway for each"),
            ("Failed checks", f"{totals.failed_checks:,}"),
            ("Input left out", counted(totals.left_out, "part")),
            ("Stated load", _load(totals)),
        )
    )


def _load(totals: Totals) -> str:
    told = f"{totals.load:,.0f} requests a second"
    return f"{told}; {counted(totals.without_load, 'workload')} without any"


def _workloads(whole: Portfolio) -> Html:
    heads = ("Workload", *(title for _, title in whole.options))
    rows = (_row(row, whole, at < EXPLAINED) for at, row in enumerate(whole.rows[:LISTED]))
    caption = f"Workloads and options, the gravest first; cost in {whole.currency} a month"
    matrix = framed(heads, rows, caption, kind="lead matrix")
    more = len(whole.rows) - LISTED
    rest = f"{counted(more, 'workload')} of the least risk stand only in " if more > 0 else ""
    script = Html(f"<script>\n{_script()}</script>")
    told = element("p", "", role="status", data_told="yes")
    return element(
        "div",
        _form(whole),
        told,
        matrix,
        paragraph(rest, _link("portfolio.csv"), ".") if rest else Html(""),
        script,
        data_portfolio="yes",
    )


def _form(whole: Portfolio) -> Html:
    present = {gravest(r.found) for r in whole.rows}
    risks = [(kind, kind) for kind in (*ORDER, NOTHING) if kind in present]
    field = Html('<input name="query" type="search" autocomplete="off">')
    return element(
        "form",
        element("label", "Search workloads", field),
        _choice("risk", "Gravest finding", risks),
        _choice("option", "Chosen option", whole.options),
        element("button", "Show all", type="reset"),
        class_="choose",
        hidden="hidden",
        role="search",
    )


def _choice(name: str, label: str, values: Sequence[tuple[str, str]]) -> Html:
    options = (element("option", words, value=value) for value, words in values)
    first = Html('<option value="">any</option>')
    return element("label", label, element("select", first, *options, name=name))


def _row(row: Row, whole: Portfolio, explained: bool) -> Html:
    found = row.found
    head = row_head(_head(row, explained))
    if found.placements:
        cells = joined(_option(found, id, title) for id, title in whole.options)
    else:
        width = str(max(1, len(whole.options)))
        cells = cell(element("span", found.sentence), "Result", colspan=width)
    risk, chosen = html.escape(gravest(found)), html.escape(found.chosen)
    return Html(
        f'<tr role="row" data-risk="{risk}" data-chosen="{chosen}">{head.text}{cells.text}</tr>'
    )


def _head(row: Row, explained: bool) -> Html:
    found = row.found
    named = element("small", found.title) if found.title not in ("", row.label) else Html("")
    said = element("span", row.label) + named + element("small", why(found))
    more = tuple(_more(found)) if explained else ()
    return said + (folded("Details", joined(more)) if more else Html(""))


def _more(found: Assessment) -> Iterator[Html]:
    """What an architect asks next of a workload."""
    if found.verdict:
        yield paragraph(found.verdict)
    placed = found.placed
    for words, values in (
        ("Failed checks", placed.failed if placed else ()),
        ("Left out of the input", found.left_out),
        ("Not known", found.unknown),
    ):
        if values:
            yield paragraph(f"{words}:") + items(values)


def _option(found: Assessment, option: str, title: str) -> Html:
    placed = found.of(option)
    if placed is None:
        return cell(mark("none", "–", "not compared"), title)
    kind, sign, words = _STANDINGS[placed.standing]
    if option == found.chosen:
        words = "recorded" if option == found.decided else "first"
    score = f" {placed.score:.3f}" if placed.score is not None else ""
    state = mark(kind, sign, words)
    lines = (element("small", line) for line in _lines(placed))
    return cell(element("span", state, score) + joined(lines), title)


def _lines(placed: Placed) -> Iterator[Content]:
    yield placed.tier
    yield placed.cost.text(money).replace(" ", "\N{NO-BREAK SPACE}")
    yield f"{placed.public_endpoints.text(number)} public"
    count = len(placed.failed)
    yield mark("fail", "✗", f"{count} failed") if count else f"{placed.not_run} not run"
