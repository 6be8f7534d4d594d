"""Long series: few examples in `make test`, many in `make proof`, by the same tests.

A series is a test with Hypothesis' `given`, or one that takes the parameter `seed` of `seeds`.
`make test` draws the same examples every time. `make proof MINUTES=5` draws new ones, round after
round, and prints the seed of each; `make proof SEED=…` repeats one round. What no seed changes,
long tests and combinations of which `make test` takes some, takes its turn: a round has a third.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

_SEED = "APIM_AKS_PROOF_SEED"
COUNTS = "APIM_AKS_PROOF_COUNTS"
"""The variable with the file that takes how much a round tried."""
SEED = int(os.environ.get(_SEED) or 0)
"""The seed of this round of `make proof`; 0 in `make test`."""
MORE = 3
"""How many times the examples of `make test` a round of `make proof` draws."""
TURNS = 3
"""Of how many rounds one has a test that no seed changes."""

settings.register_profile(
    "series",
    deadline=None,
    derandomize=not SEED,
    max_examples=75 if SEED else 15,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("series")


Test = TypeVar("Test", bound=Callable[..., object])
Value = TypeVar("Value")


def examples(count: int, *unchecked: HealthCheck) -> settings:
    """So many examples in `make test`."""
    passed_over = {HealthCheck.too_slow, *unchecked}
    return settings(
        max_examples=count * (MORE if SEED else 1), suppress_health_check=tuple(passed_over)
    )


def combined(*values: str, every: int = 0) -> list[Any]:
    """Parameters: `make proof` takes all, `make test` the first, or every third and so on."""
    taken = values if SEED else values[:: every or len(values)]
    return [pytest.param(v, marks=pytest.mark.series) for v in taken]


def at_length(test: Test) -> Test:
    """A test that takes long and finds what a short one seldom would; `make test` leaves it out."""
    return pytest.mark.series(pytest.mark.at_length(test))


def some_of(values: Iterable[Value], count: int) -> list[Value]:
    """So many of the values, others with each seed, where a round has no time for all."""
    every = list(values)
    return random.Random(SEED).sample(every, min(count, len(every)))


def has_its_turn(item: pytest.Item) -> bool:
    """The round has this test, whichever stand beside it; `make test` has all but long ones."""
    if not SEED:
        return "at_length" not in item.keywords
    fixed = "series" in item.keywords and "drawn" not in item.keywords
    return not fixed or not random.Random(f"{SEED} {item.nodeid}").randrange(TURNS)


def seeds(count: int) -> Callable[[Test], Test]:
    """The parameter `seed`: 0, 1, … in `make test`, other numbers in each round of `make proof`."""
    first, many = (SEED, count * MORE) if SEED else (0, count)

    def series(test: Test) -> Test:
        drawn = pytest.mark.parametrize("seed", range(first, first + many))(test)
        return pytest.mark.series(pytest.mark.drawn(drawn))

    return series


class Tried:
    """How many tests and examples a round tried, added up where the workers' reports arrive."""

    def __init__(self, file: Path) -> None:
        self.file, self.counts = file, Counter[str]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        report = yield
        if report.when == "teardown":
            said = getattr(item, "hypothesis_statistics", "")
            drawn = sum(map(int, re.findall(r"(\d+) passing", said)))
            report.user_properties.append(("examples", drawn))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.counts["tests"] += report.when == "call"
        self.counts["failed"] += report.failed
        if report.when == "teardown":
            self.counts["examples"] += int(dict(report.user_properties)["examples"])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not hasattr(session.config, "workerinput"):
            self.file.write_text(json.dumps(self.counts), encoding="utf-8")


def proof(minutes: float, seed: int, more: list[str]) -> int:
    """Rounds until one fails, or as long as one like the last would end within the time."""
    began, counts, ended, status, passed, last = time.monotonic(), Counter[str](), [], 0, 0.0, 0.0
    while not status and (not ended or (not seed and passed + last <= 60 * minutes)):
        ended.append(seed or secrets.randbelow(2**31) + 1)
        print(f"Round {len(ended)}; make proof SEED={ended[-1]} repeats it.", flush=True)
        status, found = one_round(ended[-1], more)
        counts.update(found)
        passed, last = time.monotonic() - began, time.monotonic() - began - passed
    print(
        f"Tried in {passed / 60:.1f} minutes: {len(ended)} rounds with the "
        f"seeds {', '.join(map(str, ended))}; {counts['tests']:,} tests, "
        f"{counts['examples']:,} generated examples, {counts['failed']:,} failed."
    )
    return status


def one_round(seed: int, more: list[str]) -> tuple[int, dict[str, int]]:
    """The exit status of pytest on the tests of a round, and what it counted."""
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts.json"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "hypothesis or series"]
            + [f"--hypothesis-seed={seed}", *more],
            env={**os.environ, _SEED: str(seed), COUNTS: str(counts)},
        )
        said = json.loads(counts.read_text(encoding="utf-8")) if counts.exists() else {}
    return done.returncode, said


if __name__ == "__main__":
    read = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    read.add_argument("--minutes", type=float, default=5)
    read.add_argument("--seed", type=int, default=0)
    given, rest = read.parse_known_args()
    sys.exit(proof(given.minutes, given.seed, rest))
