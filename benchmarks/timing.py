"""What a command takes: seconds, processor time, memory; and the table in which results are kept.

Other work on a machine makes seconds longer, processor time much less, so that both are kept.
"""

from __future__ import annotations

import csv
import os
import platform
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("results.csv")
HEAD = ("date", "commit", "machine", "load", "benchmark", "figure", "value", "unit")
_EVERY = 0.25
_MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One run: seconds by the clock and of processors, peaks of one and of all processes in MB."""

    seconds: float
    processor: float
    largest: float
    together: float
    status: int


def taken(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    quiet: bool = True,
) -> Taken:
    """The command run to its end, with all processes that it starts and waits for."""
    out = subprocess.DEVNULL if quiet else None
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **(environment or {})}, stdout=out, stderr=out
    )
    watch = _Watch(process.pid)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.end()
    return Taken(
        seconds=seconds,
        processor=used.ru_utime + used.ru_stime,
        largest=max(used.ru_maxrss * 1024 / _MB, watch.largest),
        together=watch.together,
        status=process.returncode,
    )


class _Watch(threading.Thread):
    """The memory of a process and all below it, looked at now and then.

    What processes share counts once in `together` (PSS, where the system tells it).
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.largest = self.together = 0.0
        self._root, self._ended = psutil.Process(pid), threading.Event()
        self.start()

    def run(self) -> None:
        while not self._ended.wait(_EVERY):
            try:
                below = [self._root, *self._root.children(recursive=True)]
            except psutil.Error:
                return
            found = [memory for memory in map(_memory, below) if memory]
            self.together = max(self.together, sum(shared for shared, _ in found))
            self.largest = max(self.largest, max((alone for _, alone in found), default=0.0))

    def end(self) -> None:
        self._ended.set()
        self.join()


def _memory(process: psutil.Process) -> tuple[float, float] | None:
    try:
        told = process.memory_full_info()
    except psutil.Error:
        return None
    return getattr(told, "pss", told.uss) / _MB, told.rss / _MB


def spread(values: Sequence[float]) -> str:
    """The median with the least and the most."""
    return f"{statistics.median(values):7.2f} ({min(values):.2f} to {max(values):.2f})"


def keep(benchmark: str, figures: Mapping[str, tuple[float, str]]) -> None:
    """Append these figures, each a value and its unit, with date, commit, machine and load."""
    new = not RESULTS.exists()
    measured, on = commit(), machine()
    now, load = datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), f"{os.getloadavg()[0]:.1f}"
    with RESULTS.open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        if new:
            rows.writerow(HEAD)
        for figure, (value, unit) in figures.items():
            rows.writerow((now, measured, on, load, benchmark, figure, f"{value:.3g}", unit))


def commit() -> str:
    """The commit that is measured, with a plus sign where files differ from it."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


def machine() -> str:
    """System, processors and version of Python."""
    cores = os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} processors, {python_version()}"


def python_version() -> str:
    """The version of Python that runs this."""
    return f"Python {platform.python_version()}"
