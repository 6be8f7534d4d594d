"""One workload worked out in a process of its own, within limits: the unit of work of a portfolio.

The process is started here and not by whoever runs the tasks, so that limits hold in the same way
in a thread of this machine and in a worker of a cluster. It ends with the one that started it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import psutil

from apim_aks.portfolio.allowance import Allowance
from apim_aks.portfolio.assessment import Assessment, State, stopped, written
from apim_aks.portfolio.packing import Packed, unpacked

_LOOK = 0.25
"""Seconds between two looks at what a process takes: it grows by less than it may in that time."""

_RUNNING: set[psutil.Popen] = set()


def assess(sent: Packed, allowance: Allowance) -> bytes:
    """The assessment of this workload as JSON, whatever becomes of its process."""
    with TemporaryDirectory(prefix="apim-aks-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        inputs = place / "input"
        inputs.mkdir()
        try:
            file = unpacked(sent, inputs)
        except OSError as error:
            reason = error.strerror or str(error)
            sentence = f"Its files could not be laid out where it runs ({reason})."
            return written(stopped(State.LOST, sentence))
        return _ran(file, place / "assessment.json", sent.made_with, allowance)


def _ran(file: Path, result: Path, made_with: str, allowance: Allowance) -> bytes:
    """What the process wrote, or why it wrote nothing."""
    # -P: nothing is imported from the folder, whose files are somebody else's.
    child = [sys.executable, "-P", "-m", "apim_aks.portfolio.child"]
    environment = {k: v for k, v in os.environ.items() if k != "APIM_AKS_ALLOW_OUTSIDE"}
    with psutil.Popen(
        [*child, file.name, str(result), made_with],
        cwd=file.parent,
        env=environment,
        stdin=subprocess.PIPE,  # closed when this process ends, and then the other ends too
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _RUNNING.add(process)
        try:
            over = _watched(process, allowance)
        finally:
            _RUNNING.discard(process)
            _end(process)
    if over is not None:
        return written(over)
    if result.is_file():
        return result.read_bytes()
    return written(stopped(State.LOST, _without_result(process.returncode)))


def end_running() -> None:
    """End what the threads of this process wait for: nobody wants its results any more."""
    for process in tuple(_RUNNING):
        _end(process)


def _watched(process: psutil.Popen, allowance: Allowance) -> Assessment | None:
    """None once it has ended by itself; else which limit it passed."""
    until = monotonic() + allowance.seconds
    while True:
        with suppress(psutil.TimeoutExpired):
            process.wait(max(0.0, min(_LOOK, until - monotonic())))
            return None
        if monotonic() >= until:
            sentence = (
                f"It took more than {allowance.seconds:g} seconds and was stopped; --timeout "
                "gives it more."
            )
            return stopped(State.TIME, sentence)
        if _resident(process) > allowance.megabytes * 1_000_000:
            sentence = (
                f"It needed more than {allowance.megabytes:g} MB of memory and was stopped; "
                "--memory gives it more."
            )
            return stopped(State.MEMORY, sentence)


def _resident(process: psutil.Process) -> int:
    """Bytes of memory that it and what it started hold."""
    return sum(_bytes(p) for p in _family(process))


def _bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _family(process: psutil.Process) -> Iterator[psutil.Process]:
    with suppress(psutil.Error):
        yield from process.children(recursive=True)
    yield process


def _end(process: psutil.Popen) -> None:
    """End it and what it started, such as helm."""
    if process.returncode is None:
        for one in _family(process):
            with suppress(psutil.Error):
                one.kill()


def _without_result(code: int) -> str:
    """How a process ended that wrote nothing."""
    if code < 0:
        with suppress(ValueError):
            return (
                f"Its process was ended by {signal.Signals(-code).name} before it had a result, "
                "as systems do that run out of memory."
            )
    return f"Its process ended with status {code} before it had a result."
