"""Objects that are read here and that the planned cluster would refuse or pass over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from apim_aks.facts.ingress_behaviours import controller_prefixes, ingress_classes
from apim_aks.facts.rendering import unserved
from apim_aks.listing import listed
from apim_aks.workload.documents import described, printable, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import Object

_SHOWN = 3
OLDER_CLASS = "kubernetes.io/ingress.class"


def refused_by_cluster(objects: Iterable[Object], kubernetes_version: str) -> Iterator[Finding]:
    """Versions that are not served, annotations that are no text or that nobody reads, and an
    Ingress that leads nowhere.

    Versions are looked at where a Kubernetes version is given.
    """
    for object in objects:
        row = kubernetes_version and unserved(object.version, object.kind, kubernetes_version)
        if row:
            found = (
                f"{object.called} in {row.api_version}, which Kubernetes no longer serves since "
                f"{row.removed_in}"
            )
            expected = (
                f"{row.use}, since {kubernetes_version} is planned"
                if row.use
                else "another kind, since none replaces it"
            )
            yield _finding(object, found, expected, "apiVersion")
        yield from _annotations(object)
        yield from _of_another_controller(object)
        if object.kind == "Ingress" and _leads_nowhere(object.data.get("spec")):
            found = f"{object.called} without rules and without a default back end"
            yield _finding(object, found, "one of them, since without it no call is routed", "spec")


def _annotations(object: Object) -> Iterator[Finding]:
    given = _part(_part(object.data, "metadata"), "annotations")
    wrong = [k for k, v in given.items() if isinstance(v, (bool, int, float))]
    if wrong:
        named = [f"{shortened(k)} as {described(given[k])}" for k in wrong[:_SHOWN]]
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        found = f"an annotation of {object.called} without quotes ({', '.join(named)}{more})"
        expected = "text in quotes; Kubernetes refuses the object otherwise"
        yield _finding(object, found, expected, "metadata", "annotations", wrong[0])


def _of_another_controller(object: Object) -> Iterator[Finding]:
    """An Ingress whose class is known, with annotations that its controller does not read."""
    given = _part(_part(object.data, "metadata"), "annotations")
    asked = _part(object.data, "spec").get("ingressClassName") or given.get(OLDER_CLASS)
    row = ingress_classes().get(str(asked)) if object.kind == "Ingress" else None
    own = row.prefix if row else ""
    wrong = [k for k in map(str, given) if own and _prefix(k) in controller_prefixes() - {own}]
    if wrong:
        named = listed([printable(k) for k in wrong], _SHOWN)
        found = f"{object.called} of class {asked}, whose controller does not read {named}"
        expected = f"annotations that begin with {own}; these count here as if they were read"
        yield _finding(object, found, expected, "metadata", "annotations", wrong[0])


def _part(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _prefix(annotation: str) -> str:
    return f"{annotation.partition('/')[0]}/"


def _leads_nowhere(spec: Any) -> bool:
    """Nothing is said of where calls go, which is another thing than saying it wrongly."""
    keys = ("rules", "defaultBackend", "backend")
    return spec is None or (isinstance(spec, dict) and not any(spec.get(k) for k in keys))


def _finding(object: Object, found: str, expected: str, *path: str) -> Finding:
    line = object.document.line_of(*object.path, *path)
    return Finding(object.document.file, line, found, expected, refused=False)
