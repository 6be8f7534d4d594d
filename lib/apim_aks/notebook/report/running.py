"""The notebooks of a report, two at a time, each in a kernel of its own."""

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
from typing import Any

from apim_aks.notebook.report.forked import QUIET, ForkedKernel, Work, can_fork, forked
from apim_aks.notebook.report.places import everywhere, without_places
from apim_aks.notebook.report.without_grammar import without_grammar
from apim_aks.workload.file import keep
from apim_aks.workload.model import Workload

AT_A_TIME = 2

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
    sources: Sequence[Path], folder: Path, workload: str, option: str, read: Workload
) -> Iterator[list[Future[Ran]]]:
    """The notebooks as they run: forked from here where that can be, in threads elsewhere."""
    folder.mkdir()
    given = {"workload": everywhere(workload), "out": ""}
    parameters = {**given, "option": option} if option else given
    work = partial(_run, folder=folder, parameters=parameters, shown=without_places(workload))
    prepare = partial(_prepare, everywhere(workload), read, sources)
    way = forked if can_fork() else _threaded
    with way(work, sources, AT_A_TIME, prepare) as jobs:
        yield jobs


@contextmanager
def _threaded(
    work: Work[Ran], sources: Sequence[Path], at_a_time: int, prepare: Callable[[], None]
) -> Iterator[list[Future[Ran]]]:
    """The work on each notebook in threads; each kernel prepares itself."""
    pool = ThreadPoolExecutor(at_a_time)
    try:
        yield [pool.submit(work, source, None) for source in sources]
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


def watched(jobs: Sequence[Future[Ran]], progress: Progress) -> list[Ran]:
    """The notebooks in their order, once all ran; `progress` is told of each as it ends."""
    for count, job in enumerate(as_completed(jobs), 1):
        progress(job.result().name, count, len(jobs))
    return [job.result() for job in jobs]
