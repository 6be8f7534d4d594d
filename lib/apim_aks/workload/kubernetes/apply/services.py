"""What the API server does beside merging when a Service changes its type.

Source: kubernetes/kubernetes, pkg/registry/core/service/strategy.go (dropTypeDependentFields) and
pkg/apis/core/validation/validation.go (ValidateService).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, Any]

BALANCED = "LoadBalancer"
RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_BALANCED = ("loadBalancerSourceRanges", "allocateLoadBalancerNodePorts", "loadBalancerClass")


def settled(old: Fields, new: dict[str, Any]) -> dict[str, Any]:
    """The new Service without the fields that its type has no use for and that nobody changed."""
    before, after = _spec(old), dict(_spec(new))
    for name in _unused(before, after):
        if before.get(name) == after.get(name):
            after.pop(name, None)
    released = _has_node_ports(before) and not _has_node_ports(after)
    known = all(port in _node_ports(before) for port in _node_ports(after))
    if released and known and _ports(after):
        after["ports"] = [_without(port, "nodePort") for port in _ports(after)]
    result = {**new, "spec": after}
    if not _is_balanced(after) and isinstance(new.get("status"), dict):
        result["status"] = _without(new["status"], "loadBalancer")
    return result


def refusal(new: Fields) -> str:
    """Why the API server refuses this Service, as the end of a sentence; empty if it does not."""
    spec, annotations = _spec(new), _map(_map(new, "metadata"), "annotations")
    wrong = [] if _is_balanced(spec) else [n for n in _BALANCED if _is_set(spec, n)]
    if not _is_balanced(spec) and RANGES in annotations:
        wrong.append(f"the annotation {RANGES}")
    if not _is_outside(spec) and spec.get("externalTrafficPolicy"):
        wrong.append("externalTrafficPolicy")
    if not _has_node_ports(spec) and _node_ports(spec):
        wrong.append("nodePort")
    return f"{wrong[0]} is refused on type {spec.get('type')}" if wrong else ""


def keeps_node_ports(old: Fields, new: Fields) -> bool:
    """It had node ports and still has them, although it asks for none."""
    before, after = _spec(old), _spec(new)
    had = _has_node_ports(before) and before.get("allocateLoadBalancerNodePorts") is not False
    return had and after.get("allocateLoadBalancerNodePorts") is False


def _unused(before: Fields, after: Fields) -> tuple[str, ...]:
    """The fields that the Service had a use for and has none any more."""
    uses = (
        (("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"), _has_address),
        (("healthCheckNodePort",), _is_local),
        (("allocateLoadBalancerNodePorts", "loadBalancerClass"), _is_balanced),
        (("externalTrafficPolicy",), _is_outside),
    )
    return tuple(n for names, used in uses if used(before) and not used(after) for n in names)


def _has_address(spec: Fields) -> bool:
    return spec.get("type") != "ExternalName"


def _is_balanced(spec: Fields) -> bool:
    return spec.get("type") == BALANCED


def _is_local(spec: Fields) -> bool:
    return _is_balanced(spec) and spec.get("externalTrafficPolicy") == "Local"


def _spec(service: Fields) -> Fields:
    return _map(service, "spec")


def _map(fields: Fields, name: str) -> Fields:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _is_set(spec: Fields, name: str) -> bool:
    return spec.get(name) not in (None, [], "")


def _has_node_ports(spec: Fields) -> bool:
    return spec.get("type") in ("NodePort", BALANCED)


def _is_outside(spec: Fields) -> bool:
    named = spec.get("type") == "ClusterIP" and bool(spec.get("externalIPs"))
    return _has_node_ports(spec) or named


def _ports(spec: Fields) -> list[Fields]:
    ports = spec.get("ports")
    return [p for p in ports if isinstance(p, dict)] if isinstance(ports, list) else []


def _node_ports(spec: Fields) -> list[Any]:
    return [port["nodePort"] for port in _ports(spec) if port.get("nodePort")]


def _without(fields: Fields, name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}
