"""How long the report takes beside the ways a reader has without it: medians, interleaved."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WORKLOAD = "contoso-retail"
FORBIDDEN = "IPython azure ipywidgets jsonschema nbconvert pandas papermill"
EMPTY = (
    "import sys; from pathlib import Path; from apim_aks.notebook.report import write_report; "
    "write_report(sys.argv[1], sys.argv[2], notebooks=Path(sys.argv[3]))"
)
PICTURE = """
import statistics, time
from apim_aks.decision.design import design
from apim_aks.page.diagram import picture
from apim_aks.workload.file import read_workload
taken = []
for placement in design(read_workload("contoso-retail")).placements * 3:
    began = time.perf_counter()
    picture(placement.topology, placement.option.title)
    taken.append(time.perf_counter() - began)
print(f"{1000 * statistics.median(taken):.0f} ms, at most {1000 * max(taken):.0f} ms")
"""


def python(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def report(folder: Path) -> None:
    python("-m", "apim_aks", "report", "--workload", WORKLOAD, "--out", str(folder / "report"))


def one_by_one(folder: Path) -> None:
    for source in NOTEBOOKS:
        made = str(folder / source.name)
        python(
            "-m", "papermill", "--no-progress-bar", "-p", "workload", WORKLOAD, str(source), made
        )
        python("-m", "nbconvert", "--to", "html", "--log-level=ERROR", made)


def empty(folder: Path) -> None:
    sources = folder / "empty"
    sources.mkdir()
    for source in NOTEBOOKS:
        node = nbformat.read(source, as_version=4)
        node.cells = [c for c in node.cells if "parameters" in c.metadata.get("tags", [])]
        nbformat.write(node, sources / source.name)
    python("-c", EMPTY, WORKLOAD, str(folder / "out"), str(sources))


WAYS: dict[str, Callable[[Path], None]] = {
    "report, in all": report,
    "papermill and nbconvert, one by one": one_by_one,
    "seven empty notebooks in our runner": empty,
}


def seconds(way: Callable[[Path], None]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        way(Path(folder))
        return time.perf_counter() - began


def light_import() -> str:
    loaded = f"print(*({{*{FORBIDDEN.split()!r}}} & {{*sys.modules}}))"
    code = f"import apim_aks.decision.design, sys; {loaded}"
    heavy = python("-c", code) or "none"
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        python("-c", "import apim_aks.decision.design")
        bare = time.perf_counter()
        python("-c", "pass")
        taken.append((bare - began) - (time.perf_counter() - bare))
    return f"{1000 * statistics.median(taken):.0f} ms; of {FORBIDDEN}: {heavy}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, way in WAYS.items():
            taken[name].append(seconds(way))
    print(f"{WORKLOAD}, {rounds} rounds, {os.cpu_count()} processors, Python {sys.version[:6]}")
    for name, each in taken.items():
        spread = f"{min(each):.1f} to {max(each):.1f}"
        print(f"{name:38} {statistics.median(each):6.1f} s  ({spread})")
    ours, theirs = (statistics.median(each) for each in list(taken.values())[:2])
    print(f"{'report over one by one':38} {ours / theirs:6.2f}")
    print(f"import apim_aks.decision.design: {light_import()}")
    print(f"a picture: {python('-c', PICTURE)}")


if __name__ == "__main__":
    main()
