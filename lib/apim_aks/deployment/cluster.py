"""Applies manifests to the cluster and waits until the pods are ready."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apim_aks.artefacts.manifests import Action, ManifestFile, Phase, placeholders
from apim_aks.deployment.access import in_cluster
from apim_aks.deployment.project import Project
from apim_aks.errors import InputError
from apim_aks.facts import filled_placeholders, placeholder_rows
from apim_aks.remote.azure import AzureClient, AzureRefused, CommandResult, redacted
from apim_aks.workload.names import digest

_WAITED = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_PLAIN = re.compile(r"[\w.:/@,+= -]{1,500}|-----BEGIN CERTIFICATE-----[\w+/=\s-]+", re.S)
_SHOWN = 400
_NAMES = '{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}'
_LISTING = f"kubectl get services --output jsonpath='{_NAMES}'"


class ManifestRefused(AzureRefused):
    """The cluster refused a manifest, or its pods did not become ready."""


def before_apis(project: Project) -> tuple[ManifestFile, ...]:
    """The files that are applied before the APIs are published."""
    return tuple(f for f in project.files if f.phase is Phase.DEPLOY)


def missing_services(client: AzureClient, project: Project) -> tuple[str, ...]:
    """The Services of the workload that the cluster does not hold; reads only.

    Raises:
        ManifestRefused: the Services of the cluster could not be listed.
    """
    spaces = dict.fromkeys(id.partition("/")[0] for id in project.services)
    asked = (f"{_LISTING} --namespace {_plain(space)}" for space in spaces)
    result = in_cluster(client, project, tuple(asked), {})
    if result.exit_code:
        raise ManifestRefused(
            f"Which Services cluster {project.cluster} holds is not known: kubectl ended with "
            f"{result.exit_code} and said {_said(result)}; nothing was changed in the cluster."
        )
    there = set(result.logs.split())
    return tuple(id for id in project.services if id not in there)


def filled(files: tuple[ManifestFile, ...], values: Mapping[str, str]) -> tuple[ManifestFile, ...]:
    """The files with every placeholder filled in.

    Raises:
        InputError: a value is missing, or could be more than a value.
    """
    missing = [p for p in placeholders(files) if p.text not in values]
    if missing:
        words = "; ".join(f"{p.text} ({p.meaning}; from {p.from_stage})" for p in missing)
        raise InputError(
            f"{len(missing)} placeholders of the manifests have no value: {words}. Give each "
            "with --value 'NAME=VALUE', NAME without the angle brackets."
        )
    for name, value in values.items():
        if not _PLAIN.fullmatch(value):
            raise InputError(
                f"The value of {name} has characters that are not allowed. Use letters, "
                "digits and . : / @ , + = - or a certificate in PEM."
            )
    return tuple(_filled(f, values) for f in files)


def _filled(file: ManifestFile, values: Mapping[str, str]) -> ManifestFile:
    objects = tuple(_replaced(o, values) for o in file.objects)
    return replace(file, objects=objects, head="")


def _replaced(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, given in values.items():
            value = value.replace(name, given)
        return value
    if isinstance(value, Mapping):
        return {_replaced(k, values): _replaced(v, values) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(v, values) for v in value]
    return value


def placeholder_values(outputs: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """The values of the placeholders: outputs of the stages, and values of the deployer."""
    texts = {row.id: row.text for row in placeholder_rows()}
    known = {
        texts[row.id]: str(outputs[row.output])
        for row in filled_placeholders()
        if outputs.get(row.output)
    }
    asked = {f"<{name.strip('<>')}>": value for name, value in given.items()}
    return known | {name: value for name, value in asked.items() if name[1:2].isupper()}


def mark(file: ManifestFile) -> str:
    """The fingerprint of a file, by which a second run knows what was applied."""
    return digest(file.yaml)


def rollouts(file: ManifestFile, seconds: int) -> Iterator[str]:
    """The commands that wait for the pods of a file; the time-out per object is in seconds."""
    for found in file.objects:
        if found["kind"] in _WAITED and file.action is not Action.DELETE:
            meta = found["metadata"]
            yield (
                f"kubectl rollout status {found['kind'].lower()}/{_plain(meta['name'])} "
                f"--namespace {_plain(meta.get('namespace', 'default'))} --timeout {seconds}s"
            )


def _plain(name: str) -> str:
    """The name, if it is a valid Kubernetes name and therefore safe in a command."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,252}", str(name)):
        raise InputError(
            f"{name!r} is not a valid Kubernetes name. Use a-z, 0-9, hyphens and dots."
        )
    return str(name)


def apply_manifest(client: AzureClient, project: Project, file: ManifestFile) -> None:
    """Applies one file and waits until its pods are ready.

    Raises:
        ManifestRefused: the API server refused it, or the pods were not ready in time.
    """
    lines = [file.command, *rollouts(file, client.timing.rollout_seconds)]
    result = in_cluster(client, project, lines, {file.name: file.yaml})
    if result.exit_code:
        raise ManifestRefused(_sentence(project, file, result))


def _said(result: CommandResult) -> str:
    return " ".join(redacted(result.logs).split())[-_SHOWN:] or "nothing"


def _sentence(project: Project, file: ManifestFile, result: CommandResult) -> str:
    said = _said(result)
    ready = "rollout status" in said or "timed out waiting" in said
    cause = (
        "the pods did not become ready. Check them with kubectl describe"
        if ready
        else "the API server refused it. Check the field named above"
    )
    return (
        f"{file.name} on cluster {project.cluster}: the command ended with {result.exit_code} and "
        f"said {said}. Likely cause: {cause}."
    )
