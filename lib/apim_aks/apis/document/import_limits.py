"""What API Management's import drops, refuses or changes in a document (FACTS 4.11).

Each rule is a row of `data/import_limits.csv`; here is only how to see that it applies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apim_aks.apis.document.finding import ImportFinding, gathered
from apim_aks.apis.document.recursion import cycles
from apim_aks.apis.document.structure import (
    METHODS,
    Place,
    is_reference,
    located,
    pointer,
    serialised,
    walk,
)
from apim_aks.apis.document.templates import odd_template, same_template
from apim_aks.apis.mapping import Api
from apim_aks.apis.mapping.operation_names import operation_name
from apim_aks.facts import template_limit
from apim_aks.workload.model import Document
from apim_aks.workload.url_template import (
    before_wildcard,
    has_wildcard,
    parameter_names,
    template_key,
)

Seen = Iterator[tuple[str, str]]
Rule = Callable[[Any, Place, Any], Seen]

_EXPLODED = ("form", None)
_ANYWHERE = ("external-reference",)
"""What an import refuses wherever it stands, also inside what it leaves out."""

_BODILESS = ("get", "head", "options")


def import_findings(document: Document) -> tuple[ImportFinding, ...]:
    """What API Management's import would drop, refuse or change in a team's own document."""
    return body_findings(document.body, document.file)


def body_findings(body: Mapping[str, Any], file: str) -> tuple[ImportFinding, ...]:
    """As `import_findings`, for a document that belongs to no Service."""
    notes = [(row, what, "whole document") for row, what in _whole(body, file)]
    for place, value, kind, read in _with_what_is_read(body):
        if isinstance(value, dict):
            seen = _seen(value, kind, place, body)
            notes += ((row, what, _words(place)) for row, what in seen if read or row in _ANYWHERE)
    notes += ((row, what, _words(place)) for row, what, place in _across(body))
    return gathered(file, notes)


def _with_what_is_read(body: Mapping[str, Any]) -> Iterator[tuple[Place, Any, str, bool]]:
    """Every object, and whether an import reads it: callbacks and webhooks are no operations."""
    left_out: Place = ("webhooks",)
    for place, value, kind in walk(dict(body), "document"):
        if kind == "callback" and place[: len(left_out)] != left_out:
            left_out = place
        inside = place[: len(left_out)] == left_out or place[:1] == ("webhooks",)
        yield place, value, kind, not inside


def path_findings(api: Api, file: str) -> tuple[ImportFinding, ...]:
    """The limit on the URL of an API, where its path alone already passes it."""
    limit = template_limit("api-url").number
    path = "/".join(p for p in (api.path, api.version) if p)
    if len(path) < limit:
        return ()
    return gathered(file, [("api-url", f"the path of {len(path)} characters", "whole document")])


def _words(place: Place) -> str:
    if len(place) > 2 and place[0] == "paths" and place[2] in METHODS:
        rest = "/".join(str(p) for p in place[3:])
        return f"{str(place[2]).upper()} {place[1]} {rest}".rstrip()
    return pointer(place)


def _whole(body: Mapping[str, Any], file: str) -> Seen:
    version = str(body.get("openapi", body.get("swagger", "")))
    if version.startswith("2.") and not file.endswith(".json"):
        yield "swagger-yaml", "Swagger 2.0 in YAML"
    if re.fullmatch(r"3\.0\.([4-9]|\d\d+)", version):
        yield "version", f"OpenAPI {version}"
    if version.startswith("3.1"):
        yield "version-31", f"OpenAPI {version}"
    size = len(serialised(body).encode())
    if size > template_limit("inline-document").number:
        yield "inline-size", f"a document of {size / 1e6:.1f} MB"
    servers = body.get("servers")
    if isinstance(servers, list) and len(servers) > 1:
        yield "several-servers", f"{len(servers)} servers"
    if "summary" in _mapping(body.get("info")):
        yield "info-summary", "the summary of the document"
    if body.get("x-ms-paths"):
        yield "x-ms-paths", "what x-ms-paths says of parameters and answers"
    if body.get("webhooks"):
        yield "webhooks", f"webhooks ({_count(body['webhooks'])})"
    if body.get("security"):
        yield "security", "the security of the document"
    yield from _root_fields(body)


def _root_fields(body: Mapping[str, Any]) -> Seen:
    if "externalDocs" in body:
        yield "external-docs", "externalDocs"
    if body.get("securityDefinitions"):
        yield "security", f"securityDefinitions ({_count(body['securityDefinitions'])})"
    for name in sorted(body):
        if name.startswith("x-") and name not in ("x-ms-paths", "x-servers"):
            yield "extensions", f"the extension {name}"
    for name, section in sorted(_mapping(body.get("components")).items()):
        if name not in ("schemas", "pathItems") and section and not name.startswith("x-"):
            rule = "security" if name == "securitySchemes" else "components"
            yield rule, f"components.{name} ({_count(section)})"


def _seen(value: dict[str, Any], kind: str, place: Place, body: Mapping[str, Any]) -> Seen:
    if is_reference(value, kind) and not value["$ref"].startswith("#"):
        yield "external-reference", f"the reference {value['$ref']}"
        return
    for name in value:
        if kind != "document" and name.startswith("x-"):
            yield "extensions", f"the extension {name}"
    rule = _RULES.get(kind)
    if rule:
        yield from rule(value, place, body)


def _path_item(value: Any, place: Place, body: Any) -> Seen:
    if "servers" in value:
        yield "servers", "servers of a path"
    if "trace" in value:
        yield "trace", "a TRACE operation"


def _operation(value: Any, place: Place, body: Any) -> Seen:
    for field, rule in (("callbacks", "callbacks"), ("servers", "servers")):
        if value.get(field):
            yield rule, f"{field} of an operation"
    if "externalDocs" in value:
        yield "external-docs", "externalDocs"
    if value.get("security"):
        yield "security", "the security of an operation"
    if not value.get("operationId"):
        yield "operation-id-missing", "an operation without operationId"
    elif isinstance(value["operationId"], str):
        yield from _operation_id(value["operationId"])
    if len(str(value.get("summary", ""))) > template_limit("summary").number:
        yield "summary", "a summary that is too long"
    if place and place[-1] in _BODILESS and _has_body(value, body):
        yield "body-on-get", f"the body of {str(place[-1]).upper()}"
    if len(place) == 3 and place[0] == "paths":
        yield from _template(value, str(place[1]), body)


def _operation_id(id: str) -> Seen:
    if len(id) > template_limit("operation-id").number:
        yield "operation-id-length", "an operationId that is too long"
    elif operation_name(id) != id:
        yield "operation-id-normalised", "an operationId that does not fit a resource name"


def _template(operation: Any, path: str, body: Any) -> Seen:
    item = _mapping(body["paths"][path])
    listed = [*_listed(item.get("parameters")), *_listed(operation.get("parameters"))]
    parameters = [_mapping(_resolved(p, body)) for p in listed]
    names = {
        (str(p.get("name")), p.get("in"))
        for p in parameters
        if p.get("in") == "path" or (p.get("in") == "query" and p.get("required") is True)
    }
    repeated = Counter(n.lower() for n, _ in names)
    for name in sorted(n for n, count in repeated.items() if count > 1):
        yield "parameter-names", f"the parameter {name}, which is there twice"
    if has_wildcard(path) and before_wildcard(path) not in body["paths"]:
        yield "wildcard", "a wildcard, which does not match the path before it,"
    own = parameter_names(path)
    for name in sorted(n for n, w in names if w == "path" and n.removeprefix("*") not in own):
        yield "path-parameter", f"the path parameter {name}, which the path does not have"


def _parameter(value: Any, place: Place, body: Any) -> Seen:
    name, where = value.get("name"), value.get("in")
    if where == "cookie":
        yield "cookie", f"the cookie parameter {name}"
    if where == "formData":
        yield "form-parameters", "form parameters"
    if where == "query" and value.get("required") is True:
        yield "required-query", f"the required query parameter {name}"
    schema = _mapping(_resolved(value.get("schema", value), body))
    style, explode = value.get("style"), value.get("explode")
    if where == "query" and schema.get("type") == "array":
        listed = value.get("collectionFormat", "csv") if "schema" not in value else "multi"
        if style not in _EXPLODED or explode is False or listed != "multi":
            yield "array-style", f"the way the list {name} is written"
    elif style is not None or explode is not None:
        yield "style", "style and explode"
    for field in ("allowEmptyValue", "allowReserved"):
        if value.get(field):
            yield "parameter-fields", field
    if value.get("examples"):
        yield "examples", "examples"


def _media(value: Any, place: Place, body: Any) -> Seen:
    if value.get("examples"):
        yield "examples", "examples"
    schema = value.get("schema")
    if place[0] == "paths" and isinstance(schema, dict) and not _named(schema):
        yield "inline-schema", "a schema written inside an operation"


def _response(value: Any, place: Place, body: Any) -> Seen:
    if value.get("links"):
        yield "links", "links of a response"


def _named(schema: dict[str, Any]) -> bool:
    """A reference, a list of references or a plain value: nothing that a name would keep."""
    return "$ref" in schema or not schema.keys() & {"properties", "allOf", "anyOf", "oneOf"}


_RULES: dict[str, Rule] = {
    "pathItem": _path_item,
    "operation": _operation,
    "parameter": _parameter,
    "media": _media,
    "response": _response,
}


def _across(body: Mapping[str, Any]) -> Iterator[tuple[str, str, Place]]:
    names: dict[str, Place] = {}
    paths: dict[str, str] = {}
    for path, item in _mapping(body.get("paths")).items():
        first = paths.setdefault(template_key(path), path)
        for row, what in (*same_template(path, first), *odd_template(path)):
            yield row, what, ("paths", path)
        for method in METHODS:
            id = _mapping(_mapping(item).get(method)).get("operationId")
            if isinstance(id, str) and id:
                place = ("paths", path, method)
                if names.setdefault(operation_name(id), place) != place:
                    yield "operation-id-repeated", f"the operationId {id}, which is taken", place
    for cycle in cycles(body):
        more = f" and {len(cycle) - 3} more" if len(cycle) > 3 else ""
        what = "the schema that contains itself: " if len(cycle) == 1 else "schemas in a circle: "
        yield "recursion", what + ", ".join(str(c[-1]) for c in cycle[:3]) + more, cycle[0]


def _has_body(operation: Any, body: Any) -> bool:
    listed = (_mapping(_resolved(p, body)) for p in _listed(operation.get("parameters")))
    return "requestBody" in operation or any(p.get("in") in ("body", "formData") for p in listed)


def _resolved(value: Any, body: Any) -> Any:
    for _ in range(20):
        if not is_reference(value, "schema"):
            return value
        found = located(body, value["$ref"])
        value = found[1] if found else None
    return None


def _count(value: Any) -> int:
    return len(value) if isinstance(value, (dict, list)) else 1


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
