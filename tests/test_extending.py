"""The recipes of docs/extending.md, each followed literally in a copy of the tree."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.support.places import CORPORA, REPOSITORY
from tests.support.series import at_length

GUIDE = (REPOSITORY / "docs" / "extending.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL))
STEP = re.compile(
    r"^(New file|At the end of|In) `([^`]+)`"
    r"(?:, (below|in place of|a cell below) `([^`]+)`)?:\n\n```\w+\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
TRIED = re.compile(r"^Try it:\n\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PASSED = re.compile(r"^\d+ passed", re.MULTILINE)
COPIED = ("lib", "data", "notebooks", "docs", "tests", "pyproject.toml", "README.md")


def follow(recipe: str, tree: Path) -> None:
    """Every step of a recipe."""
    for how, name, where, anchor, text in STEP.findall(recipe):
        file = tree / name
        if how == "New file":
            assert not file.exists(), name
            file.write_text(text, encoding="utf-8")
            continue
        old = file.read_text(encoding="utf-8")
        if where == "a cell below":
            add_cell(file, anchor, text.strip())
            continue
        changed = old + text if how == "At the end of" else put(old, where, anchor, text)
        file.write_text(changed, encoding="utf-8", newline="\n")


def put(old: str, where: str, anchor: str, text: str) -> str:
    """The text below the one line that says `anchor`, or in place of the one `anchor`."""
    if where == "in place of":
        assert old.count(anchor) == 1, anchor
        return old.replace(anchor, text.strip())
    lines = old.splitlines(keepends=True)
    (at,) = [n for n, line in enumerate(lines) if line.strip() == anchor]
    return "".join((*lines[: at + 1], text, *lines[at + 1 :]))


def add_cell(file: Path, anchor: str, source: str) -> None:
    notebook = nbformat.read(file, as_version=4)
    (at,) = [n for n, cell in enumerate(notebook.cells) if anchor in cell.source.splitlines()]
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, file)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the recipes change and try, with what Python has compiled of it."""
    unused = shutil.ignore_patterns("golden", "browser", ".pytest_cache")
    for name in COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=unused)
        else:
            shutil.copy2(source, tmp_path / name)
    return tmp_path


def run(tree: Path, command: str) -> str:
    """What a command prints in the copy; it ends with 0."""
    program, *arguments = shlex.split(command)
    assert program == "python"
    paths = {
        "PYTHONPATH": str(tree / "lib"),
        "PYTHONIOENCODING": "utf-8",
        "APIM_AKS_CORPORA": str(CORPORA.resolve()),
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, **paths, "APIM_AKS_OPTIONS": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def tried(tree: Path, title: str) -> list[str]:
    """What the commands of a recipe print, once every step is followed in our style."""
    follow(RECIPES[title], tree)
    run(tree, "python -m ruff check lib tests")
    run(tree, "python -m ruff format --check lib tests")
    (commands,) = TRIED.findall(RECIPES[title])
    return [run(tree, command) for command in commands.splitlines()]


def test_every_block_of_the_guide_is_followed() -> None:
    own = {"A column of a table"}  # tests/page/test_column_recipe.py
    for title, recipe in ((t, r) for t, r in RECIPES.items() if t not in own):
        steps = len(STEP.findall(recipe)) + len(TRIED.findall(recipe))
        assert steps == recipe.count("```") / 2, title


def test_an_option_is_compared_and_has_its_chapter(tree: Path) -> None:
    table, chapter = tried(tree, "An option")
    assert len(re.findall(r"\bPremium\b", table)) == 4, "two classic ones, and two of v2"
    (ranks,) = re.findall(r"^Rank .*", table, re.MULTILINE)
    assert ranks.count(" out") == 2, "as its tier is not offered in the planned region"
    assert "not compared" not in table
    assert PASSED.search(chapter)


@at_length
def test_a_criterion_is_measured_and_ranked(tree: Path) -> None:
    table, rows = tried(tree, "A criterion")
    assert re.search(r"^Namespaces touched( +\d){6}", table, re.MULTILINE)
    assert PASSED.search(rows)
    ranked = json.loads(run(tree, "python -m apim_aks decide --workload contoso-orders --json"))
    for standing in ranked["standings"]:
        assert "namespaces-touched" in {score["criterion"] for score in standing["scores"]}


@at_length
def test_an_ingress_controller_writes_its_manifests(tree: Path) -> None:
    (manifests,) = tried(tree, "An ingress controller")
    assert PASSED.search(manifests)


@at_length
def test_a_check_is_settled_by_its_probe(tree: Path) -> None:
    (calls,) = tried(tree, "A check with a probe")
    assert PASSED.search(calls)
