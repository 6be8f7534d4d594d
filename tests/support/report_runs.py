"""Whole reports, each made once a run and by the command line as a reader would."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from tests.support.places import REPOSITORY

SHARED = "APIM_AKS_TEST_REPORTS"
"""The variable that holds the folder which all workers of a run of pytest share."""
TOY = "toy_option:OPTION"
"""An option of the reader's own. The report of `contoso-orders` has it, so that one report shows
that it is joined and all that holds with it and without it."""
GUARD = 1800
"""Seconds after which a command hangs; a report takes about ten, on a busy machine a hundred."""


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
        timeout=GUARD,
    )
    return Run(cwd, done.returncode, done.stdout, done.stderr)


@cache
def report(workload: str, again: int = 0) -> Run:
    """The full report of a workload, made by the worker that asks first."""
    options = TOY if workload == "contoso-orders" else ""
    key = hashlib.sha256(f"{workload} {options}".encode()).hexdigest()[:12]
    place = Path(os.environ[SHARED]) / key / str(again)
    place.parent.mkdir(exist_ok=True)
    try:
        place.mkdir()
    except FileExistsError:
        return _made_elsewhere(place)
    run = _made(place / "report", workload, options)
    half = place / "run.half"
    half.write_text(json.dumps({**asdict(run), "folder": str(run.folder)}), encoding="utf-8")
    half.replace(place / "run.json")
    return run


def _made(folder: Path, workload: str, options: str) -> Run:
    extra = {"APIM_AKS_OPTIONS": options, "PYTHONPATH": "tests/support"}
    arguments = ("report", "--workload", workload, "--out", str(folder))
    done = command(*arguments, **(extra if options else {}))
    return replace(done, folder=folder)


def _made_elsewhere(place: Path) -> Run:
    done = place / "run.json"
    until = time.monotonic() + GUARD
    while not done.exists():
        assert time.monotonic() < until, f"the other worker never finished {place}"
        time.sleep(0.1)
    found = json.loads(done.read_text(encoding="utf-8"))
    return Run(Path(found.pop("folder")), **found)
