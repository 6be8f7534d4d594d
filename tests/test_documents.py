"""The lesson and the recipes for users: each command that they show is run, in their order."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from apim_aks.__main__ import main
from apim_aks.workload.file import read_workload
from tests.support.places import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = ("lesson.md", "how-to.md", "explanation.md", "reference.md")
ELSEWHERE = {
    "report": "tests/test_report.py",
    "papermill": "tests/test_notebooks.py",
    "portfolio": "tests/portfolio/test_portfolio.py",
}
"""Commands that take long, and the file whose tests run them whole."""


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    shown = (blocks(page, "sh") for page in ("lesson.md", "how-to.md"))
    return [shlex.split(line) for page in shown for block in page for line in block.splitlines()]


@pytest.mark.skipif(sys.platform == "win32", reason="The lines are those of a POSIX shell.")
def test_every_command_of_the_lesson_and_the_recipes_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    monkeypatch.chdir(tmp_path)
    for words in commands():
        name = words[1] if words[0] == "apim-aks" else words[0]
        if name in ELSEWHERE:
            assert (REPOSITORY / ELSEWHERE[name]).exists()
        elif name == "mkdir":
            Path(words[1]).mkdir()
        elif name == "cp":
            for source in words[2:-1]:
                shutil.copytree(source, Path(words[-1]) / Path(source).name)
        else:
            assert words[0] == "apim-aks"
            assert main(words[1:]) == 0, (words, capsys.readouterr().err)


PIPELINES = ("- run", "on:", "resources:", "repos:", "# yaml-language-server")
"""How recipes for other files begin; tests/test_pull_request.py reads those."""


@pytest.mark.parametrize(
    "text", [b for b in blocks("how-to.md", "yaml") if not b.startswith(PIPELINES)]
)
def test_every_key_that_a_recipe_shows_is_one_of_workload_yaml(text: str, tmp_path: Path) -> None:
    orders = REPOSITORY / "data" / "workloads" / "contoso-orders"
    given = yaml.safe_load((orders / "workload.yaml").read_text(encoding="utf-8"))
    for name in ("manifests", "openapi"):
        shutil.copytree(orders / name, tmp_path / name)
    file = tmp_path / "workload.yaml"
    file.write_text(yaml.safe_dump(given | yaml.safe_load(text)), encoding="utf-8")
    assert read_workload(file).findings == read_workload("contoso-orders").findings


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (DOCS / target).exists(), target
