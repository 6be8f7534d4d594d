"""The command `report`: what it is asked, and how it ends."""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import TYPE_CHECKING

from apim_aks.cli.console import input_exit_code
from apim_aks.cli.diff import is_stopped, require_old, save_summary
from apim_aks.cli.results import write_design_results
from apim_aks.cli.terminal import open_page, progress, say, show, showing, warn
from apim_aks.decision.design import Design
from apim_aks.decision.outcome import holds, outcome
from apim_aks.difference import read_side
from apim_aks.errors import ExitCode
from apim_aks.options import option
from apim_aks.testbed.own_checks import of_testbed
from apim_aks.topology.check import Check, tally
from apim_aks.verification import binding, failed
from apim_aks.workload.documents import watched

if TYPE_CHECKING:
    from apim_aks.notebook.report import Report


def run_report(given: argparse.Namespace) -> ExitCode:
    """Write the report, say what failed, and what changed since an earlier state."""
    began = time.perf_counter()
    if given.option:
        option(given.option)
    require_old(given)
    report = _made(given)
    for stopped in report.stopped:
        warn(stopped)
    write_design_results(
        given, report.design, report.checks, given.option, report.difference, given.fail_on
    )
    show(str(report.index))
    if given.single_file:
        show(str(report.single_file))
    if given.summary:
        save_summary(given, report.folder, report.as_side, report.difference)
    if given.open:
        open_page(report.index)
    say(f"{tally(report.checks)}, {time.perf_counter() - began:.1f} seconds.")
    return _ended(given, report)


def _made(given: argparse.Namespace) -> Report:
    from apim_aks.notebook.report import write_report

    with progress(given, " notebooks", 0.5) as bar, watched(partial(showing, bar)):

        def done(notebook: str, count: int, of: int) -> None:
            bar.total = of
            showing(bar, notebook, count - bar.n)

        return write_report(
            given.workload,
            given.out,
            option=given.option,
            allow_outside=given.allow_outside,
            keep_old=given.keep_old,
            single_file=given.single_file,
            testbed=given.testbed,
            against=read_side(given.against, given.allow_outside) if given.against else None,
            progress=done,
            tell=say,
        )


def _ended(given: argparse.Namespace, report: Report) -> ExitCode:
    made = report.design
    standing = decision_holds(made)
    bound = (*binding(made, given.option), *of_testbed(report.checks))
    kept = ExitCode.FAILED if report.stopped else _kept(bound)
    stopped = is_stopped(given, report.difference)
    return input_exit_code(made.workload, warn) or kept or standing or stopped


def _kept(checks: tuple[Check, ...]) -> ExitCode:
    """FAILED where one of these checks failed; each that did is named."""
    for check in failed(checks):
        warn(f"Check {check.id} failed. Expected: {check.expected}. Observed: {check.observed}.")
    return ExitCode.FAILED if failed(checks) else ExitCode.SUCCESS


def decision_holds(made: Design) -> ExitCode:
    """FAILED where the recorded option is not first, which is said."""
    if holds(made):
        return ExitCode.SUCCESS
    warn(outcome(made))
    return ExitCode.FAILED
