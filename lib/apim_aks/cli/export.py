"""The command `export`: what an option is built with, in the format that a team deploys with."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from apim_aks.artefacts.bundle import artefacts
from apim_aks.artefacts.export import FORMATS, apart, export_format, exported
from apim_aks.cli.arguments import ARGUMENTS, command_of, folder_argument
from apim_aks.cli.azure.arguments import placed
from apim_aks.cli.console import input_exit_code
from apim_aks.cli.terminal import say, show, warn
from apim_aks.decision.environments import in_environments
from apim_aks.errors import ExitCode
from apim_aks.own_files import save_all

_MEANING = (
    "The files are of the option that is named, recorded or ranked first, for every environment "
    "of workload.yaml or the one that is named. A file of the folder that somebody changed stays; "
    "where it would be written anew, nothing is. Files of others in it stay."
)


def add_export_command(commands: Any) -> None:
    """Add `export` to the commands."""
    sentence = "write what an option is built with, in the format that your team deploys with"
    command = command_of(commands, "export", _run, sentence, _MEANING)
    words = ", ".join(f"{f.id} ({f.label})" for f in FORMATS)
    command.add_argument("format", metavar="FORMAT", choices=[f.id for f in FORMATS], help=words)
    for name in ("workload", "option", "environment"):
        ARGUMENTS[name](command)
    folder_argument(command, "the folder of the files (default: exports/NAME/OPTION/FORMAT)")


def _run(given: argparse.Namespace) -> ExitCode:
    design, placement = placed(given)
    wanted = export_format(given.format)
    usual = Path("exports", design.workload.name, given.environment, placement.option.id, wanted.id)
    folder = Path(given.out) if given.out else usual
    built = in_environments(artefacts(placement))
    files = exported(wanted, built)
    which = f"{wanted.id} {placement.option.id} {given.environment}".rstrip()
    kept = save_all(folder, f"export {which}", files)
    for out in (r for r in design.ranking.ruled_out if r.option == placement.option.id):
        warn(f"{placement.option.title} is ruled out: {out.reason}.")
    for note in apart(wanted, built):
        say(note)
    if kept:
        say(f"Kept as somebody changed them, since nothing new belongs there: {', '.join(kept)}.")
    show(str(folder))
    say(f"{len(files)} files of {placement.option.id} as {wanted.label}; start with README.md.")
    return input_exit_code(design.workload, warn)
