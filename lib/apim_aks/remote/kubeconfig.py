"""The user's kubectl and kubelogin in place of Azure's run command.

Programs are started by their path with their words one by one, never through a shell. The
kubeconfig lies in a folder that is its owner's alone, for as long as the commands run.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from apim_aks.errors import InputError
from apim_aks.remote.azure import AzureClient, CommandResult, SignIn
from apim_aks.workload.rendering import KUBECTL, Program, kubectl, kubelogin, run

KUBELOGIN = "https://azure.github.io/kubelogin/install.html"
_FILE = "kubeconfig"
_EXEC = b"kubelogin"


def run_here(
    client: AzureClient,
    cluster: tuple[str, str],
    commands: Sequence[str],
    files: Mapping[str, str],
    every: bool = False,
) -> tuple[CommandResult, ...]:
    """The commands one after another until one fails, or `every` one, with these files beside them.

    `cluster` is its resource group and its name.

    Each is a command of kubectl as a shell would take it, without anything that only a shell knows.

    Raises:
        AzureRefused: Azure does not let the identity into the cluster.
        InputError: kubectl or kubelogin is not there.
    """
    program = _needed(kubectl(), "kubectl", KUBECTL)
    held = client.kubeconfig(*cluster)
    with tempfile.TemporaryDirectory(prefix="apim-aks-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        config = folder / _FILE
        config.touch(mode=0o600)
        config.write_bytes(held)
        if _EXEC in held:
            failure = _signed_in(client, config)
            if failure:
                return (CommandResult(1, failure),) * (len(commands) if every else 1)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        seconds = client.timing.command_minutes * 60
        results = (_ran(program, command, folder, seconds) for command in commands)
        return tuple(results) if every else tuple(_until_failed(results))


def together(results: Iterable[CommandResult]) -> CommandResult:
    """Commands that follow each other as one."""
    found = tuple(results)
    return CommandResult(found[-1].exit_code, "\n".join(r.logs for r in found if r.logs))


def _until_failed(results: Iterable[CommandResult]) -> Iterator[CommandResult]:
    for result in results:
        yield result
        if result.exit_code:
            return


def _needed(program: Program | None, name: str, source: str) -> Program:
    if program is None:
        raise InputError(
            f"{name} is needed, since the cluster has the run command disabled, and is not on the "
            f"PATH. Install {source}."
        )
    return program


def _signed_in(client: AzureClient, config: Path) -> str:
    """Why kubelogin does not sign in as this run does; empty where it will."""
    program = _needed(kubelogin(), "kubelogin", KUBELOGIN)
    words = ["convert-kubeconfig", "--login", _mode(client), "--kubeconfig", str(config)]
    if _mode(client) == "msi" and os.environ.get("AZURE_CLIENT_ID"):
        words += ["--client-id", os.environ["AZURE_CLIENT_ID"]]
    failure = run(program.command(*words)).failure
    return f"kubelogin: {failure}" if failure else ""


def _mode(client: AzureClient) -> str:
    """How kubelogin signs in as the same identity (https://azure.github.io/kubelogin)."""
    how = getattr(client.connection.credential, "how", SignIn.DEFAULT)
    named = {
        SignIn.CLI: "azurecli",
        SignIn.MANAGED_IDENTITY: "msi",
        SignIn.WORKLOAD_IDENTITY: "workloadidentity",
        SignIn.DEVICE_CODE: "devicecode",
    }
    if how in named:
        return named[how]
    if os.environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        return "workloadidentity"
    return "spn" if os.environ.get("AZURE_CLIENT_SECRET") else "azurecli"


def _ran(program: Program, command: str, folder: Path, seconds: float) -> CommandResult:
    environment = {**os.environ, "KUBECONFIG": str(folder / _FILE)}
    words = shlex.split(command)
    if words[:1] != ["kubectl"]:
        raise ValueError(f"{words[:1]} is no command of kubectl")
    ran = run(program.command(*words[1:]), environment, folder, seconds)
    said = (ran.output.decode(errors="replace"), ran.failure)
    return CommandResult(1 if ran.failure else 0, "\n".join(filter(None, said)))
