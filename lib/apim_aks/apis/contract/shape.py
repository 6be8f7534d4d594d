"""What a schema says about values, with allOf merged: by this two schemas are compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.apis.contract.components import (
    ANNOTATIONS,
    OPEN,
    VARIANTS,
    Components,
    Parts,
    variants,
)

Bound = tuple[float, bool]

LOWER = ("minLength", "minItems", "minProperties", "minimum")
UPPER = ("maxLength", "maxItems", "maxProperties", "maximum")
LARGEST = 1e300
EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
# A hint for forms: the values on the wire are the same.
_NO_FORMAT = ("", "password")
_READ = ANNOTATIONS | {
    *LOWER,
    *UPPER,
    *VARIANTS,
    *EXCLUSIVE.values(),
    *("type", "format", "nullable", "enum", "const", "pattern", "multipleOf", "uniqueItems"),
    *("properties", "required", "additionalProperties", "items", "allOf", "discriminator"),
    *("default", "readOnly", "writeOnly"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A schema as values. `types` is None where any type will do, `additional` where none is."""

    types: frozenset[str] | None
    nullable: bool
    formats: frozenset[str]
    enum: Mapping[str, str] | None
    lower: Mapping[str, Bound]
    upper: Mapping[str, Bound]
    patterns: frozenset[str]
    multiples: frozenset[float]
    unique: bool
    properties: Mapping[str, Parts]
    required: frozenset[str]
    additional: Parts | None
    items: Parts
    groups: tuple[tuple[str, tuple[Any, ...]], ...]
    discriminator: str
    default: str
    deprecated: bool
    read_only: bool
    write_only: bool
    other: Mapping[str, list[Any]]

    @property
    def words(self) -> str:
        """Type and nullability in words."""
        names = " or ".join(sorted(self.types)) if self.types is not None else "any type"
        return f"{names or 'nothing'}{' or null' if self.nullable else ''}"

    @property
    def bare(self) -> bool:
        """Whether the schema has no constraints besides its variants."""
        return not (self.properties or self.enum) and self.items == OPEN


def shape(components: Components, parts: Parts) -> Shape:
    """The shape of a schema given by the parts that must all hold."""
    properties, required = _properties(components, parts)
    return Shape(
        types=_types(parts),
        nullable=_nullable(parts),
        formats=frozenset(f for p in parts if (f := _text(p.get("format"))) not in _NO_FORMAT),
        enum=_enum(parts),
        lower={k: max(b) for k in LOWER if (b := [*_bounds(parts, k, 1)])},
        upper={k: max(b) for k in UPPER if (b := [*_bounds(parts, k, -1)])},
        patterns=frozenset(filter(None, (_text(p.get("pattern")) for p in parts))),
        multiples=frozenset(n for p in parts if (n := number(p.get("multipleOf")))),
        unique=any(p.get("uniqueItems") is True for p in parts),
        properties=properties,
        required=required,
        additional=_additional(components, parts),
        items=_items(components, parts),
        groups=tuple(_groups(parts)),
        discriminator=_discriminator(parts),
        default=next((canonical(p["default"]) for p in parts if "default" in p), ""),
        deprecated=any(p.get("deprecated") is True for p in parts),
        read_only=any(p.get("readOnly") is True for p in parts),
        write_only=any(p.get("writeOnly") is True for p in parts),
        other=_other(parts),
    )


