"""Whom a NetworkPolicy of the input lets in, and which pods it selects.

Policies add up: what one admits no other takes away. A rule without sources admits everybody, and a
policy without rules admits nobody (kubernetes/api@10b39a3, networking/v1/types.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apim_aks.workload.kubernetes.object import Object, Pairs, Path_, items, pairs, text, texts

_SELECTOR: Path_ = ("spec", "podSelector")


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


@dataclass(frozen=True, slots=True)
class Selector:
    """Which labels pods must have: equal ones, and expressions of key, operator and values."""

    equal: Pairs
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def picks(self, labels: Mapping[str, str], whole: bool = True) -> bool:
        """Pods with these labels are selected.

        Where more labels than these may be there (`whole` is false) they are, unless one of these
        speaks against it. An operator that nobody knows is taken to match.
        """
        return all(labels[k] == v if k in labels else not whole for k, v in self.equal) and all(
            _fits(labels, whole, *expression) for expression in self.expressions
        )


def selector_of(policy: Object) -> Selector:
    """The `podSelector` of a policy; a missing one selects every pod of the namespace."""
    expressions = (
        (text(e, "key"), text(e, "operator"), tuple(texts(e, "values")))
        for e, _ in items(policy.data, *_SELECTOR, "matchExpressions")
    )
    return Selector(pairs(policy.data, *_SELECTOR, "matchLabels"), tuple(expressions))


def _fits(
    labels: Mapping[str, str], whole: bool, key: str, operator: str, values: tuple[str, ...]
) -> bool:
    if key not in labels:
        return not whole or operator not in ("In", "Exists")
    if operator == "In":
        return labels[key] in values
    if operator == "NotIn":
        return labels[key] not in values
    return operator != "DoesNotExist"
