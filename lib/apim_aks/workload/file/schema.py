"""What may stand in a workload.yaml, told in sentences.

The JSON schema in `data/schemas` is the one description. The few keywords it uses are read here,
since a general validator takes longer to import than a whole design takes to compute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from apim_aks.facts import DATA
from apim_aks.workload.documents import described
from apim_aks.workload.finding import one_of

Where = tuple[str | int, ...]
Schema = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A place in the file where something else was expected."""

    path: Where
    found: str
    expected: str


@cache
def workload_schema() -> Schema:
    """The JSON schema of workload.yaml."""
    schema: Schema = json.loads(schema_text())
    return schema


def schema_text() -> str:
    """The same as it is published."""
    return (DATA / "schemas" / "workload.schema.json").read_text(encoding="utf-8")


def problems(data: Any, schema: Schema, path: Where = ()) -> Iterator[Problem]:
    """Everything in the data that the schema does not allow."""
    schema = _meant(schema)
    wrong = next(filter(None, (rule(data, schema) for rule in _RULES)), None)
    if wrong:
        yield Problem(path, _found(data, path), schema.get("expected", wrong))
    elif isinstance(data, dict):
        yield from _in_mapping(data, schema, path)
    elif isinstance(data, list):
        for i, item in enumerate(data):
            yield from problems(item, schema.get("items", {}), (*path, i))


def _meant(schema: Schema) -> Schema:
    while "$ref" in schema:
        kind, name = schema["$ref"].split("/")[1:]
        schema = workload_schema()[kind][name]
    return schema


def with_values(data: Any, schema: Schema) -> Any:
    """The data without keys that have no value, which were left out; unknown keys stay."""
    if not isinstance(data, dict):
        return data
    schema = _meant(schema)
    known, other = schema.get("properties", {}), schema.get("additionalProperties", True)
    below = other if isinstance(other, dict) else {}
    return {
        key: with_values(value, known.get(key, below))
        for key, value in data.items()
        if value is not None or (other is False and key not in known)
    }


def _found(data: Any, path: Where) -> str:
    names = [p for p in path if isinstance(p, str)]
    return f"{described(data)} as {names[-1]}" if names else described(data)


def _in_mapping(data: dict[str, Any], schema: Schema, path: Where) -> Iterator[Problem]:
    known = schema.get("properties", {})
    for key in schema.get("required", ()):
        if key not in data:
            place = f" in {path[-1]}" if path else ""
            yield Problem(path, f"no {key}{place}", schema_words(key, known))
    for key, value in data.items():
        if key in known:
            yield from problems(value, known[key], (*path, key))
        elif schema.get("additionalProperties", True) is False:
            yield Problem((*path, key), f"the unknown key {key!r}", one_of(key, list(known)))
        else:
            yield from problems(key, schema.get("propertyNames", {}), (*path, key))
            yield from problems(value, schema.get("additionalProperties", {}), (*path, key))


def schema_words(key: str, known: Schema) -> str:
    """A key with the description that the schema gives it."""
    about = known.get(key, {}).get("description", "")
    return f"the key {key} ({about[:1].lower()}{about[1:].rstrip('.')})" if about else key


def _type(data: Any, schema: Schema) -> str:
    given = schema.get("type", [])
    kinds = [given] if isinstance(given, str) else given
    right = not kinds or any(_is(data, kind) for kind in kinds)
    return "" if right else " or ".join(_WORDS[kind] for kind in kinds)


def _is(data: Any, kind: str) -> bool:
    return isinstance(data, _TYPES[kind]) and (kind == "boolean" or not isinstance(data, bool))


def _enum(data: Any, schema: Schema) -> str:
    choices = schema.get("enum")
    return f"one of {', '.join(choices)}" if choices and data not in choices else ""


def _text(data: Any, schema: Schema) -> str:
    if not isinstance(data, str):
        return ""
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    if len(data) < low or (high is not None and len(data) > high):
        return f"text of at most {high} characters" if high and data else "text that is not empty"
    # In JSON schema $ is the very end, in Python it may be before a last line break.
    matches = re.search(schema.get("pattern", ""), data) and not data.endswith("\n")
    return "" if matches or "pattern" not in schema else f"text like {schema['pattern']}"


def _writable(data: Any, _: Schema) -> str:
    """No policy can hold a character that XML forbids, and no schema forbids it everywhere."""
    wrong = isinstance(data, str) and _FORBIDDEN.search(data)
    return "text without control characters" if wrong else ""


def _number(data: Any, schema: Schema) -> str:
    if not isinstance(data, (int, float)):
        return ""
    if "minimum" in schema and not data >= schema["minimum"]:
        return f"a number from {schema['minimum']} up"
    if "exclusiveMinimum" in schema and not data > schema["exclusiveMinimum"]:
        return f"a number above {schema['exclusiveMinimum']}"
    if "maximum" in schema and not data <= schema["maximum"]:
        return f"a number of at most {schema['maximum']:,}"
    return ""


def _list(data: Any, schema: Schema) -> str:
    if not isinstance(data, list):
        return ""
    if len(data) < schema.get("minItems", 0):
        return "at least one item"
    unique = {json.dumps(item, sort_keys=True) for item in data}
    return "each item once" if schema.get("uniqueItems") and len(unique) < len(data) else ""


_FORBIDDEN = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")
_RULES: tuple[Callable[[Any, Schema], str], ...] = (_type, _enum, _text, _number, _list, _writable)
