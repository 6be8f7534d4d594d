"""Server-side apply: the fields of one object into those that the API server holds.

Maps are merged, keyed lists item by item, sets united, all else is replaced, as the schema says
(kubernetes.io/docs/reference/using-api/server-side-apply, Merge strategy). New items of a list come
last; their order decides nothing about who reaches what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_aks.facts.merging import MergeRow, default_rows, merge_rows
from apim_aks.workload.kubernetes.object import Path_


@dataclass(kw_only=True)
class Merging:
    """What one merge finds out. `ours` are the fields that our own files have set before."""

    ours: frozenset[Path_]
    typed: bool
    given: set[Path_] = field(default_factory=set)
    changed: list[tuple[Path_, Path_]] = field(default_factory=list)
    conflicts: list[Path_] = field(default_factory=list)
    nulls: list[Path_] = field(default_factory=list)
    guessed: list[Path_] = field(default_factory=list)

    def map(
        self, definition: str, live: Mapping[str, Any], given: Mapping[str, Any], *at: Path_
    ) -> dict[str, Any]:
        """The map `given` merged into `live`; `at` is its path there and in our file."""
        path, source = at
        result, rows = dict(live), merge_rows().get(definition, {})
        for name, value in given.items():
            place = (*path, name), (*source, name)
            if value is None:
                self.nulls += [] if result.get(name) is None else [place[1]]
            elif result.get(name) is None:
                result[name] = self._new(rows.get(name), value, *place)
            else:
                result[name] = self._value(rows.get(name), result[name], value, *place)
        return result

    def _new(self, row: MergeRow | None, value: Any, path: Path_, source: Path_) -> Any:
        self.given.update(leaves(row, value, path))
        self.changed.append((path, source))
        return value

    def _value(self, row: MergeRow | None, live: Any, given: Any, *at: Path_) -> Any:
        merge = row.merge if row else "granular"
        leads_to = row.leads_to if row else ""
        if isinstance(live, dict) and isinstance(given, dict) and merge == "granular":
            self.given.update(() if given else at[:1])
            return self.map(leads_to, live, given, *at)
        if row and isinstance(live, list) and isinstance(given, list):
            if merge == "keyed":
                return self._keyed(row, live, given, *at)
            if merge == "set":
                return self._set(live, given, *at)
        return self._leaf(row, live, given, *at)

    def _leaf(self, row: MergeRow | None, live: Any, given: Any, *at: Path_) -> Any:
        path, source = at
        self.given.add(path)
        if filled_below(row, given) == live:
            return live
        if path not in self.ours:
            self.conflicts.append(source)
        if isinstance(given, list) and not self.typed:
            self.guessed.append(source)
        self.changed.append((path, source))
        return given

    def _keyed(self, row: MergeRow, live: list[Any], given: list[Any], *at: Path_) -> list[Any]:
        path, source = at
        result = list(live)
        known = [_key(row, item) for item in live]
        for i, item in enumerate(given):
            key = _key(row, item)
            if known.count(key) > 1:
                self.guessed.append((*source, i))
            if key in known:
                n = known.index(key)
                place = (*path, n), (*source, i)
                result[n] = self._item(row, result[n], item, *place)
            else:
                result.append(self._new(row, item, (*path, len(result)), (*source, i)))
        return result

    def _item(self, row: MergeRow, live: Any, given: Any, *at: Path_) -> Any:
        if row.leads_to and isinstance(live, dict) and isinstance(given, dict):
            return self.map(row.leads_to, live, given, *at)
        return self._leaf(None, live, given, *at)

    def _set(self, live: list[Any], given: list[Any], *at: Path_) -> list[Any]:
        path, source = at
        result = list(live)
        for i, item in enumerate(given):
            if item in result:
                self.given.add((*path, result.index(item)))
            else:
                result.append(self._new(None, item, (*path, len(result)), (*source, i)))
        return result


def fields_of(definition: str, given: Mapping[str, Any]) -> frozenset[Path_]:
    """The fields that this object sets, each with an owner of its own."""
    rows = merge_rows().get(definition, {})
    return frozenset(p for name, v in given.items() for p in leaves(rows.get(name), v, (name,)))


def leaves(row: MergeRow | None, value: Any, path: Path_) -> Iterator[Path_]:
    """The fields in this value that have an owner each: what is replaced as a whole is one."""
    merge = row.merge if row else "granular"
    rows = merge_rows().get(row.leads_to, {}) if row else {}
    parted = row is None or bool(row.leads_to)
    if merge in ("granular", "keyed") and isinstance(value, dict) and value and parted:
        for name, inner in value.items():
            yield from leaves(rows.get(name), inner, (*path, name))
    elif merge in ("keyed", "set") and isinstance(value, list):
        for i, item in enumerate(value):
            yield from leaves(row, item, (*path, i))
    elif value is not None:
        yield path


def _key(row: MergeRow, item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    keys = (key.partition("=") for key in row.keys)
    return tuple(item.get(name) or default for name, _, default in keys)


def filled(definition: str, value: Any) -> Any:
    """The value with the defaults of its definition, and of what is in it."""
    if not isinstance(value, dict):
        return value
    result = dict(value)
    for row in default_rows().get(definition, ()):
        if _is_empty(result.get(row.field)) and row.holds(result):
            result[row.field] = row.value_beside(result)
    for name, lead in merge_rows().get(definition, {}).items():
        if name in result:
            result[name] = filled_below(lead, result[name])
    return result


def filled_below(row: MergeRow | None, value: Any) -> Any:
    """The value of a field with the defaults of what it leads to."""
    if row is None or not row.leads_to:
        return value
    if isinstance(value, list):
        return [filled(row.leads_to, item) for item in value]
    return filled(row.leads_to, value)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", []) or (value == 0 and value is not False)
