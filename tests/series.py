"""Long series: few examples in `make test`, many in `make proof`, by the same tests.

A series is a test with Hypothesis' `given`, or one marked `series` that takes `seed` from `seeds`.
`make test` draws the same examples every time. `make proof MINUTES=5` draws new ones, round after
round, and prints the seed of each; `make proof SEED=…` repeats one round.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

SEED = int(os.environ.get("APIM_AKS_PROOF_SEED") or 0)
"""The seed of this round of `make proof`; 0 in `make test`."""
MORE = 5
"""How many times the examples of `make test` a round of `make proof` draws."""

settings.register_profile(
    "series",
    deadline=None,
    derandomize=not SEED,
    max_examples=100 * (MORE if SEED else 1),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("series")


def examples(count: int, *unchecked: HealthCheck) -> settings:
    """So many examples in `make test`."""
    passed_over = {HealthCheck.too_slow, *unchecked}
    return settings(
        max_examples=count * (MORE if SEED else 1), suppress_health_check=tuple(passed_over)
    )


def seeds(count: int) -> pytest.MarkDecorator:
    """The parameter `seed`: 0, 1, … in `make test`, other numbers in each round of `make proof`."""
    first, many = (SEED, count * MORE) if SEED else (0, count)
    return pytest.mark.parametrize("seed", range(first, first + many))


class Tried:
    """What pytest reports of one round or several, counted."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = report.__dict__.get("_hypothesis_stats") or ""
        self.counts["examples"] += sum(map(int, re.findall(r"(\d+) passing examples", said)))
        if report.when == "call":
            self.counts["tests"] += 1
            self.counts["failed"] += report.failed


def proof(minutes: float, seed: int, more: list[str]) -> int:
    """Rounds until the time is over or one fails; a round that has begun is finished."""
    began, tried, ended = time.monotonic(), Tried(), []
    upcoming = seed or secrets.randbelow(2**31) + 1
    status = 0
    while not status and (not ended or (not seed and time.monotonic() - began < 60 * minutes)):
        print(f"Round {len(ended) + 1}: to repeat it, make proof SEED={upcoming}", flush=True)
        os.environ["APIM_AKS_PROOF_SEED"] = str(upcoming)
        chosen = ["-m", "hypothesis or series", f"--hypothesis-seed={upcoming}"]
        status = int(pytest.main([*chosen, *more], plugins=[tried]))
        ended.append(upcoming)
        upcoming = secrets.randbelow(2**31) + 1
    counts = tried.counts
    print(
        f"Tried in {(time.monotonic() - began) / 60:.1f} minutes: {len(ended)} rounds with the "
        f"seeds {', '.join(map(str, ended))}; {counts['tests']:,} tests, "
        f"{counts['examples']:,} generated examples, {counts['failed']} failed."
    )
    return status


if __name__ == "__main__":
    read = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    read.add_argument("--minutes", type=float, default=5)
    read.add_argument("--seed", type=int, default=0)
    given, rest = read.parse_known_args()
    sys.exit(proof(given.minutes, given.seed, rest))