def number(value: Any) -> float | None:
    """The value if it is a finite number, else None; true and false are not numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) <= LARGEST else None


def canonical(value: Any) -> str:
    """A value as JSON that does not depend on the order of keys or on how a number is written."""
    whole = isinstance(value, float) and value.is_integer()
    try:
        return json.dumps(int(value) if whole else value, sort_keys=True, default=str)
    except (TypeError, ValueError):
        return repr(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _declared(part: Mapping[str, Any]) -> frozenset[str] | None:
    """The types of one part; `properties`, `items` and `enum` imply one where none is written."""
    written = part.get("type")
    named = {_text(t) for t in (written if isinstance(written, list) else [written])} - {""}
    if named:
        return frozenset(named - {"null"})
    implied = {"object"} if isinstance(part.get("properties"), Mapping) else set()
    implied |= {"array"} if isinstance(part.get("items"), Mapping) else set()
    implied |= {_type_of(v) for v in _values(part) or () if v is not None}
    return frozenset(implied) or None


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {str: "string", int: "integer", float: "number", list: "array"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "object")


def _types(parts: Parts) -> frozenset[str] | None:
    found: frozenset[str] | None = None
    for declared in filter(None, map(_declared, parts)):
        found = declared if found is None else frozenset(_both(found, declared))
    return found


def _both(one: frozenset[str], other: frozenset[str]) -> Iterator[str]:
    yield from one & other
    if "number" in one ^ other and "integer" in one ^ other:
        yield "integer"


def _nullable(parts: Parts) -> bool:
    """A schema is nullable where its outermost part says so, or every part with a type does."""
    typed = [p for p in parts if _declared(p)]
    return any(_says_null(p) for p in parts[:1]) or (
        bool(typed) and all(_says_null(p) for p in typed)
    )


def _says_null(part: Mapping[str, Any]) -> bool:
    nulls = ([] if variants(part, k) == part.get(k, []) else [k] for k in VARIANTS)
    return part.get("nullable") is True or "null" in _list(part.get("type")) or any(nulls)


def _values(part: Mapping[str, Any]) -> list[Any] | None:
    if "const" in part:
        return [part["const"]]
    return part["enum"] if isinstance(part.get("enum"), list) else None


def _enum(parts: Parts) -> dict[str, str] | None:
    """The values by their canonical form; null is a matter of nullability."""
    found: dict[str, str] | None = None
    for values in (v for p in parts if (v := _values(p)) is not None):
        listed = {canonical(v): canonical(v) for v in values if v is not None}
        found = listed if found is None else {k: v for k, v in found.items() if k in listed}
    return found


def _bounds(parts: Parts, name: str, sign: int) -> Iterator[Bound]:
    """Every bound of this name as a pair that is larger where the bound is tighter."""
    for part in parts:
        value, exclusive = number(part.get(name)), part.get(EXCLUSIVE.get(name, ""))
        if value is not None and not (value <= 0 and name in LOWER[:3]):
            yield sign * value, exclusive is True
        if (limit := number(exclusive)) is not None:
            yield sign * limit, True


def _properties(components: Components, parts: Parts) -> tuple[dict[str, Parts], frozenset[str]]:
    found: dict[str, Parts] = {}
    required = {n for p in parts for n in _list(p.get("required")) if isinstance(n, str)}
    for part in parts:
        declared = part.get("properties")
        for name, schema in declared.items() if isinstance(declared, Mapping) else ():
            mine = components.parts(schema)
            found[str(name)] = components.joined(found.get(str(name), ()), mine)
    return {**dict.fromkeys(required, OPEN), **found}, frozenset(required)


def _additional(components: Components, parts: Parts) -> Parts | None:
    found: Parts = ()
    for value in (p["additionalProperties"] for p in parts if "additionalProperties" in p):
        if value is False:
            return None
        if isinstance(value, Mapping) and value:
            found = components.joined(found, components.parts(value))
    return found or OPEN


def _items(components: Components, parts: Parts) -> Parts:
    found: Parts = ()
    for value in (p["items"] for p in parts if isinstance(p.get("items"), Mapping)):
        found = components.joined(found, components.parts(value))
    return found or OPEN


def _groups(parts: Parts) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for kind in VARIANTS:
        for part in parts:
            members = variants(part, kind)
            if len(members) > 1:
                yield kind, tuple(members)


def _discriminator(parts: Parts) -> str:
    """The property and the values that tell variants apart; component names where none is said."""
    for part in parts:
        told = part.get("discriminator")
        if isinstance(told, Mapping):
            mapping = told.get("mapping")
            named = dict(mapping) if isinstance(mapping, Mapping) else {}
            ends = {str(target).rsplit("/", 1)[-1] for target in named.values()}
            members = [m for k in VARIANTS for m in variants(part, k) if isinstance(m, Mapping)]
            names = {_text(m.get("$ref")).rsplit("/", 1)[-1] for m in members} - ends - {""}
            values = ", ".join(sorted({*map(str, named), *names}))
            return f"{told.get('propertyName')}{': ' if values else ''}{values}"
    return ""


def _other(parts: Parts) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for part in parts:
        for key in part:
            if key not in _READ and not str(key).startswith("x-"):
                found.setdefault(str(key), []).append(part[key])
    return found
