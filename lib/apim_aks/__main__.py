"""The command line: `python -m apim_aks`, the same functions as the notebooks.

Results go to standard output, messages to standard error. The exit codes stand in `errors.py`, and
`--help` lists them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from apim_aks import __version__
from apim_aks.apis.contract import contract_difference
from apim_aks.apis.draft import write_workload_file
from apim_aks.apis.mapping import nothing_published
from apim_aks.cli import comparison_text, console, decision_text, text
from apim_aks.cli.azure import add_azure_commands
from apim_aks.cli.console import input_exit_code
from apim_aks.cli.reach import add_reach_command
from apim_aks.costs.snapshot import send_with_urllib, snapshot
from apim_aks.decision.as_json import as_json
from apim_aks.decision.design import Design, design, mapped
from apim_aks.decision.outcome import holds, outcome
from apim_aks.errors import EXIT_CODES, ExitCode, WorkbookError
from apim_aks.options import option
from apim_aks.own_files import is_file_system, refusal
from apim_aks.remote.azure import redacted
from apim_aks.remote.cluster import FOLDER, write_manifests
from apim_aks.topology.check import Check
from apim_aks.verification import binding, failed
from apim_aks.workload.file import bundled_names, read_workload

T = TypeVar("T")

_BUG = (
    ". This is a bug of the workbook; please report it in the issues of the repository it came "
    "from, with what the same command prints with --debug."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors become one sentence and an exit code."""
    given = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if getattr(given, "allow_outside", False):
        os.environ["APIM_AKS_ALLOW_OUTSIDE"] = "1"  # for the kernels of `report`
    try:
        code: ExitCode = given.run(given)
        sys.stdout.flush()
        return code
    except WorkbookError as error:
        return _end(error.exit_code, str(error))
    except KeyboardInterrupt:
        return _end(ExitCode.INTERRUPTED, given.interrupted)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.NOBODY_READS
    except Exception as error:
        if isinstance(error, OSError) and is_file_system(error):
            return _end(ExitCode.INPUT, refusal(error))
        # Whatever it is may quote an answer of Azure: it is shown through the same filter.
        if given.debug:
            print(redacted(traceback.format_exc()), file=sys.stderr)
        return _end(ExitCode.BUG, redacted(f"{type(error).__name__}: {error}"))


def _end(code: ExitCode, sentence: str) -> ExitCode:
    _say(f"{sentence}{_BUG}" if code is ExitCode.BUG else sentence)
    return code


def _say(sentence: str) -> None:
    print(console.printable(sentence), file=sys.stderr)


def _report(given: argparse.Namespace) -> ExitCode:
    began = time.perf_counter()
    if given.option:
        option(given.option)
    from tqdm import tqdm

    from apim_aks.notebook.report import write_report

    with tqdm(desc="report", unit="notebook", file=sys.stderr, leave=False, delay=0.5) as bar:

        def progress(done: str, count: int, of: int) -> None:
            bar.total = of
            bar.set_postfix_str(done, refresh=False)
            bar.update(count - bar.n)

        report = write_report(
            given.workload,
            given.out,
            option=given.option,
            allow_outside=given.allow_outside,
            keep_old=given.keep_old,
            progress=progress,
            tell=_say,
        )
    for stopped in report.stopped:
        _say(stopped)
    print(report.index)
    _say(f"{len(report.checks)} checks, {time.perf_counter() - began:.1f} seconds.")
    made = report.design
    standing = _holds(made)
    kept = ExitCode.FAILED if report.stopped else _kept(binding(made, given.option))
    return input_exit_code(made.workload, _say) or kept or standing


def _kept(checks: tuple[Check, ...]) -> ExitCode:
    """FAILED where one of these checks failed; each that did is named."""
    for check in failed(checks):
        _say(f"Check {check.id} failed: expected {check.expected}; found {check.observed}.")
    return ExitCode.FAILED if failed(checks) else ExitCode.SUCCESS


def _holds(made: Design) -> ExitCode:
    return ExitCode.SUCCESS if holds(made) else _end(ExitCode.FAILED, outcome(made))


def _init(given: argparse.Namespace) -> ExitCode:
    from tqdm import tqdm

    whole = True
    if given.from_cluster is not None:
        files, whole = write_manifests(Path(given.folder), given.from_cluster, _say)
        _say(f"{len(files)} files with what runs in the cluster, in {given.folder}/{FOLDER}.")
    with tqdm(desc="init", unit=" files", file=sys.stderr, leave=False, delay=1) as bar:

        def looked(done: str, count: int) -> None:
            bar.set_postfix_str(done, refresh=False)
            bar.update(max(0, count - bar.n))
            if not count:
                bar.clear()
                _say(f"{done}; name a smaller folder if a manifest is missing.")

        written = write_workload_file(given.folder, looked, _say)
    print(written)
    _say(f"Next: check the file, then python -m apim_aks map --workload {written}")
    return ExitCode.SUCCESS if whole else ExitCode.INPUT


def _map(given: argparse.Namespace) -> ExitCode:
    made = mapped(read_workload(given.workload, given.allow_outside))
    _print(given, made, text.mapping_data, text.mapping_text)
    code = input_exit_code(made.workload, _say)
    if made.mapping.published:
        return code
    return _end(ExitCode.INPUT, nothing_published(made.workload, made.mapping))


