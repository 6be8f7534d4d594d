"""Network policies of kinds that nobody here understands, with the Services that they select."""

from __future__ import annotations

import re

from apim_aks.facts.policy_kinds import PolicyKindRow, policy_kinds
from apim_aks.workload.guards.guard import Pairs
from apim_aks.workload.guards.pods import NotUnderstood
from apim_aks.workload.kubernetes.guards.selecting import Selecting, base, selector_at
from apim_aks.workload.kubernetes.object import Object, WrongField, at, mapping, pairs, text
from apim_aks.workload.network_policy import Selector

_TERM = re.compile(r"\s*([\w./-]+)\s*==\s*(?:'([^']*)'|\"([^\"]*)\")\s*")
_CILIUM = re.compile(r"(k8s|any):(.*)")
_SPACE = "io.kubernetes.pod.namespace"


def row_of(object: Object) -> PolicyKindRow | None:
    """The row of its kind; None where it is no such policy."""
    return policy_kinds().get((object.group, object.kind))


def not_understood(object: Object, row: PolicyKindRow, selecting: Selecting) -> NotUnderstood:
    """The policy by name; Services that it may select, all of them where that cannot be read."""
    try:
        found = _selected(object, row, selecting)
    except WrongField:
        found = None
    space = "" if row.whole_cluster else object.namespace
    every = selecting.services(Selector(), space)
    return NotUnderstood(
        **base(object),
        services=every if found is None else found,
        version=object.version,
        anywhere=found is None,
    )


def _selected(object: Object, row: PolicyKindRow, selecting: Selecting) -> tuple[str, ...] | None:
    """The ids of those it selects; None where that is not read."""
    path = tuple(row.selects.split("."))
    space = "" if row.whole_cluster else object.namespace
    if row.form == "labels" and at(object.data, dict, *path) is not None:
        return _by_labels(pairs(object.data, *path, "matchLabels"), selecting, space)
    if row.form == "expression" and (selector := _expression(text(object.data, *path))):
        if "namespaceSelector" in mapping(object.data, "spec"):
            return None
        return selecting.services(selector, space)
    return _subject(object, selecting, *path) if row.form == "subject" else None


def _by_labels(equal: Pairs, selecting: Selecting, space: str) -> tuple[str, ...] | None:
    """Those with these labels; expressions, which are not read, could only leave some out."""
    # Cilium writes where a label is from before its key.
    labels = {m[2] if (m := _CILIUM.fullmatch(k)) else k: v for k, v in equal}
    if any(":" in key for key in labels):
        return None
    space = labels.pop(_SPACE, space)
    return selecting.services(Selector(tuple(labels.items())), space)


def _expression(text: str) -> Selector | None:
    """Labels that are joined by `&&`; other expressions are not read."""
    if text.strip() in ("", "all()"):
        return Selector()
    terms = [_TERM.fullmatch(part) for part in text.split("&&")]
    if not all(terms):
        return None
    return Selector(tuple((t[1], t[2] if t[2] is not None else t[3]) for t in terms if t))


def _subject(object: Object, selecting: Selecting, *path: str) -> tuple[str, ...] | None:
    """Namespaces, or pods in namespaces."""
    subject = mapping(object.data, *path)
    if "namespaces" in subject:
        spaces, pods = selector_at(object, *path, "namespaces"), Selector()
    elif "pods" in subject:
        spaces = selector_at(object, *path, "pods", "namespaceSelector")
        pods = selector_at(object, *path, "pods", "podSelector")
    else:
        return None
    found = {id for s in selecting.named(spaces) for id in selecting.services(pods, s)}
    return tuple(sorted(found))
