"""Published ARM schemas as closed validators, bicep type flags, and a reader of expressions.

The published schemas allow any unknown property; closed, a misspelt one is found. Where a version
is not among the corpora the nearest one is used, and `used_version` says which.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

EXPRESSION = re.compile(r"\[([^\[].*)?\]", re.DOTALL)
BESIDE = ("condition", "dependsOn", "copy", "comments", "scope", "metadata", "location", "tags")
COMMON = "https://schema.management.azure.com/schemas/common/definitions.json#/definitions/"
REQUIRED, READ_ONLY = 1, 2


def is_expression(value: Any) -> bool:
    """Resource Manager would evaluate this value (the pattern of its own schema)."""
    return isinstance(value, str) and EXPRESSION.fullmatch(value) is not None


def literal(value: str) -> str:
    """The text that Resource Manager makes of a value that is no expression."""
    return value[1:] if value.startswith("[[") and value.endswith("]") else value


@cache
def _schemas(corpora: Path) -> dict[str, dict[str, tuple[Path, str]]]:
    found: dict[str, dict[str, tuple[Path, str]]] = {}
    for file in sorted((corpora / "arm-schemas" / "schemas").rglob("Microsoft.*.json")):
        document = _document(file)
        for section in ("resourceDefinitions", "extension_resourceDefinitions"):
            for name, definition in document.get(section, {}).items():
                type = definition["properties"]["type"]["enum"][0].lower()
                found.setdefault(type, {})[file.parent.name] = (file, f"{section}/{name}")
    return found


@cache
def _document(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _nearest(versions: Any, wanted: str) -> str:
    older = [v for v in sorted(versions) if v <= wanted]
    return wanted if wanted in versions else (older or sorted(versions))[-1]


def used_version(corpora: Path, type: str, version: str) -> str:
    """The version of the schema that stands for this one; empty where there is none."""
    versions = _schemas(corpora).get(type.lower())
    return _nearest(versions, version) if versions else ""


@cache
def validator(corpora: Path, type: str, version: str) -> Draft4Validator | None:
    """The closed validator of a resource type."""
    used = used_version(corpora, type, version)
    if not used:
        return None
    file, place = _schemas(corpora)[type.lower()][used]
    document = _document(file)
    section, name = place.split("/")
    common = _document(corpora / "arm-schemas" / "schemas" / "common" / "definitions.json")
    closed = {k: _closed(v) for k, v in document["definitions"].items()}
    shared = {f"common-{k}": _closed(v) for k, v in common["definitions"].items()}
    body = _closed(document[section][name])
    body["properties"] |= {k: {} for k in BESIDE if k not in body["properties"]}
    body["properties"]["apiVersion"] = {"type": "string"}
    return Draft4Validator({**body, "definitions": closed | shared})


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    result = {("anyOf" if k == "oneOf" else k): _closed(v) for k, v in schema.items()}
    reference = result.get("$ref")
    if isinstance(reference, str) and reference.startswith(COMMON):
        result["$ref"] = f"#/definitions/common-{reference.removeprefix(COMMON)}"
    typed = isinstance(result.get("properties"), dict) and result.get("type") == "object"
    if typed and "additionalProperties" not in result:
        result["additionalProperties"] = False
    return result


def schema_errors(corpora: Path, resource: dict[str, Any]) -> list[str]:
    """What the closed schema of its type says against a resource; [] where there is no schema."""
    return list(_schema_errors(corpora, json.dumps(resource)))


@cache
def _schema_errors(corpora: Path, text: str) -> tuple[str, ...]:
    """Hundreds of templates have the same resources, and a closed schema takes long."""
    resource = json.loads(text)
    check = validator(corpora, resource["type"], resource["apiVersion"])
    if check is None:
        return ()
    plain = _written(resource)
    found: list[Any] = []
    for name in _names(resource):
        found = list(check.iter_errors(plain | {"name": name}))
        if not found:
            break
    return tuple(
        f"{resource['type']} {resource['name']}: {'/'.join(map(str, e.path))}: {e.message[:300]}"
        for e in found
    )


def _names(resource: dict[str, Any]) -> tuple[str, ...]:
    """A child's name by path and by segment, as some schemas want the one, some the other."""
    name = str(resource["name"])
    if not is_expression(name) or resource["type"].count("/") == 1:
        return (name,)
    function, parts = parsed(name)
    segments = [p if isinstance(p, str) else "x" for p in parts[1:]] if function == "format" else []
    return ("/".join(segments), segments[-1]) if segments else (name,)


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _written(v) for k, v in value.items()}
    return [_written(v) for v in value] if isinstance(value, list) else value


@cache
def _bicep(corpora: Path) -> dict[str, dict[str, tuple[Path, int]]]:
    found: dict[str, dict[str, tuple[Path, int]]] = {}
    for file in sorted((corpora / "bicep-types").rglob("types.json")):
        for entry in _document(file):
            if entry["$type"] == "ResourceType":
                type, _, version = entry["name"].partition("@")
                body = int(entry["body"]["$ref"].rpartition("/")[2])
                found.setdefault(type.lower(), {})[version] = (file, body)
    return found


