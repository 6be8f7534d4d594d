"""One thing worked out of many values, on all processors; only the results come back.

A ProcessPoolExecutor would do, but for its threads: the system counts them for a moment after they
are joined, and what comes next could not be forked.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from apim_aks.errors import BugError
from apim_aks.notebook.report.forked import can_fork

S = TypeVar("S")
T = TypeVar("T")
_MOST = 256
"""Values are told apart by one byte."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def side_by_side(do: Callable[[S], T], values: Iterable[S]) -> list[T]:
    """What `do` makes of each value: in processes forked from here where that can be, else here."""
    given = list(values)
    count = min(processors(), len(given))
    if count < 2 or len(given) > _MOST or not can_fork():
        return [do(value) for value in given]
    return _forked(do, given, count)


def _forked(do: Callable[[S], T], given: Sequence[S], count: int) -> list[T]:
    context = get_context("fork")
    # Each process takes the number of the next value from one pipe, and ends where none is left.
    left, numbers = os.pipe()
    os.write(numbers, bytes(range(len(given))))
    os.close(numbers)
    started, results = [], []
    try:
        for _ in range(count):
            result, told = context.Pipe(duplex=False)
            process = context.Process(target=Context().run, args=(_worker, told, left, do, given))
            process.start()
            told.close()
            started.append(process)
            results.append(result)
        found: dict[int, T] = {}
        for result in results:
            found |= _received(result)
    finally:
        os.close(left)
        for process in started:
            process.kill()
            process.join()
    return [found[number] for number in range(len(given))]


def _received(result: Connection) -> dict[int, Any]:
    try:
        found, error = result.recv()
    except EOFError:
        raise BugError("A process of the report ended early") from None
    finally:
        result.close()
    if error:
        raise error
    return dict(found)


def _worker(told: Connection, left: int, do: Callable[[S], T], given: Sequence[S]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    found = {}
    try:
        while number := os.read(left, 1):
            found[number[0]] = do(given[number[0]])
        told.send((found, None))
    except Exception as error:
        told.send(({}, error))
