"""The sections `manifests` and `render` of workload.yaml as what Kubernetes objects they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apim_aks.errors import InputError
from apim_aks.workload.azure import azure_of
from apim_aks.workload.file.source import Source
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes import Manifests, read_manifests, services_in
from apim_aks.workload.rendering import Bounds, Chart, Kustomization, Rendered, rendered

_FOR_CHARTS = ("release", "values")


def manifests_of(source: Source, outside: bool) -> Manifests:
    """What the files, folders, charts and Kustomize folders hold that the workload names.

    Raises:
        InputError: no Service is left of them, or an entry says what it may not.
    """
    given = source.data.get("manifests", ())
    named = [source.path(("manifests", i), p) for i, p in enumerate(given)]
    version = azure_of(source.data.get("azure", {})).kubernetes_version
    made, wrong = _rendered(source, version)
    read = read_manifests(
        [path for path in named if isinstance(path, Path)],
        source.folder,
        outside,
        skip=(source.file, *(f for m in made for f in m.made_from)),
        left_out=[*(path for path in named if isinstance(path, Finding)), *wrong],
        rendered=[(m.name, m.reading) for m in made],
        namespace=source.data.get("namespace", "default"),
    )
    ports = {str(k): str(v) for k, v in source.data.get("ports", {}).items()}
    manifests = services_in(read, version, ports)
    if not manifests.services:
        raise _nothing_left(source, manifests)
    return manifests


def _nothing_left(source: Source, manifests: Manifests) -> InputError:
    refused = [str(f).rstrip(".") for f in manifests.findings if f.refused]
    unread = [o.sentence for o in manifests.openings if o.kind]
    first = "; ".join((*refused, *unread)[:3])
    reasons = f" ({first})" if first else ""
    place = ("manifests" if "manifests" in source.data else "render",)
    return source.error(place, f"no Service in the manifests{reasons}", "at least one")


def _rendered(source: Source, version: str) -> tuple[tuple[Rendered, ...], tuple[Finding, ...]]:
    """What each entry became, and what could not be used."""
    made: list[Rendered] = []
    wrong: list[Finding] = []
    mesh = bool(source.data.get("requirements", {}).get("service_mesh"))
    bounds = Bounds(source.folder, source.outside)
    for number, given in enumerate(source.data.get("render", ())):
        entry = _entry(source, number, given, wrong)
        if entry:
            made.append(rendered(entry, bounds, version, mesh))
    return tuple(made), tuple(wrong)


def _entry(
    source: Source, number: int, given: dict[str, Any], wrong: list[Finding]
) -> Chart | Kustomization | None:
    _check(source, number, given)
    where = ("render", number)
    tool = "helm" if "helm" in given else "kustomize"
    paths = [source.path((*where, tool), given[tool])]
    values = given.get("values", ())
    paths += (source.path((*where, "values", i), p) for i, p in enumerate(values))
    wrong += (p for p in paths if isinstance(p, Finding))
    found = [p for p in paths if isinstance(p, Path)]
    if len(found) < len(paths):
        return None
    namespace = given.get("namespace") or source.data.get("namespace", "default")
    if tool == "kustomize":
        return Kustomization(folder=found[0], namespace=namespace)
    name, rest = given["release"], tuple(found[1:])
    return Chart(folder=found[0], release=name, namespace=namespace, values=rest)


def _check(source: Source, number: int, given: dict[str, Any]) -> None:
    """Raise where the keys of an entry do not go together."""
    where = ("render", number)
    if ("helm" in given) == ("kustomize" in given):
        found = "both helm and kustomize" if "helm" in given else "neither helm nor kustomize"
        raise source.error(where, found, "one of them with the folder")
    if "helm" in given and "release" not in given:
        raise source.error(where, "helm without release", "the name that the release has")
    for key in _FOR_CHARTS if "kustomize" in given else ():
        if key in given:
            raise source.error((*where, key), f"{key} beside kustomize", f"{key} only beside helm")
