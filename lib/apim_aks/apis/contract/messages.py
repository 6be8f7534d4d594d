"""Request bodies and responses: statuses, media types, headers, and the schemas they carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.apis.contract.components import Components, alike
from apim_aks.apis.contract.finding import Direction, Findings, Found, Nested, Pair, text

Values = Mapping[str, Any]


def body_changes(before: Components, b: Any, after: Components, a: Any) -> Findings:
    """The changes of a request body."""
    one, other = before.mapping(b), after.mapping(a)
    was, now = _body(one), _body(other)
    if one and other:
        if was != now:
            yield Found(f"request-body-became-{now}", was, now, "requestBody")
        yield from _media_changes(before, one, after, other, "requestBody", "request")
    elif one:
        yield Found("request-body-removed", f"{was} body", "no body", "requestBody")
    elif other:
        needed = "-required" if now == "required" else ""
        yield Found(f"request-body-added{needed}", "no body", f"{now} body", "requestBody")


def response_changes(before: Components, b: Any, after: Components, a: Any) -> Findings:
    """The changes of the responses of an operation."""
    one, other = _responses(before, b), _responses(after, a)
    for status in sorted({*one, *other}):
        location = f"responses.{text(status)}"
        error = "" if status[:1] in "123" else "error-"
        if status in one and status in other:
            yield from _response(before, one[status], after, other[status], location)
        elif status in other:
            words = ("no such response", f"response {text(status)}")
            yield Found(f"{error}response-added", *words, location)
        elif broader := next((s for s in (f"{status[:1]}XX", "default") if s in other), ""):
            yield Found("response-generalised", text(status), broader, location)
            yield from _response(before, one[status], after, other[broader], location)
        else:
            words = (f"response {text(status)}", "no such response")
            yield Found(f"{error}response-removed", *words, location)


def _body(body: Values) -> str:
    return "required" if body.get("required") is True else "optional"


def _responses(components: Components, value: Any) -> dict[str, Values]:
    """By status, ranges in capitals; a status may be written as a number."""
    found = components.mapping(value).items()
    return {
        str(s) if str(s) == "default" else str(s).upper(): components.mapping(r)
        for s, r in found
        if not str(s).startswith("x-")
    }


def _response(
    before: Components, one: Values, after: Components, other: Values, location: str
) -> Findings:
    yield from _media_changes(before, one, after, other, location, "response")
    yield from _header_changes(before, one, after, other, f"{location}.headers")
    if not alike(before, one.get("links"), after, other.get("links")):
        yield Found("response-links-changed", "links", "different links", f"{location}.links")


def _media_changes(
    before: Components,
    one: Values,
    after: Components,
    other: Values,
    location: str,
    direction: Direction,
) -> Findings:
    b, a = _media_types(before, one), _media_types(after, other)
    for name in sorted({*b, *a}):
        place = f"{location}.{text(name)}"
        match = a.get(name)
        if match is None and direction == "request":
            match = next((a[r] for r in _ranges(name) if r in a), None)
        if name not in b:
            yield Found(f"{direction}-media-type-added", "not offered", text(name), place)
        elif match is None:
            yield Found(f"{direction}-media-type-removed", text(name), "not offered", place)
        else:
            schemas = before.parts(b[name].get("schema")), after.parts(match.get("schema"))
            yield Nested(place, Pair(*schemas, direction))
            if not alike(before, b[name].get("encoding"), after, match.get("encoding")):
                yield Found(
                    f"{direction}-encoding-changed", "encoding", "a different encoding", place
                )


def _media_types(components: Components, message: Values) -> dict[str, Values]:
    content = components.mapping(message.get("content"))
    return {
        "".join(str(name).lower().split()): components.mapping(media)
        for name, media in content.items()
    }


def _ranges(name: str) -> tuple[str, str]:
    return f"{name.split('/')[0]}/*", "*/*"


def _header_changes(
    before: Components, one: Values, after: Components, other: Values, location: str
) -> Findings:
    b, a = _headers(before, one), _headers(after, other)
    for name in sorted({*b, *a}):
        place = f"{location}.{text(name)}"
        if name in b and name in a:
            yield from _header(before, b[name], after, a[name], place)
        elif name in b:
            optional = "optional-" if _body(b[name]) == "optional" else ""
            words = (f"{_body(b[name])} header", "no such header")
            yield Found(f"{optional}response-header-removed", *words, place)
        else:
            words = ("no such header", f"{_body(a[name])} header")
            yield Found("response-header-added", *words, place)


def _headers(components: Components, response: Values) -> dict[str, Values]:
    headers = components.mapping(response.get("headers")).items()
    found = {str(n).lower(): components.mapping(h) for n, h in headers}
    return {n: h for n, h in found.items() if n != "content-type"}


def _header(before: Components, b: Values, after: Components, a: Values, place: str) -> Findings:
    yield from _header_requiredness(b, a, place)
    schemas = before.parts(b.get("schema")), after.parts(a.get("schema"))
    yield Nested(place, Pair(*schemas, "response"))


def _header_requiredness(b: Values, a: Values, place: str) -> Iterator[Found]:
    was, now = _body(b), _body(a)
    if was != now:
        yield Found(f"response-header-became-{now}", was, now, place)
