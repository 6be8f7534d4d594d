"""Labels, annotations and namespaces by which a service mesh is told what to do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows

Effect = Literal["in", "out", "strict", "open", "addresses", "skipped", "included", "root", "runs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSignRow(Row):
    """A label or annotation of a namespace or of pods, or of a mesh its root namespace or pods.

    `*` stands for any value. `effect`: pods are `in` the mesh or `out` of it; their proxies admit
    identities of the mesh alone (`strict`), everybody (`open`) or some `addresses`; the ports that
    the value names are `skipped`, or the only ones that are `included`. By the label of a control
    plane it is known that the mesh `runs`.
    """

    id: str
    mesh: Literal["istio", "linkerd"]
    place: Literal["label", "annotation", "root-namespace", "control-plane"]
    name: str
    values: tuple[str, ...]
    effect: Effect
    means: str
    status: Status


@cache
def mesh_signs() -> tuple[MeshSignRow, ...]:
    """The signs that are looked for."""
    return read_rows(DATA / "mesh_signs.csv", MeshSignRow)


@cache
def root_namespaces() -> frozenset[str]:
    """Namespaces whose policies of Istio are for the whole mesh."""
    return frozenset(r.name for r in mesh_signs() if r.effect == "root")


@cache
def control_planes() -> tuple[tuple[str, str, str], ...]:
    """Mesh, label and value of the pods of control planes."""
    return tuple((r.mesh, r.name, v) for r in mesh_signs() if r.effect == "runs" for v in r.values)
