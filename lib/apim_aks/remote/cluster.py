"""What runs in a cluster as files: a fixed list of kinds through kubectl, Secrets by name alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_aks.errors import InputError, RemoteError
from apim_aks.facts.rendering import cluster_resources, namespaces_of_the_cluster
from apim_aks.own_files import refusal, write_new
from apim_aks.workload.documents import dump_all, parse
from apim_aks.workload.rendering import KUBECTL, Program, kubectl, run

FOLDER = "cluster"
"""The folder, below the one that is given, that the files are written to."""

_SET_BY_THE_CLUSTER = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRETS = "NAMESPACE:.metadata.namespace,NAME:.metadata.name,TYPE:.type"


@dataclass(frozen=True, slots=True)
class _Cluster:
    kubectl: Program
    context: str

    def said(self, *words: str) -> tuple[bytes, str]:
        """What it answers, and why it does not."""
        context = [f"--context={self.context}"] if self.context else []
        ran = run(self.kubectl.command(*words, *context))
        return ran.output, ran.failure


def write_manifests(
    folder: Path, context: str, tell: Callable[[str], None]
) -> tuple[tuple[Path, ...], bool]:
    """The files that were written below the folder, and whether everything was read.

    An empty context is the current one. `tell` gets a sentence for each kind that was not read.

    Raises:
        InputError: there is no kubectl, or the files cannot be written.
        RemoteError: the cluster does not answer.
    """
    program = kubectl()
    if program is None:
        raise InputError(
            f"kubectl is needed to read a cluster and is not on the PATH. Install {KUBECTL}."
        )
    cluster, target = _Cluster(program, context), folder / FOLDER
    if target.exists():
        raise InputError(
            f"{target.as_posix()} exists already and is never overwritten. "
            "Move it, or use another folder."
        )
    listed, failure = cluster.said("api-resources", "--verbs=list", "--output=name")
    if failure:
        raise RemoteError(f"kubectl does not list what the cluster has: {failure}.")
    known = set(listed.decode(errors="replace").split())
    files: list[Path] = []
    whole = True
    for name, objects, reason in _kinds(cluster, known):
        if reason:
            tell(f"Not read: {name} ({reason}).")
            whole = False
        elif objects:
            files.append(_written(target / f"{name}.yaml", objects))
    return tuple(files), whole


def _kinds(cluster: _Cluster, known: set[str]) -> Iterator[tuple[str, list[dict[str, Any]], str]]:
    """The name of each kind, its objects, and why they could not be read."""
    for row in cluster_resources():
        if row.resource in known:
            words = ("get", row.resource, "--all-namespaces", "--output=yaml")
            answer, failure = cluster.said(*words)
            objects, wrong = ([], failure) if failure else _objects(answer, row.resource)
            yield row.resource, objects, wrong
    columns = f"--output=custom-columns={_SECRETS}"
    answer, failure = cluster.said("get", "secrets", "--all-namespaces", "--no-headers", columns)
    yield "secrets", [] if failure else list(_secrets(answer)), failure


def _objects(answer: bytes, name: str) -> tuple[list[dict[str, Any]], str]:
    reading = parse(answer, name)
    wrong = [f for f in reading.findings if f.refused]
    if wrong or not isinstance(reading.documents[0].data, dict):
        return [], wrong[0].found if wrong else "no list"
    items = reading.documents[0].data.get("items") or []
    return [cleaned(item) for item in items if isinstance(item, dict) and _is_wanted(item)], ""


def _is_wanted(item: dict[str, Any]) -> bool:
    """Nothing of the cluster itself, and no list of addresses that it keeps for a Service."""
    metadata = item.get("metadata") or {}
    namespace = metadata.get("namespace") or (
        metadata.get("name") if item.get("kind") == "Namespace" else ""
    )
    kept_by_it = item.get("kind") == "EndpointSlice" and metadata.get("ownerReferences")
    return item.get("kind") != "Secret" and not (
        kept_by_it or namespace in namespaces_of_the_cluster()
    )


def cleaned(item: dict[str, Any]) -> dict[str, Any]:
    """The object as somebody would have written it."""
    metadata = without_history(item)["metadata"]
    metadata = {k: v for k, v in metadata.items() if k not in _SET_BY_THE_CLUSTER}
    if not metadata.get("annotations"):
        metadata.pop("annotations", None)
    return {k: metadata if k == "metadata" else v for k, v in item.items() if k != "status"}


def without_history(item: dict[str, Any], owners: bool = False) -> dict[str, Any]:
    """The object without the copy of it that kubectl keeps in it, and who owns its fields."""
    metadata = dict(item.get("metadata") or {})
    if not owners:
        metadata.pop("managedFields", None)
    if isinstance(notes := metadata.get("annotations"), dict):
        metadata["annotations"] = {k: v for k, v in notes.items() if k != _APPLIED}
    return item | {"metadata": metadata}


def _secrets(answer: bytes) -> Iterator[dict[str, Any]]:
    """Secrets by name and type; their data was not asked for."""
    for line in answer.decode(errors="replace").splitlines():
        namespace, name, kind = (*line.split(), "", "", "")[:3]
        if name and namespace not in namespaces_of_the_cluster():
            metadata = {"namespace": namespace, "name": name}
            yield {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind}


def _written(file: Path, objects: list[dict[str, Any]]) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_new(file, dump_all(objects))
    except OSError as error:
        raise InputError(refusal(error, file)) from None
    return file
