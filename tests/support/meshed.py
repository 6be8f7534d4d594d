"""A Service with its pods and whatever stands around them, in as few objects as will do."""

from __future__ import annotations

import json
from typing import Any

from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import Manifests, services_of
from apim_aks.workload.model import Requirements, Workload

ISTIO, LINKERD = "security.istio.io/v1", "policy.linkerd.io/v1beta3"
INJECTED = {"labels": {"istio.io/rev": "asm-1-28"}}
LINKED = {"annotations": {"linkerd.io/inject": "enabled"}}


def object_(
    kind: str, spec: Any, version: str = "v1", space: str = "shop", name: str = "p", **metadata: Any
) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": space, **metadata},
        "spec": spec,
    }


def namespace(name: str = "shop", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}}


def around(*objects: dict[str, Any], **known: Any) -> Manifests:
    """What is read of the `manifest` with these objects."""
    made = json.dumps(manifest(*objects, **known), indent=1).encode()
    return services_of(parse(made, "a.json").documents)


def manifest(
    *objects: dict[str, Any], template: Any = None, pods: Any = None, service: Any = None
) -> dict[str, Any]:
    """The Service shop/ledger on port 80, its pods on port 8080, and these objects."""
    place = {"name": "ledger", "namespace": "shop"}
    port = {"name": "http", "port": 80, "targetPort": "web"}
    spec = {"selector": {"app": "ledger"}, "ports": [port], **(service or {})}
    listens = {"name": "l", "image": "x", "ports": [{"name": "web", "containerPort": 8080}]}
    marks = template or {}
    labels = {"app": "ledger", **marks.get("labels", {})}
    made = {
        "metadata": {**marks, "labels": labels},
        "spec": {"containers": [listens], **(pods or {})},
    }
    every = [
        {"apiVersion": "v1", "kind": "Service", "metadata": place, "spec": spec},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": place,
            "spec": {"template": made},
        },
        *objects,
    ]
    return {"apiVersion": "v1", "kind": "List", "items": every}


def published(found: Manifests, required: bool | None = None) -> Workload:
    """That Service published; `required` is what the reader says of a mesh, None for nothing."""
    return Workload(
        name="s",
        title="S",
        services=found.services,
        publish=("ledger",),
        requirements=Requirements(service_mesh=bool(required)),
        named_requirements=() if required is None else ("service_mesh",),
        guards=found.guards,
        openings=found.openings,
        findings=found.findings,
    )
