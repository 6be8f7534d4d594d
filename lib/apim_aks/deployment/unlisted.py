"""What the cluster holds in no file and what leads callers to Services of the workload, or guards
them: it is named, and never touched.

It is judged by the readers that read the user's files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apim_aks.artefacts.manifests import MANAGER
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.deployment.access import every_list
from apim_aks.deployment.ownership import owner_of
from apim_aks.deployment.project import Project
from apim_aks.facts.references import always_there
from apim_aks.facts.rendering import namespaces_of_the_cluster, planned_resources
from apim_aks.listing import listed
from apim_aks.reachability.mentions import stands_for
from apim_aks.reachability.reading import scene_found
from apim_aks.reachability.scene import Front
from apim_aks.remote.azure import AzureClient, Json
from apim_aks.remote.azure.listings import Form
from apim_aks.remote.cluster import without_history
from apim_aks.workload.documents import Parsed, printable
from apim_aks.workload.kubernetes.answering import Answering
from apim_aks.workload.kubernetes.apply import is_named, place
from apim_aks.workload.kubernetes.object import Object, objects_in
from apim_aks.workload.model import Service

_MARK = "app.kubernetes.io/managed-by"
_NOT_SERVED = "doesn't have a resource type"
_ADD_ONS = "aks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """An object that is in no file, and the Services of the files that it concerns.

    `entry` says that callers come by it; without Services it is not known whom it leads to.
    """

    called: str
    services: tuple[str, ...]
    says: str
    entry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside the files: `others` concern no Service of theirs, `unread` says by kind
    why it was not read."""

    found: tuple[Unlisted, ...] = ()
    others: int = 0
    unread: Mapping[str, str]

    @property
    def entries(self) -> tuple[Unlisted, ...]:
        """Those by which callers come."""
        return tuple(one for one in self.found if one.entry)


def unlisted(client: AzureClient, project: Project) -> Beside:
    """The objects in no file that concern the workload; nothing is changed in the cluster.

    Raises:
        AzureRefused: the command could not be run.
        InputError: a program of this machine is needed and not there.
    """
    asked = {kind: (f"kubectl get {kind} --all-namespaces", FORM) for kind in planned_resources()}
    answers = every_list(client, project, asked)
    said = {kind: a for kind, a in answers.items() if isinstance(a, str) and _NOT_SERVED not in a}
    held = (item for a in answers.values() if not isinstance(a, str) for item in a)
    strange = dict(_strange(held, project))
    found = tuple(_judged(strange, project)) if strange else ()
    spaces = {o.namespace for o in project.objects if is_named(o)}
    left = [o for c, o in strange.items() if c not in {u.called for u in found}]
    others = sum(o.namespace in spaces for o in left)
    return Beside(found=found, others=others, unread=said)


def _strange(held: Iterable[Json], project: Project) -> Iterator[tuple[str, Object]]:
    """What neither the files, nor this project, nor the cluster itself brings, by its name.

    The name stands in place of a file, so that what the readers find of it is known again.
    """
    ours = (o for step in steps(project.files) for o in step.objects)
    known = {place(o) for o in (*project.objects, *ours) if is_named(o)} | always_there()
    for data in held:
        for object in objects_in([Parsed(file=_called(data), line=0, data=data)], []):
            if is_named(object) and place(object) not in known and not _is_clusters(object):
                yield object.document.file, object


def _is_clusters(object: Object) -> bool:
    """An add-on, the cluster, or an earlier deployment of ours keeps it."""
    labels = object.data["metadata"].get("labels") or {}
    owner = owner_of(object.data)
    system = object.namespace in namespaces_of_the_cluster()
    return system or labels.get(_MARK) == MANAGER or bool(owner and owner.tool == _ADD_ONS)


def _called(data: Json) -> str:
    metadata = data.get("metadata") or {}
    parts = (metadata.get("namespace"), metadata.get("name"))
    return printable(f"{data.get('kind')} {'/'.join(str(p) for p in parts if p)}")


# What it is to the Services of the files


@dataclass(frozen=True, slots=True)
class _Concern:
    """What an object is to Services, in words before and after their names."""

    services: tuple[str, ...]
    before: str
    after: str = ""
    entry: bool = True


def _judged(strange: Mapping[str, Object], project: Project) -> Iterator[Unlisted]:
    documents = {id(o.document): o.document for o in (*project.objects, *strange.values())}
    read = _Read(tuple(documents.values()))
    known = {id for id, s in read.services.items() if s.file not in strange}
    for called, object in strange.items():
        owner = owner_of(object.data)
        kept = f"; it belongs to {owner.called}" if owner else ""
        for what in read.concerns(object):
            mine = tuple(sorted(known.intersection(what.services)))
            if mine or not what.services:
                says = f"{what.before}{listed(mine, 4)}{what.after}{kept}"
                yield Unlisted(called=called, services=mine, says=says, entry=what.entry)
                break


class _Read:
    """The files and what stands beside them, read as one."""

    def __init__(self, documents: tuple[Parsed, ...]) -> None:
        self.scene = scene_found(documents)
        self.services = {service.id: service for service in self.scene.services}
        self.answering = Answering(objects_in(documents, []), self.services)
        self.fronts: dict[str, list[Front]] = defaultdict(list)
        for front in (*self.scene.fronts, *self.scene.mentions):
            self.fronts[front.file].append(front)

    def concerns(self, object: Object) -> Iterator[_Concern]:
        """What an object in no file may be to Services."""
        called = object.document.file
        for service in (s for s in self.services.values() if s.file == called):
            if service.id in self.scene.by_hand:
                before = f"a Service without a selector{_at(service, object)}: "
                yield _Concern((), f"{before}whom it leads to is not known")
            if named := stands_for(service, self.services):
                yield _Concern((named.id, *self._beside(named.id)), "another name of ")
            if found := self._beside(service.id):
                words = "one more Service before the pods of "
                yield _Concern(found, words, _at(service, object))
        if fronts := self.fronts[called]:
            perhaps = "perhaps " if all(f.doubt for f in fronts) else ""
            led = tuple(id for f in fronts for id in (f.service, *self._beside(f.service)))
            yield _Concern(led, f"a route that {perhaps}leads to ")
        for guard in self.scene.guards.every:
            if guard.file == called and guard.services:
                words = "a policy for the pods of "
                yield _Concern(guard.services, words, f": {guard.says}", entry=False)

    def _beside(self, id: str) -> tuple[str, ...]:
        """Other Services before the same pods."""
        service = self.services.get(id)
        return tuple(o for o in self.answering.sharing(service) if o != id) if service else ()


def _at(service: Service, object: Object) -> str:
    """Its type, and the addresses of its load balancer."""
    status = ((object.data.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    at = [str(one.get("ip") or one.get("hostname")) for one in status if isinstance(one, dict)]
    return f" ({service.type}{f' at {listed(at, 3)}' if at else ''})"


def _kept(items: Iterable[Json]) -> Iterator[Json]:
    """What unlisted.jq keeps."""
    for item in items:
        kept = {k: v for k, v in item.items() if k != "status"}
        if item.get("kind") == "Service":
            kept["status"] = {"loadBalancer": (item.get("status") or {}).get("loadBalancer")}
        yield without_history(kept)


FORM = Form(Path(__file__).parent / "unlisted.jq", _kept)
"""Without the owners of fields, since all objects of a kind have to fit into an answer."""
