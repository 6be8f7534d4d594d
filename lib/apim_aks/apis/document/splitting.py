"""A document that is too big for a template as several that are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from apim_aks.apis.document.document import ApiDocument, embedded
from apim_aks.apis.document.finding import gathered
from apim_aks.apis.document.structure import KIND_OF, is_reference, walk
from apim_aks.facts import template_limit

Name = tuple[str, str]
Unit = list[Name]

# Commas and the names of the sections under "components", which every part may need.
_FRAME = 400


@dataclass(frozen=True, slots=True)
class _Index:
    """For each component of a document, what it refers to and its bytes in a template."""

    body: dict[str, Any]
    needs: dict[Name, frozenset[Name]]
    sizes: dict[Name, int]
    head: int

    def closure(self, unit: Unit) -> set[Name]:
        """The components that these operations (path, method) need, however far away."""
        found: set[Name] = set()
        paths = self.body["paths"]
        waiting = [n for p, m in unit for n in _direct(paths[p][m], "operation")]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.needs[name]
        return found

    def own_size(self, unit: Unit) -> int:
        """The bytes of these operations themselves."""
        paths = self.body["paths"]
        return sum(embedded({p: {m: paths[p][m]}}) for p, m in unit)

    def size(self, names: Iterable[Name]) -> int:
        """The bytes of these components."""
        return sum(self.sizes[n] for n in names)


def split(document: ApiDocument, limit: int = 0) -> tuple[ApiDocument, ...]:
    """The document in as many parts as the limit (bytes in a template) demands, by path.

    Each part has just the components that its operations need. An operation that is too big by
    itself is a part of its own and has a finding. Without a limit it is that of the rows.
    """
    limit = limit or template_limit("template-document").number
    if document.template_size <= limit:
        return (document,)
    index = _index(document.body)
    groups = list(_groups(index, limit - index.head - _FRAME))
    return tuple(
        _part(document, index, unit, (number, len(groups)), limit)
        for number, unit in enumerate(groups, start=1)
    )


def _index(body: dict[str, Any]) -> _Index:
    components = {
        (section, name): value
        for section, named in body.get("components", {}).items()
        for name, value in named.items()
    }
    return _Index(
        body,
        {n: frozenset(_direct(v, KIND_OF[n[0]])) for n, v in components.items()},
        {n: embedded({n[1]: v}) for n, v in components.items()},
        embedded({k: v for k, v in body.items() if k not in ("paths", "components")}),
    )


def _direct(value: Any, kind: str) -> Iterator[Name]:
    for _, part, its_kind in walk(value, kind):
        if is_reference(part, its_kind):
            yield _named(part["$ref"])
        elif its_kind == "operation":
            yield from (("securitySchemes", n) for r in part.get("security", ()) for n in r)
        elif its_kind in ("schema", "extra") and isinstance(part, dict):
            targets = part.get("discriminator", {}).get("mapping", {}).values()
            yield from (_named(t) for t in targets)


def _named(reference: str) -> Name:
    section, name = reference.removeprefix("#/components/").split("/")
    return section, name


def _groups(index: _Index, room: int) -> Iterator[Unit]:
    group: Unit = []
    needed: set[Name] = set()
    used = 0
    for unit in _units(index, room):
        closure, own = index.closure(unit), index.own_size(unit)
        more = own + index.size(closure - needed)
        if group and used + more > room:
            yield group
            group, needed, used = [], set(), 0
            more = own + index.size(closure)
        group = group + unit
        needed |= closure
        used += more
    if group:
        yield group


def _units(index: _Index, room: int) -> Iterator[Unit]:
    """What stays together: a path with its methods, or one method of a path that is too big."""
    for path, item in index.body["paths"].items():
        unit = [(path, method) for method in item]
        if index.own_size(unit) + index.size(index.closure(unit)) <= room:
            yield unit
        else:
            yield from ([operation] for operation in unit)


def _part(
    document: ApiDocument, index: _Index, unit: Unit, place: tuple[int, int], limit: int
) -> ApiDocument:
    number, parts = place
    wildcards = document.wildcards if number == 1 else ()
    made = replace(document, body=_body(index, unit), wildcards=wildcards, part=number, parts=parts)
    if made.template_size <= limit:
        return made
    what = f"an operation of {made.template_size / 1000:.0f} kB in a template"
    notes = [("template-size", what, f"{unit[0][1].upper()} {unit[0][0]}")]
    return replace(made, findings=(*document.findings, *gathered(f"{document.api}.json", notes)))


def _body(index: _Index, unit: Unit) -> dict[str, Any]:
    body = index.body
    paths: dict[str, Any] = {}
    for path, method in unit:
        paths.setdefault(path, {})[method] = body["paths"][path][method]
    needed = index.closure(unit)
    used = {t for item in paths.values() for o in item.values() for t in o.get("tags", ())}
    tags = [t for t in body.get("tags", ()) if t["name"] in used]
    components = {
        section: kept
        for section, named in body.get("components", {}).items()
        if (kept := {n: v for n, v in named.items() if (section, n) in needed})
    }
    result = {k: v for k, v in body.items() if k not in ("tags", "paths", "components")}
    result |= {"tags": tags} if tags else {}
    result["paths"] = paths
    return result | ({"components": components} if components else {})
