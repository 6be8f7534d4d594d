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
from apim_aks.apis.draft import write_workload_file
from apim_aks.apis.mapping import nothing_published
from apim_aks.cli import comparison_text, decision_text, text
from apim_aks.cli.arguments import ARGUMENTS, Parser, PrintCompletion, command_of
from apim_aks.cli.ask import ask_for, require_terminal
from apim_aks.cli.azure import add_azure_commands
from apim_aks.cli.console import input_exit_code
from apim_aks.cli.contract import add_contract_command
from apim_aks.cli.diff import add_diff_command
from apim_aks.cli.examples import next_step, program
from apim_aks.cli.existing import existing_gateway, kept_instance
from apim_aks.cli.export import add_export_command
from apim_aks.cli.portfolio import add_portfolio_command
from apim_aks.cli.reach import add_reach_command
from apim_aks.cli.report import decision_holds, run_report
from apim_aks.cli.terminal import listen, progress, say, show, showing, warn, workload_of
from apim_aks.cli.testbed import add_testbed_command
from apim_aks.costs.snapshot import send_with_urllib, snapshot
from apim_aks.decision.as_json import as_json
from apim_aks.decision.design import Design, design, mapped
from apim_aks.errors import EXIT_CODES, ExitCode, WorkbookError
from apim_aks.own_files import is_file_system, refusal
from apim_aks.remote.azure import redacted
from apim_aks.remote.cluster import FOLDER, write_manifests
from apim_aks.workload.file import DEFAULT, workload_file

T = TypeVar("T")

