"""What the README shows is what comes out; `make golden` writes its opening anew."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from apim_aks.__main__ import main
from apim_aks.workload.file import bundled_names
from tests.support import showcase
from tests.support.places import REPOSITORY
from tests.support.showcase import BEGIN, END, PICTURE

FILE = REPOSITORY / "README.md"
TEXT = FILE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()


def test_it_is_short() -> None:
    assert len(LINES) <= 120


def test_a_result_comes_before_line_30() -> None:
    shown = TEXT.partition(BEGIN)[2].partition(END)[0]
    assert len(shown.splitlines()) == 7
    assert TEXT.partition(END)[0].count("\n") < 30


def test_what_it_opens_with_is_what_is_computed() -> None:
    made = showcase.shown()
    assert showcase.written(TEXT, made) == TEXT, "make golden"
    held, wanted = PICTURE.read_text(encoding="utf-8"), showcase.drawn(made).svg
    assert words(held) == words(wanted), "make golden"
    assert len(held) < 150_000 and "http" not in re.sub(r'xmlns[^"]*"[^"]*"', "", held)


def words(svg: str) -> list[str]:
    """All that it says; where each word stands is the layout's own affair."""
    return sorted(t.strip() for t in ElementTree.fromstring(svg).itertext() if t.strip())


def test_every_command_it_names_exists() -> None:
    names = set(re.findall(r"python -m apim_aks (\w+)", TEXT))
    verbs = "report init map contract design decide diff reach testbed prices verify plan deploy "
    verbs += "cutover revise remove export portfolio"
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
