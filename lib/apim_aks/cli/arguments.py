"""What the commands share: how each is described, and the arguments that several of them take."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

import shtab

from apim_aks.cli.examples import PROGRAM, examples
from apim_aks.difference.change import Gate
from apim_aks.facts import tiers
from apim_aks.options import OPTIONS
from apim_aks.workload.file import DEFAULT, bundled_names
from apim_aks.workload.finding import one_of

Command = Callable[[argparse.Namespace], int]
Parsers = Callable[[str], argparse.ArgumentParser]
_URL = re.compile(r"https?://[^\s()<>\[\]]+")
_BASH_OPTIONS = "_apim_aks_options"
_IDS = tuple(option.id for option in OPTIONS)


def command_of(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    sentence: str,
    more: str = "",
) -> argparse.ArgumentParser:
    """A new command with its examples and the arguments that every command has."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=sentence,
        description=f"{name}: {sentence}.",
        epilog="\n\n".join(filter(None, (examples(name), more))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run, command=name, workload="")
    command.add_argument("--debug", action="store_true", help="show the traceback of a bug")
    command.add_argument(
        "--quiet", action="store_true", help="print only results and what decides the exit code"
    )
    return command


def completed(action: argparse.Action, by: Mapping[str, str | dict[str, str]]) -> argparse.Action:
    """The same argument, which a shell completes so."""
    action.complete = by  # type: ignore[attr-defined]
    return action


def _workload(command: argparse.ArgumentParser) -> None:
    names = ", ".join(bundled_names())
    named = command.add_argument(
        "--workload",
        default=DEFAULT,
        metavar="NAME_OR_PATH",
        help=f"{names}, or the path of a workload.yaml (default: {DEFAULT})",
    )
    completed(named, shtab.FILE)
    _allow_outside(command)


def _allow_outside(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--allow-outside",
        action="store_true",
        help="allow workload.yaml to name paths outside its folder",
    )


def _sides(command: argparse.ArgumentParser) -> None:
    for name in ("old", "new"):
        words = (
            f"the {name} state: the folder of a report, or a workload's name, file or folder, with "
            "@ENVIRONMENT behind it as it is deployed there"
        )
        completed(command.add_argument(name, metavar=name.upper(), help=words), shtab.FILE)


def _option(command: argparse.ArgumentParser) -> None:
    named = command.add_argument("--option", default="", metavar="ID", help=", ".join(_IDS))
    completed(named, {"bash": _BASH_OPTIONS, "zsh": f"({' '.join(_IDS)})"})


def _folder(command: argparse.ArgumentParser) -> None:
    words = "the folder with manifests and OpenAPI documents"
    completed(command.add_argument("folder", metavar="FOLDER", help=words), shtab.DIR)


def _from_apiops(command: argparse.ArgumentParser) -> None:
    words = "a folder in FOLDER that APIOps extracted: what the instance holds is existing"
    completed(
        command.add_argument("--from-apiops", default="", metavar="DIR", help=words), shtab.DIR
    )
    command.add_argument(
        "--instance",
        default="",
        metavar="GROUP/NAME",
        help="with --from-apiops: resource group and name of the API Management it is of",
    )
    command.add_argument(
        "--gateway-subnet",
        default="",
        metavar="RANGE",
        type=_range,
        help="with --from-apiops: the address range of its subnet, where it is in a network",
    )
    command.add_argument(
        "--tier",
        default="",
        metavar="TIER",
        choices=[t.name for t in tiers()],
        help="with --from-apiops: its tier, such as Premium",
    )


def _range(text: str) -> str:
    try:
        return str(ip_network(text)) if text else ""
    except ValueError:
        wrong = f"{text!r} is no range of addresses; write one such as 10.20.3.0/27"
        raise argparse.ArgumentTypeError(wrong) from None


def folder_argument(command: argparse.ArgumentParser, words: str) -> None:
    """Adds `--out`, the folder that a command writes."""
    completed(command.add_argument("--out", default="", metavar="DIR", help=words), shtab.DIR)


def _against(command: argparse.ArgumentParser) -> None:
    words = "say what changed since OLD, the folder of a report or a workload"
    completed(command.add_argument("--against", default="", metavar="OLD", help=words), shtab.FILE)


def _summary(command: argparse.ArgumentParser) -> None:
    words = "also write verdict, changes and checks as at most 60 lines of Markdown"
    completed(command.add_argument("--summary", default="", metavar="FILE", help=words), shtab.FILE)


def _report_url(command: argparse.ArgumentParser) -> None:
    words = "where the report will be published, for the links of --summary"
    command.add_argument("--report-url", type=_url, default="", metavar="URL", help=words)


def _url(text: str) -> str:
    if text and not _URL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no address that begins with https://")
    return text


