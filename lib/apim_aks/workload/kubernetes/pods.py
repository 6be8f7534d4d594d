"""The pods behind a Service: what its selector picks among Deployments and the like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from apim_aks.workload.documents import printable
from apim_aks.workload.kubernetes.object import (
    Object,
    Pairs,
    Path_,
    at,
    items,
    mapping,
    pairs,
    text,
)
from apim_aks.workload.model import Pods

CONTROLLERS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Rollout",
    "DeploymentConfig",
    "Job",
)
_TEMPLATE: Path_ = ("spec", "template")


class PodIndex:
    """Pods by the labels that a selector can name, so that many Services stay fast."""

    def __init__(self) -> None:
        self._by_label: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        self._pods: list[Pods] = []
        self._places: dict[tuple[str, str, str], int] = {}

    def add(self, object: Object) -> bool:
        """Remember the pods of this object; false where others of its name came first."""
        pods, namespace = _pods(object), object.namespace
        place = self._places.setdefault((pods.kind, namespace, pods.name), len(self._pods))
        if place < len(self._pods):
            return self._pods[place] == pods
        for key, value in pods.labels:
            self._by_label[namespace, key, value].add(len(self._pods))
        self._pods.append(pods)
        return True

    def behind(self, namespace: str, selector: Pairs) -> tuple[Pods, ...]:
        """The pods that this selector picks; none without a selector."""
        sets = [self._by_label.get((namespace, k, v), set()) for k, v in selector]
        picked = set.intersection(*sorted(sets, key=len)) if sets else set()
        found = {self._pods[i] for i in picked}
        return tuple(sorted(found, key=lambda p: (p.kind, p.name, p.images)))


def with_pods(objects: list[Object]) -> Iterator[Object]:
    """The objects that run pods, without those that another object of the input has made."""
    known = {(_space(o), o.kind, str(_metadata(o).get("name"))) for o in objects}
    for object in objects:
        if object.kind in (*CONTROLLERS, "Pod") and not _made_by(object, known):
            yield object


def _metadata(object: Object) -> dict[str, object]:
    metadata = object.data.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _space(object: Object) -> str:
    # Not object.namespace: a field of another kind is named where the object itself is read.
    return str(_metadata(object).get("namespace") or object.document.namespace)


def _made_by(object: Object, known: set[tuple[str, str, str]]) -> bool:
    """An owner stands in the namespace of what it owns."""
    space, owners = _space(object), _metadata(object).get("ownerReferences")
    for owner in owners if isinstance(owners, list) else []:
        if not isinstance(owner, dict):
            continue
        kind, name = str(owner.get("kind")), str(owner.get("name"))
        # A Deployment's ReplicaSet is often not exported; its name is the Deployment's and a hash.
        deployment = (space, "Deployment", name.rpartition("-")[0])
        if (space, kind, name) in known or (kind == "ReplicaSet" and deployment in known):
            return True
    return False


def _pods(object: Object) -> Pods:
    data = object.data
    base = () if object.kind == "Pod" else _TEMPLATE
    containers = [path for _, path in items(data, *base, "spec", "containers")]
    images = (text(data, *path, "image") for path in containers)
    return Pods(
        kind=object.kind,
        name=object.name,
        images=tuple(dict.fromkeys(i for i in images if i)),
        replicas=at(data, int, "spec", "replicas"),
        labels=pairs(data, *base, "metadata", "labels"),
        ports=tuple(_ports(object, containers)),
        probes=tuple(dict.fromkeys(_probes(object, containers))),
        probed=tuple(dict.fromkeys(_probed(object, containers))),
        secrets=tuple(dict.fromkeys(_secrets(object, (*base, "spec", "volumes")))),
    )


def _secrets(object: Object, volumes: Path_) -> Iterator[str]:
    """Secrets by the names under which volumes mount them, alone or together with others."""
    for volume, path in items(object.data, *volumes):
        if name := text(volume, "secret", "secretName"):
            yield name
        for source, _ in items(object.data, *path, "projected", "sources"):
            if name := text(source, "secret", "name"):
                yield name


def _ports(object: Object, containers: Iterable[Path_]) -> Iterator[tuple[str, int]]:
    for container in containers:
        for _, path in items(object.data, *container, "ports"):
            number = at(object.data, int, *path, "containerPort")
            if number is not None:
                yield text(object.data, *path, "name"), number


def _probes(object: Object, containers: Iterable[Path_]) -> Iterator[str]:
    for container in containers:
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            asked = mapping(object.data, *container, probe)
            if "httpGet" in asked:
                yield f"httpGet {text(asked, 'httpGet', 'path') or '/'}"
            yield from (kind for kind in ("grpc", "tcpSocket", "exec") if kind in asked)


def _probed(object: Object, containers: Iterable[Path_]) -> Iterator[str]:
    """Startup probes are left out: what they ask need not answer afterwards."""
    for container in containers:
        for probe in ("readinessProbe", "livenessProbe"):
            port = mapping(object.data, *container, probe, "httpGet").get("port")
            if isinstance(port, (int, str)):
                yield printable(str(port))
