"""Running notebooks without a screen, and the folder a report leaves."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest

from apim_aks.apis.draft import write_workload_file
from apim_aks.artefacts.bundle import artefacts
from apim_aks.decision.as_json import as_json
from apim_aks.decision.design import design
from apim_aks.decision.reached import reached_data
from apim_aks.errors import BugError, InputError
from apim_aks.notebook.parameters import refuse_unknown
from apim_aks.notebook.report import Report, write_report
from apim_aks.notebook.report.notebooks import declared
from apim_aks.options import OPTIONS
from apim_aks.own_files import replaced
from apim_aks.workload.file import read_workload
from tests.support import report_runs, schemas
from tests.support.designs import bundled
from tests.support.places import REPOSITORY
from tests.support.series import at_length, combined
from tests.support.small_notebooks import READ, notebook

pytestmark = pytest.mark.filterwarnings("ignore")

FAILS = 'from apim_aks.verification import ChecksFailed\nraise ChecksFailed("1 check fails: a.b.")'


@pytest.fixture(autouse=True)
def few_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks of a few lines stand beside one option; all of them are in the full reports."""
    few = partial(design, options=OPTIONS[:1])
    monkeypatch.setattr("apim_aks.notebook.report.design", few)


def reported(tmp_path: Path, *code: str, workload: str = "contoso-orders", **more: Any) -> Report:
    notebook(tmp_path / "source", *code, **more)
    return write_report(workload, tmp_path / "out", notebooks=tmp_path / "source")


def page(report: Report, name: str = "01_one") -> str:
    return (report.folder / f"{name}.html").read_text(encoding="utf-8")


def own_workload(folder: Path, *manifests: str) -> Path:
    (folder / "manifests").mkdir(parents=True)
    for number, text in enumerate(manifests):
        (folder / "manifests" / f"{number}.yaml").write_text(text, encoding="utf-8")
    file = folder / "workload.yaml"
    file.write_text("name: own\ntitle: Own\nmanifests: [manifests/]\n", encoding="utf-8")
    return file


SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, ports: [{port: 80}]}
"""


def test_a_notebook_becomes_a_page_with_its_code_folded(tmp_path: Path) -> None:
    text = page(reported(tmp_path, READ, "read.title"))
    assert "Contoso Orders" in text
    assert "<details" in text
    assert "In&nbsp;[" not in text
    assert ">One</h1>" in text


def test_the_workload_reaches_the_notebook(tmp_path: Path) -> None:
    report = reported(tmp_path, READ, "read.name", workload="contoso-retail")
    assert "&#39;contoso-retail&#39;" in page(report) or "'contoso-retail'" in page(report)


def test_interactive_cells_are_neither_run_nor_shown(tmp_path: Path) -> None:
    text = page(reported(tmp_path, "1 + 1", interactive='raise RuntimeError("nobody sees this")'))
    assert "nobody sees this" not in text
    assert ">2<" in text


def test_links_to_notebooks_lead_to_their_pages(tmp_path: Path) -> None:
    report = reported(tmp_path, head="# One\n\n[two](02_two.ipynb#there)")
    assert 'href="02_two.html#there"' in page(report)


def test_a_failing_cell_is_named_with_its_notebook_and_error(tmp_path: Path) -> None:
    with pytest.raises(BugError) as error:
        reported(tmp_path, "a = 1", 'raise KeyError("no such")')
    assert str(error.value) == "01_one.ipynb cell 4: KeyError: 'no such'"


def test_wrong_input_in_a_cell_keeps_its_own_sentence(tmp_path: Path) -> None:
    code = 'from apim_aks.workload.model import InputError\nraise InputError("It is wrong.")'
    with pytest.raises(InputError) as error:
        reported(tmp_path, code)
    assert str(error.value) == "01_one.ipynb cell 3: It is wrong."


def test_a_crash_keeps_the_earlier_report_whole(tmp_path: Path) -> None:
    first = reported(tmp_path, "1")
    before = sorted(first.folder.rglob("*"))
    with pytest.raises(BugError):
        reported(tmp_path, "1 / 0")
    assert sorted(first.folder.rglob("*")) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "source"]


def test_failed_checks_publish_the_report_and_are_said(tmp_path: Path) -> None:
    report = reported(tmp_path, "1 + 1", FAILS)
    assert report.stopped == ("01_one.ipynb cell 4: 1 check fails: a.b.",)
    assert "1 check fails: a.b." in page(report)
    assert "papermill" not in page(report)


def test_a_decision_that_does_not_hold_publishes_the_page_and_stops_no_notebook(
    tmp_path: Path,
) -> None:
    lost = 'from apim_aks.verification import DecisionLost\nraise DecisionLost("It is second.")'
    report = reported(tmp_path, "1 + 1", lost)
    assert report.stopped == ()
    assert "It is second." in page(report)


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    code = (READ, "import sys\nprint(read.name)\nprint(1, file=sys.stderr)", "import uuid")
    contents = []
    for _ in range(2):
        folder = reported(tmp_path, *code).folder
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        contents.append([(p.relative_to(folder), p.read_bytes()) for p in files])
    assert contents[0] == contents[1]


def test_no_path_of_this_machine_is_written(tmp_path: Path) -> None:
    file = own_workload(tmp_path / "own", SERVICE)
    report = reported(tmp_path, READ, "print(workload)", workload=str(file))
    for path in (p for p in report.folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        assert str(tmp_path).encode() not in content, path
        assert str(REPOSITORY).encode() not in content, path
    assert "workload.yaml" in page(report)


def test_times_and_random_ids_are_gone_from_executed_notebooks(tmp_path: Path) -> None:
    folder = reported(tmp_path, "1").folder
    node = nbformat.read(folder / "notebooks" / "01_one.ipynb", as_version=4)
    assert "papermill" not in node.metadata
    assert all("papermill" not in c.metadata for c in node.cells)
    assert [c.id for c in node.cells] == ["head", "parameters", "injected-2", "code-0"]


def test_a_folder_with_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InputError, match="no earlier report wrote"):
        reported(tmp_path, "1")
    assert (tmp_path / "out" / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_only_an_earlier_report_that_nobody_changed_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    first = reported(tmp_path, "1")
    assert (tmp_path / "out").is_symlink()
    record = tmp_path / "real" / "decision.md"
    record.write_text("Our reasons.", encoding="utf-8")
    with pytest.raises(InputError, match=r"decision\.md \(changed\)"):
        reported(tmp_path, "1")
    assert record.read_text(encoding="utf-8") == "Our reasons."
    write_report("contoso-orders", first.folder, notebooks=tmp_path / "source", keep_old=True)
    kept = tmp_path / "real.before-1" / "decision.md"
    assert kept.read_text(encoding="utf-8") == "Our reasons."
    assert record.read_text(encoding="utf-8").startswith("# Contoso Orders")
    assert json.loads((tmp_path / "real" / "files.json").read_text())["files"].keys() >= {
        "index.html",
        "01_one.html",
        "notebooks/01_one.ipynb",
    }


def test_an_error_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupted() -> None:
        with replaced(tmp_path / "new", print) as folder:
            (folder / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_notebooks_is_said(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    with pytest.raises(InputError, match="has no notebooks"):
        write_report("contoso-orders", tmp_path / "out", notebooks=tmp_path / "source")


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(InputError, match="'workloads' is unknown.*did you mean workload?"):
        refuse_unknown("01.ipynb", {"workload": "", "out": ""}, {"workloads": "x"})


def test_a_number_for_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"version is 1\.36, a number. It must be text"):
        refuse_unknown("01.ipynb", {"version": "1.36"}, {"version": 1.36})


def test_parameters_are_read_with_their_defaults(tmp_path: Path) -> None:
    node = nbformat.read(notebook(tmp_path / "source"), as_version=4)
    assert declared(node) == {"workload": "contoso-orders", "out": ""}


def test_a_bad_document_is_on_the_page_beside_the_good_ones(tmp_path: Path) -> None:
    file = own_workload(tmp_path / "own", SERVICE, "kind: [unclosed\n")
    report = reported(tmp_path, workload=str(file))
    assert "1.yaml" in (report.folder / "index.html").read_text(encoding="utf-8")
    data = json.loads((report.folder / "design.json").read_text(encoding="utf-8"))
    assert [f["file"] for f in data["findings"]] == ["manifests/1.yaml"]
    assert [s["id"] for s in data["services"]] == ["shop/web"]


# The real notebooks, by the command line.


@pytest.mark.parametrize("workload", combined("contoso-retail", "contoso-orders"))
def test_the_full_report_comes_out(workload: str) -> None:
    run = report_runs.report(workload)
    assert run.status == 0, run.errors
    assert run.output == f"{run.folder / 'index.html'}\n"
    assert "Traceback" not in run.errors
    assert "Kernel" not in run.errors
    assert len(list(run.folder.glob("0*.html"))) == 8


@at_length
def test_the_full_report_is_the_same_twice() -> None:
    one, two = (report_runs.report("contoso-orders", again=n).folder for n in (0, 1))
    names = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file())
    assert [n for n in names if (one / n).read_bytes() != (two / n).read_bytes()] == []


def test_every_file_as_json_keeps_to_its_schema() -> None:
    """Of what each option has, those of the two that differ most; deeper are formats of others."""
    folder = report_runs.report("contoso-retail").folder
    files = [*folder.glob("*.json"), *folder.glob("*/*.json")]
    of_options = {"public-services", "self-hosted-gateway", folder.name}
    read = {f: f.read_text(encoding="utf-8") for f in files if f.parent.name in of_options}
    wrong = {f.name: found for f, text in read.items() if (found := schemas.wrong(f.stem, text))}
    assert wrong == {}
    assert {f.stem for f in read} == {f.stem for f in files}


def test_every_artefact_of_the_contract_is_there() -> None:
    folder = report_runs.report("contoso-retail").folder
    design = json.loads((folder / "design.json").read_text(encoding="utf-8"))
    assert design["schema_version"] == 1
    for option in (p["option"] for p in design["placements"]):
        assert (folder / option / "topology.svg").is_file()
        assert json.loads((folder / option / "topology.json").read_text())["option"] == option
        callers = json.loads((folder / option / "callers.json").read_text())["callers"]
        assert {c["after"]["answer"] for c in callers} == {"open"}
    assert (folder / "decision.md").read_text(encoding="utf-8").startswith("# Contoso Retail")
    proofs = (folder / "reachability.json").read_text(encoding="utf-8")
    assert proofs == as_json(reached_data(bundled("contoso-retail")))
    listed = json.loads((folder / "files.json").read_text(encoding="utf-8"))["files"]
    assert {"reachability.html", "reachability.json"} <= set(listed)
    for page in (folder / "index.html", *folder.glob("0?_option_*.html")):
        assert 'href="reachability.html#' in page.read_text(encoding="utf-8"), page.name
    for page in folder.glob("0?_option_*.html"):
        assert 'href="callers.html#' in page.read_text(encoding="utf-8"), page.name
    assert "callers.html" in listed
    assert len(list((folder / "notebooks").glob("*.ipynb"))) == 8


def test_every_option_has_the_merged_document_of_every_api() -> None:
    folder = report_runs.report("contoso-retail").folder
    design = json.loads((folder / "design.json").read_text(encoding="utf-8"))
    index = (folder / "index.html").read_text(encoding="utf-8")
    for option in (p["option"] for p in design["placements"]):
        files = sorted((folder / option / "openapi").glob("*.json"))
        assert [f.stem for f in files] == sorted(a["id"] for a in design["apis"])
        assert all(f"{option}/openapi/{f.name}" in index for f in files)
        for file in files:
            assert json.loads(file.read_text(encoding="utf-8"))["openapi"] == "3.0.3"


def test_every_option_has_what_it_is_built_with() -> None:
    folder = report_runs.report("contoso-retail").folder
    index = (folder / "index.html").read_text(encoding="utf-8")
    made = bundled("contoso-retail")
    for placement in made.placements:
        own = placement.option.id
        for file in artefacts(placement).files:
            assert (folder / own / file.file).read_text(encoding="utf-8") == file.text
            assert f'href="{own}/{file.file}"' in index
        names = sorted(p.name for p in (folder / own / "arm").iterdir())
        assert all(re.match(r"\d\d-[a-z0-9-]+(\.parameters)?\.json", n) for n in names)


def test_an_option_that_cannot_be_built_is_said_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apim_aks.notebook.report.design", design)
    file = own_workload(tmp_path / "own", SERVICE)
    extra = "azure: {address_space: 10.90.0.0/26}\n"
    file.write_text(file.read_text(encoding="utf-8") + extra, encoding="utf-8")
    report = reported(tmp_path, workload=str(file))
    text = (report.folder / "index.html").read_text(encoding="utf-8")
    assert "not built" in text
    assert "has no room for" in text
    assert list((report.folder / "public-services" / "policies").iterdir())


def test_cells_that_only_prepare_are_one_fold() -> None:
    for file in report_runs.report("contoso-retail").folder.glob("0*.html"):
        text = file.read_text(encoding="utf-8")
        assert text.count("<summary>Parameters and imports</summary>") == 1
        fold = text.split("Parameters and imports", 1)[1].split("</details>")[0]
        assert ">import</span>" in fold
        assert ">Code</summary>" not in fold


def test_checks_have_exactly_the_keys_of_the_contract() -> None:
    folder = report_runs.report("contoso-retail").folder
    checks = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    keys = "id,option,claim,severity,state,expected,observed,how,reason"
    assert all(",".join(c) == keys for c in checks)
    assert {c["state"] for c in checks} <= {"pass", "fail", "not_run"}


def test_links_within_the_report_lead_somewhere() -> None:
    folder = report_runs.report("contoso-retail").folder
    for file in folder.glob("*.html"):
        text = file.read_text(encoding="utf-8")
        for link in re.findall(r'href="([^"]+)"', text):
            if not link.startswith(("http", "data:", "#")):
                target, _, anchor = link.partition("#")
                assert (folder / target).is_file(), f"{file.name}: {link}"
                if anchor:
                    other = (folder / target).read_text(encoding="utf-8")
                    assert f'id="{anchor}"' in other, f"{file.name}: {link}"


def test_pages_load_nothing_from_elsewhere() -> None:
    for file in report_runs.report("contoso-retail").folder.glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r'<(script|link|iframe)[^>]+(src|href)="(?!data:)', text), file.name
        assert not re.search(r'<(img|image|source)[^>]+href="http|src="http', text), file.name


def test_pages_and_notebooks_show_no_path_of_this_machine() -> None:
    run = report_runs.report("contoso-retail")
    for file in (p for p in run.folder.rglob("*") if p.is_file()):
        content = file.read_bytes()
        for place in (str(REPOSITORY), str(run.folder.parent), "ipykernel_"):
            assert place.encode() not in content, f"{file.name} shows {place}"


# Other people's systems.

SYSTEMS = {
    "aks-store-demo": (["aks-store-all-in-one.yaml", "aks-store-ingress-quickstart.yaml"], {}),
    "retail-store": (
        ["helm-rendered/"],
        {f"demo-{n}": f"openapi/{n}.yml" for n in ("catalog", "checkout", "orders")},
    ),
}


def system(corpora: Path, folder: Path, name: str) -> Path:
    shutil.copytree(corpora / "microservices" / name, folder)
    manifests, openapi = SYSTEMS[name]
    file = folder / "workload.yaml"
    lines = {"name": name, "title": name, "manifests": manifests[:1], "openapi": openapi}
    file.write_text(json.dumps(lines), encoding="utf-8")
    return file


@at_length
@pytest.mark.parametrize("name", combined(*SYSTEMS))
def test_the_full_report_comes_out_for_systems_of_others(
    name: str, corpora: Path, tmp_path: Path
) -> None:
    file = system(corpora, tmp_path / name, name)
    run = report_runs.report(str(file))
    assert run.status == 0, run.errors
    text = (run.folder / "index.html").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert len(list(run.folder.glob("0*.html"))) == 8


def started(corpora: Path, folder: Path, name: str) -> Path:
    shutil.copytree(corpora / "microservices" / name, folder)
    return write_workload_file(folder)


@pytest.mark.parametrize(
    "name",
    [
        "agic-examples",
        "aks-store-demo",
        "bookinfo",
        "drone-delivery",
        "ingress-nginx",
        "live-cluster-objects",
        "retail-store",
        "sock-shop",
    ],
)
def test_systems_of_others_are_read_and_designed(name: str, corpora: Path, tmp_path: Path) -> None:
    made = design(read_workload(started(corpora, tmp_path / name, name)))
    assert made.mapping.published
    assert made.ranking.winner


def test_a_system_without_manifests_is_said(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no Kubernetes Service"):
        started(corpora, tmp_path / "eshop", "eshop")
