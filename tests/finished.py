"""Whole reports, made once a session and by the command line as a reader would."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """What a command left and said."""

    folder: Path
    status: int
    output: str
    errors: str


def command(*arguments: str, cwd: Path = REPOSITORY, **environment: str) -> Run:
    """`python -m apim_aks` with these arguments."""
    done = subprocess.run(
        [sys.executable, "-m", "apim_aks", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    return Run(cwd, done.returncode, done.stdout, done.stderr)


@cache
def report(workload: str, options: str = "", again: int = 0) -> Run:
    """The full report of a workload in a folder of its own."""
    folder = _folder() / f"report-{again}"
    extra = {"APIM_AKS_OPTIONS": options, "PYTHONPATH": str(REPOSITORY / "tests")}
    arguments = ("report", "--workload", workload, "--out", str(folder))
    done = command(*arguments, **(extra if options else {}))
    return Run(folder, done.status, done.output, done.errors)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="apim-aks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
