"""Objects of the cluster by their names, with the owners of their fields, read at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from apim_aks.deployment.access import lists_in_cluster
from apim_aks.deployment.project import Project
from apim_aks.remote.azure import AzureClient, Json
from apim_aks.remote.azure.listings import Form, Listed
from apim_aks.remote.cluster import without_history
from apim_aks.workload.documents import Parsed
from apim_aks.workload.kubernetes.apply import place
from apim_aks.workload.kubernetes.object import Object, objects_in

Key = tuple[str, str, str, str]
"""API group, kind, namespace, name."""
_GET = "kubectl get --ignore-not-found --show-managed-fields"
_SECRET = ("data", "stringData")


@dataclass(frozen=True, slots=True)
class Live:
    """What the cluster holds of what was asked for; `unread` says by version and kind why not."""

    objects: Mapping[Key, Object]
    unread: Mapping[tuple[str, str], str]

    def of(self, object: Object) -> Object | None:
        """The one of this name."""
        return self.objects.get(place(object))

    def why_unread(self, object: Object) -> str:
        """Why objects of this kind were not read; empty where they were."""
        return self.unread.get((object.version, object.kind), "")


def live_objects(client: AzureClient, project: Project, asked: Iterable[Object]) -> Live:
    """The objects of these names as the cluster holds them; nothing is changed there.

    Raises:
        AzureRefused: the command could not be run.
        InputError: a program of this machine is needed and not there.
    """
    named: dict[tuple[str, str], list[Json]] = defaultdict(list)
    for object in asked:
        named[object.version, object.kind].append(_name(object))
    if not named:
        return Live({}, {})
    files = {f"{at}.json": _listed(those) for at, those in enumerate(named.values())}
    lists = {str(at): (f"{_GET} --filename={at}.json", FORM) for at in range(len(named))}
    found = lists_in_cluster(client, project, lists, files)
    return _read(tuple(named), found, f"cluster {project.cluster}")


def named(key: Key) -> Object:
    """An object of which only the name is known, to ask for it."""
    group, kind, space, name = key
    version = f"{group}/v1" if group else "v1"
    data = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": space}}
    return Object(kind, data, Parsed(file="", line=0, data=data), (), version)


def _name(object: Object) -> Json:
    group, kind, space, name = place(object)
    named = {"name": name, **({"namespace": space} if space else {})}
    return {"apiVersion": object.version, "kind": kind, "metadata": named}


def _listed(objects: list[Json]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def _read(kinds: tuple[tuple[str, str], ...], found: Mapping[str, Listed], cluster: str) -> Live:
    answers = {kind: found.get(str(at), "nothing") for at, kind in enumerate(kinds)}
    unread = {kind: f"kubectl said {a}" for kind, a in answers.items() if isinstance(a, str)}
    lists = (a for a in answers.values() if not isinstance(a, str))
    documents = [Parsed(file=cluster, line=0, data=data) for data in chain(*lists)]
    return Live({place(held): held for held in objects_in(documents, [])}, unread)


def _kept(held: Iterable[Json]) -> Iterator[Json]:
    """What live.jq keeps."""
    for item in held:
        kind, status = item.get("kind"), item.get("status") or {}
        left_out = ("status", *(_SECRET if kind == "Secret" else ()))
        kept = {k: v for k, v in item.items() if k not in left_out}
        if kind == "Service":
            kept["status"] = {"loadBalancer": status.get("loadBalancer")}
        yield without_history(kept, owners=True)


FORM = Form(Path(__file__).parent / "live.jq", _kept)
"""With the owners of fields and the address of a Service, without what a Secret holds."""
