"""Two commits beside each other in one run, so that the machine is the same for both.

Each commit is checked out into a temporary work tree of its own and run with the packages of this
Python, in turn: OLD, NEW, NEW, OLD and so on. Run: python benchmarks/compare.py OLD NEW
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from timing import ROOT, Taken, keep, spread, taken

WORKLOAD = ("--workload", "contoso-retail")
COMMANDS: dict[str, tuple[str, ...]] = {
    "import": ("-c", "import apim_aks.page"),
    "help": ("-m", "apim_aks", "--help"),
    "design": ("-m", "apim_aks", "design", *WORKLOAD),
    "report": ("-m", "apim_aks", "report", *WORKLOAD, "--out", "{out}"),
}


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A work tree of this commit, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        tree = str(Path(folder) / "tree")
        git("worktree", "add", "--quiet", "--detach", tree, commit)
        try:
            yield Path(tree)
        finally:
            git("worktree", "remove", "--force", tree)


def git(*arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=ROOT, check=True)


def once(tree: Path, name: str) -> Taken:
    """One run of a command with the library of this work tree."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = (a.format(out=f"{folder}/report") for a in COMMANDS[name])
        own = os.pathsep.join(filter(None, (str(tree / "lib"), os.environ.get("PYTHONPATH"))))
        given = {"PYTHONPATH": own, "PYTHONDONTWRITEBYTECODE": ""}
        done = taken((sys.executable, *arguments), given, tree)
    if done.status:
        sys.exit(f"{name} ended with {done.status} in {tree}.")
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=COMMANDS, action="append")
    parser.add_argument("--keep", action="store_true", help="append the ratios to results.csv")
    given = parser.parse_args()
    with checked_out(given.old) as old, checked_out(given.new) as new:
        for name in given.only or COMMANDS:
            compared(name, (old, new), given)


def compared(name: str, trees: tuple[Path, Path], given: argparse.Namespace) -> None:
    """The command in both work trees, in turn; the first run of each is left out."""
    runs: dict[Path, list[Taken]] = {tree: [] for tree in trees}
    for at in range(given.rounds + 1):
        for tree in trees if at % 2 else trees[::-1]:
            runs[tree].append(once(tree, name))
    figures = {}
    for what, unit in (("processor", "s"), ("seconds", "s"), ("together", "MB")):
        both = [[getattr(t, what) for t in runs[tree][1:]] for tree in trees]
        middle = [statistics.median(values) for values in both]
        ratio = middle[1] / middle[0] if middle[0] else 1.0
        told = "   ".join(map(spread, both))
        print(f"{name:8} {what:10} {told}  {unit}  ratio {ratio:.2f}", flush=True)
        figures[f"{name}, {what}, {given.new} over {given.old}"] = ratio, "ratio"
    if given.keep:
        keep("compare", figures)


if __name__ == "__main__":
    main()