def flag_errors(corpora: Path, resource: dict[str, Any]) -> list[str] | None:
    """Required properties that are missing, read-only ones that are written; None if not known."""
    versions = _bicep(corpora).get(resource["type"].lower())
    if not versions:
        return None
    file, body = versions[_nearest(versions, resource["apiVersion"])]
    own = {k: v for k, v in resource.items() if k not in (*BESIDE[:6], "type", "apiVersion")}
    return [f"{resource['type']}: {e}" for e in _flags(_document(file), body, own, "", resource)]


def _flags(
    types: list[Any], index: int, value: Any, place: str, whole: dict[str, Any]
) -> Iterator[str]:
    kind = types[index]
    if is_expression(value):
        return
    if kind["$type"] == "ArrayType" and isinstance(value, list):
        item = int(kind["itemType"]["$ref"].rpartition("/")[2])
        for number, member in enumerate(value):
            yield from _flags(types, item, member, f"{place}/{number}", whole)
    if kind["$type"] == "ObjectType" and isinstance(value, dict):
        yield from _object(types, kind, value, place, whole)


def _object(
    types: list[Any], kind: Any, value: dict[str, Any], place: str, whole: dict[str, Any]
) -> Iterator[str]:
    known = kind["properties"]
    for name, field in known.items():
        flags = field.get("flags", 0)
        if flags & REQUIRED and name not in value and (place or name not in BESIDE):
            yield f"{place}/{name} is required"
        if flags & READ_ONLY and name in value and (place or name not in ("type", "apiVersion")):
            yield f"{place}/{name} is read-only"
    if not place and known.get("location", {}).get("flags", 0) & REQUIRED:
        yield from () if "location" in whole else ("/location is required",)
    for name, member in value.items():
        if name in known:
            inner = int(known[name]["type"]["$ref"].rpartition("/")[2])
            yield from _flags(types, inner, member, f"{place}/{name}", whole)
        elif (
            "additionalProperties" not in kind
            and place
            and not whole["apiVersion"].endswith("preview")
        ):
            yield f"{place}/{name} is unknown"


def expressions(value: Any) -> Iterator[str]:
    """Every expression in a value, names of fields too."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from expressions(key)
            yield from expressions(member)
    elif isinstance(value, list):
        for member in value:
            yield from expressions(member)
    elif is_expression(value):
        yield value


Call = tuple[str, tuple[Any, ...]]
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_]\w*|-?\d+|[().,\[\]])")


@cache
def parsed(expression: str) -> Any:
    """An expression as nested (function, arguments); a text in it as a str, `.x` and `[n]` kept.

    Raises a ValueError for anything that is no expression.
    """
    tokens = _tokens(expression[1:-1])
    tree, rest = _term(tokens)
    if rest:
        raise ValueError(f"{expression}: {rest[0]!r} is left over")
    return tree


def _tokens(code: str) -> list[str]:
    tokens, place = [], 0
    while place < len(code.rstrip()):
        found = _TOKEN.match(code, place)
        if not found:
            raise ValueError(f"{code!r} at {place}")
        tokens.append(found[1])
        place = found.end()
    return tokens


def _term(tokens: list[str]) -> tuple[Any, list[str]]:
    if not tokens:
        raise ValueError("nothing is left")
    first, rest = tokens[0], tokens[1:]
    if first.startswith("'"):
        return first[1:-1].replace("''", "'"), rest
    if first.lstrip("-").isdigit():
        return int(first), rest
    if not rest or rest[0] != "(":
        raise ValueError(f"{first!r} is no function")
    arguments, rest = _arguments(rest[1:])
    return _after((first, arguments), rest)


def _arguments(tokens: list[str]) -> tuple[tuple[Any, ...], list[str]]:
    found: list[Any] = []
    if tokens[0] == ")":
        return (), tokens[1:]
    while True:
        tree, tokens = _term(tokens)
        found.append(tree)
        if tokens[0] == ")":
            return tuple(found), tokens[1:]
        if tokens[0] != ",":
            raise ValueError(f"{tokens[0]!r} instead of a comma")
        tokens = tokens[1:]


def _after(tree: Any, tokens: list[str]) -> tuple[Any, list[str]]:
    while tokens and tokens[0] in (".", "["):
        if tokens[0] == ".":
            tree, tokens = (".", (tree, tokens[1])), tokens[2:]
        else:
            index, rest = _term(tokens[1:])
            if rest[0] != "]":
                raise ValueError("an index that does not end")
            tree, tokens = ("[]", (tree, index)), rest[1:]
    return tree, tokens


def calls(tree: Any) -> Iterator[Call]:
    """Every function in a parsed expression with its arguments."""
    if isinstance(tree, tuple) and len(tree) == 2 and isinstance(tree[1], tuple):
        yield tree
        for argument in tree[1]:
            yield from calls(argument)