def _contract(given: argparse.Namespace) -> ExitCode:
    from apim_aks.apis.document import read_contract

    found = contract_difference(read_contract(given.before), read_contract(given.after))
    _print(given, found, text.contract_data, text.contract_text)
    return ExitCode.FAILED if found.breaking else ExitCode.SUCCESS


def _design(given: argparse.Namespace) -> ExitCode:
    made = _design_of(given)
    if given.option:
        _print(given, made.placement(given.option), text.placement_data, text.placement_text)
    else:
        _print(given, made, comparison_text.comparison_data, comparison_text.comparison_text)
        for sentence in decision_text.left_out(made):
            _say(sentence)
    return input_exit_code(made.workload, _say)


def _decide(given: argparse.Namespace) -> ExitCode:
    made = _design_of(given)
    _print(given, made, decision_text.decision_data, decision_text.decision_text)
    kept = _holds(made)
    return input_exit_code(made.workload, _say) or kept


def _prices(given: argparse.Namespace) -> ExitCode:
    asked = (given.refresh, given.region, given.currency)
    rows = snapshot(*asked, _say, send_with_urllib, time.sleep)
    _print(given, rows, decision_text.prices_data, decision_text.prices_text)
    return ExitCode.SUCCESS


def _design_of(given: argparse.Namespace) -> Design:
    return design(read_workload(given.workload, given.allow_outside))


def _print(
    given: argparse.Namespace, value: T, data: Callable[[T], object], text: Callable[[T], str]
) -> None:
    print(as_json(data(value)) if given.json else text(value), end="" if given.json else "\n")


_COMMANDS = {
    "report": (_report, "run every notebook and write the report", ("option", "out", "keep_old")),
    "init": (_init, "write a first workload.yaml for a folder", ("folder", "from_cluster")),
    "map": (_map, "which APIs the Services become, and why", ("json",)),
    "contract": (
        _contract,
        "what callers notice of a change between two OpenAPI documents",
        ("documents", "json"),
    ),
    "design": (_design, "the options side by side, counted", ("option", "json")),
    "decide": (_decide, "the ranking, who is ruled out, what would change it", ("json",)),
    "prices": (
        _prices,
        "the snapshot of retail prices, or a new one",
        ("refresh", "region", "currency", "json"),
    ),
}


_WITHOUT_WORKLOAD = ("init", "contract", "prices")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m apim_aks",
        description="Azure API Management before services on AKS.",
        epilog=EXIT_CODES,
    )
    parser.set_defaults(interrupted="Interrupted; nothing was changed.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, sentence, wanted) in _COMMANDS.items():
        command = commands.add_parser(name, help=sentence, description=f"{name}: {sentence}.")
        command.set_defaults(run=run)
        command.add_argument("--debug", action="store_true", help="show where a bug happened")
        for what in wanted if name in _WITHOUT_WORKLOAD else ("workload", *wanted):
            _ARGUMENTS[what](command)
    arguments = (_ARGUMENTS[name] for name in ("workload", "option", "json"))
    add_reach_command(commands, _say)
    add_azure_commands(commands, *arguments)
    return parser


def _workload(command: argparse.ArgumentParser) -> None:
    names = ", ".join(bundled_names())
    command.add_argument(
        "--workload",
        default="contoso-retail",
        metavar="NAME_OR_PATH",
        help=f"{names}, or the path of a workload.yaml (default: contoso-retail)",
    )
    command.add_argument(
        "--allow-outside", action="store_true", help="let the file name paths outside its folder"
    )


def _documents(command: argparse.ArgumentParser) -> None:
    for name in ("before", "after"):
        words = f"the OpenAPI document {name} the change"
        command.add_argument(name, metavar=name.upper(), help=words)


_ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], object]] = {
    "workload": _workload,
    "folder": lambda c: c.add_argument("folder", metavar="FOLDER"),
    "from_cluster": lambda c: c.add_argument(
        "--from-cluster",
        nargs="?",
        const="",
        metavar="CONTEXT",
        help="first write what runs there to FOLDER/cluster, by kubectl; of Secrets only names",
    ),
    "documents": _documents,
    "option": lambda c: c.add_argument("--option", default="", metavar="ID"),
    "out": lambda c: c.add_argument(
        "--out", default="", metavar="DIR", help="the report's folder (default: reports/NAME)"
    ),
    "keep_old": lambda c: c.add_argument(
        "--keep-old", action="store_true", help="rename what is in that folder to DIR.before-<n>"
    ),
    "refresh": lambda c: c.add_argument(
        "--refresh", action="store_true", help="ask the Retail Prices API, and keep the answers"
    ),
    "region": lambda c: c.add_argument(
        "--region", default="", help="with --refresh: an Azure region, such as westeurope"
    ),
    "currency": lambda c: c.add_argument(
        "--currency", default="", help="with --refresh: a currency, such as EUR"
    ),
    "json": lambda c: c.add_argument("--json", action="store_true", help="JSON instead of text"),
}


if __name__ == "__main__":
    sys.exit(main())
