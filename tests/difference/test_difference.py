"""One difference: sides that lack a part, reports that are none, decisions, and safe Markdown."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from apim_aks.__main__ import main
from apim_aks.decision.as_json import as_json, checks_data, design_data
from apim_aks.decision.prose import quoted
from apim_aks.difference import (
    Change,
    Compared,
    Difference,
    Gate,
    Part,
    difference,
    difference_data,
    read_side,
    rows,
    side_of,
    summary,
)
from apim_aks.difference.attributes import Subject, changes
from apim_aks.difference.change import NO_LONGER_PROVED
from apim_aks.difference.states import StateReached, Told, moved
from apim_aks.difference.summary import LINES
from apim_aks.errors import InputError
from apim_aks.facts import DATA
from apim_aks.own_files import replaced
from apim_aks.page.changed import changed_page
from apim_aks.reachability.difference import Change as Opening
from apim_aks.reachability.reach import ANY_POD, Answer
from apim_aks.topology.check import State
from apim_aks.verification import check_all
from apim_aks.workload.finding import Finding
from tests.support.designs import only
from tests.support.scenario import shop

SCHEMA = json.loads((DATA / "schemas" / "difference.schema.json").read_text(encoding="utf-8"))
EVIL = (
    "@team/all see #1, GH-2, !3, AB#4 <img src=x> [x](http://evil.com) www.evil.com a@b.c "
    "`` | \\| \n\x1b"
)
NOWHERE: dict[str, Any] = {
    "state": "today",
    "refused": None,
    "sources": {},
    "verdicts": [
        {
            "service": "shop/nowhere",
            "port": "TCP 80",
            "source": "{internet}",
            "answer": "closed",
            "credential": None,
            "packet": None,
        }
    ],
}
UNLISTED = {**NOWHERE, "verdicts": [{**NOWHERE["verdicts"][0], "source": "{workloads-1}"}]}
CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def acting(text: str) -> str:
    """The Markdown without its code, in which nothing acts."""
    return CODE.sub("", text)


@pytest.fixture(scope="module")
def made() -> Any:
    return only(shop(), "public-services")


@pytest.fixture(scope="module")
def side(made: Any) -> Any:
    """Without the ports of its Services: none of them stands in a manifest."""
    return replace(side_of(made, check_all(made)), ports=())


def test_a_side_does_not_differ_from_itself(side: Any) -> None:
    found = difference(side, side)
    assert found.unchanged and not [*found.stopped_by([*Gate])]
    assert "nothing changed" in summary(side, found)


def test_a_report_is_a_side_and_what_it_lacks_is_not_compared(
    made: Any, side: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "design.json").write_text(as_json(design_data(made)), encoding="utf-8")
    old = read_side(str(tmp_path))
    assert (old.digest, old.followed, old.facets) == (side.digest, side.followed, side.facets)
    found = difference(old, side)
    lacking = {p.part for p in found.parts if p.not_compared}
    assert lacking == {Part.CONTRACT, Part.CONNECTIVITY, Part.CHECKS}
    assert not found.unchanged and not any(p.changes for p in found.parts)
    gates = (Gate.OPENED, Gate.CONTRACT, Gate.CHECK)
    said = [*found.stopped_by(gates)]
    assert len(said) == 3 and all("not compared" in sentence for sentence in said)
    assert summary(side, found).count("**not compared**") == 3
    assert changed_page(found).count("! not compared") == 3
    assert main(["diff", str(tmp_path), str(tmp_path), "--fail-on", "check", "--quiet"]) == 1
    assert "Checks: not compared. The old side has no checks.json." in capsys.readouterr().out
    (tmp_path / "checks.json").write_text(as_json(checks_data(check_all(made))), encoding="utf-8")
    assert difference(read_side(str(tmp_path)), side).part(Part.CHECKS).outcome == "no change"
    lacks = difference(replace(side, states=None, proof=None), side).part(Part.CONNECTIVITY)
    assert lacks.not_compared == ("The old side has no reachability.json.",)


def test_a_report_knows_nothing_of_pods_without_a_service(side: Any) -> None:
    """Where the input changed, what it says about Services alone passes nothing as closed."""
    report, later = replace(side, proof=None), replace(side, digest="another")
    found = difference(report, later)
    (said,) = found.part(Part.CONNECTIVITY).not_compared
    assert "pods without a Service" in said
    (stopped,) = found.stopped_by([Gate.OPENED])
    assert stopped.startswith("opened: not compared.")
    for both in ((report, side), (side, later)):
        assert not difference(*both).part(Part.CONNECTIVITY).not_compared


def test_a_report_without_one_of_its_documents_or_any_check_is_not_compared(side: Any) -> None:
    api, *_ = side.apis
    documents = {a: d for a, d in side.documents.items() if a != api}
    broken = replace(side, documents=documents, checks=())
    for both in ((side, broken), (broken, side), (broken, broken)):
        found = difference(*both)
        assert f"no document of {api}" in found.part(Part.CONTRACT).not_compared[0]
        assert found.part(Part.CHECKS).not_compared
        assert len([*found.stopped_by([Gate.CONTRACT, Gate.CHECK])]) == 2


def test_a_report_with_less_than_it_should_have_says_what_is_not_compared(side: Any) -> None:
    """An empty list is not the same as nothing to say: nobody looked."""
    port, told = ("shop/a", "TCP 80"), Told(Answer.CLOSED)
    asked = frozenset(("{internet}", ANY_POD))
    whole = StateReached({port: dict.fromkeys(asked, told)}, asked=asked)
    followed = {side.followed: whole}
    report = replace(side, proof=None, ports=(port,), states={**followed, "today": whole})
    assert not difference(report, report).part(Part.CONNECTIVITY).not_compared
    for ports in ({}, {("shop/b", "TCP 80"): {ANY_POD: told}}, {port: {ANY_POD: told}}):
        states = {**followed, "today": replace(whole, ports=ports)}
        part = difference(replace(report, states=states), report).part(Part.CONNECTIVITY)
        assert part.not_compared == (
            "The old side lacks answers for today about TCP 80 of Service shop/a.",
        )
        assert not part.changes
    without = difference(report, replace(report, apis={}))
    assert "is without the API" in without.part(Part.CONTRACT).not_compared[0]
    empty = difference(*2 * (replace(report, apis={}, documents={}, options=0),))
    assert {p.part for p in empty.parts if p.not_compared} == {
        Part.CONTRACT,
        Part.DECISION,
        Part.COST,
    }
    others = tuple(replace(c, option="other") for c in side.checks)
    found = difference(side, replace(side, checks=others)).part(Part.CHECKS)
    assert found.not_compared == (f"The new side has no check of {side.followed}.",)


def test_a_file_that_its_report_did_not_write_so_is_refused(
    made: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless its line ends alone are others, as Git makes them."""
    with replaced(tmp_path / "out", lambda _: None, False) as folder:
        (folder / "design.json").write_text(as_json(design_data(made)), encoding="utf-8")
        (folder / "checks.json").write_text("[]\n", encoding="utf-8")
    (tmp_path / "out" / "checks.json").write_bytes(b"[]\r\n")
    assert read_side(str(tmp_path / "out")).checks == ()
    (tmp_path / "out" / "checks.json").write_text("[ ]", encoding="utf-8")
    assert main(["diff", str(tmp_path / "out"), "contoso-orders"]) == 2
    assert "checks.json is not as the report wrote it" in capsys.readouterr().err
    (tmp_path / "out" / "design.json").unlink()
    (tmp_path / "out" / "checks.json").unlink()
    assert main(["diff", str(tmp_path / "out"), "contoso-orders"]) == 2
    assert "design.json is not there" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["apis", "services", "placements"])
