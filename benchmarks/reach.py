"""How fast `reach` answers: 1,000 Services, 200 policies, all sources, values in memory.

The last column is the time for every zone outside, with a template of 200 security rules. Every
size runs in a process of its own, so that peak memory is that size's alone.
Run from the repository: python -m benchmarks.reach
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from tests.support.outside_load import from_outside, site
from tests.support.reach_load import answered, loaded

SIZES = ((250, 200), (500, 200), (1_000, 100), (1_000, 200), (2_000, 200))


def measured(services: int, policies: int) -> str:
    scene = loaded(services, policies)
    began = time.perf_counter()
    pairs = answered(scene)
    took = time.perf_counter() - began
    surrounded = site(scene, policies)
    began = time.perf_counter()
    from_outside(surrounded)
    outside = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shown = f"{services:>8,}  {policies:>8,}  {pairs:>12,}  {took:>7.2f}  {outside:>7.2f}"
    return f"{shown}  {peak:>6.0f}"


def main() -> None:
    if len(sys.argv) > 1:
        print(measured(*map(int, sys.argv[1:])))
        return
    print("Services  policies  open sources  seconds  outside      MB")
    for size in SIZES:
        subprocess.run([sys.executable, "-m", "benchmarks.reach", *map(str, size)], check=True)


if __name__ == "__main__":
    main()
