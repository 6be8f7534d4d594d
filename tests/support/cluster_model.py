"""A cluster behind the run command of the local Azure: kubectl's lines, done to the apply model.

Only the lines that a deployment sends are understood; any other fails as a shell would say it.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from apim_aks.deployment.live_objects import named
from apim_aks.deployment.project import Project
from apim_aks.deployment.walk import new_cluster
from apim_aks.workload.documents import Parsed, parse
from apim_aks.workload.kubernetes.apply import Answer, Cluster, Field, Kept, place, text_of
from apim_aks.workload.kubernetes.object import Object, objects_in
from apim_aks.workload.kubernetes.references import missing

Json = dict[str, Any]
_LISTED = re.compile(r"kubectl get .*--filename=(\S+) --output=json .*")
_WHOLE = re.compile(r"kubectl get (\S+) --all-namespaces --output=json .*")
_APPLY = re.compile(r"kubectl apply --server-side --field-manager=(\S+) --validate=strict -f (\S+)")
_DELETE = re.compile(r"kubectl delete --ignore-not-found -f (\S+)")
_SERVICES = re.compile(r"kubectl get services --output jsonpath='.*' --namespace (\S+)")
_ROLLOUT = re.compile(r"kubectl rollout status \S+ --namespace \S+ --timeout \d+s")


@dataclass
class ModelCluster:
    """What it holds, and the files that were applied and deleted, in order."""

    cluster: Cluster = field(default_factory=Cluster)
    done: list[str] = field(default_factory=list)
    wrote: Callable[[], None] = lambda: None
    hidden: set[str] = field(default_factory=set)

    def run(self, body: Json) -> tuple[int, str]:
        """Exit code and what was printed."""
        files, printed = _files(body), []
        for line in re.split(r"; (?=echo|kubectl)| && (?=kubectl)", body["command"]):
            code, said = self._line(line, files)
            printed.append(said)
            if code:
                return code, "\n".join(printed)
        return 0, "\n".join(printed)

    def _line(self, line: str, files: dict[str, str]) -> tuple[int, str]:
        if line.startswith("echo"):
            return 0, line.removeprefix("echo").strip(" '")
        if found := _LISTED.fullmatch(line):
            return 0, self._listed(files[found[1]])
        if found := _WHOLE.fullmatch(line):
            return 0, self._whole(found[1])
        if found := _SERVICES.fullmatch(line):
            keys = (k for k in self.cluster.kept if k[:3] == ("", "Service", found[1]))
            return 0, "\n".join(f"{k[2]}/{k[3]}" for k in keys)
        if found := _APPLY.fullmatch(line):
            return self._applied(found[1], found[2], files[found[2]])
        if found := _DELETE.fullmatch(line):
            self.done.append(found[1])
            for object in read(files[found[1]]):
                self.cluster = self.cluster.deleted(object)
                self.wrote()
            return 0, "deleted"
        return (0, "successfully rolled out") if _ROLLOUT.fullmatch(line) else (127, "not found")

    def _listed(self, text: str) -> str:
        keys = [place(o) for o in read(text)]
        items = [shown(self.cluster.kept[k]) for k in keys if k in self.cluster.kept]
        return json.dumps({"items": items})

    def _whole(self, resource: str) -> str:
        name, _, group = resource.partition(".")
        if resource in self.hidden:
            return f'Error from server (Forbidden): {resource} is forbidden: User "x"'
        if group not in {"", "networking.k8s.io", *self.cluster.serves}:
            return f'error: the server doesn\'t have a resource type "{name}"'
        kept = self.cluster.kept.items()
        return json.dumps(
            {"items": [v.data for k, v in kept if (k[0], plural(k[1])) == (group, name)]}
        )

    def _applied(self, manager: str, name: str, text: str) -> tuple[int, str]:
        self.done.append(name)
        for object in read(text):
            answer = self.cluster.applied(object, manager)
            if answer.refused:
                return 1, _said(answer, object)
            self.cluster = answer.cluster
            self.wrote()
        return 0, "serverside-applied"

    def someone(self, manager: str, objects: Iterable[Object], **marks: str) -> None:
        """Somebody else writes objects, with these labels on them."""
        for object in objects:
            self.cluster = self.cluster.updated(marked(object, marks), manager).cluster


def plural(kind: str) -> str:
    """A kind as the API names its list."""
    return re.sub("ys$", "ies", f"{kind.lower()}{'es' if kind.endswith('s') else 's'}")


def marked(object: Object, labels: dict[str, str]) -> Object:
    """The object with these labels."""
    metadata = object.data["metadata"]
    named = {k.replace("__", "/").replace("_", "."): v for k, v in labels.items()}
    data = object.data | {
        "metadata": metadata | {"labels": {**(metadata.get("labels") or {}), **named}}
    }
    document = Parsed(file=object.document.file, line=object.line, data=data)
    (found,) = objects_in([document], [])
    return found


def _said(answer: Answer, object: Object) -> str:
    if not answer.conflicts:
        return f'The {object.kind} "{object.name}" is invalid: {answer.refused}'
    found = answer.conflicts
    lines = [f'conflict with "{c.manager.name}": .{text_of(c.field)}' for c in found]
    return f"error: Apply failed with {len(found)} conflicts: {'; '.join(lines)}"


def read(text: str) -> list[Object]:
    return objects_in(parse(text.encode(), "file.yaml").documents, [])


def _files(body: Json) -> dict[str, str]:
    if not body.get("context"):
        return {}
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(body["context"]))) as held:
        return {name: held.read(name).decode() for name in held.namelist()}


def shown(kept: Kept) -> Json:
    """The object as `kubectl get --show-managed-fields` prints it."""
    entries = [
        {
            "manager": who.name,
            "operation": who.operation,
            "apiVersion": kept.data["apiVersion"],
            "fieldsType": "FieldsV1",
            "fieldsV1": tree(fields),
        }
        for who, fields in kept.managers.items()
    ]
    return kept.data | {"metadata": kept.data["metadata"] | {"managedFields": entries}}


def tree(fields: Iterable[Field]) -> Json:
    """Fields as `fieldsV1` holds them."""
    found: Json = {}
    for name in sorted(fields, key=repr):
        at = found
        for part in name:
            at = at.setdefault(_part(part), {})
        if _part(name[-1]).startswith("k:"):
            at["."] = {}
    return found


def _part(part: Any) -> str:
    if not isinstance(part, tuple):
        return f"f:{part}"
    if part and part[0][0] == "":
        return f"v:{part[0][1]}"
    return "k:" + json.dumps({k: int(v) if v.isdigit() else v for k, v in part})


def new_model(project: Project) -> ModelCluster:
    """The cluster that the templates make, with what its add-on makes."""
    found = ModelCluster(new_cluster(project))
    found.someone("helm", (INGRESS,)) if "aks-istio-ingress" in found.cluster.spaces else None
    return found


def put_there(model: ModelCluster | None, project: Project) -> None:
    """What the workload's manifests name and do not hold, as people put it there."""
    assert model
    model.someone("people", (named(f.key) for f in missing(project.objects)))


(INGRESS,) = read(
    """
apiVersion: v1
kind: Service
metadata:
  name: aks-istio-ingressgateway-external
  namespace: aks-istio-ingress
  annotations: {meta.helm.sh/release-namespace: aks-istio-ingress}
spec:
  type: LoadBalancer
  selector: {istio: aks-istio-ingressgateway-external}
  ports: [{name: https, port: 443, targetPort: 443}]
"""
)
