"""The commands that ask Azure: `plan`, `deploy`, `certificates`, `verify`, `remove`.

Results go to standard output, what happens meanwhile to standard error. Nothing changes anything
without `--apply`. Each returns 0 done, 1 the plan cannot be met or a check failed, 2 something of
the workload was left out, 3 Azure refused or waits for somebody, 4 a bug.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apim_aks.artefacts.arm_templates import certificate_commands
from apim_aks.cli import console
from apim_aks.cli.azure.arguments import (
    client_of,
    common_arguments,
    project_of,
    say,
    show,
    values_of,
)
from apim_aks.cli.azure.texts import deployed_text, plan_text, removal_text
from apim_aks.cli.azure.verify import verify_arguments, verify_command
from apim_aks.columns import Column
from apim_aks.deployment import Run, deploy, do_certificates, plan, remove
from apim_aks.errors import Status, WorkbookError
from apim_aks.own_files import is_file_system, refusal
from apim_aks.remote.azure import AzureRefused, redacted
from apim_aks.topology.check import State

Command = Callable[[argparse.Namespace], int]
Common = Callable[[argparse.ArgumentParser], object]


def add_azure_commands(commands: Any, workload: Common, option: Common, json: Common) -> None:
    """The commands beside the others; the three functions add the arguments that all share."""
    for name, (run, sentence, further) in _COMMANDS.items():
        command = commands.add_parser(name, help=sentence, description=f"{name}: {sentence}.")
        command.set_defaults(run=_guarded(run))
        command.add_argument("--debug", action="store_true", help="show where a bug happened")
        for add in (workload, option, json, common_arguments, further):
            add(command)


def _guarded(run: Command) -> Command:
    """A refusal of Azure is status 3; wrong input goes on to whoever handles it for all."""

    def guarded(given: argparse.Namespace) -> int:
        try:
            return run(given)
        except AzureRefused as refused:
            say(str(refused))
            return Status.AZURE
        except (WorkbookError, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            say("Interrupted; Azure goes on with what was started, and the next run finds it.")
            return Status.INTERRUPTED
        except Exception as error:
            if isinstance(error, OSError) and is_file_system(error):
                say(refusal(error))
                return Status.INPUT
            # Whatever it is may quote an answer of Azure: it is shown through the same filter.
            if given.debug:
                print(redacted(traceback.format_exc()), file=sys.stderr)
            say(
                f"{type(error).__name__}: {error}. This is a bug of the workbook; please report it."
            )
            return Status.BUG

    return guarded


def _apply(command: argparse.ArgumentParser) -> None:
    command.add_argument("--apply", action="store_true", help="really do it")


def _plan_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--offline", action="store_true", help="against an empty subscription; asks nobody"
    )


def _deploy_arguments(command: argparse.ArgumentParser) -> None:
    _apply(command)
    command.add_argument(
        "--restore", action="store_true", help="bring a deleted API Management or vault back"
    )
    command.add_argument(
        "--gate-checked",
        action="store_true",
        help="you have seen that the entry refuses a call without a certificate",
    )
    command.add_argument(
        "--certificates-done", action="store_true", help="the vault cannot be seen from here"
    )


def _certificate_arguments(command: argparse.ArgumentParser) -> None:
    _apply(command)
    command.add_argument(
        "--folder", default="certificates", help="requests go there, signed ones are read there"
    )


def _remove_arguments(command: argparse.ArgumentParser) -> None:
    _apply(command)
    command.add_argument(
        "--purge", action="store_true", help="give the names of deleted things up for good"
    )


def _plan(given: argparse.Namespace) -> int:
    made, left_out = project_of(given)
    found = plan(None if given.offline else client_of(given), made, say)
    show(given, found, plan_text)
    return Status.FAILED if found.refused else left_out


def _deploy(given: argparse.Namespace) -> int:
    made, left_out = project_of(given)
    client = client_of(given)
    if not given.apply:
        show(given, plan(client, made, say), plan_text)
        say("Nothing was changed; --apply does it.")
        return left_out
    run = Run(
        values=values_of(given),
        folder=given.state,
        tell=say,
        restore=frozenset({"gateway", "vault"}) if given.restore else frozenset(),
        gate_checked=given.gate_checked,
        certificates_done=given.certificates_done,
    )
    done = deploy(client, made, apply=True, run=run)
    show(given, done, deployed_text)
    if done.waits_for:
        say(done.waits_for)
    return left_out if done.finished else Status.AZURE


def _certificates(given: argparse.Namespace) -> int:
    made, left_out = project_of(given)
    if not given.apply:
        print("\n".join(certificate_commands(made.certificates)))
        say("Nothing was changed; --apply requests what is missing and merges what is signed.")
        return left_out
    found = do_certificates(client_of(given), made, Path(given.folder))
    listed = console.table(
        found,
        Column("", lambda s: s.state.sign),
        Column("certificate", lambda s: s.name),
        Column("state", lambda s: f"{s.seen}{'; ' if s.next_step else ''}{s.next_step}"),
    )
    print(listed)
    return left_out if all(s.state is State.PASS for s in found) else Status.AZURE


def _remove(given: argparse.Namespace) -> int:
    made, left_out = project_of(given)
    found = remove(
        client_of(given),
        made,
        apply=given.apply,
        purge=given.purge,
        folder=given.state,
        tell=say,
    )
    show(given, found, removal_text)
    if found.waits_for:
        say(f"{found.waits_for}.")
    return Status.AZURE if found.waits_for and given.apply else left_out


_COMMANDS: dict[str, tuple[Command, str, Common]] = {
    "plan": (_plan, "what Azure would change, stage by stage; changes nothing", _plan_arguments),
    "deploy": (_deploy, "put the option into Azure; the plan without --apply", _deploy_arguments),
    "certificates": (
        _certificates,
        "request and merge the certificates of the option",
        _certificate_arguments,
    ),
    "verify": (
        verify_command,
        "every promise of the option, asked of Azure and of what was built",
        verify_arguments,
    ),
    "remove": (_remove, "remove what was created here, and nothing else", _remove_arguments),
}