def test_what_is_no_list_is_no_report(made: Any, name: str, tmp_path: Path) -> None:
    data = json.loads(as_json(design_data(made)))
    (tmp_path / "design.json").write_text(json.dumps({**data, name: {}}), encoding="utf-8")
    with pytest.raises(InputError, match=f"{name} is no list"):
        read_side(str(tmp_path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda answers: {**answers, "zones": {}}, "zones of its answers is empty"),
        (lambda answers: {**answers, "states": [UNLISTED]}, "what {workloads-1} stands for"),
        (lambda answers: {**answers, "states": [NOWHERE]}, "services is without shop/nowhere"),
    ],
)
def test_answers_that_lost_what_they_are_about_are_no_answers(
    made: Any, change: Any, words: str, tmp_path: Path
) -> None:
    answers = {"schema_version": 2, "zones": {"{internet}": "the internet"}, "states": []}
    (tmp_path / "design.json").write_text(as_json(design_data(made)), encoding="utf-8")
    file = tmp_path / "reachability.json"
    file.write_text(json.dumps(answers), encoding="utf-8")
    assert read_side(str(tmp_path)).states == {}
    file.write_text(json.dumps(change(answers)), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(words)):
        read_side(str(tmp_path))


def test_apis_without_their_services_are_no_report(made: Any, tmp_path: Path) -> None:
    data = json.loads(as_json(design_data(made)))
    (tmp_path / "design.json").write_text(json.dumps({**data, "services": []}), encoding="utf-8")
    with pytest.raises(InputError, match="services is without "):
        read_side(str(tmp_path))


