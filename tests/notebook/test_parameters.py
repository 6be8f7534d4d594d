"""What a notebook was given against what its first cell declares, in whatever way it was run."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from apim_aks.notebook.parameters import declarations, parameters_of
from apim_aks.notebook.report.kernels import ThisPython
from tests.support.small_notebooks import PARAMETERS, notebook

pytestmark = pytest.mark.filterwarnings("ignore")

CHECK = "from apim_aks.notebook.parameters import check_parameters\ncheck_parameters()"
KNOWN = {"workload": "contoso-orders", "out": ""}


def given(*ran: str) -> tuple[dict[str, object], list[str]]:
    return parameters_of(["", *ran])


def test_without_papermill_only_what_is_declared_was_given() -> None:
    assert given(PARAMETERS, "import os", "x = 1") == (KNOWN, ["workload", "out"])


def test_the_cell_of_papermill_adds_what_it_names() -> None:
    known, names = given(PARAMETERS, "# Parameters\nworkload = 'a'\nnonsense = -1\n", CHECK)
    assert (known, names) == (KNOWN, ["workload", "out", "nonsense"])


def test_a_cell_that_was_taken_out_counts_no_more_once_the_parameters_ran_again() -> None:
    wrong = "# Parameters\nnonsense = 1"
    assert given(PARAMETERS, wrong, CHECK, PARAMETERS, CHECK)[1] == ["workload", "out"]
    right = "# Parameters\nout = 'x'"
    assert given(PARAMETERS, wrong, CHECK, right, CHECK)[1] == ["workload", "out"]


def test_cells_that_the_reader_adds_and_runs_again_are_no_parameters() -> None:
    later = ["ids = 'a b'", "columns = ['a']", "%%html\n<p>", CHECK]
    assert given(PARAMETERS, *later)[1] == ["workload", "out"]


def test_the_kind_is_the_declared_one_even_where_the_reader_edits_the_value() -> None:
    known, _ = given("workload: str = 1.36  # a name")
    assert known == {"workload": ""}


def test_without_a_cell_that_declares_nothing_is_checked() -> None:
    assert given("# Parameters\nnonsense = 1", CHECK) == ({}, [])


def test_declarations_are_read_with_their_defaults() -> None:
    assert declarations("a: int = -1\nb = c = 'x'\nd: str") == {"a": -1, "b": "x", "c": "x"}


CELLS = {
    "# Parameters\nworkload = 'contoso-retail'": "",
    "# Parameters\nworkloads = 'x'": "'workloads' is unknown.*did you mean workload?",
    "# Parameters\nworkload = 1.36": "workload is 1.36, a number. It must be text such as",
    "workload = True": "workload is True, True or False. It must be text",
}


def test_a_kernel_refuses_what_the_notebook_does_not_declare(tmp_path: Path) -> None:
    """One kernel for all: the parameters run again before each."""
    cells = [code for cell in CELLS for code in (cell, CHECK, PARAMETERS)]
    node = nbformat.read(notebook(tmp_path, *cells), as_version=4)
    NotebookClient(node, kernel_manager_class=ThisPython, allow_errors=True).execute()
    checks = [c for c in node.cells if c.source == CHECK]
    for (cell, sentence), check in zip(CELLS.items(), checks, strict=True):
        errors = [o for o in check.outputs if o.output_type == "error"]
        assert [e.ename for e in errors] == ["InputError"] * bool(sentence), cell
        assert all(re.search(sentence, e.evalue) for e in errors), cell
        shown = "\n".join(line for e in errors for line in e.traceback)
        assert "Traceback" not in shown and "line" not in shown