def _fail_on(command: argparse.ArgumentParser) -> None:
    gates = "; ".join(f"{gate.value}: {gate.words}" for gate in Gate)
    command.add_argument(
        "--fail-on",
        type=_gates,
        default=(),
        metavar="LIST",
        help=f"end with exit code 1 on any of these, separated by commas ({gates})",
    )


def _gates(listed: str) -> tuple[Gate, ...]:
    known = [gate.value for gate in Gate]
    names = [name.strip() for name in listed.split(",")]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not known. Use {one_of(name, known)}")
    return tuple(map(Gate, names))


def _place(command: argparse.ArgumentParser) -> None:
    words = "the folder with workloads, or a text file with one path in each line"
    completed(command.add_argument("place", metavar="FOLDER|LIST", help=words), shtab.FILE)


_RESULTS = {
    "sarif": "write what failed to FILE as SARIF 2.1.0, each failure with file and line",
    "junit": "write every check to FILE as JUnit XML: passed, failed or skipped with the reason",
}


def _results(command: argparse.ArgumentParser) -> None:
    for name, words in _RESULTS.items():
        named = command.add_argument(f"--{name}", default="", metavar="FILE", help=words)
        completed(named, shtab.FILE)


class Parser(argparse.ArgumentParser):
    """A parser that names the nearest choice, above all the nearest command."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        known = [str(choice) for choice in action.choices or ()]
        if known and str(value) not in known:
            said = f"{value!r} is not known. Use {one_of(str(value), known)}"
            raise argparse.ArgumentError(action, said)
        super()._check_value(action, value)


class PrintCompletion(argparse.Action):
    """Print what completes `apim-aks` in a shell: `--print-completion bash`."""

    def __init__(self, option_strings: Sequence[str], dest: str, parser: Parsers) -> None:
        super().__init__(
            option_strings,
            argparse.SUPPRESS,
            choices=("bash", "zsh"),
            help="print what completes commands in this shell",
        )
        self.parser = parser

    def __call__(self, _: object, __: object, shell: object, ___: object = None) -> None:
        """Whatever it was called by: completion is for the program."""
        options = f'{_BASH_OPTIONS}() {{ compgen -W "{" ".join(_IDS)}" -- "$1"; }}'
        named = self.parser(PROGRAM)
        print(shtab.complete(named, shell=str(shell), preamble=options))
        raise SystemExit(0)


def file_argument(command: argparse.ArgumentParser, name: str, words: str) -> None:
    """Adds a file that has to be named, which a shell completes."""
    completed(command.add_argument(name, metavar=name.upper(), help=words), shtab.FILE)


ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], object]] = {
    "against": _against,
    "summary": _summary,
    "report_url": _report_url,
    "fail_on": _fail_on,
    "sides": _sides,
    "allow_outside": _allow_outside,
    "workload": _workload,
    "folder": _folder,
    "from_cluster": lambda c: c.add_argument(
        "--from-cluster",
        nargs="?",
        const="",
        metavar="CONTEXT",
        help="first write what runs there to FOLDER/cluster, by kubectl; of Secrets only names",
    ),
    "from_apiops": _from_apiops,
    "ask": lambda c: c.add_argument(
        "--ask",
        action="store_true",
        help="ask on this terminal what no file says, and write the answers; also into a "
        "workload.yaml that is there",
    ),
    "option": _option,
    "environment": lambda c: c.add_argument(
        "--environment",
        default="",
        metavar="NAME",
        help="one of the environments in workload.yaml: the same decision with what differs there",
    ),
    "out": lambda c: folder_argument(c, "the report's folder (default: reports/NAME)"),
    "place": _place,
    "open": lambda c: c.add_argument(
        "--open", action="store_true", help="show its first page in the browser"
    ),
    "keep_old": lambda c: c.add_argument(
        "--keep-old", action="store_true", help="rename what is in that folder to DIR.before-<n>"
    ),
    "single_file": lambda c: c.add_argument(
        "--single-file", action="store_true", help="also write all pages into one file, report.html"
    ),
    "refresh": lambda c: c.add_argument(
        "--refresh",
        action="store_true",
        help="take current prices from the Retail Prices API and save them",
    ),
    "region": lambda c: c.add_argument(
        "--region", default="", help="with --refresh: an Azure region, such as westeurope"
    ),
    "currency": lambda c: c.add_argument(
        "--currency", default="", help="with --refresh: a currency, such as EUR"
    ),
    "testbed": lambda c: c.add_argument(
        "--testbed",
        action="store_true",
        help="also run each option on this machine, and report what the testbed finds",
    ),
    "results": _results,
    "json": lambda c: c.add_argument(
        "--json", action="store_true", help="print JSON instead of text"
    ),
}
