"""The arguments and the output of the commands that contact Azure."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from apim_aks import __version__
from apim_aks.cli import terminal
from apim_aks.cli.arguments import ARGUMENTS
from apim_aks.cli.console import input_exit_code
from apim_aks.cli.terminal import say, warn
from apim_aks.costs import Cost
from apim_aks.decision.design import Design, Placement, design
from apim_aks.decision.environments import placed_in
from apim_aks.decision.priced import cost_of
from apim_aks.deployment import VALUES, Project, Run, deployer_values, project
from apim_aks.deployment.state import FOLDER
from apim_aks.errors import ExitCode, InputError
from apim_aks.remote.azure import (
    AzureClient,
    SignIn,
    azure,
    reached,
    redacted_value,
    somebody_answers,
)
from apim_aks.remote.calls import PLACES

Given = TypeVar("Given", bound=Run)
_COUNTS = "an answer counts only from a place that consumers call from"


def common_arguments(command: argparse.ArgumentParser) -> None:
    """Adds the arguments for environment, sign-in, the deployer's values and the state's folder."""
    ARGUMENTS["environment"](command)
    command.add_argument(
        "--sign-in",
        default=SignIn.DEFAULT.value,
        choices=[s.value for s in SignIn],
        help="how to sign in (default: the first method that azure-identity finds)",
    )
    command.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"a value that only you know; also as {VALUES}NAME in the environment",
    )
    command.add_argument(
        "--values", default="", metavar="FILE", help="such values as a JSON object"
    )
    command.add_argument(
        "--state",
        default="",
        metavar="DIR",
        help="folder of the deployment state (default: .apim-aks)",
    )


def apply_argument(command: argparse.ArgumentParser) -> None:
    """Adds the argument without which nothing is changed."""
    command.add_argument(
        "--apply", action="store_true", help="make the changes; without it nothing is changed"
    )


def confirm_argument(command: argparse.ArgumentParser) -> None:
    """Adds the arguments that confirm a change beforehand."""
    command.add_argument(
        "--confirm",
        default="",
        metavar="TEXT",
        help="the text that the refusal without it shows (subscription, cluster and caller); a "
        "terminal asks for it",
    )
    command.add_argument(
        "--take-over",
        default="",
        metavar="LEASE",
        help="replace a dead run; the refusal without it names its lease",
    )


def run_of(given: argparse.Namespace, kind: type[Given] = Run, **further: Any) -> Given:  # type: ignore[assignment]
    """The input of a run of this kind from the arguments of a command."""
    return kind(
        values=values_of(given),
        folder=state_folder(given),
        tell=say,
        confirm=given.confirm,
        answer=terminal.typed if somebody_answers() else None,
        take_over=given.take_over,
        **further,
    )


def state_folder(given: argparse.Namespace) -> str:
    """The folder of the deployment state; each environment has one of its own."""
    if not given.environment:
        return str(given.state)
    return str(Path(given.state or FOLDER, given.environment))


def place_argument(command: argparse.ArgumentParser, counts: str = _COUNTS) -> None:
    """Adds the argument for the place that calls are made from; `counts` says why it matters."""
    command.add_argument(
        "--from",
        dest="place",
        default="internet",
        choices=[str(p) for p in PLACES],
        help=f"where this runs: {counts}",
    )


def patches_argument(command: argparse.ArgumentParser) -> None:
    """Adds the argument for the folder of patches for other owners."""
    command.add_argument(
        "--write-patches",
        default="",
        metavar="DIR",
        help="write changes to objects that others own as patches for their repositories",
    )


def client_of(given: argparse.Namespace) -> AzureClient:
    """A client for the subscription of the environment, signed in as the arguments say."""
    client = azure(given.sign_in)
    client.connection.tell = say
    return client


def reached_by(given: argparse.Namespace) -> tuple[AzureClient | None, str]:
    """As `client_of`, or None and the reason why Azure cannot be contacted."""
    return reached(given.sign_in)


def asked(given: argparse.Namespace) -> AzureClient | None:
    """As `client_of`; None, with a warning, where nothing is applied and Azure is not reached."""
    if given.apply:
        return client_of(given)
    client, why = reached_by(given)
    if client is None:
        warn(f"Azure was not contacted, so this is what the files say: {why}")
    return client


def placed(given: argparse.Namespace) -> tuple[Design, Placement]:
    """The design, and the option: the named, the recorded or the first ranked one.

    Both are those of the environment where one is named: the decision is the same, and its choices.

    Raises:
        InputError: no option is named, and none is ranked or the recorded one is unknown, or there
            is no such environment.
    """
    made = design(terminal.workload_of(given))
    decided = made.workload.decided
    if not given.option and decided and not made.recorded:
        place = next((f"{o.file} line {o.line}: " for o in made.workload.named_options[-1:]), "")
        raise InputError(
            f"{place}the recorded decision {decided!r} is not an option; name one with --option."
        )
    placement = made.placement(given.option) if given.option else made.chosen
    if placement is None:
        raise InputError(
            "No option that is compared meets every requirement; name one with --option."
        )
    return placed_in(placement, given.environment) if given.environment else (made, placement)


def project_of(given: argparse.Namespace) -> tuple[Project, ExitCode]:
    """The project of the option with the deployer's values; omissions are reported.

    The exit code is INPUT if part of the workload was left out.
    """
    found, _, status = costed_project_of(given)
    return found, status


def costed_project_of(given: argparse.Namespace) -> tuple[Project, Cost, ExitCode]:
    """The same, with what the option costs a month."""
    made, placement = placed(given)
    status = input_exit_code(made.workload, warn)
    return planned(given, made, placement), cost_of(made, placement), status


def planned(given: argparse.Namespace, made: Design, placement: Placement) -> Project:
    """The project of an option with the deployer's values."""
    return project(made, placement, __version__, values_of(given))


def values_of(given: argparse.Namespace) -> dict[str, Any]:
    """The deployer's values."""
    return deployer_values(given.values, given.value)


def show(given: argparse.Namespace, value: Any, text: Callable[[Any], str]) -> None:
    """Prints the result to standard output, as text or as JSON, without secrets."""
    if given.json:
        print(json.dumps(redacted_value(asdict(value)), indent=2, default=str))
    else:
        terminal.show(text(value))
