"""The shape of the library: who may import whom, one door for each outside library, sizes."""

from __future__ import annotations

import ast
import csv
import dataclasses
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import REPOSITORY

PACKAGE = REPOSITORY / "lib" / "apim_aks"
FILES = sorted(PACKAGE.rglob("*.py"))

ORDER: dict[str, str] = {
    "": "errors rounding listing columns once template_expression own_files facts topology "
    "workload apis options costs artefacts reachability decision remote deployment verification "
    "cutover testbed difference portfolio page notebook cli __main__",
    "apis": "mapping draft document contract",
    "artefacts": "addresses address_plan planned_site policies manifests arm_templates "
    "bundle export",
    "cli": "examples console existing terminal arguments results ask comparison_text decision_text "
    "inside_text difference_text text testbed contract portfolio reach_input reach_text "
    "changes_text reach diff "
    "report azure export",
    "costs": "purchase cost snapshot",
    "cutover": "change demands owners entries unnamed changes record hosts controls answering "
    "watch session names addresses reopen cutover rollback close checklist",
    "decision": "proved claimed measures admissions candidate tier_rules network_rules "
    "requirements placement kept ranking design environments changes not_compared priced stated "
    "exposed outcome as_json reached prose next_steps review threats going_live consequences "
    "record",
    "difference": "change counted attributes states facets side contracts connectivity checks "
    "pods difference rows summary reading",
    "notebook": "parameters chosen journey widgets report",
    "page": "extent numbers html downloads diagram pictures tables formats option_page calls "
    "decision_script markdown charts verdict document changed callers cards counterexamples "
    "differences reachability portfolio glossary search short_answers single_file index frames "
    "whole_lists results",
    "reachability": "axis zones facing certificates entrances relays self_hosted scene templates "
    "managed controllers fronts mentions pods represented labels unenforced reading endpoints hits "
    "sides reach connections because meshes verdicts together exposure site gates ways balancers "
    "places proxies groups crossing ending routing public_ends cutting outside handing proof "
    "difference words files hops judging resolution leaving onward backends gateway_entry",
    "remote": "azure calls kubeconfig cluster",
    "topology": "check probe expectation vocabulary parts index topology",
    "verification": "verdict answers probe_cache azure_reader scene designed resource_ids "
    "azure_resources drift callers deploying entries sent backends around_edge derived refuted "
    "standing checks probes as_built live",
    "workload": "collector finding traffic documents network_policy opening named_option pin held "
    "handling source_ranges route tls guards call decision azure url_template consumer model names "
    "environment ports guarded pointers openapi kubernetes rendering file",
}
"""The rooms, and what stands in a room that holds rooms: each imports only from those before it.

In every other room any order will do in which nothing runs in a circle.
"""

DOORS = {
    "azure": "remote.azure",
    "diagrams": "page.diagram",
    "distributed": "cli.portfolio",
    "fontpkg_arimo": "page.diagram",
    "resvg_py": "page.diagram",
    "pygraphviz": "page.diagram",
    "graphviz": "page.diagram",
    "ipywidgets": "notebook.widgets",
    "IPython": "notebook.parameters",
    "jupyter_client": "notebook.report",
    "jwt": "testbed.policies",
    "mistune": "page",
    "nbconvert": "notebook.report",
    "nbformat": "notebook.report",
    "pandas": "page",
    "papermill": "notebook.report",
    "psutil": "portfolio.task",
    "subprocess": "workload.rendering testbed.processes testbed.keeper portfolio.task",
    "shtab": "cli.arguments",
    "tqdm": "cli.terminal",
    "yaml": "workload.documents",
}
"""The rooms that may import an outside library."""

HEAVY = " ".join(DOORS)


def name(file: Path) -> str:
    """The dotted name of a file's module below the package."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name(f) for f in FILES}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Every node of a file, for all tests that look through them."""
    return tuple(ast.walk(tree(file)))


@cache
def statements(file: Path) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The import statements of a file."""
    return tuple(n for n in nodes(file) if isinstance(n, (ast.Import, ast.ImportFrom)))


def imports(file: Path) -> Iterator[str]:
    for node in statements(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def inner(file: Path) -> set[str]:
    """The modules of ours that a file imports; of a package's module, not the package as well."""
    ours = {n.removeprefix("apim_aks.") for n in imports(file) if n.startswith("apim_aks.")} & NAMES
    parents = {n.rpartition(".")[0] for n in ours}
    return ours - {p for p in parents if not takes_from(file, p)}


