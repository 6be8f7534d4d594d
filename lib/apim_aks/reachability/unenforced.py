"""Where policies may not apply: pods without enforcement, and temporary policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from apim_aks.facts.policy_doubts import PolicyDoubtRow, policy_doubt_rows
from apim_aks.reachability.pods import template_of
from apim_aks.reachability.scene import Doubt, Engine
from apim_aks.workload.kubernetes.object import Object, Path_, WrongField, items, mapping, text
from apim_aks.workload.kubernetes.selectors import read_selector
from apim_aks.workload.network_policy import Selector


def read_unenforced(objects: Iterable[Object], policies: Iterable[str]) -> Iterator[Doubt]:
    """The doubts about pods, and about objects of the kinds of `policies`."""
    for object in objects:
        with suppress(WrongField):  # refused where it is read
            if object.kind in policies:
                yield from _of_policy(object)
            elif (base := template_of(object)) is not None:
                yield from _of_pods(object, base)


def _of_policy(object: Object) -> Iterator[Doubt]:
    space = object.namespace if object.kind == "NetworkPolicy" else ""
    selects = read_selector(object.data, ("spec", "podSelector")) if space else Selector()
    for row in policy_doubt_rows("policies"):
        if _has(row, object.data, ()):
            yield _doubt(object, row.because, namespace=space, selects=selects)


def _of_pods(object: Object, base: Path_) -> Iterator[Doubt]:
    workload = f"{object.namespace}/{object.name}[{object.kind}]"
    if text(object.data, *base, "spec", "nodeSelector", "kubernetes.io/os") == "windows":
        # Cilium has no Windows; Azure's engine leaves out names, SCTP, exceptions and more there.
        because = "asks for Windows, where policies are not enforced whole"
        yield _doubt(object, because, workload=workload, engines=(Engine.CILIUM, Engine.AZURE))
    for row in policy_doubt_rows("pods"):
        if _has(row, object.data, base):
            yield _doubt(object, row.because, workload=workload, opens=True)


def _doubt(object: Object, because: str, **fields: Any) -> Doubt:
    place = object.document.file, object.line
    said = f"{object.called} {because}"
    return Doubt(because=said, file=place[0], line=place[1], restricts=True, **fields)


def _has(row: PolicyDoubtRow, data: Any, base: Path_) -> bool:
    """The key of this row stands in the object, with the row's value where it names one."""
    if row.place == "toleration":
        paths = (path for _, path in items(data, *base, "spec", "tolerations"))
        return any(text(data, *path, "key") == row.key for path in paths)
    at: dict[str, Path_] = {
        "annotation": (*base, "metadata", "annotations"),
        "nodeSelector": (*base, "spec", "nodeSelector"),
        "metadata": ("metadata",),
    }
    held = mapping(data, *at[row.place]).get(row.key)
    return held == row.value if row.value else held is not None
