"""Objects of the cluster by their names, with the owners of their fields, in one run command."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from apim_aks.deployment.project import Project
from apim_aks.remote.azure import AzureClient, Json, redacted
from apim_aks.remote.azure.listings import END, items, listing, sections
from apim_aks.workload.documents import Parsed, printable
from apim_aks.workload.kubernetes.apply import place
from apim_aks.workload.kubernetes.object import Object, objects_in

Key = tuple[str, str, str, str]
"""API group, kind, namespace, name."""
_FORM = "live.jq"
_GET = "kubectl get --ignore-not-found --show-managed-fields"
_LONGEST = 200


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
    """
    named: dict[tuple[str, str], list[Json]] = defaultdict(list)
    for object in asked:
        named[object.version, object.kind].append(_name(object))
    if not named:
        return Live({}, {})
    files = {f"{at}.json": _listed(those) for at, those in enumerate(named.values())}
    parts = [listing(str(at), f"{_GET} --filename={at}.json", _FORM) for at in range(len(named))]
    form = (Path(__file__).parent / _FORM).read_text(encoding="utf-8")
    command = "; ".join((*parts, END))
    ran = client.run(project.cluster_group, project.cluster, command, files | {_FORM: form})
    return _read(tuple(named), ran.logs, f"cluster {project.cluster}")


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


def _read(kinds: tuple[tuple[str, str], ...], logs: str, cluster: str) -> Live:
    answers, ended = sections(logs)
    objects: dict[Key, Object] = {}
    unread: dict[tuple[str, str], str] = {}
    for at, kind in enumerate(kinds):
        line = answers.get(str(at))
        whole = line is not None and (ended or at + 1 < len(answers))
        found = (items(line) if line else ()) if whole else None
        if found is None:
            said = " ".join(redacted(printable(line or "nothing")).split())[:_LONGEST]
            unread[kind] = f"kubectl said {said}"
        for data in found or ():
            (held,) = objects_in([Parsed(file=cluster, line=0, data=data)], [])
            objects[place(held)] = held
    return Live(objects, unread)