def takes_from(file: Path, package: str) -> bool:
    """Something other than a module is imported from this package."""
    return any(
        f"{package}.{alias.name}" not in NAMES
        for node in statements(file)
        if isinstance(node, ast.ImportFrom) and node.module == f"apim_aks.{package}"
        for alias in node.names
    )


def within(module: str, room: str) -> str:
    """What stands directly in `room` and holds `module`; empty where it is elsewhere."""
    if not room:
        return module.split(".")[0]
    return module.removeprefix(f"{room}.").split(".")[0] if module.startswith(f"{room}.") else ""


@pytest.mark.parametrize("room", ORDER, ids=lambda r: r or "top")
def test_every_module_has_a_place_in_the_order(room: str) -> None:
    assert {within(n, room) for n in NAMES} - {""} == set(ORDER[room].split())


@pytest.mark.parametrize("room", ORDER, ids=lambda r: r or "top")
def test_rooms_import_only_from_those_before_them(room: str) -> None:
    order = ORDER[room].split()
    wrong = [
        f"{name(file)} imports {module}"
        for file in FILES
        for module in inner(file)
        if (own := within(name(file), room)) and (other := within(module, room))
        if order.index(other) > order.index(own)
    ]
    assert wrong == []


def test_no_import_runs_in_a_circle() -> None:
    left = {name(f): inner(f) - {name(f)} for f in FILES}
    while free := {n for n, needed in left.items() if not needed & left.keys()}:
        left = {n: needed for n, needed in left.items() if n not in free}
    assert left == {}


def behind(file: Path, doors: str) -> bool:
    return any(f"{name(file)}.".startswith(f"{door}.") for door in doors.split())


def test_each_outside_library_has_one_door() -> None:
    wrong = [
        f"{name(file)} imports {library}"
        for file in FILES
        for library in {n.split(".")[0] for n in imports(file)} & set(DOORS)
        if not behind(file, DOORS[library])
    ]
    assert wrong == []


LOOPBACK = {"testbed.network", "testbed.http_server", "testbed.attacks"}
"""What connects to this machine alone."""


def test_connections_to_the_outside_begin_in_two_rooms() -> None:
    """SECURITY.md says so."""
    calls = {"socket", "ssl", "http.client", "urllib.request"}
    rooms = {".".join(name(f).split(".")[:2]) for f in FILES if calls.intersection(imports(f))}
    assert rooms - LOOPBACK == {"remote.calls", "costs.snapshot"}
    assert rooms >= LOOPBACK


def test_the_testbed_names_no_address_but_loopback() -> None:
    texts = [f.read_text(encoding="utf-8") for f in FILES if behind(f, " ".join(LOOPBACK))]
    named = {a for t in texts for a in re.findall(r'connect\w*\(\("([^"]*)"|\(\("([^"]*)", 0', t)}
    assert {name for pair in named for name in pair} - {""} == {"127.0.0.1"}


def test_every_door_is_used() -> None:
    unused = [
        f"{library} through {door}"
        for library, doors in DOORS.items()
        for door in doors.split()
        if not any(
            behind(file, door) and library in {n.split(".")[0] for n in imports(file)}
            for file in FILES
        )
    ]
    assert unused == []


TOLD = {
    "Controller.mtls_fields": "where the check is configured, for who writes a controller's file",
    "Controller.upgrades_because": "the reason of a number",
    "Icon.licence": "of a file that we ship",
    "ReferenceDifference.side": "tests compare with it",
}
"""Fields that nothing in the library or a notebook reads, each with what it is for."""


@cache
def code() -> tuple[ast.AST, ...]:
    """Every node of the library and of the code cells of the notebooks."""
    cells = (
        "".join(cell["source"])
        for file in sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    )
    inside = (node for cell in cells for node in ast.walk(ast.parse(cell)))
    return (*chain.from_iterable(map(nodes, FILES)), *inside)


@cache
def read_names() -> frozenset[str]:
    """Every attribute that is read, and every text that could name one."""
    attributes = {
        n.attr for n in code() if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)
    }
    return frozenset(attributes | texts())


@cache
def texts() -> frozenset[str]:
    return frozenset(
        n.value for n in code() if isinstance(n, ast.Constant) and isinstance(n.value, str)
    )


def test_every_field_of_a_value_is_read() -> None:
    unread = {
        f"{node.name}.{field.target.id}"
        for file in FILES
        for node in nodes(file)
        if isinstance(node, ast.ClassDef)
        and any("dataclass" in ast.dump(d) for d in node.decorator_list)
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if field.target.id not in read_names()
    }
    assert unread == set(TOLD)


