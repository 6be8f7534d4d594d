"""The resources of the templates as they would be deployed, with evaluated ids and values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.deployment.project import Piece
from apim_aks.reachability.templates import Declared, Unknown, evaluation
from apim_aks.remote.azure import AzureRefused, Json
from apim_aks.verification.scene import LiveScene

_TOLD = ("type", "apiVersion", "name", "scope", "dependsOn", "comments")
_NOT_WRITTEN = frozenset((*_TOLD, "copy", "condition", "resources"))


@dataclass(frozen=True, slots=True)
class Designed:
    """A resource of the templates; in `body`, `Unknown` stands for what only Azure knows."""

    id: str
    type: str
    name: str
    body: Json
    preview: bool = False


def designed(scene: LiveScene) -> tuple[Designed, ...]:
    """Every resource of the templates once, as the last stage writes it."""
    found: dict[str, Designed] = {}
    for piece in scene.project.pieces:
        for one in _of(piece, scene):
            found[one.id.lower()] = one
    return tuple(found.values())


def _of(piece: Piece, scene: LiveScene) -> Iterator[Designed]:
    subscription = scene.azure.client.subscription
    known = {"reference": lambda *parts: _reference(scene, *parts)}
    plain = evaluation(
        piece.template,
        piece.parameters,
        group=piece.group,
        subscription=subscription,
        functions=known,
    )
    for one in piece.declared(plain):
        preview = str(one.body.get("apiVersion")).endswith("-preview")
        yield Designed(one.id(subscription), one.type, one.name, _body(one), preview)


def _reference(scene: LiveScene, id: object, version: str = "", full: str = "") -> Any:
    """The value of a reference to a resource; unknown if that is missing or may not be read."""
    try:
        found = scene.azure.resource(str(id), version.endswith("-preview"))
    except AzureRefused:
        return Unknown("reference")
    if found is None:
        return Unknown("reference")
    return found if full else found.get("properties")


def _body(one: Declared) -> Json:
    return {k: one.seen.value(v) for k, v in one.body.items() if k not in _NOT_WRITTEN}
