"""Which operations become one API. Three rules, in this order, each with its reason in words.

1. Documents of one title that repeat each other's operations under different versions are versions
   of one API.
2. The operations of one resource that are split over several Services become one API of that
   resource, where the Services are related and no two answer the same operation (claim K3).
3. What else a Service serves is one API, or several where it serves resources that share neither
   tag nor schema.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from apim_aks.apis.mapping.model import About, ApiOperation, Collision, Note
from apim_aks.apis.mapping.resources import named_for, resource, slug
from apim_aks.apis.mapping.schemas import schemas_of
from apim_aks.apis.mapping.units import Asked, Unit, units_of
from apim_aks.listing import listed
from apim_aks.workload.model import Operation, Service
from apim_aks.workload.url_template import template_key


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that become one API: the name it would like, its version, and why."""

    name: str
    version: str
    operations: tuple[ApiOperation, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups, what collides and what to know."""

    groups: tuple[Group, ...]
    collisions: tuple[Collision, ...]
    notes: tuple[Note, ...]


Owned = tuple[Unit, Operation]


def group(services: Iterable[Service], asked: Collection[Asked] = ()) -> Grouping:
    """The operations of the published Services as groups, in a stable order.

    `asked` are the operations that workload.yaml names: they need no route to be published.
    """
    units, notes = units_of(services, asked)
    owned: dict[tuple[str, str], list[Owned]] = defaultdict(list)
    for unit in units:
        for operation in unit.operations:
            owned[unit.version, resource(operation.path)].append((unit, operation))
    shared, collisions, apart = _shared(owned)
    groups = [_of_resource(v, name, owned[v, name]) for v, name in shared]
    for theirs in _together(units):
        left = [
            (u, [o for o in u.operations if (u.version, resource(o.path)) not in shared])
            for u in theirs
        ]
        groups += _of_documents(left) if len(left) > 1 else _of_service(*left[0])
    return Grouping(tuple(groups), tuple(collisions), (*notes, *apart))


def _shared(
    owned: dict[tuple[str, str], list[Owned]],
) -> tuple[list[tuple[str, str]], list[Collision], list[Note]]:
    together: list[tuple[str, str]] = []
    collisions: list[Collision] = []
    notes: list[Note] = []
    for (label, name), parts in owned.items():
        services = list(dict.fromkeys(u.service.id for u, _ in parts))
        if not name or len(services) < 2:
            continue
        found = list(_collisions(parts))
        collisions += found
        if found:
            count = f"{len(found)} operation{'s are' if len(found) > 1 else ' is'}"
            why = f"{count} answered by several of them (on {name})"
        elif not _related([u for u, _ in parts], name):
            why = f"they share the word {name}, but no namespace, tag or schema"
        else:
            together.append((label, name))
            continue
        notes.append(Note(About.KEPT_APART, " and ".join(services), f"{why}: an API for each"))
    return together, collisions, notes


def _collisions(parts: Iterable[Owned]) -> Iterator[Collision]:
    by_key: dict[tuple[str, str], list[Owned]] = defaultdict(list)
    for unit, operation in parts:
        by_key[operation.method, template_key(operation.path)].append((unit, operation))
    for (method, _), found in by_key.items():
        services = tuple(dict.fromkeys(u.service.id for u, _ in found))
        if len(services) > 1:
            yield Collision(method, found[0][1].path, services, "an API for each Service")


def _related(units: list[Unit], name: str) -> bool:
    if len({u.service.namespace for u in units}) == 1:
        return True
    evidence = [_evidence(u, name) for u in {u.service.id: u for u in units}.values()]
    return bool(set.intersection(*evidence))


def _evidence(unit: Unit, name: str) -> set[str]:
    operations = [o for o in unit.operations if resource(o.path) == name]
    tags = {f"tag {t.lower()}" for o in operations for t in o.tags}
    return tags | {f"schema {s}" for o in operations for s in schemas_of(unit.document, o)}


def _of_resource(label: str, name: str, parts: list[Owned]) -> Group:
    names = list(dict.fromkeys(u.service.name for u, _ in parts))
    reason = f"{listed(names)} each serve a part of the resource {name}"
    published = tuple(p for u, o in parts for p in u.published((o,)))
    return Group(name, label, published, reason)


def _together(units: Iterable[Unit]) -> list[list[Unit]]:
    """The documents of one Service and version: they are one API, however many files it takes."""
    found: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in units:
        found[unit.service.id, unit.version].append(unit)
    return list(found.values())


def _of_documents(left: list[tuple[Unit, list[Operation]]]) -> Iterator[Group]:
    published = tuple(p for u, operations in left for p in u.published(operations))
    if published:
        first = left[0][0]
        files = [u.document.file for u, operations in left if u.document and operations]
        reason = f"{first.service.name} is described by {listed(files)}"
        yield from _apart(first.name or first.service.name, first.version, published, reason)


def _of_service(unit: Unit, operations: list[Operation]) -> Iterator[Group]:
    clusters = _unrelated(unit, operations)
    for names, part in clusters:
        name, why = _name(unit, names, len(clusters)), _why(unit, names, clusters)
        yield from _apart(name, unit.version, unit.published(part), why)


def _apart(
    name: str, version: str, operations: Iterable[ApiOperation], why: str
) -> Iterator[Group]:
    """A group for each prefix of the routes, and for each host where hosts answer differently."""
    prefixes = _by_prefix(operations)
    by_prefix = dict(k for p, every in prefixes.items() for k in _by_hosts(p, every))
    for (prefix, host), published in by_prefix.items():
        own = (named_for(prefix) or name) if len(by_prefix) > 1 else name
        own = f"{own}-{host}" if host else own
        yield Group(own, version, tuple(published), why)


def _by_hosts(
    prefix: str, operations: list[ApiOperation]
) -> Iterator[tuple[tuple[str, str], list[ApiOperation]]]:
    """The operations of one prefix; apart by host where a call would have two answers."""
    if len({(o.method, o.template) for o in operations}) == len(operations):
        yield (prefix, ""), operations
        return
    found: dict[str, list[ApiOperation]] = defaultdict(list)
    for operation in operations:
        hosts = operation.called.hosts if operation.called else ()
        found[slug(hosts[0]) if hosts and hosts[0] else ""].append(operation)
    yield from (((prefix, host), every) for host, every in found.items())


def _by_prefix(operations: Iterable[ApiOperation]) -> dict[str, list[ApiOperation]]:
    """The operations by the prefix of the route that leads to them, which becomes a path whole."""
    found: dict[str, list[ApiOperation]] = defaultdict(list)
    for operation in operations:
        found[operation.called.prefix if operation.called else ""].append(operation)
    return found


Cluster = tuple[list[str], list[Operation]]


def _name(unit: Unit, names: list[str], clusters: int) -> str:
    if clusters > 1:
        return names[0]
    return unit.name or _routed(unit) or unit.service.name


def _routed(unit: Unit) -> str:
    """For a Service without description, the one resource that its public routes name."""
    found = {named_for(r.taken.prefix) for r in unit.ways}
    return found.pop() if len(found) == 1 and not unit.described else ""


def _why(unit: Unit, names: list[str], clusters: list[Cluster]) -> str:
    service = unit.service.name
    if not unit.described:
        return f"{service} has no OpenAPI document: one API that passes every call on"
    on = listed(names[:3]) if names else "its paths"
    if len(clusters) == 1:
        return f"{service} owns every operation on {on}"
    return f"{service} serves {len(clusters)} unrelated resources; this is {on}"


def _unrelated(unit: Unit, operations: list[Operation]) -> list[Cluster]:
    """The operations by resources that have nothing in common; one cluster in case of doubt."""
    if not operations:
        return []
    by_resource: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_resource[resource(operation.path)].append(operation)
    names = [n for n in by_resource if n]
    whole = [(names, operations)]
    if len(names) < 2 or not all(o.tags for n in names for o in by_resource[n]):
        return whole
    evidence = {n: _evidence_of(unit, by_resource[n]) for n in names}
    clusters = _connected(names, evidence)
    if len(clusters) < 2 or any(sum(len(by_resource[n]) for n in c) < 2 for c in clusters):
        return whole
    parts = [(c, [o for n in c for o in by_resource[n]]) for c in clusters]
    parts[0][1].extend(by_resource.get("", []))
    return parts


def _evidence_of(unit: Unit, operations: list[Operation]) -> set[str]:
    tags = {f"tag {t.lower()}" for o in operations for t in o.tags}
    return tags | {f"schema {s}" for o in operations for s in schemas_of(unit.document, o)}


def _connected(names: list[str], evidence: dict[str, set[str]]) -> list[list[str]]:
    """The names in groups that share evidence, directly or through others."""
    clusters: list[tuple[list[str], set[str]]] = []
    for name in names:
        near = [c for c in clusters if c[1] & evidence[name]]
        merged = (
            [n for c in near for n in c[0]] + [name],
            evidence[name].union(*(c[1] for c in near)),
        )
        clusters = [c for c in clusters if c not in near] + [merged]
    order = {n: i for i, n in enumerate(names)}
    sorted_clusters = [sorted(c[0], key=order.__getitem__) for c in clusters]
    return sorted(sorted_clusters, key=lambda c: order[c[0]])
