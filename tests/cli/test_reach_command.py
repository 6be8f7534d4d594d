"""`reach`: answers for plain manifests, as text and as JSON, and what a change opens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apim_aks.__main__ import main
from apim_aks.cli.console import WIDTH
from tests.support.outside_scenes import Network

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
ZONES = ["{internet}", "{region}", "{network}", "{peered}", "{on-premises}", "{gateway}"]
APPLICATION = """apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, image: i, ports: [{name: web, containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: site, namespace: shop}
spec:
  template:
    metadata: {labels: {app: site}}
    spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: web}]}
"""
POLICY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: site}}}]
      ports: [{port: 8080}]
"""


INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: way, namespace: shop}
spec:
  rules:
    - http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("open", APPLICATION), ("shut", APPLICATION + POLICY)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main(["reach", *map(str, words)])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_json_names_workloads_ranges_and_what_admits_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, folder / "shut", "--json")
    data = json.loads(out)
    into = [c for c in data["connections"] if c["destination"] == "shop/api[Deployment]"]
    assert (status, data["schema_version"]) == (0, 1)
    assert into == [
        {
            "source": "shop/site[Deployment]",
            "destination": "shop/api[Deployment]",
            "ports": [{"protocol": "TCP", "from": 8080, "to": 8080}],
            "answer": "open",
            "packet": {
                "source": "shop/site[Deployment]",
                "destination": "shop/api[Deployment]",
                "protocol": "TCP",
                "port": 8080,
            },
            "because": [
                "out of shop/site[Deployment]: no policy selects these pods for egress",
                "into shop/api[Deployment]: NetworkPolicy shop/api (a.yaml line 22, "
                "rule in line 28) admits it",
            ],
        }
    ]
    assert data["services"] == [
        {
            "service": "shop/api",
            "port": "TCP 80",
            "open": ["shop/site[Deployment]", "{nodes}"],
            "unknown": ["{any other pod}"],
            "closed": ["shop/api[Deployment]", *ZONES],
        }
    ]
    assert [a[:2] for a in data["assumptions"]] == [f"A{n}" for n in range(1, 10)]


