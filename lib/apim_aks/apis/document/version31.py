"""Schemas of OpenAPI 3.1 as OpenAPI 3.0.3 has them.

A schema that already is one of 3.0 comes out as it went in. What has no equal is left out, and
`note` is told which rule of `data/import_limits.csv` that was.
"""

from __future__ import annotations

from typing import Any

from apim_aks.apis.document.structure import KEYS, Note, written

Schema = dict[str, Any]

_SILENT = {"$comment", "$schema", "$id", "$anchor", "$defs", "definitions", "x-nullable"}
_BRANCHES = ("anyOf", "oneOf")


def schema(value: Any, note: Note) -> Any:
    """One schema, without those inside it, in the words of 3.0.3."""
    if isinstance(value, bool):
        return {} if value else {"not": {}}
    if not isinstance(value, dict):
        note("not-a-schema", "a schema that is no mapping")
        return {}
    result = dict(value)
    for step in (_types, _null_branches, _values, _bounds, _content, _tuples, _patterns):
        step(result, note)
    _required(result)
    _discriminator(result)
    return _known(result, note)


def beside_reference(reference: str, siblings: Schema) -> Schema:
    """A reference with further keywords beside it, which only 3.1 allows."""
    return {"allOf": [{"$ref": reference}], **siblings} if siblings else {"$ref": reference}


def _types(result: Schema, note: Note) -> None:
    given = result.get("type")
    if given == "file":
        result |= {"type": "string", "format": "binary"}
    elif given == "null":
        _only_null(result)
    elif isinstance(given, list):
        _type_list(result, [t for t in given if isinstance(t, str)])
    if result.get("type") == "array" and not result.keys() & {"items", "prefixItems"}:
        result["items"] = {}
    if "x-nullable" in result and isinstance(result["x-nullable"], bool):
        result.setdefault("nullable", result["x-nullable"])


def _only_null(result: Schema) -> None:
    del result["type"]
    result |= {"nullable": True, "enum": [None]}


def _type_list(result: Schema, types: list[str]) -> None:
    named = [t for t in dict.fromkeys(types) if t != "null"]
    nullable = {"nullable": True} if "null" in types else {}
    del result["type"]
    if not named:
        if nullable:
            result |= {"nullable": True, "enum": [None]}
    elif len(named) == 1:
        result |= {"type": named[0], **nullable}
    else:
        items = result.pop("items", {}) if "array" in named else {}
        branches = [
            {"type": t, **({"items": items} if t == "array" else {}), **nullable} for t in named
        ]
        _and(result, "anyOf", branches)


def _and(result: Schema, keyword: str, branches: list[Any]) -> None:
    if keyword in result:
        result["allOf"] = [*_listed(result.get("allOf")), {keyword: branches}]
    else:
        result[keyword] = branches


def _null_branches(result: Schema, note: Note) -> None:
    for keyword in _BRANCHES:
        branches = result.get(keyword)
        if not isinstance(branches, list):
            continue
        kept = [b for b in branches if not _is_null(b)]
        if len(kept) < len(branches):
            result["nullable"] = True
            result[keyword] = kept
        if not kept:
            del result[keyword]


def _is_null(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.get("type") in ("null", ["null"])


def _values(result: Schema, note: Note) -> None:
    if "const" in result:
        result["enum"] = [result.pop("const")]
    if result.get("enum", [0]) == []:
        del result["enum"]
    if "(?(" in str(result.get("pattern", "")):
        note("not-openapi", "a pattern that only .NET and Perl can read")
        del result["pattern"]
    examples = result.pop("examples", None)
    if isinstance(examples, list) and examples:
        result.setdefault("example", examples[0])
        if len(examples) > 1:
            note("v31-examples", "further examples of a schema")


def _bounds(result: Schema, note: Note) -> None:
    for bound, stricter in (("minimum", max), ("maximum", min)):
        exclusive = f"exclusive{bound.capitalize()}"
        limit = result.get(exclusive)
        if isinstance(limit, bool) or not isinstance(limit, (int, float)):
            continue
        other = result.get(bound, limit)
        strict = stricter(limit, other) == limit
        result[bound] = limit if strict else other
        result[exclusive] = strict


def _content(result: Schema, note: Note) -> None:
    encoding, media = result.pop("contentEncoding", None), result.pop("contentMediaType", None)
    if encoding in ("base64", "base64url"):
        result.setdefault("format", "byte")
    elif media == "application/octet-stream":
        result |= {"type": "string", "format": "binary"}
    elif encoding or media:
        note("v31-keywords", "the keyword contentMediaType")
    if result.pop("contentSchema", None) is not None:
        note("v31-keywords", "the keyword contentSchema")


def _tuples(result: Schema, note: Note) -> None:
    prefix = result.pop("prefixItems", None)
    if isinstance(result.get("items"), list):
        prefix = result.pop("items")
    if isinstance(prefix, list):
        rest = result.get("items")
        if rest is False:
            result["maxItems"] = len(prefix)
        branches = [*prefix, rest] if isinstance(rest, dict) else prefix
        result["items"] = {"anyOf": branches} if branches else {}
        note("v31-tuples", "an array with a schema for each position")


def _patterns(result: Schema, note: Note) -> None:
    patterns = result.pop("patternProperties", None)
    if not isinstance(patterns, dict) or not patterns:
        return
    note("v31-patterns", "properties whose names are given by a pattern")
    if result.get("additionalProperties", False) is False:
        values = list(patterns.values())
        result["additionalProperties"] = values[0] if len(values) == 1 else {"anyOf": values}
    else:
        result["additionalProperties"] = True


def _required(result: Schema) -> None:
    names = result.get("required")
    if "required" in result:
        listed = list(dict.fromkeys(n for n in _listed(names) if isinstance(n, str)))
        if listed:
            result["required"] = listed
        else:
            del result["required"]


def _discriminator(result: Schema) -> None:
    if isinstance(result.get("discriminator"), str):
        result["discriminator"] = {"propertyName": result["discriminator"]}


def _known(result: Schema, note: Note) -> Schema:
    for key in result:
        if key not in KEYS["schema"] and key not in _SILENT and not key.startswith("x-"):
            note("v31-keywords", f"the keyword {key}")
    return written({k: v for k, v in result.items() if k in KEYS["schema"]}, note)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