@pytest.mark.parametrize(
    "design",
    [
        "{",
        "[]",
        "{}",
        '{"schema_version": 2}',
        '{"schema_version": 1, "placements": [{"option": "../x"}], "apis": []}',
        "[" * 100_000,
    ],
)
def test_a_folder_that_is_no_report_is_refused(
    design: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "design.json").write_text(design, encoding="utf-8")
    assert main(["diff", str(tmp_path), "contoso-orders"]) == 2
    said = capsys.readouterr().err
    assert "is no report that can be compared" in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["diff", "a", "b", "--fail-on", "open"], "'open' is not known. Use 'opened', the nearest"),
        (["report", "--report-url", "javascript:x"], "begins with https://"),
        (["report", "--fail-on", "opened"], "--fail-on needs --against OLD"),
        (["diff", "nowhere-at-all", "contoso-orders"], "nowhere-at-all"),
    ],
)
def test_wrong_arguments_are_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = main(arguments)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_contract_is_not_compared_where_a_document_was_left_out(side: Any) -> None:
    new = replace(side, refused=(Finding("openapi/a.json", 3, "no paths", "an OpenAPI document"),))
    found = difference(side, new)
    assert found.part(Part.CONTRACT).not_compared == (
        "The new side was read without openapi/a.json or a part of it.",
    )
    assert [*found.stopped_by([Gate.CONTRACT])] and not found.unchanged


def test_a_decision_that_is_lost_and_another_option_that_is_followed_stop(side: Any) -> None:
    def decided(followed: str, first: str, holds: bool | None) -> Any:
        rows = {"First": first, "Recorded decision": followed if holds is not None else "none"}
        rows |= {} if holds is None else {"Recorded decision holds": "yes" if holds else "no"}
        facets = {**side.facets, Part.DECISION: {Subject(s): {"": v} for s, v in rows.items()}}
        return replace(side, followed=followed, holds=holds, facets=facets)

    def stops(old: Any, new: Any) -> bool:
        return bool([*difference(old, new).stopped_by([Gate.DECISION])])

    assert stops(decided("a", "a", None), decided("b", "b", None)), "another is first"
    assert stops(decided("a", "a", True), decided("a", "b", False)), "the recorded one is lost"
    assert not stops(decided("a", "b", False), decided("a", "c", False)), "it was lost before"
    assert not stops(decided("a", "a", None), decided("a", "a", True)), "what is first is recorded"


