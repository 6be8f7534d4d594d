"""What a portfolio takes: time for each workload against one `design`, and memory of the parent.

Generated workloads, three of them broken and one whose chart is never rendered; first by threads of
this machine, then by a Dask cluster of two workers, one of which is killed after a quarter of the
results. Both have to write the same bytes. Times are of the processor, of all processes together.
Run from the repository: PYTHONPATH=. python benchmarks/portfolio.py [WORKLOADS] [--keep]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from timing import keep

from apim_aks.decision.as_json import as_json
from apim_aks.page.portfolio import portfolio_page
from apim_aks.portfolio.allowance import Allowance
from apim_aks.portfolio.results import Results
from apim_aks.portfolio.running import IN_FLIGHT, work_out
from apim_aks.portfolio.together import portfolio_data, together
from apim_aks.portfolio.workloads import workloads_of
from tests.support.portfolios import broken, hanging, never_ending, workload

SECONDS = 180.0
"""Enough for any workload but the one that hangs, also on a machine that has much else to do."""
MARKS = (0.25, 0.5, 1.0)


@dataclass
class Seen:
    """Resident memory of this process at some counts, and what is done at one of them."""

    total: int
    at_quarter: Callable[[], object] = lambda: None
    count: int = 0
    held: dict[int, float] = field(default_factory=dict)

    def done(self, *_: object) -> None:
        self.count += 1
        if self.count in {round(mark * self.total) for mark in MARKS}:
            self.held[self.count] = psutil.Process().memory_info().rss / 1e6
            print(f"    parent: {self.held[self.count]:.0f} MB at {self.count} results", flush=True)
        if self.count == self.total // 4:
            self.at_quarter()


def generated(root: Path, count: int) -> Path:
    """So many workloads of one to three Services, each of which calls the next."""
    for n in range(count - 4):
        host = f"http://api0.w{n + 1}.svc.cluster.local"
        decided = {"decision": {"option": "ingress-mtls"}} if n % 10 == 0 else {}
        workload(root / f"team{n % 7}/w{n}", f"w{n}", services=1 + n % 3, calls=host, **decided)
    for n in range(3):
        broken(root / f"broken{n}")
    hanging(root / "slow", times=20)
    return root


def processor() -> float:
    """Seconds of this process and of those that have ended."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def one_design(file: Path) -> float:
    """Seconds of the processor for `design` of one workload, the median of five commands."""
    command = [sys.executable, "-m", "apim_aks", "design", "--workload", str(file)]
    took = []
    for _ in range(5):
        began = processor()
        subprocess.run(command, check=True, capture_output=True)
        took.append(processor() - began)
    return sorted(took)[2]


def ran(root: Path, executor: Executor, seen: Seen, work: Path, at_once: int) -> str:
    """Page and JSON of all workloads."""
    results = Results(work / "out", work / "results")
    named = workloads_of(str(root), lambda _: None)
    rows = work_out(named, executor, results, Allowance(SECONDS), seen.done, at_once)
    whole = together(rows)
    states = Counter(str(r.found.state) for r in rows)
    print("   ", ", ".join(f"{n} {state}" for state, n in sorted(states.items())))
    return as_json(portfolio_data(whole)) + portfolio_page(whole)


def measured(
    name: str, root: Path, count: int, single: float, away: bool
) -> tuple[str, dict[str, tuple[float, str]]]:
    """Page and JSON of all workloads, and what they took."""
    print(f"{name}:", flush=True)
    began, clock, seen = processor(), time.monotonic(), Seen(count)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "work").mkdir()
        made = (on_cluster if away else here)(root, seen, Path(folder) / "work")
    each, seconds = (processor() - began) / count, time.monotonic() - clock
    print(f"    {seconds:.0f} s by the clock, load {os.getloadavg()[0]:.1f}")
    print(f"    {each:.2f} s a workload, {each / single:.2f} of one design ({single:.2f} s)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"    parent: {peak:.0f} MB at most, with page and JSON ({len(made) / 1e6:.1f} MB)")
    figures = {
        f"{name}, seconds": (seconds, "s"),
        f"{name}, processor a workload": (each, "s"),
        f"{name}, processor a workload to one design": (each / single, ""),
        **{f"{name}, parent at {n} results": (mb, "MB") for n, mb in seen.held.items()},
    }
    return made, figures


def here(root: Path, seen: Seen, work: Path) -> str:
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return ran(root, threads, seen, work, IN_FLIGHT)


def on_cluster(root: Path, seen: Seen, work: Path) -> str:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        pids = client.run(os.getpid)
        seen.at_quarter = psutil.Process(next(iter(pids.values()))).kill
        return ran(root, client.get_executor(), seen, work, 4 * IN_FLIGHT)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", type=int, nargs="?", default=200)
    parser.add_argument("--keep", action="store_true", help="append the figures to results.csv")
    given = parser.parse_args()
    count = given.workloads
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        root = generated(place / "all", count)
        os.environ["PATH"] = f"{never_ending(place / 'bin')}{os.pathsep}{os.environ['PATH']}"
        single = one_design(root / "team1/w1/workload.yaml")
        names = f"{count} workloads on this machine", f"{count} workloads, two workers, one killed"
        made, first = measured(names[0], root, count, single, away=False)
        other, second = measured(names[1], root, count, single, away=True)
    same = made == other
    print(f"The same bytes: {'yes' if same else 'NO'}")
    if given.keep and same:
        keep("portfolio", {**first, **second, "the same bytes": (1, "")})
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
