"""Work in processes that are forked once everything is imported and the design is made.

A kernel of its own imports for two seconds and works out the design again; a forked one has both.
Forking is safe from a process with one thread, and on Linux
(https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods).

    report ── nursery, prepared ─┬─ worker: papermill and page of one notebook ── its kernel
                                 ├─ worker: the files of one option
                                 └─ worker …
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

from apim_aks.errors import BugError

T = TypeVar("T")
QUIET = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
"""What keeps the debugger that ipykernel imports from writing to the terminal."""


class ForkedKernel:
    """A kernel that waits for its arguments, with what provisioners use of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, *not_its: Connection) -> None:
        context = get_context("fork")
        told, self._arguments = context.Pipe(duplex=False)
        self._process = context.Process(target=_kernel, args=(told, self._arguments, *not_its))
        self._process.start()
        told.close()

    def launch(self, arguments: Sequence[str], folder: str, env: dict[str, str]) -> None:
        """Begin with these arguments of ipykernel."""
        self._arguments.send(([*arguments], folder, env))
        self._arguments.close()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid or 0

    def poll(self) -> int | None:
        """The exit code of a kernel that has ended."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """The exit code, once it has ended."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """Something to do in a process of its own, with a kernel to run in where it has a notebook."""

    do: Callable[[ForkedKernel | None], T]
    notebook: bool = False


def can_fork() -> bool:
    """Whether this is Linux and the process has one thread, those of C libraries counted."""
    return sys.platform == "linux" and len([*Path("/proc/self/task").iterdir()]) == 1


@contextmanager
def forked(
    tasks: Sequence[Task[T]], at_a_time: int, prepare: Callable[[], None]
) -> Iterator[list[Future[T]]]:
    """The tasks, each done in a process of its own after `prepare`.

    Leaving before all is done ends the processes.
    """
    context = get_context("fork")
    ours, theirs = context.Pipe()
    given = (theirs, ours, tasks, at_a_time, prepare)
    # In a context of its own: who watches what this process reads does not watch a notebook.
    nursery = context.Process(target=Context().run, args=(_nursery, *given))
    nursery.start()
    theirs.close()
    jobs: list[Future[T]] = [Future() for _ in tasks]
    reader = threading.Thread(target=_receive, args=(ours, jobs))
    reader.start()
    try:
        yield jobs
    finally:
        nursery.terminate()
        nursery.join()
        reader.join()
        ours.close()


def _receive(ours: Connection, jobs: Sequence[Future[T]]) -> None:
    with suppress(EOFError, OSError):
        for _ in jobs:
            index, result, error = ours.recv()
            if error is None:
                jobs[index].set_result(result)
            else:
                jobs[index].set_exception(error)
    for job in jobs:
        if not job.done():
            job.set_exception(BugError("The process that ran the notebooks ended early"))


def _nursery(
    theirs: Connection,
    ours: Connection,
    tasks: Sequence[Task[T]],
    at_a_time: int,
    prepare: Callable[[], None],
) -> None:
    ours.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    prepare()
    gc.freeze()
    running: dict[Connection, tuple[int, ForkProcess]] = {}
    waiting = list(enumerate(tasks))
    try:
        while waiting or running:
            while waiting and len(running) < at_a_time:
                index, task = waiting.pop(0)
                connection, process = _started(task, theirs)
                running[connection] = index, process
            ready = wait([theirs, *running])
            if theirs in ready:
                return
            for connection in [c for c in running if c in ready]:
                index, process = running.pop(connection)
                theirs.send((index, *_result(connection)))
                process.join()
    finally:
        for _, process in running.values():
            process.kill()


def _end(*_: Any) -> NoReturn:
    raise SystemExit


def _started(task: Task[T], theirs: Connection) -> tuple[Connection, ForkProcess]:
    context = get_context("fork")
    results, told = context.Pipe(duplex=False)
    process = context.Process(target=_worker, args=(told, theirs, task))
    process.start()
    told.close()
    return results, process


def _result(ready: Connection) -> tuple[Any, Exception | None]:
    try:
        found: tuple[Any, Exception | None] = ready.recv()
    except EOFError:
        return None, BugError("A process of the report ended early")
    finally:
        ready.close()
    return found


def _worker(told: Connection, theirs: Connection, task: Task[T]) -> None:
    theirs.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    kernel = ForkedKernel(told) if task.notebook else None
    try:
        told.send((task.do(kernel), None))
    except Exception as error:
        told.send((None, error))
    finally:
        if kernel:
            kernel.kill()


def _kernel(told: Connection, *others: Connection) -> None:
    from ipykernel.kernelapp import launch_new_instance

    for other in others:
        other.close()
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    with suppress(EOFError):
        arguments, folder, env = told.recv()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(env)
        launch_new_instance([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])
