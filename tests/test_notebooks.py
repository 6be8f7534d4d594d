"""Conventions of the notebooks, and that plain papermill runs each of them."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from apim_aks.report.notebooks import declared
from apim_aks.workload_file import save
from apim_aks.workload_file.source import BUNDLED
from finished import REPOSITORY

FOLDER = REPOSITORY / "notebooks"
NAMES = (
    "01_background",
    "02_service_mapping",
    "03_option_1_public_services",
    "04_option_2_ingress_mtls",
    "05_option_3_virtual_network",
    "06_decision",
    "07_deploy_and_verify",
)
TAGS = {"parameters", "interactive"}
each = pytest.mark.parametrize("name", NAMES)


@cache
def notebook(name: str) -> NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code(name: str) -> list[NotebookNode]:
    return [c for c in notebook(name).cells if c.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def test_there_are_seven() -> None:
    assert tuple(sorted(p.stem for p in FOLDER.glob("*.ipynb"))) == NAMES


@each
def test_the_first_cell_says_question_answer_and_cost(name: str) -> None:
    first = notebook(name).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "?" in first.source
    assert re.search(r"Short answer|[Aa]zure account|second", first.source)


@each
def test_one_cell_of_parameters_comes_first_and_has_literals_with_help(name: str) -> None:
    tagged = [c for c in code(name) if "parameters" in tags(c)]
    assert tagged == code(name)[:1]
    lines = tagged[0].source.splitlines()
    assert all(re.fullmatch(r"\w+: \w+ = [^=]+  # [^=]+", line) for line in lines)
    known = declared(notebook(name))
    assert known["workload"] == "contoso-retail"
    assert known["out"] == ""


@each
def test_code_cells_are_eight_lines_at_most(name: str) -> None:
    assert all(len(c.source.strip().splitlines()) <= 8 for c in code(name))


@each
def test_notebooks_define_nothing(name: str) -> None:
    banned = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While)
    for cell in code(name):
        assert not re.search(r"^\s*[%!]", cell.source, re.MULTILINE), cell.source
        assert not any(isinstance(n, banned) for n in ast.walk(ast.parse(cell.source)))
        assert "sys.path" not in cell.source


@each
def test_notebooks_are_stored_clean(name: str) -> None:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = notebook(name).metadata
    assert metadata == {"kernelspec": kernel, "language_info": {"name": "python"}}
    for cell in code(name):
        assert cell.outputs == []
        assert cell.execution_count is None
    ids = [c.id for c in notebook(name).cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook(name).cells:
        assert set(cell.metadata) <= {"tags"}
        assert set(tags(cell)) <= TAGS


@each
def test_every_interactive_cell_is_followed_by_its_static_twin(name: str) -> None:
    cells = notebook(name).cells
    for at, cell in enumerate(cells):
        if "interactive" in tags(cell):
            later = [c for c in cells[at + 1 :] if c.cell_type == "code"]
            assert later, "nothing static comes after it"
            assert "interactive" not in tags(later[0])


@each
def test_imports_come_from_our_package(name: str) -> None:
    roots = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else alias.name
        for cell in code(name)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert roots - sys.stdlib_module_names == {"apim_aks"}


@cache
def papermill(cwd: str, workload: str) -> dict[str, subprocess.CompletedProcess[str]]:
    """Each notebook by the papermill command, two at a time, from this folder of the repository."""
    with ThreadPoolExecutor(2) as pool:
        jobs = {name: pool.submit(_papermill, name, cwd, workload) for name in NAMES}
    return {name: job.result() for name, job in jobs.items()}


def _papermill(name: str, cwd: str, workload: str) -> subprocess.CompletedProcess[str]:
    source = Path(os.path.relpath(FOLDER / f"{name}.ipynb", REPOSITORY / cwd))
    return subprocess.run(
        [sys.executable, "-m", "papermill", "--no-progress-bar", "-p", "workload", workload]
        + [str(source), os.devnull],
        cwd=REPOSITORY / cwd,
        capture_output=True,
        text=True,
        timeout=180,
    )


@each
@pytest.mark.parametrize(("cwd", "workload"), [(".", "contoso-retail"), (".", "contoso-orders")])
def test_plain_papermill_runs_each_notebook(name: str, cwd: str, workload: str) -> None:
    done = papermill(cwd, workload)[name]
    assert done.returncode == 0, done.stderr[-2000:]
    assert "unknown parameter" not in done.stderr


def test_a_notebook_runs_from_its_own_folder_too() -> None:
    done = _papermill("06_decision", "notebooks", "contoso-orders")
    assert done.returncode == 0, done.stderr[-2000:]


@each
def test_parameters_are_checked_before_anything_is_read(name: str) -> None:
    cells = [c.source for c in code(name)]
    (at,) = [i for i, source in enumerate(cells) if "check_parameters()" in source]
    assert cells[at].startswith("check_parameters()\n") and at == 2
    assert not any(isinstance(n, ast.Call) for n in ast.walk(ast.parse(cells[1])))


@each
def test_who_shows_an_option_ends_with_the_recorded_decision(name: str) -> None:
    last = code(name)[-1].source
    shows = "placement" in "".join(c.source for c in code(name)) or name == "06_decision"
    assert ("require_decision(" in last) == shows == (name != "02_service_mapping")


@pytest.mark.parametrize("name", ["01_background", "06_decision"])
def test_papermill_ends_red_when_the_recorded_decision_no_longer_holds(
    name: str, tmp_path: Path
) -> None:
    shutil.copytree(BUNDLED / "contoso-orders", tmp_path / "mine")
    file = str(tmp_path / "mine" / "workload.yaml")
    save(file, {"decision": {"option": "ingress-mtls", "chosen_by": "reader"}})
    done = _papermill(name, ".", file)
    assert done.returncode != 0
    assert "DecisionLost: Ingress with mutual TLS (Basic) is the recorded decision" in done.stderr
    save(file, {"decision": {"option": "v2-integration"}})
    assert _papermill(name, ".", file).returncode == 0
