"""How long the report takes beside the ways a reader has without it: medians, interleaved."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from timing import keep, machine, spread, taken

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SEVEN = NOTEBOOKS[1:]
"""Those that there were when the floor was set: all but notebook 00."""
WORKLOAD = "contoso-retail"
QUIET = {"PYTHONDONTWRITEBYTECODE": ""}
FORBIDDEN = "IPython azure ipywidgets jsonschema nbconvert pandas papermill"
EMPTY = (
    "import sys; from pathlib import Path; from apim_aks.notebook.report import running, "
    "write_report; running.can_fork = lambda: False; "
    "write_report(sys.argv[1], sys.argv[2], notebooks=Path(sys.argv[3]))"
)
"""The runner as it was before notebooks were forked: a Python and its imports for each kernel."""
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


Commands = Iterator[tuple[str, ...]]


def report(folder: Path) -> Commands:
    yield "-m", "apim_aks", "report", "--workload", WORKLOAD, "--out", str(folder / "report")


def one_by_one(folder: Path) -> Commands:
    for source in NOTEBOOKS:
        made = str(folder / source.name)
        yield "-m", "papermill", "--no-progress-bar", "-p", "workload", WORKLOAD, str(source), made
        yield "-m", "nbconvert", "--to", "html", "--log-level=ERROR", made


def empty(folder: Path) -> Commands:
    sources = folder / "empty"
    sources.mkdir()
    for source in SEVEN:
        node = nbformat.read(source, as_version=4)
        node.cells = [c for c in node.cells if "parameters" in c.metadata.get("tags", [])]
        nbformat.write(node, sources / source.name)
    yield "-c", EMPTY, WORKLOAD, str(folder / "out"), str(sources)


REPORT, ONE_BY_ONE, FLOOR = (
    "report, in all",
    "papermill and nbconvert, one by one",
    "seven empty notebooks, not forked",
)
WAYS: dict[str, Callable[[Path], Commands]] = {
    REPORT: report,
    ONE_BY_ONE: one_by_one,
    FLOOR: empty,
}
BOUNDS = {FLOOR: 1.0, ONE_BY_ONE: 0.15}
"""What the report may take at most, as a share of what another way takes."""


def measured(way: Callable[[Path], Commands]) -> tuple[float, float]:
    """Seconds by the clock and of processors."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [taken((sys.executable, *c), QUIET) for c in way(Path(folder))]
    if any(run.status for run in runs):
        sys.exit("A command failed; run it by itself to see why.")
    return sum(r.seconds for r in runs), sum(r.processor for r in runs)


def light_import() -> str:
    loaded = f"print(*({{*{FORBIDDEN.split()!r}}} & {{*sys.modules}}))"
    code = f"import apim_aks.decision.design, sys; {loaded}"
    heavy = python("-c", code) or "none"
    each = []
    for _ in range(5):
        began = time.perf_counter()
        python("-c", "import apim_aks.decision.design")
        bare = time.perf_counter()
        python("-c", "pass")
        each.append((bare - began) - (time.perf_counter() - bare))
    return f"{1000 * statistics.median(each):.0f} ms; of {FORBIDDEN}: {heavy}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="append the figures to results.csv")
    given = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(given.rounds):
        for name, way in WAYS.items():
            found[name].append(measured(way))
    print(f"{WORKLOAD}, {given.rounds} rounds, {machine()}")
    figures = {}
    for at, what in enumerate(("seconds", "processor")):
        middle = {name: statistics.median(r[at] for r in runs) for name, runs in found.items()}
        for name, runs in found.items():
            print(f"{name:38} {what:10} {spread([r[at] for r in runs])} s")
            figures[f"{name}, {what}"] = middle[name], "s"
        for name, bound in BOUNDS.items():
            share = middle[REPORT] / middle[name]
            print(f"report over {name:38} {what:10} {share:5.2f}, bound {bound}")
            figures[f"report over {name}, {what}"] = share, "ratio"
    if given.keep:
        keep("report", figures)
    print(f"import apim_aks.decision.design: {light_import()}")
    print(f"a picture: {python('-c', PICTURE)}")


if __name__ == "__main__":
    main()
