"""Notebooks run in forked processes: the same bytes as in kernels of their own, nothing left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apim_aks.notebook.report.forked import can_fork
from tests.support.places import REPOSITORY
from tests.support.small_notebooks import READ, notebook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Processes are forked on Linux.")

CHAIN = (
    READ,
    "from apim_aks.decision.design import design\ndesign(read).ranking.winner",
    "import os\nprint(os.path.basename(os.getcwd()), os.environ.get('PYTHONPATH'))",
    "import warnings\nwarnings.warn('old', DeprecationWarning)",
    "from apim_aks.workload.file import said\nsorted(said(workload))[:2]",
    "workload = 'changed'\n__name__",
)
PROGRAM = """
import json, multiprocessing, os, signal, sys, threading
from functools import partial
from pathlib import Path
import apim_aks.notebook.report as report
import apim_aks.notebook.report.running as running
from apim_aks.decision.design import design
from apim_aks.options import OPTIONS
from apim_aks.workload.documents import watched

def looked(_, of=os.getpid()):
    assert os.getpid() == of, "what a notebook reads is none of its business"

report.design = partial(design, options=OPTIONS[:1])
here = Path(sys.argv[1])
for ways, source in json.loads(sys.argv[2]):
    running.can_fork = (lambda ways=ways: ways == "forked")
    try:
        with watched(looked):
            report.write_report("contoso-orders", here / ways, notebooks=here / source)
        print(ways, source, "written")
    except Exception as error:
        print(ways, source, type(error).__name__, error)
    print(threading.active_count(), len(multiprocessing.active_children()))
"""


def ran(folder: Path, *runs: tuple[str, str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), json.dumps(runs)],
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done
    return done.stdout.splitlines()


def contents(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_both_ways_give_the_same_bytes_and_leave_no_process(tmp_path: Path) -> None:
    for name in ("01_one", "02_two"):
        notebook(tmp_path / "good", *CHAIN[: int(name[1]) + 3], name=name)
    said = ran(tmp_path, ("forked", "good"), ("threaded", "good"))
    assert said == ["forked good written", "1 0", "threaded good written", "1 0"]
    forked, threaded = (contents(tmp_path / way) for way in ("forked", "threaded"))
    assert len(forked) > 20 and forked == threaded


def test_a_kernel_or_a_worker_that_dies_is_said(tmp_path: Path) -> None:
    notebook(tmp_path / "dead", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    notebook(tmp_path / "worker", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
    said = ran(tmp_path, *(("forked", name) for name in ("dead", "worker")))
    ended = "01_one.ipynb: its kernel ended before it did"
    assert said[0] == f"forked dead BugError {ended}"
    assert said[2] == "forked worker BugError A process of the report ended early"
    assert {*said[1::2]} == {"1 0"}


def test_a_process_with_threads_does_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(_: Any) -> list[str]:
        return ["1", "2"]

    monkeypatch.setattr(Path, "iterdir", listed)
    assert not can_fork()


BESIDE = """
import os, signal, sys
from apim_aks.errors import InputError
import apim_aks.notebook.report.side_by_side
beside = sys.modules["apim_aks.notebook.report.side_by_side"]
from apim_aks.notebook.report.forked import can_fork

def told(value, of=os.getpid()):
    if value == "wrong":
        raise InputError("said")
    if value == "dead":
        os.kill(os.getpid(), signal.SIGKILL)
    return value * 2, os.getpid() == of

beside.processors = lambda: 2
print(beside.side_by_side(told, range(3)), can_fork())
for bad in ("wrong", "dead"):
    try:
        beside.side_by_side(told, ["a", bad, "b"])
    except Exception as error:
        print(type(error).__name__, error, can_fork())
"""


def test_values_side_by_side_keep_their_order_and_an_error_its_sentence() -> None:
    done = subprocess.run([sys.executable, "-c", BESIDE], capture_output=True, text=True)
    assert not done.stderr
    assert done.stdout.splitlines() == [
        "[(0, False), (2, False), (4, False)] True",
        "InputError said True",
        "BugError A process of the report ended early True",
    ]
