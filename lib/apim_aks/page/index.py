"""The page a reviewer starts from: verdict, comparison, pictures, checks, links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apim_aks.decision.design import Design, Placement
from apim_aks.decision.next_steps import Urgency, next_steps
from apim_aks.facts import kubernetes_end
from apim_aks.listing import counted
from apim_aks.page import decision_script, option_page, verdict
from apim_aks.page.cards import cards, picture_id
from apim_aks.page.charts import charts
from apim_aks.page.diagram import Picture, mapping_picture
from apim_aks.page.differences import first_two
from apim_aks.page.document import Link, document, style
from apim_aks.page.html import (
    ROWS,
    Html,
    definitions,
    element,
    folded,
    items,
    joined,
    mark,
    marked,
    paragraph,
)
from apim_aks.page.pictures import picture_links, pictures
from apim_aks.page.search import Entry, search_form
from apim_aks.page.tables import comparison, decision_tables, ranking, workload_tables
from apim_aks.page.tables.check_tables import checks_by_option, checks_summary, checks_table
from apim_aks.testbed.own_checks import of_testbed
from apim_aks.topology.check import Check


def index(
    design: Design,
    checks: Sequence[Check],
    notebooks: Sequence[Link],
    artefacts: Sequence[str],
    refused: Sequence[str] = (),
    entries: Sequence[Entry] = (),
    changed: Html | None = None,
) -> str:
    """index.html, whole; `entries` are what a search finds on the other pages.

    `changed` is what differs from an earlier state, where one was named.
    """
    title = f"{design.workload.title}: API Management in front of AKS"
    body = joined(
        (
            element("h1", title),
            verdict.whole_verdict(design),
            cards(design, notebooks),
            _section("changed", "What changed", changed) if changed else Html(""),
            _section("next", "What to do next", steps_list(design, checks)),
            _section("comparison", "The options compared", _comparison(design)),
            _section("ranking", "Ranking", _ranking(design)),
            _section("change", "What would change it", _changes(design)),
            _section("pictures", "Pictures", _pictures(design)),
            _section("checks", "Checks", _checks(checks)),
            _section("pages", "Chapters", _pages(notebooks)),
            _section("search", "Search", search_form(entries)),
            _section("input", "The input", _input(design)),
            _section("artefacts", "Files of this report", _artefacts(artefacts, refused)),
        )
    )
    return document(title, f'<div class="workbook">{body.text}</div>', home="index.html")


def opening(design: Design, answer: Html | None = None) -> Html:
    """The start of a notebook: short answer, workload and style."""
    first = answer or Html("")
    return style() + first + workload_tables.summary(design) + _refused(design)


def _refused(design: Design) -> Html:
    count = sum(f.refused for f in design.workload.findings)
    if not count:
        return Html("")
    said = f" {counted(count, 'part')} of the input left out; see the findings."
    return paragraph(mark("fail", "✗", "incomplete"), said)


def _section(id: str, title: str, body: Html) -> Html:
    return element("section", element("h2", title, id=id), body, aria_labelledby=id)


def _pages(notebooks: Sequence[Link]) -> Html:
    links = (element("a", title, href=file) for file, title in notebooks)
    return element("ol", *(element("li", link) for link in links), class_="chapters")


def steps_list(design: Design, checks: Sequence[Check]) -> Html:
    """What is left to do, a list for each urgency."""
    steps = next_steps(design, checks)
    parts = (
        element("h3", urgency.label) + items(marked(s.sentence) for s in found)
        for urgency in Urgency
        if (found := [s for s in steps if s.urgency is urgency])
    )
    return element("div", *(element("div", part) for part in parts), class_="steps")


def _comparison(design: Design) -> Html:
    noted = folded("What was compared and what was not", verdict.compared(design), "paper")
    said = workload_tables.counted_workload(design)
    return said + comparison.counted_options(design) + noted


def _ranking(design: Design) -> Html:
    return joined(
        (
            decision_script.movable_ranking(design),
            folded("What each axis adds, as a chart", charts.contributions_chart(design)),
            folded(
                "Options against the requirements", decision_tables.ruled_out_table(design), "paper"
            ),
        )
    )


def _changes(design: Design) -> Html:
    robust = charts.robustness_chart(design) + charts.robustness_table(design)
    exposed = charts.exposure_chart(design) + charts.exposure_table(design)
    return joined(
        (
            charts.flips_chart(design),
            folded("The same as a table", ranking.flips_table(design)),
            decision_tables.hinges_table(design),
            decision_tables.requirement_changes_table(design),
            folded("How far the first place depends on the weights", robust),
            folded("Cost against exposure", exposed),
        )
    )


def _pictures(design: Design) -> Html:
    rows = workload_tables.mapping_rows(design)
    drawn = mapping_picture(rows, f"APIs of {design.workload.title}")
    said = "APIs on the left, the Services that answer them, and the pods behind."
    mapping = folded("Which APIs the Services become", option_page.figure(drawn, said))
    each = joined(_option(p, pictures(design)[p.option.id]) for p in design.placements)
    return each + first_two(design) + mapping


def _option(placement: Placement, drawn: Picture) -> Html:
    title, sentence = placement.option.title, placement.option.sentence
    named = drawn.svg.replace("<svg ", f'<svg id="{picture_id(placement.option.id)}" ', 1)
    parts = (
        paragraph(option_page.standing_mark(placement)),
        option_page.figure(replace(drawn, svg=named), f"{title}. {sentence}", carried=False),
        picture_links(placement),
        option_page.path(drawn),
        option_page.proof_link(placement),
    )
    return folded(title, joined(parts), "paper")


def _checks(checks: Sequence[Check]) -> Html:
    """How those of each option ended; those of the testbed, where it was run, one by one."""
    own = of_testbed(checks)
    tried = folded("Results of the testbed", checks_table(own, "Checks of the testbed"))
    by_option = folded("Option by option", checks_by_option(checks))
    return checks_summary(checks) + by_option + (tried if own else Html(""))


def _input(design: Design) -> Html:
    workload = design.workload
    azure, version = workload.azure, workload.azure.kubernetes_version
    parameters = definitions(
        (
            ("Workload", workload.name),
            ("Environment", azure.environment),
            ("Region", azure.region),
            ("Kubernetes", f"{version}: {kubernetes_end(version)}"),
            ("Weights", "workload.yaml" if workload.weights else f"preset {workload.preset}"),
            ("Recorded decision", _recorded(design)),
        )
    )
    return joined(
        (
            folded("Workload and requirements", parameters + comparison.requirements_table(design)),
            folded("Findings about the input", workload_tables.findings(workload)),
            folded("Files read", workload_tables.inputs_table(workload)),
        )
    )


def _recorded(design: Design) -> str:
    decided = design.workload.decided
    return (decided if design.recorded else f"{decided} (unknown)") if decided else "none yet"


def _artefacts(names: Sequence[str], refused: Sequence[str]) -> Html:
    missing = paragraph(mark("fail", "✗", "not built")) + items(refused) if refused else Html("")
    if not names:
        return missing + paragraph("None were written.")
    said = paragraph(
        f"{counted(len(names), 'file')}: decision record, design, proofs, checks, and for each "
        "option picture, templates, manifests, policies and API documents. ",
        element("a", "decision.md", href="decision.md"),
        " is the record to hand over.",
    )
    groups = _grouped(names, 0)
    listed = joined(_group(group, files) for group, files in groups.items())
    return missing + said + folded("All files", listed)


def _grouped(names: Sequence[str], depth: int) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        folders = name.split("/")[:-1]
        groups.setdefault(folders[depth] if len(folders) > depth else "", []).append(name)
    return groups


def _group(group: str, files: Sequence[str]) -> Html:
    """The folder of an option holds folders of its own."""
    inner = _grouped(files, 1) if group else {"": list(files)}
    body = joined(
        folded(f"{name} ({len(found)})", _links(found)) if name else _links(found)
        for name, found in inner.items()
    )
    return folded(f"{group or 'for the whole design'} ({len(files)})", body)


def _links(files: Sequence[str]) -> Html:
    """Links to the files of one folder; to the folder itself where they are too many."""
    links = items(element("a", f.rpartition("/")[2], href=f) for f in files[:ROWS])
    if len(files) <= ROWS:
        return links
    folder = files[0].rpartition("/")[0]
    said = f"The first {ROWS} of {len(files):,}; all are in "
    return links + paragraph(said, element("a", f"the folder {folder}", href=f"{folder}/"), ".")
