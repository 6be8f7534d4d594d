"""The commands that contact Azure: `plan`, `deploy`, `verify`, `revise`, `cutover` and others.

Results go to standard output, progress to standard error. No command changes anything
without `--apply`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apim_aks.artefacts.arm_templates import certificate_commands
from apim_aks.cli import console, terminal
from apim_aks.cli.arguments import Command, command_of
from apim_aks.cli.azure.arguments import (
    apply_argument,
    asked,
    client_of,
    common_arguments,
    confirm_argument,
    costed_project_of,
    patches_argument,
    place_argument,
    placed,
    planned,
    project_of,
    run_of,
    show,
    state_folder,
    values_of,
)
from apim_aks.cli.azure.phases import (
    close_arguments,
    close_command,
    cutover_arguments,
    cutover_command,
    rollback_arguments,
    rollback_command,
)
from apim_aks.cli.azure.revise import revise_arguments, revise_command
from apim_aks.cli.azure.texts import deployed_text, phases_text, plan_text, removal_text
from apim_aks.cli.azure.verify import verify_arguments, verify_command
from apim_aks.cli.console import input_exit_code
from apim_aks.cli.terminal import say, warn
from apim_aks.columns import Column
from apim_aks.cutover.answering import answers
from apim_aks.cutover.checklist import checklist, hourly, state_there
from apim_aks.deployment import (
    Fate,
    Run,
    WorkloadChoice,
    deploy,
    do_certificates,
    plan,
    read_plan,
    recovering,
    removal_offline,
    remove,
    saved_plan,
    write_plan,
)
from apim_aks.errors import ExitCode
from apim_aks.remote.calls import Vantage
from apim_aks.topology.check import State

Common = Callable[[argparse.ArgumentParser], object]
_INTERRUPTED = "Interrupted. Azure continues with what was started, and the next run finds it."


def add_azure_commands(commands: Any, workload: Common, option: Common, json: Common) -> None:
    """Adds these commands to the parser; the three functions add the shared arguments."""
    for name, (run, sentence, further) in _COMMANDS.items():
        command = command_of(commands, name, run, sentence)
        command.set_defaults(interrupted=_INTERRUPTED)
        for add in (workload, option, json, common_arguments, further):
            add(command)


def _restore(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--restore",
        action="store_true",
        help="recover a deleted API Management instance or Key Vault",
    )


def _plan_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--save",
        default="",
        metavar="FILE",
        help="save the plan as fingerprints in FILE, for deploy --apply FILE",
    )
    _restore(command)
    command.add_argument(
        "--offline",
        action="store_true",
        help="plan against an empty subscription, without contacting Azure",
    )


def _deploy_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--apply",
        nargs="?",
        const=True,
        default=False,
        metavar="FILE",
        help="make the changes; with a FILE of plan --save exactly those, or none if it changed",
    )
    arriving = command.add_mutually_exclusive_group()
    arriving.add_argument(
        "--with-workload",
        action="store_true",
        help="on a new cluster, apply the workload's own manifests first",
    )
    arriving.add_argument(
        "--workload-later",
        action="store_true",
        help="on a new cluster, stop once it exists: you deploy the workload there",
    )
    patches_argument(command)
    confirm_argument(command)
    _restore(command)
    place_argument(command)
    command.add_argument(
        "--gate-checked",
        action="store_true",
        help="confirm that you have checked that the entry refuses calls without a certificate",
    )
    command.add_argument(
        "--certificates-done",
        action="store_true",
        help="confirm that the certificates are in the vault, if it cannot be reached from here",
    )


def _certificate_arguments(command: argparse.ArgumentParser) -> None:
    apply_argument(command)
    command.add_argument(
        "--folder",
        default="certificates",
        help="folder for certificate requests and signed certificates",
    )


def _remove_arguments(command: argparse.ArgumentParser) -> None:
    apply_argument(command)
    confirm_argument(command)
    command.add_argument(
        "--purge", action="store_true", help="purge deleted resources, so that their names are free"
    )
    command.add_argument(
        "--unserved",
        action="store_true",
        help="confirm that no caller needs what is removed, although callers have moved to it",
    )


def _brought_back(given: argparse.Namespace) -> frozenset[str]:
    return frozenset({"gateway", "vault"}) if given.restore else frozenset()


def _plan(given: argparse.Namespace) -> int:
    made, cost, left_out = costed_project_of(given)
    made = recovering(made, _brought_back(given))
    client = None if given.offline else client_of(given)
    found = plan(client, made, say)
    lines = checklist(made, state_there(client, made, state_folder(given)))
    show(given, found, lambda p: f"{plan_text(p)}\n\n{phases_text(lines, hourly(cost))}")
    if given.save:
        path, subscription = Path(given.save), client.subscription if client else ""
        write_plan(path, saved_plan(found, made, subscription))
        say(f"The plan is in {path}. deploy --apply {path} makes exactly these changes.")
    return ExitCode.FAILED if found.refused else left_out


def _deploy(given: argparse.Namespace) -> int:
    design, placement = placed(given)
    left_out = input_exit_code(design.workload, warn)
    made, client = planned(given, design, placement), asked(given)
    if client is None or not given.apply:
        show(given, plan(client, made, say), plan_text)
        say("Nothing was changed; use --apply to deploy.")
        return left_out
    run: Run = run_of(
        given,
        restore=_brought_back(given),
        gate_checked=given.gate_checked,
        certificates_done=given.certificates_done,
        workload=_choice(given),
        patches=given.write_patches,
        plan=None if given.apply is True else read_plan(Path(given.apply)),
        answers=answers(client, design, placement, made, Vantage(given.place, values_of(given))),
    )
    done = deploy(client, made, apply=True, run=run)
    show(given, done, deployed_text)
    if done.waits_for:
        warn(done.waits_for)
    return left_out if done.finished else ExitCode.AZURE


def _choice(given: argparse.Namespace) -> WorkloadChoice:
    if given.with_workload:
        return WorkloadChoice.WITH
    return WorkloadChoice.LATER if given.workload_later else WorkloadChoice.ASK


def _certificates(given: argparse.Namespace) -> int:
    made, left_out = project_of(given)
    if not given.apply:
        terminal.show("\n".join(certificate_commands(made.certificates)))
        say("Nothing was changed; use --apply to request and merge certificates.")
        return left_out
    found = do_certificates(client_of(given), made, Path(given.folder))
    listed = console.table(
        found,
        Column("", lambda s: s.state.sign),
        Column("certificate", lambda s: s.name),
        Column("state", lambda s: f"{s.seen}{'; ' if s.next_step else ''}{s.next_step}"),
    )
    terminal.show(listed)
    return left_out if all(s.state is State.PASS for s in found) else ExitCode.AZURE


def _remove(given: argparse.Namespace) -> int:
    made, left_out = project_of(given)
    client = asked(given)
    if client is None:
        show(given, removal_offline(made, state_folder(given)), removal_text)
        say("Nothing was removed; use --apply to remove.")
        return left_out
    found = remove(
        client,
        made,
        apply=given.apply,
        purge=given.purge,
        unserved=given.unserved,
        run=run_of(given),
    )
    show(given, found, removal_text)
    for item in found.of(Fate.LEADS) if given.apply else ():
        warn(f"{item.what} {item.fate.value}: {item.because.rstrip('.')}.")
    if found.waits_for:
        warn(f"{found.waits_for}.")
    return ExitCode.AZURE if found.waits_for and given.apply else left_out


_COMMANDS: dict[str, tuple[Command, str, Common]] = {
    "plan": (
        _plan,
        "show what Azure would change, stage by stage, and change nothing",
        _plan_arguments,
    ),
    "deploy": (
        _deploy,
        "deploy the option to Azure; without --apply, show the plan",
        _deploy_arguments,
    ),
    "certificates": (
        _certificates,
        "request and merge the certificates of the option",
        _certificate_arguments,
    ),
    "verify": (
        verify_command,
        "check every promise of the option against Azure and the deployed resources",
        verify_arguments,
    ),
    "revise": (
        revise_command,
        "import an API again as a revision that becomes current when its checks pass",
        revise_arguments,
    ),
    "cutover": (
        cutover_command,
        "move callers to the gateway, one host at a time; without --apply, show the hosts",
        cutover_arguments,
    ),
    "rollback": (
        rollback_command,
        "move callers back to their previous entries; without --apply, show the hosts",
        rollback_arguments,
    ),
    "close": (
        close_command,
        "close the entries used before the move; without --apply, show the changes",
        close_arguments,
    ),
    "remove": (_remove, "remove only what deploy created", _remove_arguments),
}
