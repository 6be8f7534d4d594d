"""The process that starts the proxies and ends them when its parent has ended.

It reads one line of JSON for each thing to do from its standard input. When that ends, because its
parent closed it, crashed or was killed, it ends what it started, takes the folder away and goes.
Run as `python -m apim_aks.testbed.keeper FOLDER`.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from apim_aks.own_files.lock import Held, locked

HELD = "held"
"""The file in a testbed's folder that is locked as long as its keeper lives."""
GROUP = "group"
"""The file with the number of its process group, which what it started belongs to."""
_PATIENCE = 2.0
"""Seconds that a proxy has to end by itself."""
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def keep(folder: Path, asked: TextIO, answer: Callable[[str], None]) -> None:
    """Serve requests until the parent has ended, then remove everything."""
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for line in asked:
            if (request := json.loads(line))["do"] == "go":
                break
            answer(_done(request, children, folder))
    finally:
        for child in children.values():
            child.kill()
        for child in children.values():
            child.wait()


def _done(asked: dict[str, object], children: dict[str, subprocess.Popen[bytes]], at: Path) -> str:
    """What came of one request, on one line: `ok`, `ended STATUS`, or why it does not start."""
    name = str(asked["name"])
    if asked["do"] == "end":
        _ended(children.pop(name))
        return "ok"
    if asked["do"] == "look":
        status = children[name].poll()
        return "ok" if status is None else f"ended {status}"
    command, values = asked["command"], asked["environment"]
    assert isinstance(command, list) and isinstance(values, dict)
    try:
        children[name] = _started(command, os.environ | values, at / f"{name}.log")
    except OSError as error:
        return f"does not start ({error.strerror})"
    return "ok"


def _started(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=log.parent,
            env=environment,
            # Safe here: this process has one thread.
            preexec_fn=_bound if sys.platform == "linux" else None,
        )


def _bound() -> None:
    """Ask the kernel to end this process with its parent, even one that is killed: prctl(2)."""
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)


def _ended(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _main(folder: Path) -> None:
    # Ctrl-C goes to everybody in the terminal: the parent takes it, and then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # Nobody may be there any more to hear an answer.
        with suppress(Held, BrokenPipeError), locked(folder / HELD):
            (folder / GROUP).write_text(str(os.getpid()), "utf-8")
            keep(folder, sys.stdin, lambda line: print(line, flush=True))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
    os._exit(0)  # what is still to be written goes to nobody
