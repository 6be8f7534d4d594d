"""How fast `reach` answers: 1,000 Services, 200 policies, all sources, values in memory.

Times are of the processor: of every source of every Service, of the list of all connections
between workloads (`rows`), and of every zone outside with a template of 200 security rules. Every
size runs in a process of its own, so that peak memory is that size's alone.
Run from the repository: python -m benchmarks.reach
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable

from apim_aks.reachability.connections import connections
from apim_aks.reachability.reach import Reach
from tests.support.outside_load import from_outside, site
from tests.support.reach_load import answered, loaded

SIZES = ((250, 200), (500, 200), (1_000, 100), (1_000, 200), (2_000, 200))


def measured(services: int, policies: int) -> str:
    scene = loaded(services, policies)
    pairs, took = timed(lambda: answered(scene))
    rows, listing = timed(lambda: sum(1 for _ in connections(Reach(scene))))
    surrounded = site(scene, policies)
    _, outside = timed(lambda: from_outside(surrounded))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shown = f"{services:>8,}  {policies:>8,}  {pairs:>12,}  {took:>7.2f}  {rows:>9,}"
    return f"{shown}  {listing:>7.2f}  {outside:>7.2f}  {peak:>6.0f}"


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """What comes of some work, and how many seconds of the processor it takes."""
    began = time.process_time()
    return work(), time.process_time() - began


def main() -> None:
    if len(sys.argv) > 1:
        print(measured(*map(int, sys.argv[1:])))
        return
    print("Services  policies  open sources  seconds       rows  listing  outside      MB")
    for size in SIZES:
        subprocess.run([sys.executable, "-m", "benchmarks.reach", *map(str, size)], check=True)


if __name__ == "__main__":
    main()
