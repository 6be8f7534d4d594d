"""Where a route of a kind that is read leads, and nobody here follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apim_aks.workload.documents import printable
from apim_aks.workload.kubernetes.object import Object, mapping
from apim_aks.workload.kubernetes.routes import READERS
from apim_aks.workload.kubernetes.virtual_service import at_a_gateway


def unread_parts(object: Object) -> str:
    """Where a route of a kind that is read leads, and nobody here follows; empty where all is."""
    if object.kind not in READERS:
        return ""
    spec = mapping(object.data, "spec")
    of_mesh = object.kind == "VirtualService" and not at_a_gateway(object)
    return "" if of_mesh else ", ".join(dict.fromkeys(_not_followed(spec)))


def _not_followed(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _not_followed(part)
    elif isinstance(value, dict):
        yield from (f"its part {key}" for key in ("tcp", "tls", "delegate") if _routes(value, key))
        for key in ("backendRefs", "services"):
            yield from _others(value.get(key))
        yield from _others([value.get("resource")])
        for part in value.values():
            yield from _not_followed(part)


def _routes(value: dict[str, Any], key: str) -> bool:
    """`tls` of an Ingress holds certificates, that of a VirtualService holds routes."""
    held = value.get(key)
    listed = isinstance(held, list) and any(isinstance(p, dict) and "route" in p for p in held)
    return listed or (key == "delegate" and isinstance(held, dict))


def _others(targets: Any) -> Iterator[str]:
    for target in targets if isinstance(targets, list) else []:
        if isinstance(target, dict) and target.get("kind") not in (None, "", "Service"):
            yield printable(f"{target['kind']} {target.get('name', '')}".strip())
