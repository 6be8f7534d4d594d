"""What the README shows is what comes out; `make golden` writes its table anew."""

from __future__ import annotations

import re

import pytest

from apim_aks.__main__ import main
from apim_aks.workload.file import bundled_names
from tests.support.places import REPOSITORY
from tests.support.report_runs import command

FILE = REPOSITORY / "README.md"
TEXT = FILE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()


def block(language: str) -> str:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)[0]


def test_it_is_short() -> None:
    assert len(LINES) <= 120


def test_a_result_comes_before_line_30() -> None:
    assert next(n for n, line in enumerate(LINES, 1) if line.startswith("Rank ")) < 30


def printed(shown: str) -> str:
    """The command in the first line, with what it prints today."""
    asked = shown.partition("\n")[0]
    arguments = asked.removeprefix("$ python -m apim_aks ").split()
    return f"{asked}\n{command(*arguments).output}"


def test_the_table_is_what_the_command_prints() -> None:
    shown = block("console")
    assert shown == printed(shown), "make golden"


def test_every_command_it_names_exists() -> None:
    names = set(re.findall(r"python -m apim_aks (\w+)", TEXT))
    verbs = "report init map contract design decide reach prices verify plan deploy remove"
    assert names == set(verbs.split())
    for name in names:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0


def test_every_make_target_it_names_exists() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    named = set(re.findall(r"\bmake (report|test|check|lab|clean)\b", TEXT))
    assert {"report", "test"} <= named <= targets


def test_bundled_workloads_are_named() -> None:
    assert all(f"`{name}`" in TEXT for name in bundled_names())


def test_every_notebook_stands_beside_its_question() -> None:
    for path in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        row = next(line for line in LINES if line.startswith(f"| `{path.stem}`"))
        question = row.split("|")[2].strip()
        heading = re.search(r'"# (.*?)(\\n)?"', path.read_text(encoding="utf-8"))
        assert heading is not None
        assert heading[1] == question


def test_files_it_links_to_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert target.startswith("http") or (REPOSITORY / target).exists(), target


if __name__ == "__main__":
    old = block("console")
    FILE.write_text(TEXT.replace(old, printed(old)), encoding="utf-8", newline="\n")
