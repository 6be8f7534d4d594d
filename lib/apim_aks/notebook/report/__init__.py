"""The report: every notebook run without a screen, every artefact of one design, one folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from apim_aks import page
from apim_aks.decision.design import Design, design
from apim_aks.errors import InputError
from apim_aks.facts import ROOT
from apim_aks.notebook.report.artefacts import files, write, write_artefacts
from apim_aks.notebook.report.places import input_paths
from apim_aks.notebook.report.protected import refuse_protected
from apim_aks.notebook.report.running import Progress, Ran, run_all, watched
from apim_aks.own_files import replaced, restore
from apim_aks.topology.check import Check
from apim_aks.verification import check_all
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload

NOTEBOOKS = ROOT / "notebooks"
_LIST = re.compile(r'href="all-[a-z0-9-]+\.html"')

Tell = Callable[[str], None]
"""Told in a sentence what happened to folders of the reader's."""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report: where it is, what was checked, which notebooks a failed check stopped."""

    folder: Path
    design: Design
    checks: tuple[Check, ...]
    stopped: tuple[str, ...]

    @property
    def index(self) -> Path:
        """The page a reviewer starts from."""
        return self.folder / "index.html"


def silent(done: str, count: int, of: int) -> None:
    """Progress that nobody watches."""


def unheard(sentence: str) -> None:
    """A sentence that nobody hears."""


def write_report(
    workload: str,
    out: str | Path = "",
    *,
    option: str = "",
    allow_outside: bool = False,
    keep_old: bool = False,
    testbed: bool = False,
    notebooks: Path = NOTEBOOKS,
    progress: Progress = silent,
    tell: Tell = unheard,
) -> Report:
    """The whole report of a workload in `out`, else `reports/<name>/`, in place of an earlier one.

    Only an earlier report that nobody changed is replaced; `keep_old` renames whatever is there.
    With `testbed` each option is run on this machine, and what that finds is among the checks.

    Raises:
        InputError: the input or the folder cannot be used; an earlier report stays.
        WorkbookError: a notebook did not run to its end; an earlier report stays.
    """
    if out:
        restore(Path(os.path.realpath(out)), tell)
    read = read_workload(workload, allow_outside)
    sources = sorted(notebooks.glob("[0-9]*.ipynb"))
    if not sources:
        raise InputError(f"{notebooks}: found no notebook; expected 01_….ipynb and others.")
    target = Path(out or Path("reports") / read.name)
    real = Path(os.path.realpath(target))
    refuse_protected(real, input_paths(workload, read))
    with replaced(real, tell, keep_old) as folder:
        given = _Given(workload, option, testbed)
        made, checks, stopped = _written(folder, read, given, sources, progress)
    return Report(target, made, checks, stopped)


def _written(
    folder: Path,
    read: Workload,
    given: _Given,
    sources: Sequence[Path],
    progress: Progress,
) -> tuple[Design, tuple[Check, ...], tuple[str, ...]]:
    made = design(read)
    # Before any notebook is forked: a fork would hold the pipes that end the testbed's processes.
    checks = (*check_all(made), *(_tried(made) if given.testbed else ()))
    with run_all(sources, folder / "notebooks", given.workload, given.option, read) as jobs:
        refused = write_artefacts(folder, made, checks)
        ran = watched(jobs, progress)
    listed = files(folder)
    links = _write_pages(folder, ran)
    write(folder / page.REACHABILITY, page.reachability(made))
    links.append((page.REACHABILITY, page.WHO_REACHES))
    _write_whole_lists(folder, made, [one.body for one in ran])
    write(folder / "index.html", page.index(made, checks, links, listed, refused))
    return made, checks, tuple(one.failure for one in ran if one.failure)


@dataclass(frozen=True, slots=True)
class _Given:
    """What a report is asked for: the workload as it was named, an option, and the testbed."""

    workload: str
    option: str
    testbed: bool


def _tried(made: Design) -> Iterator[Check]:
    """What the testbed finds of each option."""
    from apim_aks.testbed.trial import trials

    for tried in trials(made):
        yield from tried.checks


def _write_pages(folder: Path, ran: Sequence[Ran]) -> list[tuple[str, str]]:
    links = [(f"{one.name}.html", one.title) for one in ran]
    before, after = [None, *links[:-1]], [*links[1:], None]
    for one, previous, following in zip(ran, before, after, strict=True):
        home = "index.html"
        text = page.document(one.title, one.body, home=home, previous=previous, next=following)
        write(folder / f"{one.name}.html", text)
    return links


def _write_whole_lists(folder: Path, made: Design, bodies: Iterable[str]) -> None:
    """The pages that others link because a list is too long for them; mostly there is none."""
    if any(_LIST.search(body) for body in bodies):
        for file, text in page.whole_pages(made).items():
            write(folder / file, text)


__all__ = ["Report", "write_artefacts", "write_report"]