_BUG = (
    ". This is a bug of the workbook; please report it in the issues of the repository it came "
    "from, with what the same command prints with --debug."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors become one sentence and an exit code."""
    try:
        given = _parser(program()).parse_args(arguments)
    except BrokenPipeError:
        return _nobody_reads()
    listen(given.quiet)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if getattr(given, "allow_outside", False):
        os.environ["APIM_AKS_ALLOW_OUTSIDE"] = "1"  # for the kernels of `report`
    try:
        code: ExitCode = given.run(given)
        sys.stdout.flush()
        if code in (ExitCode.SUCCESS, ExitCode.FAILED):
            say(next_step(given.command, _named(given)))
        return code
    except WorkbookError as error:
        return _end(error.exit_code, str(error))
    except KeyboardInterrupt:
        return _end(ExitCode.INTERRUPTED, given.interrupted)
    except BrokenPipeError:
        return _nobody_reads()
    except Exception as error:
        if isinstance(error, OSError) and is_file_system(error):
            return _end(ExitCode.INPUT, refusal(error))
        # Whatever it is may quote an answer of Azure: it is shown through the same filter.
        if given.debug:
            print(redacted(traceback.format_exc()), file=sys.stderr)
        return _end(ExitCode.BUG, redacted(f"{type(error).__name__}: {error}"))


def _nobody_reads() -> ExitCode:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.NOBODY_READS


def _named(given: argparse.Namespace) -> str:
    """The workload that the next command has to be told of."""
    return "" if given.workload == DEFAULT else str(given.workload)


def _end(code: ExitCode, sentence: str) -> ExitCode:
    warn(f"{sentence}{_BUG}" if code is ExitCode.BUG else sentence)
    return code


def _init(given: argparse.Namespace) -> ExitCode:
    whole, there = True, None
    if given.ask:
        require_terminal()
        there = workload_file(given.folder)
    if given.from_cluster is not None and not there:
        files, whole = write_manifests(Path(given.folder), given.from_cluster, say)
        say(f"{len(files)} files with what runs in the cluster, in {given.folder}/{FOLDER}.")
    instance = existing_gateway(
        given.folder, given.from_apiops, given.instance, given.gateway_subnet, given.tier
    )
    written = there or _drafted(given, instance.extracted if instance else "")
    if instance:
        for sentence in kept_instance(written, instance, given.gateway_subnet, given.tier):
            say(sentence)
    show(str(written))
    if given.ask:
        given.interrupted = f"Interrupted; no answer was written into {written}."
        say(ask_for(written))
    given.workload = written
    return ExitCode.SUCCESS if whole else ExitCode.INPUT


def _drafted(given: argparse.Namespace, extracted: str) -> Path:
    with progress(given, " files", 1) as bar:

        def looked(done: str, count: int) -> None:
            showing(bar, done, max(0, count - bar.n))
            if not count:
                bar.clear()
                say(f"{done}; name a smaller folder if a manifest is missing.")

        return write_workload_file(given.folder, looked, say, extracted)


def _map(given: argparse.Namespace) -> ExitCode:
    made = mapped(workload_of(given))
    _print(given, made, text.mapping_data, text.mapping_text)
    code = input_exit_code(made.workload, warn)
    if made.mapping.published:
        return code
    return _end(ExitCode.INPUT, nothing_published(made.workload, made.mapping))


def _design(given: argparse.Namespace) -> ExitCode:
    made = _design_of(given)
    if given.option:
        _print(given, made.placement(given.option), text.placement_data, text.placement_text)
    else:
        _print(given, made, comparison_text.comparison_data, comparison_text.comparison_text)
        for sentence in decision_text.left_out(made):
            say(sentence)
    return input_exit_code(made.workload, warn)


def _decide(given: argparse.Namespace) -> ExitCode:
    made = _design_of(given)
    _print(given, made, decision_text.decision_data, decision_text.decision_text)
    kept = decision_holds(made)
    return input_exit_code(made.workload, warn) or kept


def _prices(given: argparse.Namespace) -> ExitCode:
    asked = (given.refresh, given.region, given.currency)
    rows = snapshot(*asked, say, send_with_urllib, time.sleep)
    _print(given, rows, decision_text.prices_data, decision_text.prices_text)
    return ExitCode.SUCCESS


def _design_of(given: argparse.Namespace) -> Design:
    return design(workload_of(given))


def _print(
    given: argparse.Namespace, value: T, data: Callable[[T], object], text: Callable[[T], str]
) -> None:
    if given.json:
        print(as_json(data(value)), end="")
    else:
        show(text(value))


_COMMANDS = {
    "report": (
        run_report,
        "run every notebook and write the report",
        (
            "option",
            "out",
            "keep_old",
            "single_file",
            "open",
            "testbed",
            "against",
            "summary",
            "report_url",
            "fail_on",
            "results",
        ),
    ),
    "init": (
        _init,
        "write a first workload.yaml for a folder",
        ("folder", "from_cluster", "from_apiops", "ask"),
    ),
    "map": (_map, "show which APIs the Services become, and why", ("json",)),
    "design": (_design, "compare the options on everything that is counted", ("option", "json")),
    "decide": (_decide, "show the ranking, what is ruled out and what would change it", ("json",)),
    "prices": (
        _prices,
        "show the snapshot of retail prices, or take a new one",
        ("refresh", "region", "currency", "json"),
    ),
}
_WITHOUT_WORKLOAD = ("init", "prices")


def _parser(named: str) -> argparse.ArgumentParser:
    parser = Parser(
        prog=named,
        description="Compare and deploy Azure API Management in front of services on AKS.",
        epilog=EXIT_CODES,
    )
    parser.set_defaults(interrupted="Interrupted; nothing was changed.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--print-completion", action=PrintCompletion, parser=_parser)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, sentence, wanted) in _COMMANDS.items():
        command = command_of(commands, name, run, sentence)
        for what in wanted if name in _WITHOUT_WORKLOAD else ("workload", *wanted):
            ARGUMENTS[what](command)
    arguments = (ARGUMENTS[name] for name in ("workload", "option", "json"))
    for add in (
        add_contract_command,
        add_diff_command,
        add_portfolio_command,
        add_reach_command,
        add_testbed_command,
        add_export_command,
    ):
        add(commands)
    add_azure_commands(commands, *arguments)
    return parser


if __name__ == "__main__":
    sys.exit(main())
