"""Compares the operations of each API, since Azure does not return the imported document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.apis.mapping import Api
from apim_aks.apis.mapping.operations_held import built
from apim_aks.remote.azure import AzureRefused, Json, resource_name
from apim_aks.verification.answers import inside
from apim_aks.verification.resource_ids import ResourceIds

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Imported:
    """The operations of one API, as `GET /orders`: in both, only designed, only in Azure.

    `because` says why they could not be read.
    """

    api: str
    both: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    because: str = ""


def imported(place: ResourceIds) -> Iterator[Imported]:
    """The operations of every API of the design; an API that does not exist is left out."""
    for api in place.scene.design.mapping.apis:
        id = place.child("apis", api.id)
        try:
            listed = place.scene.azure.children(id, "operations")
        except AzureRefused as refused:
            yield Imported(resource_name(id), because=str(refused))
            continue
        if listed is not None:
            yield _compared(resource_name(id), _designed(api), {_found(o) for o in listed})


def _compared(name: str, designed: set[Key], found: set[Key]) -> Imported:
    return Imported(
        name, _words(designed & found), _words(designed - found), _words(found - designed)
    )


def _words(keys: set[Key]) -> tuple[str, ...]:
    return tuple(sorted(" ".join(key) for key in keys))


def _designed(api: Api) -> set[Key]:
    every = built(api.keys, bool(api.cors)).values()
    return {(method, _path(template)) for each in every for method, template in each}


def _found(operation: Json) -> Key:
    method, template = (inside(operation, f"properties.{k}") for k in ("method", "urlTemplate"))
    return str(method).upper(), _path(str(template))


def _path(template: str) -> str:
    """The path of an operation with required query parameters, as after an import."""
    return template.partition("?")[0].rstrip("/") or "/"
