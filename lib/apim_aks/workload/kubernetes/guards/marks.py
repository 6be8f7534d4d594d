"""Labels and annotations of namespaces and pods that a service mesh reads."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.facts.mesh_signs import MeshSignRow, mesh_signs
from apim_aks.workload.guards.injection import MeshMark
from apim_aks.workload.kubernetes.answering import Runner
from apim_aks.workload.kubernetes.guards.selecting import Base, Selecting, base
from apim_aks.workload.kubernetes.object import Object, Path_, pairs
from apim_aks.workload.network_policy import Selector


def of_namespace(object: Object, selecting: Selecting) -> Iterator[MeshMark]:
    """What a Namespace says, for all Services in it."""
    services = selecting.services(Selector(), object.name)
    for row, mark, place in _marked(object, ("metadata",)):
        known = base(object, place)
        known["namespace"] = object.name
        yield _mark(row, mark, known, services)


def of_runner(runner: Runner, services: tuple[str, ...]) -> Iterator[MeshMark]:
    """What the template of pods says, for the Services before them."""
    for row, mark, place in _marked(runner.maker, (*runner.at, "metadata")):
        yield _mark(row, mark, base(runner.maker, place), services)


def _mark(row: MeshSignRow, mark: str, known: Base, services: tuple[str, ...]) -> MeshMark:
    value = mark.partition(": ")[2]
    ports = tuple(p for p in value.replace(" ", "").split(",") if p)
    return MeshMark(
        **known,
        mesh=row.mesh,
        marked=mark,
        effect=row.effect,
        means=row.means,
        ports=ports if row.effect in ("skipped", "included") else (),
        services=services,
    )


def _marked(object: Object, at: Path_) -> Iterator[tuple[MeshSignRow, str, Path_]]:
    for place, field in (("label", "labels"), ("annotation", "annotations")):
        said = dict(pairs(object.data, *at, field))
        for row in mesh_signs():
            if row.place != place or row.name not in said:
                continue
            value = said[row.name]
            if value in row.values or ("*" in row.values and (value or row.effect == "included")):
                yield row, f"{place} {row.name}: {value}", (*at, field, row.name)