def test_what_is_opened_comes_first_with_file_and_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook shows it all: the answer is not behind what it rests on."""
    monkeypatch.chdir(folder)
    status, out, _ = run(capsys, "open", "--against", "shut", "--fail-on", "opened", "--quiet")
    first, second, *_, last = out.splitlines()
    assert status == 1 and first.startswith("opened: TCP 1-8079")
    assert "of Deployment shop/api (open/a.yaml" in first
    assert second.startswith("line 1)")
    assert last.startswith("Under the assumptions A1 to A9") and len(out.splitlines()) < 12
    _, out, _ = run(capsys, "open", "--against", "open")
    assert out.startswith("Nothing is opened and nothing is closed.")


def test_templates_say_what_the_network_lets_through(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public = APPLICATION.replace("spec: {selector", "spec: {type: LoadBalancer, selector")
    (folder / "open" / "a.yaml").write_text(public, encoding="utf-8")
    (folder / "arm").mkdir()
    text = json.dumps(Network(rules=[]).template() | {"$schema": SCHEMA})
    (folder / "arm" / "net.json").write_text(text, encoding="utf-8")
    words = (folder / "open", folder / "arm", "--json")
    status, out, errors = run(capsys, *words)
    (row,) = json.loads(out)["services"]
    assert (status, errors, json.loads(out)["engine"]) == (0, "", "none")
    assert row["open"][-2:] == ["{network}", "{gateway}"]
    assert row["closed"] == ["{internet}", "{region}", "{peered}", "{on-premises}"]
    _, out, _ = run(capsys, *words, "--from", "internet")
    (verdict,) = json.loads(out)["verdicts"]
    assert (verdict["source"], verdict["answer"]) == ("{internet}", "closed")
    assert "DenyAllInBound" in verdict["because"][0]
    _, out, _ = run(capsys, *words, "--from", "10.1.3.7")
    (verdict,) = json.loads(out)["verdicts"]
    assert (verdict["answer"], verdict["packet"]["source"]) == ("open", "10.1.3.7")


def test_variants_in_one_folder_are_named_and_nodes_said_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, folder / "open", folder / "open" / "a.yaml")[2] == ""
    other = APPLICATION.replace("namespace: shop", "namespace: test")
    (folder / "open" / "test.yaml").write_text(other, encoding="utf-8")
    (folder / "open" / "z.yaml").write_text(APPLICATION, encoding="utf-8")
    status, out, err = run(capsys, folder / "open")
    named = [line for line in err.splitlines() if "all of these are read as one cluster" in line]
    assert (status, out.count("{nodes}")) == (0, 1)
    assert [line.partition(". Use")[0] for line in named] == [
        "test.yaml has a variant of a.yaml, which runs the same",
        "z.yaml has Services that a.yaml has too",
    ]


def test_a_route_is_named_where_an_ingress_controller_gets_through(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "open" / "b.yaml").write_text(INGRESS, encoding="utf-8")
    _, out, _ = run(capsys, folder / "open", "--json", "--from", "{ingress-controller}")
    (found,) = json.loads(out)["connections"]
    assert (found["destination"], found["answer"]) == ("shop/api[Deployment]", "open")
    assert found["ports"] == [{"protocol": "TCP", "from": 8080, "to": 8080}]
    assert found["because"][0] == "Ingress shop/way leads there (b.yaml line 1)"


def test_one_answer_is_explained_with_the_policy_that_closes_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--from", "10.1.2.3", "--to", "shop/api", "--explain")
    status, out, _ = run(capsys, folder / "shut", *words)
    assert status == 0
    assert "shop/api, TCP 80\n----------------\n\nclosed: 10.1.2.3\n" in out
    assert "shop/api (a.yaml line 22)" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= WIDTH


def test_what_is_open_to_those_who_are_asked_about_comes_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    balanced = """---
apiVersion: v1
kind: Service
metadata: {name: site, namespace: shop}
spec: {type: LoadBalancer, selector: {app: site}, ports: [{port: 80}]}
"""
    (tmp_path / "a.yaml").write_text(APPLICATION + balanced, encoding="utf-8")
    status, out, _ = run(capsys, tmp_path, "--from", "internet")
    assert status == 0
    assert out.index("shop/site, TCP 80") < out.index("open: {internet}")
    assert out.index("open: {internet}") < out.index("shop/api, TCP 80")
    assert "No connection is open" not in out


def test_sources_of_one_answer_and_reason_are_told_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, folder / "open", "--explain")
    both = "open: all 2 workloads of shop; for example shop/api[Deployment] to"
    assert both in " ".join(out.split())
    assert out.count("- out of each of them: no policy selects these pods for egress") == 1
    assert "2 workloads, 1 Service, 0 NetworkPolicies" in out


def test_nearly_all_workloads_of_a_namespace_are_named_by_the_exception(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = APPLICATION.split("---\n")[1]
    more = "---\n".join(site.replace("site", f"s{n}") for n in range(3))
    (folder / "shut" / "b.yaml").write_text(more, encoding="utf-8")
    _, out, _ = run(capsys, folder / "shut")
    assert "all 5 workloads of shop but shop/site[Deployment], {internet}" in " ".join(out.split())


def test_a_workload_file_is_no_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "workload.yaml").write_text("name: a\n", encoding="utf-8")
    status, out, errors = run(capsys, tmp_path / "workload.yaml")
    assert (status, out) == (2, "")
    assert "name what stands under its `manifests`" in errors


@pytest.mark.parametrize(
    ("new", "old", "status", "word"),
    [("open", "shut", 1, "opened"), ("shut", "open", 0, "closed"), ("shut", "shut", 0, "Nothing")],
)
def test_what_a_change_opens_is_named_and_can_end_with_1(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    new: str,
    old: str,
    status: int,
    word: str,
) -> None:
    words = ("--against", folder / old, "--fail-on", "opened")
    done, out, _ = run(capsys, folder / new, *words)
    assert (done, word in out) == (status, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "shop/apy"], "'shop/api', the nearest"),
        (["--from", "shop/sight"], "'shop/site', the nearest"),
        (["--fail-on", "opened"], "--against OLD"),
    ],
)
def test_wrong_words_end_with_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    status, out, errors = run(capsys, folder / "open", *words)
    assert (status, out, errors.count("\n")) == (2, "", 1)
    assert said in errors


def test_a_policy_that_cannot_be_applied_ends_with_2_and_leaves_its_pods_unknown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = APPLICATION + POLICY.replace("from:", "form:")
    (folder / "shut" / "a.yaml").write_text(wrong, encoding="utf-8")
    status, out, errors = run(capsys, folder / "shut", "--json")
    answers = {
        c["answer"]
        for c in json.loads(out)["connections"]
        if c["destination"] == "shop/api[Deployment]"
    }
    assert (status, answers) == (2, {"unknown"})
    assert "a.yaml line 28 has an unknown field as spec.ingress[0].form" in errors


def test_what_is_not_there_or_holds_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (tmp_path / "none", tmp_path):
        status, out, errors = run(capsys, path)
        assert (status, out, errors.count("\n")) == (2, "", 1)
