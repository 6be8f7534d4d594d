"""Conventions of the notebooks, and that plain papermill runs each of them."""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
from contextlib import chdir
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from nbformat import NotebookNode
from papermill.cli import papermill as papermill_command

from apim_aks.notebook.report.kernels import START_SECONDS, OwnPorts
from apim_aks.notebook.report.notebooks import declared, title
from apim_aks.options import OPTIONS, Option
from apim_aks.workload.file import save
from apim_aks.workload.file.source import BUNDLED
from tests.support.places import REPOSITORY
from tests.support.series import SEED, at_length, combined

FOLDER = REPOSITORY / "notebooks"
NAMES = tuple(sorted(p.stem for p in FOLDER.glob("*.ipynb")))
TAGS = {"parameters", "interactive", "detail"}
each = pytest.mark.parametrize("name", NAMES)


@cache
def notebook(name: str) -> NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code(name: str) -> list[NotebookNode]:
    return [c for c in notebook(name).cells if c.cell_type == "code"]


def ours(option: Option) -> bool:
    """One of the library and none that APIM_AKS_OPTIONS adds."""
    return option.draw.__module__.startswith("apim_aks.")


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def test_they_are_numbered_in_the_order_in_which_they_are_read() -> None:
    assert [int(n[:2]) for n in NAMES] == list(range(len(NAMES)))
    assert len(NAMES) >= 8


@each
def test_the_way_back_and_on_stands_at_top_and_bottom(name: str) -> None:
    at = NAMES.index(name)
    titles = [f"[{n[:2]} {title(notebook(n), n)}]({n}.ipynb)" for n in NAMES]
    back = [f"← {titles[at - 1]}"] if at else []
    start = ["[Start](00_start.ipynb)"] if at > 1 else []
    on = [f"{titles[at + 1]} →"] if at + 1 < len(NAMES) else []
    for cell in (notebook(name).cells[0], notebook(name).cells[-1]):
        assert cell.source == " · ".join((*back, *start, *on))
        assert tags(cell) == ["interactive"], "pages have links of their own"


@pytest.mark.parametrize("own", [o for o in OPTIONS if ours(o)], ids=lambda o: o.id)
def test_every_option_of_the_library_has_a_chapter_that_shows_it(own: Option) -> None:
    assert own.chapter in NAMES, f"{own.id}: chapter {own.chapter!r} is none of {NAMES}"
    lines = "".join(c.source for c in code(own.chapter))
    first_in_mode = next(o for o in OPTIONS if o.mode == own.mode)
    by_mode = own is first_in_mode and f'placement_in_mode(scenario, "{own.mode}")' in lines
    assert by_mode or f'placement("{own.id}")' in lines, f"{own.chapter} does not show {own.id}"


@each
def test_the_first_cell_says_question_answer_and_cost(name: str) -> None:
    first = notebook(name).cells[1]
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
    assert known["workload"] == "", "chosen once, in 00"
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
        if "interactive" in tags(cell) and cell.cell_type == "code":
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


@pytest.fixture
def own_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels of plain papermill bind their own ports too: several run beside each other here."""
    factory = KernelProvisionerFactory.instance()
    name, where = factory.default_provisioner_name, f"{OwnPorts.__module__}:{OwnPorts.__name__}"
    ours = EntryPoint(name, where, factory.GROUP_NAME)
    monkeypatch.setitem(factory.provisioners, name, ours)


def papermill(name: str, cwd: Path, workload: str, *more: str) -> Result:
    """A notebook by the papermill command from this folder, in this process."""
    source = os.path.relpath(FOLDER / f"{name}.ipynb", cwd)
    given = ["--no-progress-bar", "--start-timeout", str(START_SECONDS), "-p", "workload", workload]
    with chdir(cwd):
        return CliRunner().invoke(papermill_command, [*given, *more, source, os.devnull])


def with_new_controls() -> list[str]:
    """Notebooks with controls that those do not show which browsers open; reports run the rest."""
    seen = controls("00_start") | controls("06_decision")
    found = []
    for name in sorted(NAMES, key=lambda n: -len(controls(n))):
        found += [name] if controls(name) - seen else []
        seen |= controls(name)
    return found


def controls(name: str) -> set[str]:
    cells = (c.source for c in code(name) if "interactive" in tags(c))
    return set(re.findall(r"\bwidgets\.(\w+)", " ".join(cells)))


@pytest.mark.series
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("own_ports")
@pytest.mark.parametrize("name", NAMES if SEED else with_new_controls())
@pytest.mark.parametrize("workload", combined("contoso-orders", "contoso-retail"))
def test_plain_papermill_runs_each_notebook(
    name: str, workload: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", logger="papermill")  # which the report sets higher
    folder = FOLDER if name == "06_decision" else REPOSITORY  # it works from both
    done = papermill(name, folder, workload)
    assert done.exit_code == 0, f"{done.output[-2000:]} {done.exception!r}"
    assert "unknown parameter" not in done.output + caplog.text


@each
def test_parameters_are_checked_before_anything_is_read(name: str) -> None:
    cells = [c.source for c in code(name)]
    (at,) = [i for i, source in enumerate(cells) if "check_parameters()" in source]
    assert cells[at].startswith("check_parameters()\nworkload = chosen(workload)\n") and at == 2
    assert not any(isinstance(n, ast.Call) for n in ast.walk(ast.parse(cells[1])))


@each
def test_who_shows_an_option_ends_with_the_recorded_decision(name: str) -> None:
    last = code(name)[-1].source
    shows = "placement" in "".join(c.source for c in code(name)) or name == "06_decision"
    assert ("require_decision(" in last) == shows == (name[:2] not in ("00", "02"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("own_ports")
@pytest.mark.parametrize("name", combined("01_background", "06_decision"))
def test_papermill_ends_red_when_the_recorded_decision_no_longer_holds(
    name: str, tmp_path: Path
) -> None:
    shutil.copytree(BUNDLED / "contoso-orders", tmp_path / "mine")
    file = str(tmp_path / "mine" / "workload.yaml")
    save(file, {"decision": {"option": "ingress-mtls", "chosen_by": "reader"}})
    done = papermill(name, REPOSITORY, file)
    assert done.exit_code != 0
    said = f"{done.output} {done.exception}"
    assert "DecisionLost: The recorded option, Ingress with mutual TLS (Basic), is " in said
    save(file, {"decision": {"option": "v2-integration"}})
    assert papermill(name, REPOSITORY, file).exit_code == 0


@at_length
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("own_ports")
def test_papermill_ends_red_for_a_parameter_that_the_notebook_does_not_have() -> None:
    done = papermill("06_decision", REPOSITORY, "contoso-orders", "-p", "presets", "balanced")
    assert done.exit_code != 0
    said = f"{done.output} {done.exception}"
    assert "parameter 'presets' is unknown" in said
    assert "did you mean preset?" in said
