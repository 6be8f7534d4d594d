"""`revise`: imports an API again, to compare it or to make it current."""

from __future__ import annotations

import argparse

from apim_aks.cli.azure.arguments import (
    apply_argument,
    client_of,
    confirm_argument,
    project_of,
    run_of,
    show,
)
from apim_aks.cli.azure.texts import revised_text
from apim_aks.deployment import revise
from apim_aks.errors import ExitCode


def revise_arguments(command: argparse.ArgumentParser) -> None:
    """Adds the arguments for the API, and for accepted differences."""
    command.add_argument("api", metavar="API", help="the API by its name in API Management")
    apply_argument(command)
    confirm_argument(command)
    command.add_argument(
        "--breaking", action="store_true", help="confirm that all callers know of breaking changes"
    )
    command.add_argument(
        "--uncalled",
        action="store_true",
        help="let the revision become current although it cannot be called from here",
    )


def revise_command(given: argparse.Namespace) -> ExitCode:
    """Compare the API with its document, or make and check a revision."""
    made, left_out = project_of(given)
    found = revise(
        client_of(given),
        made,
        given.api,
        apply=given.apply,
        run=run_of(given),
        breaking=given.breaking,
        uncalled=given.uncalled,
    )
    show(given, found, revised_text)
    return left_out
