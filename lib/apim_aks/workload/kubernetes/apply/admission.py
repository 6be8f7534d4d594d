"""What the API server refuses beside what a schema says, as the ends of sentences.

Source: kubernetes/kubernetes, pkg/apis/*/validation, and data/immutable_fields.csv.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.facts.merging import immutable_rows
from apim_aks.workload.kubernetes.apply.services import refusal

Fields = Mapping[str, Any]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_NAMED_FREELY = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
_LONGEST_NAME, _LONGEST_LABEL = 253, 63
_SELECTING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


def refused(definition: str, old: Fields | None, new: Fields) -> str:
    """Why the API server does not take the object, which was `old` before; empty if it does."""
    return next(_reasons(definition, old, new), "")


def _reasons(definition: str, old: Fields | None, new: Fields) -> Iterator[str]:
    yield from _named_wrongly(new)
    yield from _labelled_wrongly(new)
    if definition == "core.v1.Service":
        yield from filter(None, (refusal(new),))
        yield from _ports_alike(new)
    if new.get("kind") in _SELECTING:
        yield from _selects_others(new)
    yield from _changed(definition, old, new) if old is not None else ()


def _named_wrongly(new: Fields) -> Iterator[str]:
    name = _at(new, "metadata.name")
    if new.get("kind") in _NAMED_FREELY or not isinstance(name, str):
        return
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        yield f"metadata.name {name[:80]!r} is not a name that Kubernetes takes"


def _labelled_wrongly(new: Fields) -> Iterator[str]:
    for path in ("metadata.labels", "spec.template.metadata.labels", "spec.selector.matchLabels"):
        for key, value in _map(new, path).items():
            if not isinstance(value, str) or len(value) > _LONGEST_LABEL:
                yield f"{path} {key} holds no label value"
            elif not _LABEL.fullmatch(value):
                yield f"{path} {key} is {value!r}, which no label may be"


def _ports_alike(new: Fields) -> Iterator[str]:
    ports = _at(new, "spec.ports")
    found = [p for p in ports if isinstance(p, dict)] if isinstance(ports, list) else []
    names = [p.get("name") or "" for p in found]
    if len(set(names)) < len(names):
        yield "two of its ports have the same name, or none"
    if not found and _at(new, "spec.type") != "ExternalName" and not _headless(new):
        yield "it has no port"


def _headless(new: Fields) -> bool:
    return bool(_at(new, "spec.clusterIP") == "None")


def _selects_others(new: Fields) -> Iterator[str]:
    asked, labels = (
        _map(new, "spec.selector.matchLabels"),
        _map(new, "spec.template.metadata.labels"),
    )
    if any(labels.get(key) != value for key, value in asked.items()):
        yield "spec.selector does not match the labels of its template"


def _changed(definition: str, old: Fields, new: Fields) -> Iterator[str]:
    for row in immutable_rows().get(definition, ()):
        before, after = _at(old, row.field), _at(new, row.field)
        if before not in (None, "", []) and before != after and _holds(row.when, old, new):
            yield f"{row.field} cannot be changed once it is set"


def _holds(when: str, old: Fields, new: Fields) -> bool:
    return not when or bool(_at(new, when) and _at(old, when) == _at(new, when))


def _at(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _map(data: Any, path: str) -> Fields:
    found = _at(data, path)
    return found if isinstance(found, Mapping) else {}