def test_a_check_stops_where_it_fails_now_and_its_option_is_followed(side: Any) -> None:
    first = side.checks[0]
    failing = replace(first, state=State.FAIL, observed="2 of 3")
    worse = replace(failing, observed="3 of 3")
    other = replace(failing, id="other.check", option="other")
    old, new = (replace(side, checks=(c,)) for c in (first, failing))
    assert [*difference(old, new).stopped_by([Gate.CHECK])]
    lost = difference(old, replace(side, checks=(replace(first, state=State.NOT_RUN, reason="x"),)))
    assert "1 no longer proved" in summary(side, lost) and "**no longer proved**" in summary(
        side, lost
    )
    assert not [*lost.stopped_by([Gate.CHECK])] and "✗ no longer proved" in changed_page(lost)
    again = difference(new, replace(side, checks=(worse,)))
    assert again.part(Part.CHECKS).changes[0].now == "fail: 3 of 3"
    assert not [*again.stopped_by([Gate.CHECK])]
    assert not [*difference(old, replace(side, checks=(first, other))).stopped_by([Gate.CHECK])]


def test_what_is_alike_is_one_row_and_other_options_are_counted(side: Any) -> None:
    lost = Change(subject="a", kind=NO_LONGER_PROVED, before="pass", now="not run", because="why")
    options = "x", side.followed, "y"
    alike = [replace(lost, subject=s, option=o) for o in options for s in ("a", "b")]
    other = replace(lost, subject="c", option="x", now="fail")
    part = Compared(Part.CHECKS, (other, *alike))
    first, last = rows(part, replace(side, options=3))
    assert (first.what, first.serious) == ("all 3 options: a and b", True)
    assert (last.what, last.serious, last.near) == ("x: c", False, False)
    found = Difference(side, replace(side, options=3), (part,))
    text = summary(found.new, found)
    assert text.count("| why |") == 1 and "and changes of 1 other option; see" in text
    assert text.index("all 3 options: a and b") < text.index("1 other option;")


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (
            {"": "2", " counts:": "a\nb"},
            {"": "1", " counts:": "b"},
            ("2", "1", "counted no more: a"),
        ),
        (
            {"": "2", " counts:": "a\nb"},
            {"": "2", " counts:": "b\nc"},
            ("", "", "counted no more: a; counted now: c"),
        ),
        (
            {"": "7", " counts:": "Basic: 10, 7 built"},
            {"": "8", " counts:": "Basic: 10, 6 built"},
            ("7", "8", "Basic: 7 built, now 6 built"),
        ),
        (
            {"": "1", " counts:": "a: 1, x (p; q)\nb: 2, 3 USD"},
            {"": "2", " counts:": "a: 1, x (p; q); y\nb: 3, 4 USD"},
            ("1", "2", "a: now also y; b: 3 USD, now 4 USD"),
        ),
        (
            {"": "1", " counts:": "a: x; y"},
            {"": "2", " counts:": "a: x"},
            ("1", "2", "a: no longer y"),
        ),
        ({"#digest": "1", "size": "2"}, {"#digest": "2", "size": "3"}, ("2", "3", "")),
        ({"#digest": "1", "@": "a"}, {"#digest": "2", "@": "a"}, ("1", "2", "")),
    ],
)
def test_only_what_differs_is_said(before: Any, now: Any, said: tuple[str, str, str]) -> None:
    subject = Subject("s")
    (found,) = changes({subject: before}, {subject: now})
    assert (found.before, found.now, found.because) == said
    assert not [*changes({subject: {**before, "@": "x"}}, {subject: {**before, "@": "y"}})]


def test_a_check_that_counts_an_address_behind_which_nobody_gets_says_so(side: Any) -> None:
    failing = replace(
        side.checks[0], state=State.FAIL, observed="1 (shop/a: 80)", option=side.followed
    )
    port, zones = ("shop/a", "TCP 80"), ("{internet}", "{region}")
    for answer, said in ((Answer.CLOSED, True), (Answer.OPEN, False), (Answer.UNKNOWN, False)):
        state = StateReached({port: {zone: Told(answer) for zone in zones}})
        new = replace(side, checks=(failing,), states={side.followed: state})
        (change,) = difference(side, new).part(Part.CHECKS).changes[:1]
        assert (
            "Service shop/a has a public address, but with this option" in change.because
        ) is said


