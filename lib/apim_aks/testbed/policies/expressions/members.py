"""The properties and methods that expressions may use, each with its type.

Nothing else can be said in an expression: what stands in no table here is refused when the document
is read, whether or not a call would ever come by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from apim_aks.testbed.exchange import Headers, header

Function = Callable[..., Any]
STRING, STRINGS, CHAR, INT, BOOL = "string", "strings", "char", "int", "bool"
NULL, PREDICATE, SELECTION = "null", "string => bool", "string => strings"
_REGEX = "System.Text.RegularExpressions.Regex"

PROPERTIES: Mapping[tuple[str, str], tuple[str, Function]] = {
    ("context", "Request"): ("request", attrgetter("request")),
    ("context", "Response"): ("response", attrgetter("response")),
    ("context", "Variables"): ("variables", attrgetter("variables")),
    ("context", "RequestId"): ("guid", attrgetter("id")),
    ("context", "Operation"): ("operation", attrgetter("operation")),
    ("context", "Api"): ("api", attrgetter("api")),
    ("context", "LastError"): ("error", attrgetter("error")),
    ("request", "Headers"): ("headers", attrgetter("headers")),
    ("request", "Method"): (STRING, attrgetter("method")),
    ("request", "IpAddress"): (STRING, attrgetter("address")),
    ("request", "OriginalUrl"): ("url", attrgetter("original")),
    ("url", "Path"): (STRING, attrgetter("path")),
    ("response", "StatusCode"): (INT, attrgetter("status")),
    ("response", "StatusReason"): (STRING, attrgetter("reason")),
    ("response", "Headers"): ("headers", attrgetter("headers")),
    ("operation", "Id"): (STRING, attrgetter("id")),
    ("operation", "UrlTemplate"): (STRING, attrgetter("template")),
    ("api", "Path"): (STRING, attrgetter("path")),
    ("api", "Version"): (STRING, lambda api: api.version or None),
    ("error", "Reason"): (STRING, attrgetter("reason")),
    ("jwt", "Claims"): ("claims", attrgetter("claims")),
    (STRING, "Length"): (INT, len),
    ("System", "Text"): ("System.Text", lambda _: ""),
    ("System.Text", "RegularExpressions"): ("System.Text.RegularExpressions", lambda _: ""),
    ("System.Text.RegularExpressions", "Regex"): (_REGEX, lambda _: ""),
}
"""By kind and name: the kind of the value, and how it is had."""


def _asked(headers: Headers, name: str, otherwise: str) -> str:
    return header(headers, name, otherwise)


def _after(text: str, at: int) -> str:
    """As .NET does it, which refuses a start behind the end."""
    if at > len(text):
        raise LookupError("StartIndex cannot be larger than length of string.")
    return text[at:]


def _parts(text: str, *marks: str) -> tuple[str, ...]:
    return tuple(re.split("|".join(map(re.escape, marks)), text))


def _both(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in some if one in others))


def _claim(claims: Mapping[str, tuple[str, ...]], name: str, otherwise: str) -> str:
    """The values of a claim, joined by commas, as the documentation says of several."""
    return ",".join(claims[name]) if name in claims else otherwise


METHODS: Mapping[tuple[str, str, tuple[str, ...]], tuple[str, Function]] = {
    ("headers", "GetValueOrDefault", (STRING, STRING)): (STRING, _asked),
    ("headers", "ContainsKey", (STRING,)): (
        BOOL,
        lambda headers, name: name.lower() in {key.lower() for key, _ in headers},
    ),
    ("variables", "GetValueOrDefault<string>", (STRING, STRING)): (
        STRING,
        lambda variables, name, otherwise: variables.get(name, otherwise),
    ),
    ("claims", "GetValueOrDefault", (STRING, STRING)): (STRING, _claim),
    (STRING, "ToLowerInvariant", ()): (STRING, str.lower),
    (STRING, "Replace", (STRING, STRING)): (STRING, str.replace),
    (STRING, "Contains", (STRING,)): (BOOL, str.__contains__),
    (STRING, "StartsWith", (STRING,)): (BOOL, str.startswith),
    (STRING, "EndsWith", (STRING,)): (BOOL, str.endswith),
    (STRING, "Substring", (INT,)): (STRING, _after),
    (STRING, "Trim", (CHAR,)): (STRING, str.strip),
    (STRING, "TrimStart", (CHAR,)): (STRING, str.lstrip),
    (STRING, "Split", (CHAR,)): (STRINGS, _parts),
    (STRING, "Split", (CHAR, CHAR)): (STRINGS, _parts),
    (STRINGS, "Contains", (STRING,)): (BOOL, tuple.__contains__),
    (STRINGS, "Any", ()): (BOOL, bool),
    (STRINGS, "Any", (PREDICATE,)): (BOOL, lambda some, holds: any(map(holds, some))),
    (STRINGS, "SelectMany", (SELECTION,)): (
        STRINGS,
        lambda some, select: tuple(part for one in some for part in select(one)),
    ),
    (STRINGS, "Intersect", (STRINGS,)): (STRINGS, _both),
    ("guid", "ToString", ()): (STRING, str),
    ("JObject", "ToString", ()): (STRING, lambda held: json.dumps(held, indent=2)),
    (_REGEX, "IsMatch", (STRING, STRING)): (
        BOOL,
        lambda _, text, pattern: re.search(pattern, text) is not None,
    ),
}
"""By kind, name and kinds of the arguments: the kind of the result, and how it is had."""

MADE: Mapping[str, Callable[[tuple[str, ...]], Function | None]] = {
    "JProperty": lambda kinds: (
        (lambda *given: given)
        if kinds[:1] == (STRING,) and kinds[1:] in ((STRING,), (INT,), (BOOL,))
        else None
    ),
    "JObject": lambda kinds: (lambda *given: dict(given)) if {*kinds} == {"JProperty"} else None,
}
"""What can be made anew, where the kinds of the arguments fit."""

CASTS: Mapping[str, tuple[str, str]] = {"Jwt": ("object", "jwt")}
"""The casts that are known: from which kind to which."""

INDEXED: Mapping[tuple[str, str], tuple[str, Function]] = {
    ("variables", STRING): ("object", lambda variables, name: variables[name])
}
"""What can be asked by a key in brackets."""

PATTERN = re.compile(r"\^?(?:\[[\w.-]+\](?:[*+?]|\{\d+(?:,\d*)?\})?)*\$?")
"""The regular expressions that mean the same in .NET and here: classes, counted."""
