"""How the API server merges what is applied, and what it fills in, by definition of its schema.

A definition is called as in Kubernetes' OpenAPI document, without what all names share:
`core.v1.ServiceSpec`, `meta.v1.ObjectMeta`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows

Merge = Literal["granular", "atomic", "set", "keyed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRow(Row):
    """How one field is merged.

    `granular` maps are merged key by key, `keyed` lists item by item, told apart by the fields in
    `keys`; a `set` is united, and what is `atomic` is replaced. A key may have a value that counts
    where it is left out (`protocol=TCP`). `leads_to` is the definition of the map or of each item;
    items of a keyed list without one are replaced.
    """

    definition: str
    field: str
    merge: Merge
    keys: tuple[str, ...] = ()
    leads_to: str = ""
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRow(Row):
    """What the API server puts into a field that is absent or empty.

    `value` is JSON, or `.port` for what the field `port` beside it holds. `when` are conditions
    that all have to hold: `type=A|B` for the value of a field beside it, `egress` for one that is
    not empty. Of several rows for one field the first that holds counts.
    """

    definition: str
    field: str
    value: str
    when: tuple[str, ...] = ()
    status: Status

    def value_beside(self, fields: Mapping[str, Any]) -> Any:
        """The value, given what stands in the fields beside it."""
        return fields.get(self.value[1:]) if self.value.startswith(".") else json.loads(self.value)

    def holds(self, fields: Mapping[str, Any]) -> bool:
        """All conditions hold for the fields beside it."""
        parts = (condition.partition("=") for condition in self.when)
        return all(
            fields.get(name) in values.split("|") if values else bool(fields.get(name))
            for name, _, values in parts
        )


@cache
def merge_rows() -> Mapping[str, Mapping[str, MergeRow]]:
    """Each field that is merged otherwise than by default, or leads to one, by its definition.

    By default maps are merged key by key and lists are replaced.
    """
    found: dict[str, dict[str, MergeRow]] = {}
    for row in read_rows(DATA / "merge_keys.csv", MergeRow):
        found.setdefault(row.definition, {})[row.field] = row
    return MappingProxyType(found)


@cache
def default_rows() -> Mapping[str, tuple[DefaultRow, ...]]:
    """What is filled in, by definition, in the order in which it is."""
    found: dict[str, tuple[DefaultRow, ...]] = {}
    for row in read_rows(DATA / "object_defaults.csv", DefaultRow):
        found[row.definition] = (*found.get(row.definition, ()), row)
    return MappingProxyType(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImmutableRow(Row):
    """A field that the API server refuses to change once it is set.

    With `when`, only while the field of that name stays as it was, or holds true.
    """

    definition: str
    field: str
    when: str = ""
    status: Status


@cache
def immutable_rows() -> Mapping[str, tuple[ImmutableRow, ...]]:
    """The fields that stay, by definition."""
    found: dict[str, tuple[ImmutableRow, ...]] = {}
    for row in read_rows(DATA / "immutable_fields.csv", ImmutableRow):
        found[row.definition] = (*found.get(row.definition, ()), row)
    return MappingProxyType(found)
