"""Which part of an OpenAPI document is what, so that names and example data are not mistaken.

A `kind` is an object of the specification (operation, parameter, schema, …). Each kind says which
of its fields hold further objects: one, a list, or a map whose keys are names. Whatever is not
named here is data and stays as it is: a `$ref` in an example, or a property called `$ref`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

VERSION = "3.0.3"
"""The OpenAPI version of every document that is handed over: 3.1 is not imported whole."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SECTIONS = {
    "schema": "schemas",
    "extra": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "example": "examples",
    "requestBody": "requestBodies",
    "header": "headers",
    "securityScheme": "securitySchemes",
    "link": "links",
    "callback": "callbacks",
}
KIND_OF = {section: kind for kind, section in SECTIONS.items() if kind != "extra"}

Field = tuple[str, str]
Place = tuple[str | int, ...]
Change = Callable[[Any, str], Any]
Note = Callable[[str, str], None]

_MAY_BE_NULL = ("default", "example", "value", "const")

DROPPED = object()
MISSING = object()


def _fields(one: str = "", listed: str = "", mapped: str = "") -> dict[str, Field]:
    pairs = (("one", one), ("list", listed), ("map", mapped))
    found = [(shape, *item.split(":")) for shape, text in pairs for item in text.split()]
    return {name: (shape, kind) for shape, name, kind in found}


_SCHEMA = _fields(
    "items:schema not:schema additionalProperties:extra if:schema then:schema else:schema "
    "contains:schema propertyNames:schema unevaluatedItems:extra unevaluatedProperties:extra "
    "contentSchema:schema",
    "allOf:schema anyOf:schema oneOf:schema prefixItems:schema",
    "properties:schema patternProperties:schema dependentSchemas:schema $defs:schema",
)
_DESCRIBED = _fields("schema:schema", mapped="content:media examples:example")

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "document": _fields(
        "components:components",
        mapped="paths:pathItem webhooks:pathItem definitions:schema parameters:parameter "
        "responses:response securityDefinitions:securityScheme",
    ),
    "components": _fields(mapped=" ".join(f"{s}:{k}" for s, k in KIND_OF.items()))
    | _fields(mapped="pathItems:pathItem"),
    "pathItem": _fields(" ".join(f"{m}:operation" for m in METHODS), "parameters:parameter"),
    "operation": _fields(
        "requestBody:requestBody", "parameters:parameter", "responses:response callbacks:callback"
    ),
    "callback": {"*": ("one", "pathItem")},
    "parameter": _DESCRIBED,
    "header": _DESCRIBED,
    "requestBody": _fields(mapped="content:media"),
    "media": _fields("schema:schema", mapped="examples:example encoding:encoding"),
    "encoding": _fields(mapped="headers:header"),
    "response": _fields("schema:schema", mapped="headers:header content:media links:link"),
    "schema": _SCHEMA,
    "extra": _SCHEMA,
    "example": {},
    "link": {},
    "securityScheme": {},
}

_PARAMETER = (
    "description required deprecated allowEmptyValue style explode allowReserved schema content "
    "example examples"
)
KEYS: Mapping[str, frozenset[str]] = {
    kind: frozenset(words.split())
    for kind, words in {
        "pathItem": "summary description parameters " + " ".join(METHODS),
        "operation": "tags summary description externalDocs operationId parameters requestBody "
        "responses callbacks deprecated security",
        "parameter": "name in " + _PARAMETER,
        "header": _PARAMETER,
        "requestBody": "description content required",
        "media": "schema example examples encoding",
        "encoding": "contentType headers style explode allowReserved",
        "response": "description headers content links",
        "example": "summary description value externalValue",
        "link": "operationRef operationId parameters requestBody description",
        "securityScheme": "type description name in scheme bearerFormat flows openIdConnectUrl",
        "schema": "title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength "
        "minLength pattern maxItems minItems uniqueItems maxProperties minProperties required "
        "enum type allOf oneOf anyOf not items properties additionalProperties description "
        "format default nullable discriminator readOnly writeOnly xml externalDocs example "
        "deprecated",
    }.items()
}


