"""The files that `--sarif` and `--junit` ask for."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apim_aks.decision.design import Design
from apim_aks.difference import Difference, Gate
from apim_aks.errors import InputError
from apim_aks.own_files import listed, refusal, save_listed, write_whole
from apim_aks.topology.check import Check
from apim_aks.workload.documents import read_file
from apim_aks.workload.file import find

if TYPE_CHECKING:
    from apim_aks.page.results import Outcome

_OF_REPORTS = (
    *("index.html", "design.json", "checks.json", "decision.md"),
    *("reachability.json", "reachability.html"),
)
"""What a result never takes the place of: a report without it is none."""


def write_design_results(
    given: argparse.Namespace,
    made: Design,
    checks: Sequence[Check],
    option: str,
    since: Difference | None = None,
    gates: Sequence[Gate] = (),
) -> None:
    """The files that were asked for, of a design and its checks, above all of an option.

    `gates` are the changes since an earlier state that fail the command.

    Raises:
        InputError: one of them cannot be written.
    """

    def found() -> Outcome:
        from apim_aks.page.results import of_design

        parsed = read_file(file, file.name).documents[0]
        return of_design(given.command, made, checks, parsed, option, since, gates)

    file = find(given.workload)
    write_results(given, found, file)


def write_results(
    given: argparse.Namespace, found: Callable[[], Outcome], main: Path, *folders: Path
) -> None:
    """The files that were asked for; names of the input begin at a folder, or that of `main`.

    `main` is a file of the repository, for results that no file of it causes.

    Raises:
        InputError: one of them cannot be written.
    """
    if not (given.sarif or given.junit):
        return
    from apim_aks.page.results import Repository, junit, sarif

    outcome = found()
    if given.sarif:
        write_result(Path(given.sarif), sarif(outcome, Repository.of(main, *folders)))
    if given.junit:
        write_result(Path(given.junit), junit(outcome))


def write_result(path: Path, text: str) -> None:
    """The text as a file; in a folder of a report as one of its own, which the next one replaces.

    Raises:
        InputError: it cannot be written, or another file is there that is not the report's.
    """
    path = path.absolute()
    report = next((p for p in path.parents if listed(p) is not None), None)
    if report and path.relative_to(report).as_posix() in _OF_REPORTS:
        raise InputError(f"{path.as_posix()} is a part of a report. Give another name.")
    if report:
        save_listed(report, path.relative_to(report).as_posix(), text)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise InputError(refusal(error, path)) from None
