"""The page a reviewer starts from: verdict, comparison, pictures, checks, links."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.decision.design import Design, Placement
from apim_aks.facts import kubernetes_end
from apim_aks.listing import counted
from apim_aks.page import decision_script, option_page, verdict
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
    paragraph,
)
from apim_aks.page.pictures import picture_links, pictures
from apim_aks.page.tables import comparison, decision_tables, ranking, workload_tables
from apim_aks.page.tables.check_tables import checks_by_option, checks_summary, checks_table
from apim_aks.testbed.found import of_testbed
from apim_aks.topology.check import Check


def index(
    design: Design,
    checks: Sequence[Check],
    notebooks: Sequence[Link],
    artefacts: Sequence[str],
    refused: Sequence[str] = (),
) -> str:
    """index.html, whole."""
    title = f"{design.workload.title}: API Management in front of AKS"
    body = joined(
        (
            element("h1", title),
            verdict.whole_verdict(design),
            workload_tables.summary(design),
            _contents(),
            _section("pages", "Chapters", _pages(notebooks)),
            _section("comparison", "The options compared", comparison.measures_table(design)),
            _section("compared", "What was compared and what was not", verdict.compared(design)),
            _section("ranking", "Ranking", _ranking(design)),
            _section("pictures", "Pictures", _pictures(design, notebooks)),
            _section("checks", "Checks", _checks(checks)),
            _section("input", "The input", _input(design)),
            _section("artefacts", "Artefacts", _artefacts(artefacts, refused)),
        )
    )
    return document(title, f'<div class="workbook">{body.text}</div>')


def opening(design: Design) -> Html:
    """How a notebook starts: the workload in one paragraph, and how everything below looks."""
    return style() + workload_tables.summary(design) + _refused(design)


def _refused(design: Design) -> Html:
    count = sum(f.refused for f in design.workload.findings)
    if not count:
        return Html("")
    said = f" {counted(count, 'part')} of the input left out; see the findings."
    return paragraph(mark("fail", "✗", "incomplete"), said)


def _checks(checks: Sequence[Check]) -> Html:
    """How those of each option ended; those of the testbed, where it was run, one by one."""
    own = of_testbed(checks)
    tried = folded("What the testbed found", checks_table(own, "Checks of the testbed"))
    return checks_summary(checks) + checks_by_option(checks) + (tried if own else Html(""))


def _section(id: str, title: str, body: Html) -> Html:
    return element("section", element("h2", title, id=id), body, aria_labelledby=id)


def _contents() -> Html:
    places = (
        ("comparison", "Options compared"),
        ("ranking", "Ranking"),
        ("pictures", "Pictures"),
        ("checks", "Checks"),
        ("input", "Input"),
        ("artefacts", "Artefacts"),
    )
    links = (element("a", words, href=f"#{id}") for id, words in places)
    return element("nav", *links, class_="contents", aria_label="On this page")


def _pages(notebooks: Sequence[Link]) -> Html:
    return items((element("a", title, href=file) for file, title in notebooks), "ol")


def _ranking(design: Design) -> Html:
    return joined(
        (
            decision_script.movable_ranking(design),
            charts.contributions_chart(design),
            decision_tables.ruled_out_table(design),
            element("h3", "What would change it"),
            charts.flips_chart(design),
            ranking.flips_table(design),
            decision_tables.hinges_table(design),
            decision_tables.requirement_changes_table(design),
            element("h3", "How much it owes to the weights"),
            charts.robustness_chart(design),
            charts.robustness_table(design),
            element("h3", "Cost against exposure"),
            charts.exposure_chart(design),
            charts.exposure_table(design),
        )
    )


def _pictures(design: Design, notebooks: Sequence[Link]) -> Html:
    rows = workload_tables.mapping_rows(design)
    first = mapping_picture(rows, f"APIs of {design.workload.title}")
    mapping = element("h3", "Which APIs the Services become") + option_page.figure(first)
    return (
        mapping
        + joined(_option(p, pictures(design)[p.option.id], notebooks) for p in design.placements)
        + first_two(design)
    )


def _option(placement: Placement, drawn: Picture, notebooks: Sequence[Link]) -> Html:
    return joined(
        (
            element("h3", placement.option.title),
            paragraph(placement.option.sentence, " ", option_page.standing_mark(placement)),
            option_page.figure(drawn, carried=False),
            picture_links(placement),
            option_page.path(drawn),
            option_page.proof_link(placement),
            *_chapter(placement, notebooks),
        )
    )


def _chapter(placement: Placement, notebooks: Sequence[Link]) -> tuple[Html, ...]:
    """Where the option is looked at more closely, if one of these notebooks does."""
    own = f"{placement.option.chapter}.html"
    return tuple(
        paragraph("More: ", element("a", title, href=file))
        for file, title in notebooks
        if file == own
    )


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
            parameters,
            comparison.requirements_table(design),
            workload_tables.findings(workload),
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
    groups = _grouped(names, 0)
    return missing + joined(_group(group, files) for group, files in groups.items())


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
