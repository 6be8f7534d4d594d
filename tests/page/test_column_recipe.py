"""docs/extending.md, A column of a table: followed to the letter in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from apim_aks.workload.file import read_workload
from tests.support.places import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "extending.md").read_text(encoding="utf-8")
SECTION = GUIDE.split("\n## A column of a table\n")[1].split("\n## ")[0]
FILE, CHANGE = re.findall(r"```diff\n--- (\S+)\n(.*?)```", SECTION, re.S)[0]
HEAD = re.findall(r'^\+ +Column\("(\w+)"', CHANGE, re.M)[0]

SHOW = """
import apim_aks
from apim_aks import page
from apim_aks.decision.design import design
from apim_aks.workload.file import read_workload
print(apim_aks.__file__)
print(page.services_table(design(read_workload("contoso-orders"))).text)
"""


def shown(tree: Path) -> str:
    """The table as the library of this tree makes it."""
    path = {"PYTHONPATH": str(tree / "lib"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=tree,
        env=os.environ | path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    file, _, text = done.stdout.partition("\n")
    assert Path(file).is_relative_to(tree)
    return text


def test_the_recipe_for_a_column_adds_one(tmp_path: Path) -> None:
    tree = tmp_path.resolve()
    for part in ("lib", "data"):
        shutil.copytree(
            REPOSITORY / part, tree / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    lines = CHANGE.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    text = (tree / FILE).read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{FILE} does not hold what docs/extending.md says"
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    (tree / FILE).write_text(text.replace(before, after), encoding="utf-8")

    table = shown(tree)
    heads = re.findall(r'<th scope="col" role="columnheader">(.*?)</th>', table)
    assert heads[:3] == ["Service", HEAD, "Type"]
    cells = re.findall(rf'<td role="cell" data-label="{HEAD}">(.*?)</td>', table)
    assert cells == [s.namespace for s in read_workload("contoso-orders").services]
