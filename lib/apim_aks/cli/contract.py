"""The command `contract`: what callers notice of a change between two OpenAPI documents."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apim_aks.apis.contract import contract_difference
from apim_aks.cli import text
from apim_aks.cli.arguments import ARGUMENTS, command_of, file_argument
from apim_aks.cli.results import write_results
from apim_aks.cli.terminal import show
from apim_aks.decision.as_json import as_json
from apim_aks.errors import ExitCode

if TYPE_CHECKING:
    from apim_aks.page.results import Outcome


def add_contract_command(commands: Any) -> None:
    """Add `contract` to the commands."""
    sentence = "show what callers notice of a change between two OpenAPI documents"
    command = command_of(commands, "contract", _run, sentence)
    for name in ("before", "after"):
        file_argument(command, name, f"the OpenAPI document {name} the change")
    for name in ("json", "results"):
        ARGUMENTS[name](command)


def _run(given: argparse.Namespace) -> ExitCode:
    from apim_aks.apis.document import contract_of, declared_in

    before, after = declared_in(given.before), declared_in(given.after)
    found = contract_difference(contract_of(before), contract_of(after))
    if given.json:
        print(as_json(text.contract_data(found)), end="")
    else:
        show(text.contract_text(found))

    def results() -> Outcome:
        from apim_aks.page.results import of_contract

        return of_contract(found, after)

    write_results(given, results, Path(after.file), Path())
    return ExitCode.FAILED if found.breaking else ExitCode.SUCCESS