def test_answers_of_reports_are_compared_by_source() -> None:
    certificate = Told(Answer.OPEN, "a client certificate")
    opened = Told(Answer.OPEN, packet="a to b, TCP 80")
    old = {"{internet}": certificate, ANY_POD: Told(Answer.CLOSED), "shop/a": Told(Answer.OPEN)}
    new = {"{internet}": opened, ANY_POD: Told(Answer.UNKNOWN), "shop/b": Told(Answer.UNKNOWN)}
    port = "shop/orders", "TCP 80"
    found = list(moved(StateReached({port: old}), StateReached({port: new})))
    assert {(m.change, m.was, m.sources) for m in found} == {
        (Opening.OPENED, "open, refused without a client certificate", ("{internet}",)),
        (Opening.NO_LONGER_CLOSED, "closed", ("shop/b", ANY_POD)),
        (Opening.NO_LONGER_OPEN, "open", ("shop/a",)),
    }
    assert {m.packet for m in found} == {"a to b, TCP 80", ""}
    refused = StateReached({}, "no template can be made")
    assert not refused.proved and StateReached({port: old}, "without templates").proved
    gone = list(moved(StateReached({port: old}), StateReached({})))
    assert {m.change for m in gone} == {Opening.CLOSED}


@pytest.mark.parametrize(
    "text", [EVIL, *EVIL.split(), "`", "``", "a`", ":+1:", "https://x", "deadbeef1234567", "a\\|b"]
)
def test_text_of_others_is_code_unless_it_is_words(text: str) -> None:
    shown = acting(quoted(text, 1000))
    assert not re.search(r"[@#<>\[\]!|`\\]|://|www|GH-", shown), shown
    assert quoted("Orders, 5 operations of shop") == "Orders, 5 operations of shop"
    assert quoted("now (GET /{id}, {a} {b}).") == "now (GET `/{id}`, `{a} {b}`)."
    assert len(quoted(text * 50)) < 200


def test_a_difference_full_of_the_names_of_others_is_safe_and_bounded(side: Any) -> None:
    change = Change(subject=EVIL, kind="opened", before=EVIL, now=EVIL, because=EVIL * 9)
    many = tuple(
        replace(change, before=f"{n} {EVIL}", sources=(EVIL,) * 9, gate=Gate.OPENED, place=EVIL)
        for n in range(101)
    )
    evil = replace(side, title=EVIL, verdict=EVIL, followed_title=EVIL)
    checks = tuple(replace(c, state=State.FAIL, observed=EVIL, id=EVIL) for c in side.checks)
    unknown = (replace(checks[0], state=State.NOT_RUN, reason=f"{n} {EVIL}") for n in range(5))
    evil = replace(evil, checks=(*checks, *unknown))
    other = replace(evil, workload="other")
    found = Difference(other, evil, tuple(Compared(p, many, (EVIL,)) for p in Part))
    text = summary(evil, found, [*found.stopped_by([*Gate])], "a b/t.svg", "https://x.y/")
    assert len(text.splitlines()) <= LINES and len(text) < 60_000
    assert "the state before is of another workload" in text
    rest = acting(text).replace("(https://x.y/a%20b/t.svg)", "")
    assert not re.search(r"[@<>]|#\d|://|www|GH-\d|!\d", rest)
    cells = {len(re.split(r"(?<!\\)\|", line)) for line in text.splitlines() if line[:1] == "|"}
    assert cells == {6}
    page = changed_page(replace(found, parts=found.parts[:1]))
    assert "<img" not in page
    assert "The first 100 of 101" in page
    jsonschema.validate(difference_data(found), SCHEMA)
