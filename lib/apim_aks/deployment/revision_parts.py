"""What a revision of an API consists of: the resources that the templates declare for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.deployment.project import Project
from apim_aks.deployment.revisions import APIS
from apim_aks.errors import InputError
from apim_aks.reachability.templates import Unknown, evaluation
from apim_aks.remote.azure import AzureClient, Json


@dataclass(frozen=True, slots=True)
class Part:
    """One resource of a revision: its path below the service, and its properties."""

    path: str
    properties: Json


def parts_of(client: AzureClient, project: Project, api: str) -> tuple[Part, ...]:
    """The API, then its child resources, in the order of the templates.

    Raises:
        InputError: The option has no such API, or it has no document.
    """
    found = tuple(_declared(client, project, api))
    apis = [p for p in found if p.path == f"apis/{api}"]
    if not apis:
        names = sorted({r.name.split("/")[-1] for r in project.declared if r.type == APIS})
        raise InputError(f"{api!r} is no API of this option. Use one of {', '.join(names)}.")
    if "value" not in apis[0].properties:
        raise InputError(f"API {api} has no document to import. Use deploy instead.")
    return (apis[0], *(p for p in found if p is not apis[0]))


def _declared(client: AzureClient, project: Project, api: str) -> Iterator[Part]:
    for piece in project.pieces:
        seen = evaluation(
            piece.template, piece.parameters, group=piece.group, subscription=client.subscription
        )
        for one in piece.declared(seen):
            kinds, names = one.type.split("/")[2:], one.name.split("/")[1:]
            if one.type.startswith(APIS) and names[:1] == [api] and len(names) == len(kinds):
                path = "/".join(f"{k}/{n}" for k, n in zip(kinds, names, strict=True))
                properties = one.seen.value(one.body.get("properties") or {})
                yield Part(path, _known(properties, path))


def _known(value: Any, path: str) -> Any:
    if isinstance(value, Unknown):
        raise InputError(f"{path}: {value} is only known to a deployment. Use deploy instead.")
    if isinstance(value, dict):
        return {k: _known(v, path) for k, v in value.items()}
    return [_known(v, path) for v in value] if isinstance(value, list) else value


def document_of(properties: Json) -> Json:
    """The OpenAPI document that an API is imported from."""
    held: Json = json.loads(properties["value"])
    return held
