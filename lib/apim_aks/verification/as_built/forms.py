"""Reduces the lists of the cluster: by jq in the cluster, or here if no jq is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from apim_aks.remote.azure import Json
from apim_aks.remote.azure.listings import Form
from apim_aks.remote.cluster import without_history
from apim_aks.verification.answers import inside

_HERE = Path(__file__).parent
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_CONTROLLER = "endpointslice-controller.k8s.io"
_ENDED = ("Succeeded", "Failed")
_PROBES = {"livenessProbe", "readinessProbe", "startupProbe", "lifecycle"}
_LEFT_OUT = _PROBES | {"env", "command", "args", "resources", "volumeMounts"}
_TELLING = {"service", "config.service.endpoint"}
"""Keys of ConfigMaps that route calls: ports of a controller, a gateway's instance."""
_OF_PODS = ("spec.containers", "spec.template", "spec.jobTemplate")
_STATUS = {"Service": "loadBalancer", "Pod": "podIP"}


def _kept(items: Iterable[Json]) -> Iterator[Json]:
    """What listing.jq keeps."""
    for item in filter(_decides, items):
        held = {k: v for k, v in item.items() if k != "status"} | _status(item)
        yield without_history(_bare(held) if any(inside(held, p) for p in _OF_PODS) else held)


def _decides(item: Json) -> bool:
    kind, data = item.get("kind"), inside(item, "data") or {}
    labels = inside(item, "metadata.labels") or {}
    if kind == "ConfigMap":
        told = _TELLING & data.keys() or any("static_resources:" in str(v) for v in data.values())
        return bool(told)
    ended = kind == "Pod" and inside(item, "status.phase") in _ENDED
    return not ended and not (kind == "EndpointSlice" and labels.get(_MANAGED_BY) == _CONTROLLER)


def _status(item: Json) -> Json:
    name = _STATUS.get(str(item.get("kind")), "")
    return {"status": {name: inside(item, f"status.{name}")}} if name else {}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items() if k not in _LEFT_OUT}
    return list(map(_bare, value)) if isinstance(value, list) else value


def _named(items: Iterable[Json]) -> Iterator[Json]:
    """What naming.jq keeps."""
    first = {inside(item, "metadata.namespace"): item for item in reversed(tuple(items))}
    for space, item in first.items():
        metadata = {"name": inside(item, "metadata.name"), "namespace": space}
        yield {"apiVersion": item.get("apiVersion"), "kind": item.get("kind"), "metadata": metadata}


WHOLE = Form(_HERE / "listing.jq", _kept)
"""The fields that decide about connections."""
NAMES = Form(_HERE / "naming.jq", _named)
"""One object of each namespace by its name alone."""
