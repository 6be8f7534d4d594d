"""The objects of a cluster, read by kubectl in bounded answers and without Secrets.

Each kind is one line below its own mark. Kinds whose line did not arrive whole are read
again; a kind that does not arrive even alone is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from apim_aks.deployment.access import every_list, in_cluster
from apim_aks.errors import InputError
from apim_aks.facts.openings import known_kind
from apim_aks.facts.rendering import state_resources
from apim_aks.reachability.scene import Doubt
from apim_aks.remote.azure import AzureRefused, Json, redacted
from apim_aks.remote.azure.listings import Form
from apim_aks.verification.answers import inside, rows
from apim_aks.verification.as_built.forms import NAMES, WHOLE
from apim_aks.verification.resource_ids import ResourceIds
from apim_aks.workload.documents import Parsed, printable

_KINDS = "kubectl api-resources --verbs=list --no-headers"
_NEEDED = {"namespaces", "networkpolicies.networking.k8s.io", "pods", "services"}
"""Kinds that every cluster serves."""
_PLAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}")
_LONGEST = 200
_ADMISSION = "admissionregistration.k8s.io"
"""Kinds that admission changes and that are read as stored."""
_OF_THE_COMMAND = "aks-command"
"""The namespace in which AKS runs the pod of a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSide:
    """The objects of a cluster, and what was not read; `refused` says why there are none."""

    objects: tuple[Json, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    refused: str = ""

    @property
    def uids(self) -> Iterator[str]:
        """The UIDs of the Services."""
        for held in self.objects:
            if held.get("kind") == "Service":
                yield str(inside(held, "metadata.uid"))


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind that a cluster serves: its full name in the API, and whether it is read whole."""

    name: str
    whole: bool

    @property
    def asked(self) -> tuple[str, Form]:
        """The command that lists the kind and reduces the list."""
        return f"kubectl get {self.name} --all-namespaces", WHOLE if self.whole else NAMES


def cluster_side(place: ResourceIds) -> ClusterSide:
    """Reads what the cluster of a design holds now."""
    try:
        served = in_cluster(place.scene.azure.client, place.scene.project, (_KINDS,), {})
        kinds = tuple(_kinds(served.logs))
        if served.exit_code or not {kind.name for kind in kinds} >= _NEEDED:
            return ClusterSide(refused=_why(place, served.logs))
        return _Reading(place, kinds).whole()
    except (AzureRefused, InputError) as refused:
        return ClusterSide(refused=redacted(f"the cluster was not read: {refused}"))


def _why(place: ResourceIds, logs: str) -> str:
    said = " ".join(redacted(printable(logs)).split())[:_LONGEST] or "nothing"
    return f"what cluster {place.scene.project.cluster} serves was not read: kubectl said {said}"


def _kinds(listed: str) -> Iterator[_Kind]:
    """The kinds that are read whole, and the other relevant kinds, read by name.

    A line ends in API version, whether it is in namespaces, and kind; Secrets are never among them.
    """
    read = {row.resource for row in state_resources()}
    for line in listed.splitlines():
        parts = line.split()
        if len(parts) < 4 or parts[-2] not in ("true", "false"):
            continue
        group, _, _ = parts[-3].rpartition("/")
        name = f"{parts[0]}.{group}" if group else parts[0]
        skipped = group == _ADMISSION or (group, parts[-1]) == ("", "Secret")
        if skipped or not _PLAIN.fullmatch(name):
            continue
        if name in read or not known_kind(group, parts[-1]):
            yield _Kind(name, name in read)


@dataclass
class _Reading:
    """The kinds to be read, and what was read of them."""

    place: ResourceIds
    kinds: tuple[_Kind, ...]
    objects: list[Json] = field(default_factory=list)
    missed: dict[str, str] = field(default_factory=dict)

    def whole(self) -> ClusterSide:
        """Reads every kind; those that were not read are doubts."""
        scene, lists = self.place.scene, {kind.name: kind.asked for kind in self.kinds}
        for name, found in every_list(scene.azure.client, scene.project, lists).items():
            if isinstance(found, str):
                self.missed[name] = found
            else:
                own = (i for i in found if inside(i, "metadata.namespace") != _OF_THE_COMMAND)
                self.objects += own
        return ClusterSide(objects=tuple(self.objects), doubts=tuple(self._doubts()))

    def _doubts(self) -> Iterator[Doubt]:
        cluster = f"cluster {self.place.scene.project.cluster}"
        for name, why in self.missed.items():
            because = f"{name} were not read: {why}"
            yield Doubt(because=because, file=cluster, line=0, restricts=True, opens=True)


_OURS = "made by"
Named = tuple[str, str, str]
"""Kind, namespace and name of an object."""


def documents(
    objects: Iterable[Json], cluster: str, files: Mapping[Named, str]
) -> Iterator[Parsed]:
    """Each object as a document of the cluster, named after the file of ours that it comes from.

    Pods of a Deployment stand for it: their ReplicaSet is called after it and the hash of its
    template (kubernetes/kubernetes, `pod-template-hash`).
    """
    for held in objects:
        data = _of_deployment(held) if held.get("kind") == "Pod" else held
        source = next((files[name] for name in _names(data) if name in files), "")
        file = f"{cluster}, {_OURS} {source}" if source else cluster
        yield Parsed(file=file, line=0, data=data)


def _names(data: Json) -> Iterator[Named]:
    """The names of the object and of its owner."""
    space = str(inside(data, "metadata.namespace") or "")
    yield str(data.get("kind")), space, str(inside(data, "metadata.name"))
    for owner in rows(data, "metadata.ownerReferences"):
        yield str(owner.get("kind")), space, str(owner.get("name"))


def _of_deployment(pod: Json) -> Json:
    hashed = inside(pod, "metadata.labels.pod-template-hash")
    owners = [_owner(owner, f"-{hashed}") for owner in rows(pod, "metadata.ownerReferences")]
    if not hashed or not owners:
        return pod
    return pod | {"metadata": pod["metadata"] | {"ownerReferences": owners}}


def _owner(owner: Json, ending: str) -> Json:
    name = str(owner.get("name"))
    if owner.get("kind") != "ReplicaSet" or not name.endswith(ending):
        return owner
    return owner | {"kind": "Deployment", "name": name.removesuffix(ending)}