def test_every_option_of_the_command_line_is_read() -> None:
    flags = {
        argument.value
        for file in FILES
        for node in nodes(file)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument"
        if not any(k.arg == "action" and isinstance(k.value, ast.Name) for k in node.keywords)
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant)
    }
    assert len(flags) > 15
    assert {f for f in flags if f.lstrip("-").replace("-", "_") not in read_names()} == set()


@pytest.mark.parametrize("table", ["import_limits", "placeholders", "template_limits"])
def test_every_row_that_is_asked_for_by_its_id_is_asked_for(table: str) -> None:
    with (REPOSITORY / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        assert [r["id"] for r in csv.DictReader(file) if r["id"] not in texts()] == []


def test_modules_fit_in_one_sitting() -> None:
    lengths = {f.relative_to(PACKAGE).as_posix(): len(f.read_text().splitlines()) for f in FILES}
    assert {name: n for name, n in lengths.items() if n > 300} == {}


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{file.relative_to(PACKAGE)}: {node.name}"
        for file in FILES
        for node in nodes(file)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno >= 40
    ]
    assert long == []


def data_classes() -> Iterator[type[Any]]:
    for module in NAMES - {"", "__main__"}:
        for found in vars(importlib.import_module(f"apim_aks.{module}")).values():
            if isinstance(found, type) and dataclasses.is_dataclass(found):
                yield found


def test_classes_of_seven_fields_are_made_by_keyword() -> None:
    found = set(data_classes())
    by_place = {
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in found
        if len(dataclasses.fields(kind)) >= 7
        if not all(f.kw_only for f in dataclasses.fields(kind) if f.init)
    }
    assert len(found) > 200
    assert by_place == set()


def option_ids() -> set[str]:
    from apim_aks.options import OPTIONS

    return {o.id for o in OPTIONS}


def test_nothing_outside_options_asks_which_option_it_is() -> None:
    ids = option_ids()
    wrong = [
        f"{file.relative_to(PACKAGE)} line {node.lineno}"
        for file in FILES
        if not behind(file, "options")
        for node in nodes(file)
        if isinstance(node, (ast.Compare, ast.Match, ast.Dict))
        and any(isinstance(n, ast.Constant) and n.value in ids for n in ast.walk(node))
    ]
    assert wrong == []


TESTS = REPOSITORY / "tests"
BESIDE_THE_ROOMS = {"browser", "golden", "support"}
"""Folders of tests/ that are no room of the library."""


def folders_with(pattern: str) -> set[str]:
    """The folders of tests/ that hold such a file; what Python has compiled does not count."""
    files = (f for f in TESTS.glob(f"*/**/{pattern}") if f.is_file() and f.suffix != ".pyc")
    return {f.relative_to(TESTS).parts[0] for f in files}


def test_tests_stand_in_the_rooms_of_the_library() -> None:
    rooms = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    assert folders_with("*") - BESIDE_THE_ROOMS - rooms == set(), "folders of no room"
    assert rooms - folders_with("test_*.py") == set(), "rooms without tests"


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("apim_aks.decision.design", HEAVY),
        ("apim_aks.__main__", "azure ipywidgets nbconvert pandas papermill"),
    ],
)
def test_light_modules_load_no_heavy_library(module: str, forbidden: str) -> None:
    code = f"import {module}, sys; print(*({{*{forbidden.split()!r}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


GUIDE = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_guide_lists_the_rooms_in_their_order() -> None:
    rooms = re.findall(r"^\| `([^`]+)` \|", GUIDE, re.M)
    assert [r.rstrip("/").removesuffix(".py") for r in rooms] == ORDER[""].split()
    assert all((PACKAGE / r).exists() for r in rooms)


def test_the_guide_names_only_files_that_are_there() -> None:
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)*(?:\.py|/))`", GUIDE)
    assert len(named) > 30
    ours = [n for n in named if n.split("/")[0] not in ("data", "tests")]
    assert [n for n in ours if not (PACKAGE / n).exists()] == []


def test_exit_codes_are_decided_in_one_place() -> None:
    """The base is never raised: it has no exit code, and only `errors` gives its kinds one."""
    written = {name(f): f.read_text(encoding="utf-8") for f in FILES if name(f) != "errors"}
    assert [n for n, text in written.items() if re.search(r"\bexit_code = ", text)] == []
    assert [n for n, text in written.items() if "WorkbookError(" in text] == []
