"""The notebooks of a report, each in a kernel of its own, and the files of its options beside."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from apim_aks.notebook.report.forked import QUIET, ForkedKernel, Task, can_fork, forked
from apim_aks.notebook.report.places import everywhere, without_places
from apim_aks.notebook.report.side_by_side import processors
from apim_aks.notebook.report.without_grammar import without_grammar
from apim_aks.workload.file import keep
from apim_aks.workload.model import Workload

T = TypeVar("T")
AT_A_TIME = 2
"""At least; one on each processor where there are more."""

Progress = Callable[[str, int, int], None]
"""Called with an action, the number done and the total."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A notebook that ran, and its body as a page."""

    name: str
    title: str
    failure: str
    body: str


@contextmanager
def run_all(
    sources: Sequence[Path],
    folder: Path,
    workload: str,
    option: str,
    read: Workload,
    beside: Sequence[Callable[[], T]] = (),
) -> Iterator[tuple[list[Future[Ran]], list[Future[T]]]]:
    """The notebooks and what is done beside them, as they run.

    All are forked from here where that can be; elsewhere notebooks run in threads and the others
    here.
    """
    folder.mkdir()
    given = {"workload": everywhere(workload), "out": ""}
    parameters = {**given, "option": option} if option else given
    work = partial(_run, folder=folder, parameters=parameters, shown=without_places(workload))
    prepare = partial(_prepare, everywhere(workload), read, sources)
    notebooks: list[Task[Any]] = [Task(partial(work, source), notebook=True) for source in sources]
    others: list[Task[Any]] = [Task(partial(_alone, do)) for do in beside]
    way = forked if can_fork() else _threaded
    with way([*notebooks, *others], max(AT_A_TIME, processors()), prepare) as jobs:
        yield jobs[: len(sources)], jobs[len(sources) :]


def _alone(do: Callable[[], T], _: ForkedKernel | None) -> T:
    return do()


@contextmanager
def _threaded(
    tasks: Sequence[Task[T]], at_a_time: int, prepare: Callable[[], None]
) -> Iterator[list[Future[T]]]:
    """The notebooks in threads, where each kernel prepares itself; meanwhile the rest."""
    pool = ThreadPoolExecutor(at_a_time)
    try:
        jobs = [pool.submit(t.do, None) if t.notebook else Future() for t in tasks]
        for task, job in zip(tasks, jobs, strict=True):
            if not task.notebook:
                job.set_result(task.do(None))
        yield jobs
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare(named: str, read: Workload, sources: Sequence[Path]) -> None:
    """Import what the notebooks and running them need, and keep what was read for the kernels.

    A page is made as well, which compiles the templates, patterns and schemas of all.
    """
    _, pages = _runner()
    os.environ |= QUIET
    import ipykernel.debugger
    import ipykernel.kernelapp  # noqa: F401
    import nbformat

    keep(named, read)
    with suppress(Exception):
        pages.body(nbformat.read(sources[0], as_version=4))
        for source in sources:
            for cell in json.loads(source.read_text("utf-8"))["cells"]:
                if cell.get("id") == "imports":
                    exec("".join(cell["source"]), {})


def _runner() -> tuple[ModuleType, ModuleType]:
    with without_grammar():
        from apim_aks.notebook.report import notebooks, pages
    return notebooks, pages


def _run(source: Path, kernel: ForkedKernel | None, **given: Any) -> Ran:
    notebooks, pages = _runner()
    done = notebooks.run(source, kernel=kernel, **given)
    return Ran(done.name, done.title, done.failure, pages.body(done.node))


def watched(
    jobs: Sequence[Future[Ran]], others: Sequence[Future[Any]], progress: Progress
) -> list[Ran]:
    """The notebooks in their order, once all is done; `progress` is told of each as it ends."""
    count = 0
    for job in as_completed([*jobs, *others]):
        done = job.result()
        if isinstance(done, Ran):
            count += 1
            progress(done.name, count, len(jobs))
    return [job.result() for job in jobs]
