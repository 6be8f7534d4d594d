"""The shape of the library: who may import whom, one door for each outside library, sizes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "lib" / "apim_aks"
FILES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    "rounding",
    "check",
    "finding",
    "opening",
    "workload",
    "parameters",
    "own_files",
    "names",
    "topology",
    "facts",
    "documents",
    "kubernetes_objects",
    "openapi",
    "contract",
    "workload_file",
    "mapping",
    "api_document",
    "options",
    "costs",
    "price_snapshot",
    "measures",
    "requirements",
    "decision",
    "design",
    "requirement_changes",
    "not_compared",
    "outcome",
    "design_json",
    "diagram",
    "address_plan",
    "policies",
    "manifests",
    "arm_templates",
    "artefacts",
    "azure_client",
    "calls",
    "deployment",
    "verification",
    "record",
    "page",
    "widgets",
    "console",
    "azure_commands",
    "summary",
    "decision_summary",
    "report",
    "__main__",
)
"""Each module imports only from those above it."""

DOORS = {
    "azure": {"azure_client"},
    "diagrams": {"diagram"},
    "pygraphviz": {"diagram"},
    "graphviz": {"diagram"},
    "ipywidgets": {"widgets"},
    "IPython": {"widgets", "page", "parameters"},
    "jsonschema": {"workload_file"},
    "jupyter_client": {"report"},
    "nbconvert": {"report"},
    "nbformat": {"report"},
    "pandas": {"page"},
    "papermill": {"report"},
    "ruamel": {"workload_file"},
    "tqdm": {"__main__"},
    "yaml": {"documents"},
}
"""The modules that may import an outside library."""

HEAVY = (
    "IPython azure diagrams ipywidgets jsonschema jupyter_client nbconvert nbformat pandas "
    "papermill pygraphviz ruamel yaml"
)


def layer(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inner(file: Path) -> set[str]:
    """The modules of ours that a file imports."""
    parts = (name.split(".") for name in imports(file))
    return {p[1] for p in parts if p[0] == "apim_aks" and len(p) > 1} & set(LAYERS)


def test_every_module_has_a_place_in_the_order() -> None:
    assert {layer(f) for f in FILES} - {"__init__"} <= set(LAYERS)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_imports_only_point_up_the_list(file: Path) -> None:
    own = layer(file)
    allowed = set(LAYERS[: LAYERS.index(own) + 1]) if own in LAYERS else set()
    assert inner(file) - allowed == set()


def test_each_outside_library_has_one_door() -> None:
    wrong = [
        f"{file.relative_to(PACKAGE)} imports {name}"
        for file in FILES
        for name in {n.split(".")[0] for n in imports(file)} & set(DOORS)
        if layer(file) not in DOORS[name]
    ]
    assert wrong == []


def test_modules_fit_in_one_sitting() -> None:
    lengths = {f.relative_to(PACKAGE).as_posix(): len(f.read_text().splitlines()) for f in FILES}
    assert {name: n for name, n in lengths.items() if n > 300} == {}


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{file.relative_to(PACKAGE)}: {node.name}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno >= 40
    ]
    assert long == []


def option_ids() -> set[str]:
    from apim_aks.options import OPTIONS

    return {o.id for o in OPTIONS}


def test_nothing_outside_options_asks_which_option_it_is() -> None:
    ids = option_ids()
    wrong = [
        f"{file.relative_to(PACKAGE)} line {node.lineno}"
        for file in FILES
        if layer(file) != "options"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Compare, ast.Match, ast.Dict))
        and any(isinstance(n, ast.Constant) and n.value in ids for n in ast.walk(node))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("apim_aks.design", HEAVY),
        ("apim_aks.__main__", "azure ipywidgets nbconvert pandas papermill"),
    ],
)
def test_light_modules_load_no_heavy_library(module: str, forbidden: str) -> None:
    code = f"import {module}, sys; print(*({{*{forbidden.split()!r}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
