"""What shows that pods are in a service mesh, and that they demand its mutual TLS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSignRow(Row):
    """A label or annotation of a namespace or of pods, a mode, or a root namespace of a mesh.

    `strict` demands mutual TLS; any other only shows a mesh. `*` stands for any value.
    """

    id: str
    place: Literal["label", "annotation", "mode", "root-namespace"]
    name: str
    values: tuple[str, ...]
    strict: bool
    means: str
    status: Status


@cache
def mesh_signs() -> tuple[MeshSignRow, ...]:
    """The signs that are looked for."""
    return read_rows(DATA / "mesh_signs.csv", MeshSignRow)
