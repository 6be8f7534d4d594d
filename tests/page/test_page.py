import re
from collections.abc import Iterable
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from operator import itemgetter
from pathlib import Path

import pandas as pd
import pytest

from apim_aks import page
from apim_aks.apis.document import example_contract
from apim_aks.artefacts.bundle import artefacts
from apim_aks.cli.comparison_text import comparison_text
from apim_aks.columns import Column
from apim_aks.decision.design import Design, design, with_requirement
from apim_aks.decision.measures import Measure
from apim_aks.decision.outcome import verdict_sentence
from apim_aks.errors import InputError
from apim_aks.facts import concerns, criteria, network_rules, tiers
from apim_aks.facts.review import neighbours
from apim_aks.options import OPTIONS, without_gateway
from apim_aks.page import frames
from apim_aks.page import whole_lists as whole_lists_module
from apim_aks.page.cards import cards
from apim_aks.page.diagram import picture
from apim_aks.page.html import ROWS, Content, Heading, Html, is_number, source, whole_lists
from apim_aks.page.tables.artefact_tables import TEXT
from apim_aks.page.whole_lists import OF_DESIGN, OF_PLACEMENT
from apim_aks.topology.check import Check, Severity, State
from apim_aks.verification import check_all
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Requirements
from tests.support import scenario
from tests.support.counted import Instead
from tests.support.designs import bundled, of_shop
from tests.support.places import REPOSITORY
from tests.support.toy_option import OPTION as TOY

EVIL = "<script>alert(1)</script>\"'&"
VOID = {"input", "meta", "link", "br", "image", "use", "path", "polygon", "ellipse", "rect", "img"}


OWN_SCRIPTS = ['<script type="application/json">', "<script>"] * 2
"""Weights that a reader moves and what is searched, each as values and what works on them."""


def scripts(text: str) -> list[str]:
    return re.findall("<script[^>]*>", text)


