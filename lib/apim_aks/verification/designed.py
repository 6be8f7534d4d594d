"""The resources of the templates as they would be written: ids, and values worked out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.deployment.evaluation import Declared, Evaluation, values_of
from apim_aks.deployment.project import Piece
from apim_aks.remote.azure import AzureRefused, Json
from apim_aks.verification.scene import LiveScene

_NOT_WRITTEN = frozenset({"type", "apiVersion", "name", "scope", "dependsOn", "comments", "copy"})
_UNKNOWN = re.compile(r"<[A-Za-z]\w*>")


@dataclass(frozen=True, slots=True)
class Designed:
    """A resource of the templates; in `body` only Azure knows what stands in angle brackets."""

    id: str
    type: str
    name: str
    body: Json
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only Azure or the deployer knows."""

    text: str


def designed(scene: LiveScene) -> tuple[Designed, ...]:
    """Every resource of the templates, each once: what a later stage writes again counts."""
    found: dict[str, Designed] = {}
    for piece in scene.project.pieces:
        for one in _of(piece, scene):
            found[one.id.lower()] = one
    return tuple(found.values())


def _of(piece: Piece, scene: LiveScene) -> Iterator[Designed]:
    subscription = scene.azure.client.subscription
    known = {"reference": lambda *parts: _reference(scene, *parts)}
    values = values_of(piece.template, piece.parameters)
    plain = Evaluation(values, piece.group, subscription, known)
    for one in piece.declared(plain):
        preview = str(one.body.get("apiVersion")).endswith("-preview")
        yield Designed(one.id(subscription), one.type, one.name, _body(one), preview)


def _reference(scene: LiveScene, id: str, version: str = "", full: str = "") -> Any:
    """What another resource says of itself; unknown where it is not there or may not be read."""
    try:
        found = scene.azure.resource(id, version.endswith("-preview"))
    except AzureRefused:
        return "<reference>"
    return found if full else (found or {}).get("properties")


def _body(one: Declared) -> Json:
    return {k: worked_out(v, one.seen) for k, v in one.body.items() if k not in _NOT_WRITTEN}


def worked_out(given: Any, seen: Evaluation) -> Any:
    """A value of a template; what cannot be worked out here is `Unknown`, text stays text."""
    if isinstance(given, dict):
        return {str(seen.value(k)): worked_out(v, seen) for k, v in given.items()}
    if isinstance(given, list):
        return [worked_out(v, seen) for v in given]
    value = seen.value(given)
    computed = isinstance(given, str) and given.startswith("[") and not given.startswith("[[")
    return _marked(value) if computed else value


def _marked(value: Any) -> Any:
    """The result of an expression with its unknown parts marked."""
    if isinstance(value, dict):
        return {k: _marked(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_marked(v) for v in value]
    return Unknown(value) if isinstance(value, str) and _UNKNOWN.search(value) else value
