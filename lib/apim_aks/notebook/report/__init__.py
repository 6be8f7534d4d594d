"""The report: every notebook run without a screen, every artefact of one design, one folder."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from apim_aks import page
from apim_aks.decision.as_json import as_json
from apim_aks.decision.changes import effects
from apim_aks.decision.design import Design, design
from apim_aks.difference import Difference, Side, difference, difference_data, side_of
from apim_aks.errors import InputError
from apim_aks.facts import ROOT
from apim_aks.notebook.report.artefacts import Written, files, write, write_common, write_option
from apim_aks.notebook.report.places import input_paths
from apim_aks.notebook.report.protected import refuse_protected
from apim_aks.notebook.report.running import Progress, Ran, run_all, watched
from apim_aks.notebook.report.side_by_side import side_by_side
from apim_aks.own_files import replaced, restore
from apim_aks.topology.check import Check
from apim_aks.verification import check_all
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload

NOTEBOOKS = ROOT / "notebooks"
INDEX, SINGLE = "index.html", "report.html"
"""The page a reviewer starts from, and all pages in one."""
DIFFERENCE = "difference.json"
_LIST = re.compile(r'href="all-[a-z0-9-]+\.html"')

Pages = dict[str, tuple[str, str]]
"""Title and text of each page by its file."""

Tell = Callable[[str], None]
"""Called with a sentence about what was done with the reader's folders."""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report: where it is, what was checked, which notebooks a failed check stopped."""

    folder: Path
    design: Design
    checks: tuple[Check, ...]
    stopped: tuple[str, ...]
    difference: Difference | None = None

    @property
    def as_side(self) -> Side:
        """It as one side of a difference."""
        return self.difference.new if self.difference else side_of(self.design, self.checks)

    @property
    def index(self) -> Path:
        """The page a reviewer starts from."""
        return self.folder / INDEX

    @property
    def single_file(self) -> Path:
        """All pages in one, where that was asked for."""
        return self.folder / SINGLE


def silent(done: str, count: int, of: int) -> None:
    """Progress that is discarded."""


def unheard(sentence: str) -> None:
    """A message that is discarded."""


def write_report(
    workload: str,
    out: str | Path = "",
    *,
    option: str = "",
    allow_outside: bool = False,
    keep_old: bool = False,
    single_file: bool = False,
    testbed: bool = False,
    against: Side | None = None,
    notebooks: Path = NOTEBOOKS,
    progress: Progress = silent,
    tell: Tell = unheard,
) -> Report:
    """The whole report of a workload in `out`, else `reports/<name>/`, in place of an earlier one.

    Only an earlier report that nobody changed is replaced; `keep_old` renames whatever is there.
    `single_file` writes all pages as one beside them.
    With `testbed` each option is run on this machine, and what that finds is among the checks.
    What changed `against` an earlier side is on the first page, and in difference.json.

    Raises:
        InputError: the input or the folder cannot be used; an earlier report stays.
        WorkbookError: a notebook did not run to its end; an earlier report stays.
    """
    if out:
        restore(Path(os.path.realpath(out)), tell)
    read = read_workload(workload, allow_outside)
    sources = sorted(notebooks.glob("[0-9]*.ipynb"))
    if not sources:
        raise InputError(f"{notebooks}: this folder has no notebooks such as 01_….ipynb.")
    target = Path(out or Path("reports") / read.name)
    real = Path(os.path.realpath(target))
    refuse_protected(real, input_paths(workload, read))
    with replaced(real, tell, keep_old) as folder:
        given = _Given(workload, option, testbed, against)
        report, pages = _written(folder, read, given, sources, progress)
        if single_file:
            write(folder / SINGLE, page.single_file(pages, "reachability.css"))
    return replace(report, folder=target)


def _written(
    folder: Path,
    read: Workload,
    given: _Given,
    sources: Sequence[Path],
    progress: Progress,
) -> tuple[Report, Pages]:
    made = design(read)
    # Before any notebook is forked: what several of them show is worked out once, and a fork would
    # hold the pipes that end the testbed's processes.
    effects(made, side_by_side)
    checks = (*check_all(made, side_by_side), *(_tried(made) if given.testbed else ()))
    options = [partial(write_option, folder, made, p.option.id) for p in made.placements]
    place = folder / "notebooks"
    with run_all(sources, place, given.workload, given.option, read, options) as (jobs, others):
        write_common(folder, made, checks)
        changed = difference(given.against, side_of(made, checks)) if given.against else None
        if changed:
            write(folder / DIFFERENCE, as_json(difference_data(changed)))
        common = _common_pages(made)
        ran = watched(jobs, others, progress)
        written = [job.result() for job in others]
    refused = [sentence for one in written for sentence in one.refused]
    listed = files(folder)
    pages = {**_pages(ran), **common}
    pages |= _whole_lists(made, [one.body for one in ran], written)
    for file, (_, text) in pages.items():
        write(folder / file, text)
    found = [
        entry for file, (title, text) in pages.items() for entry in page.entries(title, file, text)
    ]
    links = [(file, title) for file, (title, _) in pages.items() if not file.startswith("all-")]
    first = page.index(made, checks, links, listed, refused, found, page.changed(changed))
    write(folder / INDEX, first)
    stopped = tuple(one.failure for one in ran if one.failure)
    report = Report(folder, made, checks, stopped, changed)
    return report, {INDEX: (made.workload.title, first), **pages}


@dataclass(frozen=True, slots=True)
class _Given:
    """What a report is asked for: a workload as named, an option, the testbed, an earlier side."""

    workload: str
    option: str
    testbed: bool
    against: Side | None


def _tried(made: Design) -> Iterator[Check]:
    """What the testbed finds of each option."""
    from apim_aks.testbed.trial import trials

    for tried in trials(made):
        yield from tried.checks


def _pages(ran: Sequence[Ran]) -> Pages:
    links = [(f"{one.name}.html", one.title) for one in ran]
    before, after = [None, *links[:-1]], [*links[1:], None]
    found: Pages = {}
    for one, previous, following in zip(ran, before, after, strict=True):
        home = "index.html"
        text = page.document(one.title, one.body, home=home, previous=previous, next=following)
        found[f"{one.name}.html"] = one.title, text
    return found


def _common_pages(made: Design) -> Pages:
    return {
        page.REACHABILITY: (page.WHO_REACHES, page.reachability(made)),
        page.CALLERS: (page.WHAT_CHANGES, page.callers_page(made)),
        page.GLOSSARY: ("Glossary", page.glossary()),
    }


def _whole_lists(made: Design, bodies: Iterable[str], written: Iterable[Written]) -> Pages:
    """The pages that others link because a list is too long for them; mostly there is none."""
    if not any(_LIST.search(body) for body in bodies):
        return {}
    whole = page.whole_pages(made, [one.lists for one in written if one.lists])
    return {file: (_title(text), text) for file, text in whole.items()}


def _title(text: str) -> str:
    found = re.search(r"<title>(.*?)</title>", text)
    return html.unescape(found[1]) if found else ""


__all__ = ["Report", "write_report"]
