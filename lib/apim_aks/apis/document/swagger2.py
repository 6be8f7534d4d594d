"""Operations, parameters and responses of Swagger 2.0 as OpenAPI 3.0.3 has them.

Input that is valid in 3.0.3 is returned unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apim_aks.apis.document.structure import Note

Object = dict[str, Any]

_TYPED = (
    *("type", "format", "items", "default", "enum", "pattern", "multipleOf", "uniqueItems"),
    *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength"),
    *("maxItems", "minItems", "x-nullable"),
)
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}
_STYLES: Mapping[tuple[str, str], Object] = {
    ("query", "csv"): {"style": "form", "explode": False},
    ("query", "ssv"): {"style": "spaceDelimited", "explode": False},
    ("query", "pipes"): {"style": "pipeDelimited", "explode": False},
    ("query", "multi"): {"style": "form", "explode": True},
    ("formData", "csv"): {"style": "form", "explode": False},
    ("formData", "ssv"): {"style": "spaceDelimited", "explode": False},
    ("formData", "pipes"): {"style": "pipeDelimited", "explode": False},
    ("formData", "multi"): {"style": "form", "explode": True},
    ("path", "csv"): {"style": "simple"},
    ("header", "csv"): {"style": "simple"},
}


def operation(value: Object, document: Object, note: Note) -> Object:
    """An operation whose body and form parameters are written out, as one of 3.0.3."""
    result = {k: v for k, v in value.items() if k not in ("consumes", "produces", "schemes")}
    parameters = [p for p in _listed(value.get("parameters")) if isinstance(p, dict)]
    result["parameters"] = [p for p in parameters if p.get("in") not in ("body", "formData")]
    body = _request_body(parameters, media_types("consumes", value, document), note)
    if body:
        result["requestBody"] = body
    produces = media_types("produces", value, document)
    responses = value.get("responses")
    if isinstance(responses, dict):
        result["responses"] = {
            code: r if "$ref" in _mapping(r) else response(r, produces, note)
            for code, r in responses.items()
        }
    return result


def parameter(value: Object, note: Note) -> Object:
    """A path, query or header parameter, or a header, of 3.0.3."""
    if value.keys() & {"schema", "content"}:
        return value
    result = {k: v for k, v in value.items() if k not in _TYPED and k != "collectionFormat"}
    result["schema"] = _schema(value) or {"type": "string"}
    return result | _style(value, note)


def response(value: Any, produces: tuple[str, ...], note: Note) -> Any:
    """A response of 3.0.3, with its schema under each media type that is produced."""
    if not isinstance(value, dict) or "content" in value:
        return value
    result = {k: v for k, v in value.items() if k not in ("schema", "examples")}
    schema, examples = value.get("schema"), _mapping(value.get("examples"))
    if schema is not None or examples:
        file = _mapping(schema).get("type") == "file"
        types = produces or (("application/octet-stream" if file else "application/json"),)
        media = {} if schema is None else {"schema": schema}
        result["content"] = {
            t: media | ({"example": examples[t]} if t in examples else {})
            for t in dict.fromkeys((*types, *examples))
        }
    return result


def security_scheme(value: Object) -> Object:
    """A security scheme of 3.0.3."""
    if value.get("type") == "basic":
        return {k: v for k, v in value.items() if k != "type"} | {"type": "http", "scheme": "basic"}
    if value.get("type") != "oauth2" or "flows" in value:
        return value
    moved = ("flow", "authorizationUrl", "tokenUrl", "scopes")
    flow = {k: v for k, v in value.items() if k in moved[1:]}
    name = str(value.get("flow", "implicit"))
    result = {k: v for k, v in value.items() if k not in moved}
    return result | {"flows": {_FLOWS.get(name, name): {"scopes": {}} | flow}}


def media_types(key: str, value: Object, document: Object) -> tuple[str, ...]:
    """What an operation consumes or produces: its own list, or else the document's."""
    given = value.get(key, document.get(key))
    return tuple(dict.fromkeys(t for t in _listed(given) if isinstance(t, str)))


def _request_body(parameters: list[Object], consumes: tuple[str, ...], note: Note) -> Object:
    bodies = [p for p in parameters if p.get("in") == "body"]
    forms = [p for p in parameters if p.get("in") == "formData"]
    if bodies:
        if len(bodies) > 1 or forms:
            note("v2-several-bodies", "more than one request body in an operation")
        return _body(bodies[0], consumes)
    return _form(forms, consumes, note) if forms else {}


def _body(value: Object, consumes: tuple[str, ...]) -> Object:
    media = {"schema": value.get("schema", {})}
    result: Object = {k: value[k] for k in ("description",) if k in value}
    result["content"] = dict.fromkeys(consumes or ("application/json",), media)
    return result | ({"required": True} if value.get("required") is True else {})


def _form(fields: list[Object], consumes: tuple[str, ...], note: Note) -> Object:
    file = any(f.get("type") == "file" for f in fields)
    types = [t for t in consumes if t in _FORMS] or [_FORMS[0 if file else 1]]
    named = {str(f.get("name", "")): f for f in fields}
    required = [n for n, f in named.items() if f.get("required") is True]
    properties = {n: _schema(f) | _described(f) for n, f in named.items()}
    schema: Object = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    encoding = {n: _style(f, note) for n, f in named.items() if f.get("type") == "array"}
    media = {"schema": schema} | ({"encoding": encoding} if encoding else {})
    return {"content": dict.fromkeys(types, media)} | ({"required": True} if required else {})


def _described(value: Object) -> Object:
    return {k: value[k] for k in ("description",) if k in value}


def _schema(value: Object) -> Object:
    result = {k: value[k] for k in _TYPED if k in value}
    items = result.get("items")
    if isinstance(items, dict):
        result["items"] = {k: v for k, v in items.items() if k != "collectionFormat"}
    return result


def _style(value: Object, note: Note) -> Object:
    if value.get("type") != "array":
        return {}
    place, form = str(value.get("in", "header")), str(value.get("collectionFormat", "csv"))
    style = _STYLES.get((place, form))
    if style is None:
        note("v2-collection-format", f"collectionFormat {form} in {place}")
    return style or _STYLES[(place if place in ("query", "formData", "path") else "header", "csv")]


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _mapping(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
