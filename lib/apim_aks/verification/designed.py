"""The resources of the templates as they would be written: ids, and values worked out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from apim_aks.azure_client import AzureRefused, Json
from apim_aks.deployment.evaluation import Declared, Evaluation, Function, values_of
from apim_aks.deployment.project import Piece, digest
from apim_aks.facts import azure_setting
from apim_aks.verification.scene import Scene

_NOT_WRITTEN = frozenset({"type", "apiVersion", "name", "scope", "dependsOn", "comments", "copy"})
_UNKNOWN = re.compile(r"<[A-Za-z]\w*>")
_EACH = "<each>"


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


def designed(scene: Scene) -> tuple[Designed, ...]:
    """Every resource of the templates, each once: what a later stage writes again counts."""
    found: dict[str, Designed] = {}
    for piece in scene.project.pieces:
        for one in _of(piece, scene):
            found[one.id.lower()] = one
    return tuple(found.values())


def _of(piece: Piece, scene: Scene) -> Iterator[Designed]:
    subscription = scene.azure.client.subscription
    known = functions(subscription) | {"reference": lambda *parts: _reference(scene, *parts)}
    values = values_of(piece.template, piece.parameters)
    plain = Evaluation(values, piece.group, subscription, known)
    for one, seen in counted(piece.declared(plain), plain):
        preview = str(one.body.get("apiVersion")).endswith("-preview")
        yield Designed(one.id(subscription), one.type, one.name, _body(one, seen), preview)


def counted(found: Iterable[Declared], seen: Evaluation) -> Iterator[tuple[Declared, Evaluation]]:
    """Each resource with what its expressions see: copies of one know which they are."""
    times: Counter[int] = Counter()
    for one in found:
        number = times[id(one.body)]
        times[id(one.body)] += 1
        index: dict[str, Function] = {"copyindex": lambda *_, n=number: n}
        yield one, replace(seen, functions={**seen.functions, **index})


def _reference(scene: Scene, id: str, version: str = "", full: str = "") -> Any:
    """What another resource says of itself; unknown where it is not there or may not be read."""
    try:
        found = scene.azure.resource(id, version.endswith("-preview"))
    except AzureRefused:
        return "<reference>"
    return found if full else (found or {}).get("properties")


def _body(one: Declared, seen: Evaluation) -> Json:
    return {k: worked_out(v, seen) for k, v in one.body.items() if k not in _NOT_WRITTEN}


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


def functions(subscription: str) -> dict[str, Function]:
    """Functions of templates that can be worked out without Azure."""
    return {
        "createobject": lambda *parts: dict(zip(parts[::2], parts[1::2], strict=False)),
        "lambdavariables": lambda name: _EACH,
        "lambda": lambda name, body: body,
        "guid": lambda *parts: f"<id{digest(parts)}>",
        "map": _mapped,
        "concat": _joined,
        "environment": lambda: {
            "suffixes": {"keyvaultDns": f".{azure_setting('key-vault-suffix')}"}
        },
        "subscriptionresourceid": lambda type, *names: (
            f"/subscriptions/{subscription}/providers/{type}/{'/'.join(names)}"
        ),
    }


def _mapped(listed: Any, body: Any) -> Any:
    if not isinstance(listed, list):
        return "<map>"
    return [_filled(body, member) for member in listed]


def _filled(body: Any, member: Any) -> Any:
    if isinstance(body, dict):
        return {k: _filled(v, member) for k, v in body.items()}
    return member if body == _EACH else body


def _joined(*parts: Any) -> Any:
    if any(isinstance(p, list) for p in parts):
        plain = all(isinstance(p, list) for p in parts)
        return [m for p in parts for m in p] if plain else "<concat>"
    return "".join(str(p) for p in parts)
