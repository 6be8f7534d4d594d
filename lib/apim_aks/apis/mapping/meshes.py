"""Published Services whose pods are in a mesh, and the requirement that follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.apis.mapping.model import About, Note
from apim_aks.workload.mesh import MeshSign
from apim_aks.workload.model import Service


def mesh_notes(services: Iterable[Service], required: bool) -> Iterator[Note]:
    """Each sign of a mesh with file and line; `required` is requirements.service_mesh."""
    for service in services:
        for sign in service.mesh:
            where = f"{sign.on} ({sign.file}, line {sign.line}) has {sign.says}: {sign.means}"
            yield Note(About.MESH, service.id, f"{where}; {_advice(sign, required)}")


def _advice(sign: MeshSign, required: bool) -> str:
    if required:
        return "requirements.service_mesh is true, and options are judged by it"
    if sign.strict:
        return (
            "a gateway outside the mesh that calls them directly is refused, so set "
            "`requirements: {service_mesh: true}` in workload.yaml"
        )
    return (
        "where the mesh demands mutual TLS, set `requirements: {service_mesh: true}` in "
        "workload.yaml"
    )
