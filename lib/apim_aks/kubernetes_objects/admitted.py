"""Whom a NetworkPolicy of the input lets in, and which pods it selects.

Policies add up: what one admits no other takes away. A rule without sources admits everybody, and a
policy without rules admits nobody (kubernetes/api@10b39a3, networking/v1/types.go).
"""

from __future__ import annotations

from collections.abc import Mapping

from apim_aks.kubernetes_objects.object import Object, Path_, items, mapping, pairs, text, texts

SELECTOR: Path_ = ("spec", "podSelector")


def admits(policy: Object) -> str:
    """`network` where addresses or everybody are let in, `pods` where pods are, else nothing."""
    types = texts(policy.data, "spec", "policyTypes")
    rules = list(items(policy.data, "spec", "ingress"))
    if not rules or (types and "Ingress" not in types):
        return ""
    sources = [list(items(policy.data, *at, "from")) for _, at in rules]
    wide = any(not peers or any(not _of_pods(peer) for peer, _ in peers) for peers in sources)
    return "network" if wide else "pods"


def _of_pods(peer: Mapping[str, object]) -> bool:
    return "ipBlock" not in peer and ("podSelector" in peer or "namespaceSelector" in peer)


def selects(policy: Object, labels: Mapping[str, str], whole: bool = True) -> bool:
    """The policy selects pods with these labels.

    Where more labels than these may be there (`whole` is false) it selects them unless one of
    these speaks against it. An operator that nobody knows is taken to match.
    """
    wanted = pairs(policy.data, *SELECTOR, "matchLabels")
    return all(_equal(labels, k, v, whole) for k, v in wanted) and all(
        _fits(policy, at, labels, whole) for _, at in items(policy.data, *SELECTOR, _EXPRESSIONS)
    )


_EXPRESSIONS = "matchExpressions"


def _equal(labels: Mapping[str, str], key: str, value: str, whole: bool) -> bool:
    return labels[key] == value if key in labels else not whole


def _fits(policy: Object, at: Path_, labels: Mapping[str, str], whole: bool) -> bool:
    wanted = mapping(policy.data, *at)
    key, operator = text(wanted, "key"), text(wanted, "operator")
    values = [str(v) for v in wanted.get("values") or []]
    if key not in labels:
        return not whole or operator not in ("In", "Exists")
    if operator == "In":
        return labels[key] in values
    if operator == "NotIn":
        return labels[key] not in values
    return operator != "DoesNotExist"