def is_reference(value: Any, kind: str) -> bool:
    """The value stands for an object that is written elsewhere."""
    return isinstance(value, dict) and kind in SECTIONS and isinstance(value.get("$ref"), str)


def children(value: Any, kind: str) -> Iterator[tuple[Place, Any, str]]:
    """The objects directly inside this one, each with its place in it and its kind."""
    if not isinstance(value, dict) or is_reference(value, kind):
        return
    for key, child in value.items():
        if field := _field(kind, key):
            yield from _inside(key, child, *field)


def walk(value: Any, kind: str, place: Place = ()) -> Iterator[tuple[Place, Any, str]]:
    """The object and every object inside it, in the order of the document."""
    waiting = [(place, value, kind)]
    while waiting:
        place, value, kind = waiting.pop()
        yield place, value, kind
        inside = [((*place, *p), v, k) for p, v, k in children(value, kind)]
        waiting += reversed(inside)


def rebuilt(value: Any, kind: str, change: Change) -> Any:
    """A copy in which every object has gone through `change`, the outer ones first."""
    value = change(value, kind)
    if not isinstance(value, dict) or is_reference(value, kind):
        return value
    result = {}
    for key, child in value.items():
        field = _field(kind, key)
        made = _rebuilt(child, field, change) if field else child
        if made is not DROPPED:
            result[key] = made
    return result


def located(body: Any, reference: str) -> tuple[tuple[str, ...], Any] | None:
    """The steps to what a reference means, and what stands there; None where nothing does."""
    if not reference.startswith("#/"):
        return None
    steps: list[str] = []
    for part in reference[2:].split("/"):
        for step in (_unescaped(part), _unescaped(unquote(part))):
            found = _child(body, step)
            if found is not MISSING:
                break
        if found is MISSING:
            return None
        steps.append(step)
        body = found
    return tuple(steps), body


def written(value: dict[str, Any], note: Note) -> dict[str, Any]:
    """The object without fields that hold nothing, and without links to nowhere."""
    docs = value.get("externalDocs", {"url": "-"})
    if not isinstance(docs, dict) or not docs.get("url"):
        note("not-openapi", "externalDocs without an address")
        value = {k: v for k, v in value.items() if k != "externalDocs"}
    return {k: v for k, v in value.items() if v is not None or k in _MAY_BE_NULL}


def pointer(place: Place) -> str:
    """A place as a reference: `#/paths/~1orders/get`."""
    return "#" + "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in place)


def serialised(value: Any) -> str:
    """The value as JSON without a space too many; the same value gives the same text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def canonical(value: Any) -> str:
    """The value as JSON in which the order of keys plays no part."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _field(kind: str, key: str) -> Field | None:
    fields = FIELDS[kind]
    return fields.get(key) or (None if key.startswith("x-") else fields.get("*"))


def _inside(key: str, child: Any, shape: str, kind: str) -> Iterator[tuple[Place, Any, str]]:
    if shape == "one":
        yield (key,), child, kind
    elif shape == "list" and isinstance(child, list):
        yield from (((key, i), v, kind) for i, v in enumerate(child))
    elif shape == "map" and isinstance(child, dict):
        yield from (((key, n), v, kind) for n, v in child.items() if not _extension(n, key))


def _extension(name: str, key: str) -> bool:
    return name.startswith("x-") and key in ("paths", "responses")


def _rebuilt(child: Any, field: Field, change: Change) -> Any:
    shape, kind = field
    if shape == "one":
        return rebuilt(child, kind, change)
    if shape == "list" and isinstance(child, list):
        made = (rebuilt(v, kind, change) for v in child)
        return [v for v in made if v is not DROPPED]
    if shape == "map" and isinstance(child, dict):
        named = ((n, v) for n, v in child.items() if kind != "response" or n[:2] != "x-")
        pairs = ((n, rebuilt(v, kind, change)) for n, v in named)
        return {n: v for n, v in pairs if v is not DROPPED}
    return child


def _child(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
        return value[int(step)]
    return MISSING


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