class Reader(HTMLParser):
    """Collects what a test asks about, and notes tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def designed() -> Design:
    return design(scenario.shop(consumers=scenario.EVERYWHERE))


@pytest.fixture(scope="module")
def index(designed: Design) -> str:
    notebooks = [("01_background.html", "Why a gateway?")]
    return page.index(designed, check_all(designed), notebooks, ["a/b.json", "design.json"])


def evil() -> Design:
    bad = scenario.service(
        "orders",
        f"GET /orders/{EVIL}",
        type=scenario.PUBLIC,
        labels=(("app", EVIL),),
        file=EVIL,
    )
    finding = Finding(EVIL, 3, EVIL, EVIL)
    return design(replace(scenario.workload(bad, findings=(finding,)), title=EVIL))


def test_text_is_escaped_once() -> None:
    assert page.element("p", "a < b & c").text == "<p>a &lt; b &amp; c</p>"
    assert page.element("p", page.element("b", "<")).text == "<p><b>&lt;</b></p>"


def test_words_between_backticks_are_shown_as_code() -> None:
    inside = scenario.service("orders", "GET /orders")
    shown = page.opening(design(scenario.workload(inside, consumers=scenario.EVERYWHERE))).text
    assert "What <code>publish</code> in workload.yaml leaves out stays inside." in shown


def test_attributes_are_escaped() -> None:
    assert page.element("a", "x", href='"><script>').text == (
        '<a href="&quot;&gt;&lt;script&gt;">x</a>'
    )


def things(
    heads: Iterable[str], rows: Iterable[tuple[Content, ...] | Heading], caption: str
) -> Html:
    """A table of tuples under these heads."""
    columns = (Column(head, itemgetter(at)) for at, head in enumerate(heads))
    return page.table(caption, rows, *columns)


def test_table_heads_have_a_scope_and_the_table_a_caption() -> None:
    read = Reader(things("AB", [("x", 1)], "Things").text)
    assert [h["scope"] for h in read.all("th")] == ["col", "col", "row"]
    assert len(read.all("caption")) == 1
    assert read.all("div")[0]["tabindex"] == "0"


def test_a_heading_goes_across_all_columns() -> None:
    read = Reader(things("AB", [Heading("Security"), ("x", 1)], "Things").text)
    assert read.all("th")[2]["colspan"] == "2"


def test_empty_table_is_a_sentence() -> None:
    assert things("A", [], "Collisions").text == "<p>Collisions: none.</p>"


@pytest.mark.parametrize("text", ["3", "1,071.43", "≥ 147.17", "99.95 to 99.99 %", "20 %"])
def test_numbers_are_known(text: str) -> None:
    assert is_number(text)


def test_only_addresses_become_links() -> None:
    assert "<a" not in source("javascript:alert(1); Azure/AKS@8d1c890:CHANGELOG.md").text
    assert 'href="https://a.example/b"' in source("https://a.example/b (2026-01-01)").text


def test_fragment_says_itself_in_words_where_there_is_no_html() -> None:
    assert repr(page.paragraph("a < b")) == "a < b"
    assert len(repr(page.paragraph("x " * 1000))) < 400


def test_document_needs_nothing_else() -> None:
    text = page.document("T", "<p>x</p>", home="index.html", next=("b.html", EVIL))
    read = Reader(text)
    assert read.wrong == []
    assert read.all("html") == [{"lang": "en"}]
    assert len(read.all("main")) == 1
    assert read.all("a")[0] == {"class": "skip", "href": "#main"}
    assert "<script src" not in text
    assert [m.get("name") for m in read.all("meta")] == [None, "viewport"]
    assert [link["href"] for link in read.all("link")] == ["data:,"]


def test_document_keeps_one_copy_of_the_style() -> None:
    text = page.document("T", page.style().text + "<p>x</p>")
    assert text.count("<style>") == 1


def test_index_is_well_formed_and_loads_nothing(index: str) -> None:
    read = Reader(index)
    assert read.wrong == []
    assert read.open == []
    assert sorted(scripts(index)) == sorted(OWN_SCRIPTS)
    assert not [i for i in read.all("img") if not (i.get("src") or "").startswith("data:")]
    assert not [s for s in read.all("link") if not (s.get("href") or "").startswith("data:")]


def test_index_has_every_option_even_those_ruled_out_or_not_compared(designed: Design) -> None:
    wanted = {"no_public_cluster_endpoint": True, "static_outbound_ip": True}
    made = design(with_requirement(designed.workload, **wanted))
    assert made.ranking.ruled_out and made.ranking.not_compared
    text = page.index(made, check_all(made), [], [])
    for option in OPTIONS:
        assert option.title in text
    assert "ruled out" in text and "not compared" in text


def test_index_has_each_option_the_mapping_and_the_first_two_as_pictures(index: str) -> None:
    drawn = [f for f in Reader(index).all("figure") if f.get("class") != "chart"]
    assert len(drawn) == len(OPTIONS) + 1 + 2


def test_index_leads_from_each_option_to_its_chapter(designed: Design) -> None:
    chapters = [p.option.chapter for p in designed.placements]
    pages = [(f"{c}.html", "What if?") for c in dict.fromkeys(chapters)]
    links = [a.get("href") for a in Reader(page.index(designed, [], pages, [])).all("a")]
    assert sorted(h or "" for h in links if (h, "What if?") in pages) == sorted(
        [*(h for h, _ in pages), *(f"{c}.html" for c in chapters)]
    )


def test_index_links_pages_and_artefacts(index: str) -> None:
    links = {a.get("href") for a in Reader(index).all("a")}
    assert {"01_background.html", "a/b.json", "design.json"} <= links


def test_index_ids_are_unique(index: str) -> None:
    ids = [a["id"] for _, a in Reader(index).tags if a.get("id")]
    assert len(ids) == len(set(ids))


def test_names_of_others_are_escaped_everywhere() -> None:
    bad = evil()
    text = page.index(bad, check_all(bad), [("x.html", EVIL)], [f"{EVIL}/a.json"])
    assert sorted(scripts(text)) == sorted(OWN_SCRIPTS)
    assert "<script>alert" not in text
    assert Reader(text).wrong == []


def test_toy_option_is_on_the_index() -> None:
    toyed = design(scenario.shop(), (*OPTIONS, TOY))
    assert TOY.title in page.index(toyed, check_all(toyed), [], [])


def test_verdict_says_because_with_both_numbers(designed: Design) -> None:
    first = designed.placement(designed.ranking.winner)
    sentence = verdict_sentence(designed)
    said = "is ahead" if designed.ranking.hinges else "comes first"
    assert sentence.startswith(f"{first.option.title} ({first.tier.name}) {said} because")
    assert " against " in sentence


def test_verdict_where_every_option_is_out() -> None:
    asked = with_requirement(
        scenario.shop(), tiers_allowed=("Basic",), no_public_cluster_endpoint=True
    )
    nobody = design(asked)
    assert nobody.chosen is None
    assert "No option meets every requirement" in verdict_sentence(nobody)
    assert "No option meets every requirement" in page.index(nobody, (), [], [])


def test_recorded_decision_that_no_longer_holds_is_said() -> None:
    recorded = replace(
        scenario.shop(requirements=Requirements(no_public_cluster_endpoint=True)),
        decided="public-services",
    )
    assert "is ruled out" in verdict_sentence(design(recorded))


def test_what_was_not_compared_is_said(designed: Design) -> None:
    text = page.compared(designed).text
    assert "Private Link Service before the cluster" in text
    assert "list prices of eastus" in text
    assert "The workload is planned for westeurope: <code>apim-aks prices --refresh" in text


def test_measures_table_has_every_counted_criterion(designed: Design) -> None:
    text = page.measures_table(designed).text
    counted = {m.id for m in designed.placements[0].measures}
    for row in criteria():
        assert (escape(row.label) in text) == (row.id in counted)


def test_concerns_are_counted() -> None:
    small = of_shop()
    services = len(small.mapping.published)
    text = page.concerns_matrix(small).text
    assert f"{services * len(concerns())} places without a gateway, {len(concerns())} with" in text
    assert text.count("does it today") == 1


def test_front_doors_are_counted_on_the_topologies() -> None:
    small = of_shop()
    direct = without_gateway.before(small.workload, small.mapping)
    placement = small.placement("vnet-external")
    words = repr(page.front_doors_table(small, direct, placement))
    assert "Addresses that consumers have to know 3 1" in words
    assert "Application endpoints of the cluster on the internet 3 0" in words


def test_without_a_gateway_consumers_call_every_service() -> None:
    small = design(scenario.shop(consumers=scenario.EVERYWHERE))
    direct = without_gateway.before(small.workload, small.mapping)
    assert len(direct.links) == len(scenario.EVERYWHERE) * len(small.mapping.published)
    assert all(direct.request_path(s) for s in small.mapping.published)


def test_figure_has_words_and_the_path_its_steps(designed: Design) -> None:
    drawn = picture(designed.placements[0].topology, "T")
    assert drawn.alt.split(".")[0] in repr(Reader(page.figure(drawn).text).tags) + drawn.alt
    assert "The picture in words" in page.figure(drawn).text
    assert page.path(drawn).text.count("<li>") == len(drawn.steps)


@pytest.mark.parametrize("option", [o.id for o in OPTIONS])
def test_gains_and_costs_stand_with_their_numbers(designed: Design, option: str) -> None:
    placement = designed.placement(option)
    text = page.gains(designed, placement).text + page.costs(designed, placement).text
    for claim in (*placement.option.gains, *placement.option.costs):
        assert f">{claim}</th>" in text


def test_counted_cost_is_the_measure(designed: Design) -> None:
    placement = designed.placement("public-services")
    number = placement.measure("public-endpoints").low
    assert (
        f"<strong>public endpoints of the cluster: {number:g}</strong>"
        in page.costs(designed, placement).text
    )


def test_rules_table_has_every_required_rule(designed: Design) -> None:
    placement = page.placement_in_mode(designed, "external")
    read = Reader(page.rules_table(placement).text)
    required = [r for r in network_rules("external") if r.required]
    assert len(read.all("tr")) - 1 == len(placement.topology.rules) >= len(required)


def test_rules_table_of_a_gateway_in_the_cluster_has_every_row_of_its_pods(
    designed: Design,
) -> None:
    text = page.rules_table(designed.placement("self-hosted-gateway")).text
    assert text.count("<tr") - 1 == len(network_rules("self-hosted-gateway")) > 5
    assert "security group" not in text


def test_rules_table_shows_the_ports_that_the_back_ends_listen_on() -> None:
    placement = page.placement_in_mode(of_shop(), "external")
    ports = sorted({b.port for b in placement.topology.backends})
    assert ports == [80, 443]
    row = next(r for r in page.rules_table(placement).text.split("<tr") if "ingress" in r)
    assert ">TCP 80,443</td>" in row


def test_money_shows_its_cents_wherever_it_stands(designed: Design) -> None:
    """A cost of 867.9 is shown as 867.90, every other number without a needless zero."""
    paid = Measure("monthly-cost", 867.9, 1735.8)
    placements = tuple(
        replace(p, measures=Instead(p.measures.subject, (paid,))) for p in designed.placements
    )
    made = replace(designed, placements=placements)
    assert "867.90 to 1,735.80" in page.cost_table(made).text
    assert "867.90 to 1,735.80" in page.side_by_side(made, "vnet-external").text
    assert "1,735.80" in comparison_text(made) and "≥" not in comparison_text(made)
    columns = pd.DataFrame({"monthly-cost": [867.9], "sla": [99.9]})
    cells = frames.frame_table(columns, "").text
    assert ">867.90<" in cells and ">99.9<" in cells
    over = with_requirement(scenario.shop(), monthly_budget=100.5)
    reasons = [r.reason for p in design(over).placements for r in p.ruled_out]
    assert any("the budget is 100.50" in r for r in reasons)


def test_unknown_mode_is_refused_with_the_modes_there_are(designed: Design) -> None:
    with pytest.raises(InputError, match="use one of none, external, internal, integration"):
        page.placement_in_mode(designed, "hybrid")


def test_tiers_table_refuses_with_the_reason(designed: Design) -> None:
    option = designed.placement("vnet-external").option
    text = page.tiers_table(option).text
    assert text.count("<tr ") == len(tiers()) + 1
    assert "Standard v2 has no injection into a virtual network with a public gateway" in text


def test_uncertain_rows_say_so() -> None:
    text = page.open_questions_table().text
    assert "conflict" in text
    assert "unverified" in text


def test_what_stands_close_to_the_options_says_when_to_pick_it_and_why_it_is_not_drawn() -> None:
    text = page.neighbours_list().text
    assert text.count("<p>") == text.count("Why it is not drawn") == len(neighbours()) == 6
    assert text.count("Pick it ") + text.count("Pick them ") == 6
    unsure = sum(row.status == "unverified" for row in neighbours())
    assert text.count("unverified") == unsure and "learn.microsoft.com" in text


def test_checks_are_signed_and_counted() -> None:
    states = (State.PASS, State.FAIL, State.NOT_RUN)
    checks = [
        Check(
            id=f"o.{s}",
            option="o",
            claim="D1",
            severity=Severity.MUST,
            state=s,
            expected="e",
            observed="seen",
            how="h",
            reason="because",
        )
        for s in states
    ]
    text = page.checks_table(checks).text
    for sign in ("✓ 1 pass", "✗ 1 fail", "– 1 not run"):
        assert sign in text
    assert "o.fail" in page.failed_table(checks).text
    assert "because" in page.not_run_table(checks).text


def test_a_reason_for_not_running_is_said_once_for_all_its_checks() -> None:
    reasons = ("no account", "no account", "needs a machine inside")
    checks = [
        Check(
            id=f"o.{i}",
            option="o",
            claim="D1",
            severity=Severity.MUST,
            state=State.NOT_RUN,
            expected="e",
            observed="",
            how="h",
            reason=reason,
        )
        for i, reason in enumerate(reasons)
    ]
    read = Reader(page.not_run_table(checks).text)
    assert len(read.all("table")) == 2
    text = page.checks_table(checks).text
    assert text.count("<caption>2 checks not run: no account</caption>") == 1
    assert text.count("<caption>1 check not run: needs a machine inside</caption>") == 1
    assert "o.0" not in page.settled_table(checks).text


def test_a_card_names_the_requirements_that_an_option_misses(designed: Design) -> None:
    over = with_requirement(designed.workload, monthly_budget=1.0)
    shown = cards(design(over), ()).text
    assert re.search(r"ruled out</span>; required: [^<]*monthly budget", shown)


def test_a_wide_table_becomes_cards_and_stays_a_table() -> None:
    """Each cell names its column, since the heads are out of sight on a telephone."""
    wide = things("ABCD", [("a", "b", 3, "d")], "Wide").text
    assert 'class="scroll cards"' in wide
    assert '<td role="cell" data-label="C" class="number">3</td>' in wide
    for role in ("table", "rowgroup", "row", "columnheader", "rowheader", "cell"):
        assert f'role="{role}"' in wide
    assert "cards" not in things("ABC", [("a", "b", "c")], "Narrow").text


def test_a_column_cannot_break_out_of_its_label() -> None:
    text = things(("A", '"><i>', "C", "D"), [("a", "b", "c", "d")], "Wide").text
    assert "<i>" not in text


def test_findings_name_file_and_line() -> None:
    text = page.findings(evil().workload).text
    assert "line 3" in text
    assert "left out" in text


def test_frames_sort_and_render_without_random_ids(designed: Design) -> None:
    designed = design(with_requirement(designed.workload, static_outbound_ip=True))
    frame = frames.comparison_frame(designed).sort_values("public-endpoints")
    assert frame["public-endpoints"].is_monotonic_increasing
    unranked = {r.option for r in (*designed.ranking.ruled_out, *designed.ranking.not_compared)}
    assert unranked == {"v2-integration", "v2-injection", "self-hosted-gateway"}
    assert list(frame["in"]).count(False) == len(unranked)
    standing = dict(zip(frame.index, frame["standing"], strict=True))
    assert standing["v2-integration"] == "not compared"
    assert standing["v2-injection"] == "ruled out"
    assert frames.frame_table(frame, "F") == frames.frame_table(frame, "F")
    assert set(frames.measures_frame(designed)["option"]) == {o.id for o in OPTIONS}
    assert len(frames.services_frame(designed)) == len(designed.workload.services)


def test_markdown_lets_no_html_through() -> None:
    text = page.markdown(
        f"# {EVIL}\n\n- {EVIL}\n\n[x](javascript:alert(1)) `<b>`\n\n```\n{EVIL}\n```"
    )
    assert "<script src" not in text
    assert "<a " not in text
    assert "<code>&lt;b&gt;</code>" in text


def test_markdown_knows_what_the_record_uses() -> None:
    text = page.markdown(
        "## H\n\nA **b** [c](d.html).\n\n- x\n  y\n\n| A | B |\n|---|---|\n| 1 | 2 |"
    )
    assert "<h2>H</h2>" in text
    assert '<p>A <strong>b</strong> <a href="d.html">c</a>.</p>' in text
    assert "<li>x y</li>" in text
    assert '<th scope="col" role="columnheader">A</th>' in text


@pytest.mark.parametrize(
    "text",
    [
        "![a](https://example.com/x.png)",
        "[a](//example.com)",
        "[a](mailto:x@example.com)",
        "[a](data:text/html,x)",
        "[a](java&#115;cript:alert(1))",
        "[a][b]\n\n[b]: javascript:alert(1)",
    ],
)
def test_markdown_loads_nothing_and_links_only_pages(text: str) -> None:
    assert page.markdown(text) == "<p>a</p>"


@pytest.mark.parametrize("text", ["a <b>b</b>", "<div>\n\nb", "- <i>b", "> <i>b", "<!-- b -->"])
def test_markdown_shows_tags_as_text(text: str) -> None:
    read = Reader(page.markdown(text))
    assert not [*read.all("b"), *read.all("div"), *read.all("i")]
    assert "&lt;" in page.markdown(text)


def test_a_wide_table_in_markdown_becomes_cards() -> None:
    text = page.markdown('| `A"` | B | C | D |\n|---|---|---|---|\n| 1 | 2 | 3 | **4** |')
    assert '<div class="scroll cards"' in text
    assert '<td role="cell" data-label="A&quot;">1</td>' in text
    assert '<td role="cell" data-label="D"><strong>4</strong></td>' in text


def test_markdown_undoes_escapes() -> None:
    assert page.markdown(r"a \_b\_ \* c") == "<p>a _b_ * c</p>"


def test_save_writes_inside_the_folder_only(tmp_path: Path) -> None:
    page.save(str(tmp_path), "a/b.svg", "<svg/>")
    assert (tmp_path / "a" / "b.svg").read_text() == "<svg/>"
    with pytest.raises(InputError, match="leads out of"):
        page.save(str(tmp_path), "../b.svg", "x")


def test_save_writes_nothing_without_a_folder() -> None:
    assert page.save("", "a.svg", "x").text == ""


def test_save_refuses_a_number() -> None:
    with pytest.raises(InputError, match="out is 1.36"):
        page.save(1.36, "a.svg", "x")  # type: ignore[arg-type]


def test_notes_stand_under_what_they_are_about(designed: Design) -> None:
    text = page.notes(designed).text
    assert "<caption>Not described, and what that costs</caption>" in text
    assert "Nothing to say on:" in text


def test_a_collision_names_every_service_and_how_it_is_settled() -> None:
    two = scenario.workload(
        scenario.service("one", "GET /items"), scenario.service("two", "GET /items")
    )
    text = repr(page.collisions_table(design(two)))
    assert "GET /items shop/one and shop/two an API for each Service" in text


def test_import_findings_have_rule_and_source() -> None:
    retail = bundled("contoso-retail")
    text = page.imports(retail).text
    assert "openapi/partner-feed.yaml: 6 findings" in text
    assert "<code>version-31</code>" in text
    assert "api-management-api-import-restrictions" in text
    assert Reader(text).wrong == []


def test_every_api_has_its_document_in_the_table() -> None:
    retail = bundled("contoso-retail")
    text = page.documents_table(retail).text
    assert all(a.title in text for a in retail.mapping.apis)
    assert "none: any call passes" in text


def test_a_contract_difference_is_a_verdict_and_a_table() -> None:
    before = example_contract("contoso-orders", "before")
    same = page.contract_change(before, example_contract("contoso-orders", "after-split"))
    assert "✓ unchanged" in same.text
    assert "<table" not in same.text
    text = page.contract_change(before, example_contract("contoso-orders", "after-breaking")).text
    assert "9 changes break callers" in text
    assert "✗ breaking (9): breaks callers" in text
    assert "! unclear (3): may break some callers" in text
    assert "Compatible changes (3)" in text


def test_names_in_mapping_tables_are_escaped() -> None:
    bad = evil()
    parts = (page.notes, page.collisions_table, page.imports, page.documents_table)
    for text in (part(bad).text for part in (*parts, page.mapping_in_yaml)):
        assert "<script src" not in text
    change = page.mapping_change(bad.mapping, of_shop().mapping).text
    assert "<script" not in change


def many(services: int) -> Design:
    """As many Services as asked for, each published with a document of its own."""
    named = [
        replace(scenario.document(f"GET /s{n}", f"PUT /s{n}"), file=f"s{n}.json", title=f"S{n}")
        for n in range(services)
    ]
    made = (scenario.service(f"s{n}", documents=(d,)) for n, d in enumerate(named))
    return design(scenario.workload(*made))


def test_a_long_table_is_begun_and_links_the_page_with_all() -> None:
    rows = [(f"row {n}", n) for n in range(ROWS + 1)]
    with whole_lists() as kept:
        shown = things("AB", rows, "Things: all").text
        assert things("AB", rows[:-1], "Fewer").text.count("<tr") == ROWS + 1
    assert shown.count("<tr") == ROWS + 1
    assert f"row {ROWS - 1}<" in shown and f"row {ROWS}<" not in shown
    assert 'href="all-things-all.html"' in shown and f"all {ROWS + 1} on a page" in shown
    assert list(kept.titles.values()) == ["Things: all"]
    assert kept.lists["all-things-all.html"][""].text.count("<tr") == ROWS + 2


def test_lists_of_several_options_stand_on_one_page_under_their_names() -> None:
    def listed(*last: str) -> None:
        things("A", [*((f"{n}",) for n in range(ROWS)), *((x,) for x in last)], "Things")

    with whole_lists() as kept:
        for kept.about, last in (("one", "x"), ("two", "x"), ("three", "y")):
            listed(last)
    assert list(kept.lists["all-things.html"]) == ["one", "three"]


def test_whole_lists_are_pages_and_every_link_to_one_leads_there() -> None:
    made = many(ROWS + 1)
    pages = page.whole_pages(made)
    for text in pages.values():
        Reader(text)
        assert "The first 100" not in text
    listed = [show(made) for show in OF_DESIGN]
    for placement in made.placements:
        listed += [show(made, placement) for show in OF_PLACEMENT]
    links = set(re.findall(r'href="(all-[^"]*)"', "".join(part.text for part in listed)))
    assert links and links <= pages.keys()
    assert max(len(part.text) for part in listed) < 200_000
    assert "s100" in pages["all-services-of-this-workload.html"]
    built = artefacts(made.placement("public-services"))
    table = page.built_table(built).text
    files = set(re.findall(r'href="public-services/([^"]*)"', table))
    assert files and files <= {f.file for f in built.files}
    assert f"show the first {ROWS} of {ROWS + 1}" in table and len(table) < 50_000


def test_a_small_workload_has_no_list_that_is_cut(designed: Design) -> None:
    assert page.whole_pages(designed) == {}


FIXED = """
opening figure path example lifecycle_table claims_table corrections_table save style
paragraph folded plugins_table mapping_rows exposed_types_table mapping_in_yaml
contract_change in_one_sentence avoid tiers_table controllers_table open_questions_table
addresses_table placement_in_mode side_by_side ruled_out_table features_table subnet_table
verdict compared requirements_table cost_table exposure_chart exposure_table
options_claims weights_table ranking_table movable_ranking presets_table
contributions_chart contributions_table dominated_list criteria_table flips_chart
flips_table requirement_changes_table hinges_table robustness_chart robustness_table
folded_open_questions retirements_table decision asked_of plan_summary plan_stages
plan_warnings deployed_table settled_table not_run_table drift_table failed_table
removal_table checks_table checks_by_option document section manifests_folded built_folded
calls_figure choices_table neighbours_list stated_answer element twin trial whole_verdict
gateway_answer mapping_answer placements_answer decision_answer checks_answer callers_link
callers_short phases formats
"""
"""What grows with options, rules and facts but not with Services, or has files beside the page."""


def test_every_list_that_grows_with_the_services_has_a_page_for_all_of_it() -> None:
    notebooks = (REPOSITORY / "notebooks").glob("*.ipynb")
    text = "".join(n.read_text(encoding="utf-8") for n in notebooks)
    shown = set(re.findall(r"\bpage\.(\w+)\(", text))
    registered = Path(whole_lists_module.__file__).read_text(encoding="utf-8")
    assert {
        name for name in shown - set(FIXED.split()) if not re.search(rf"\b{name}\b", registered)
    } == set()


def test_a_long_manifest_is_begun_and_links_the_file() -> None:
    made = many(60)
    built = artefacts(made.placement("public-services"))
    shown = page.manifests_folded(built).text
    long = [f for f in built.manifest_files if len(f.text) > TEXT]
    assert long
    for file in long:
        assert f'href="public-services/{file.file}"' in shown
    assert len(shown) < (TEXT * 1.4 + 3_000) * len(built.manifests)
