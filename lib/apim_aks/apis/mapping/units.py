"""The parts that are grouped: each document of a Service, and which of them are versions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apim_aks.apis.mapping.callers_paths import (
    Found,
    only_routed,
    reach,
    undescribed,
    ways,
)
from apim_aks.apis.mapping.long_calls import lasts
from apim_aks.apis.mapping.model import WILDCARD, About, ApiOperation, Note
from apim_aks.apis.mapping.resources import shape, version
from apim_aks.workload.model import Document, Operation, Service
from apim_aks.workload.ports import http_port
from apim_aks.workload.route import Route
from apim_aks.workload.url_template import template_key


@dataclass(frozen=True, slots=True)
class Unit:
    """A document of a Service, or a Service without one.

    Where it is one of several versions it has a `version`, and the `name` that they share.
    """

    service: Service
    document: Document | None
    version: str = ""
    name: str = ""
    ways: tuple[Route, ...] = ()
    left_out: tuple[Operation, ...] = ()

    @property
    def described(self) -> Document | None:
        """Its document, where that has an operation at all."""
        return self.document if self.document and self.document.operations else None

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What it declares; one wildcard where nothing is described."""
        if not self.described:
            return (WILDCARD,)
        if not self.left_out:
            return self.described.operations
        left_out = set(self.left_out)
        return tuple(o for o in self.described.operations if o not in left_out)

    def published(self, operations: Iterable[Operation]) -> tuple[ApiOperation, ...]:
        """The operations with what answers them, once for each path by which callers reach them.

        Their templates are callers' paths of today, or the Service's own without a route.
        """
        if not self.described:
            return self._undescribed()
        reached, port = reach(self.ways, self.described), http_port(self.service)
        return tuple(p for o in operations for p in self._described(o, reached(o), port))

    def _described(
        self, operation: Operation, found: list[Found], port: int
    ) -> Iterator[ApiOperation]:
        document = self.described
        own = ApiOperation(
            method=operation.method,
            template=operation.path,
            service=self.service.id,
            port=port,
            backend_path=document.path_of(operation) if document else operation.path,
            operation_id=operation.operation_id,
            summary=operation.summary,
            document=document.file if document else "",
            path=operation.path,
            lasting=document is not None and lasts(document, operation),
        )
        for inside, called in found:
            yield replace(own, template=called.path, backend_path=inside, called=called)
        if not found:
            yield own

    def _undescribed(self) -> tuple[ApiOperation, ...]:
        port, summary = http_port(self.service), WILDCARD.summary
        own = ApiOperation(
            method="*",
            template="/*",
            service=self.service.id,
            port=port,
            backend_path="/*",
            summary=summary,
        )
        found = tuple(
            replace(own, method=method, template=called.path, backend_path=inside, called=called)
            for method, inside, called in undescribed(self.ways)
        )
        return found or (own,)


Call = tuple[str, str]
"""Method and key of the template."""
Asked = tuple[str, str, str]
"""Service, method and path of an operation that workload.yaml names."""


def units_of(
    services: Iterable[Service], asked: Collection[Asked] = ()
) -> tuple[list[Unit], list[Note]]:
    """Every document of these Services, versions of one API marked as such, and what to know.

    What no route leads to is left out where callers reach the Service by routes alone, unless it is
    `asked` for.
    """
    every = [*_left_to_ports([u for s in services for u in _units(s, asked)], asked)]
    units, notes = _versioned([u for u in every if u.operations])
    kept, repeated = without_aggregates(units)
    return kept, [*notes, *repeated, *_left_out(every)]


def _units(service: Service, asked: Collection[Asked]) -> list[Unit]:
    """A document without operations describes nothing, beside others or alone."""
    found, closed = ways(service), only_routed(service)
    described = [d for d in service.documents if d.operations]
    units = [Unit(service, d, ways=found) for d in described or (None,)]
    return [replace(u, left_out=tuple(_unreached(u, asked))) if closed else u for u in units]


def _unreached(unit: Unit, asked: Collection[Asked]) -> Iterator[Operation]:
    if unit.described:
        reached = reach(unit.ways, unit.described)
        for operation in unit.described.operations:
            if not reached(operation) and (unit.service.id, *operation.key) not in asked:
                yield operation


def _left_to_ports(units: Sequence[Unit], asked: Collection[Asked]) -> Iterator[Unit]:
    """What routes lead to at a further port of a Service is not published at the first as well."""
    led: dict[str, frozenset[Call]] = defaultdict(frozenset)
    for unit in units:
        if unit.service.derived_from and unit.described:
            led[unit.service.origin] |= _calls(unit)
    for unit in units:
        if ports := led.get(unit.service.id):
            elsewhere = (o for o in _unreached(unit, asked) if _call(unit, o) in ports)
            left_out = dict.fromkeys((*unit.left_out, *elsewhere))
            unit = replace(unit, left_out=tuple(left_out))
        yield unit


def _left_out(units: Sequence[Unit]) -> Iterator[Note]:
    """What no route leads to at any port of a Service, by document."""
    some = {u.service.origin for u in units if u.left_out}
    answered = {(u.service.origin, c) for u in units if u.service.origin in some for c in _calls(u)}
    found: dict[tuple[str, str], dict[Operation, None]] = defaultdict(dict)
    for unit in units:
        service, file = unit.service.origin, unit.document.file if unit.document else ""
        nowhere = (o for o in unit.left_out if (service, _call(unit, o)) not in answered)
        found[service, file] |= dict.fromkeys(nowhere)
    for (service, _), operations in found.items():
        if operations:
            yield Note(About.ROUTE, service, _nobody_reaches(*operations))


def _nobody_reaches(first: Operation, *more: Operation) -> str:
    some = f" and {len(more)} more of its operations" if more else ""
    why = "today, and neither does an API; list it under apis to publish it"
    return f"no route leads to {first.method} {first.path}{some} {why}"


def _versioned(units: list[Unit]) -> tuple[list[Unit], list[Note]]:
    families: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        if unit.document:
            families[_family(unit.document.title)].append(unit)
    found: dict[int, tuple[str, str]] = {}
    notes = []
    for family in families.values():
        labels = [_version_label(u) for u in family]
        if len(family) < 2 or len(set(labels)) < len(labels) or not _repeated(family):
            continue
        first = min(zip(labels, family, strict=True), key=lambda p: (p[0], p[1].service.id))
        name = re.sub(r"[-_.]?v\d+$", "", first[1].service.name) or first[1].service.name
        found |= {id(u): (label, name) for u, label in zip(family, labels, strict=True)}
        title = family[0].document.title if family[0].document else ""
        sentence = f"{' and '.join(sorted(labels))} repeat the same operations: versions of one API"
        notes.append(Note(About.VERSION, title, sentence))
    known = ((u, found.get(id(u), ("", ""))) for u in units)
    return [replace(u, version=label, name=name) for u, (label, name) in known], notes


def _family(title: str) -> str:
    words = re.sub(r"\b(v?\d[\w.]*|version|api|service)\b", " ", title.lower())
    return " ".join(words.split()) or title.lower()


def _version_label(unit: Unit) -> str:
    document = unit.document
    if document is None:
        return ""
    spoken = version(document.base_path, *(o.path for o in document.operations[:1]))
    named = re.search(
        r"(?:^|[-_.])(v\d+)(?:[-_.]|$)", f"{unit.service.name}.{document.file.lower()}"
    )
    major = document.version.lstrip("vV").split(".")[0]
    return spoken or (f"v{major}" if major.isdigit() else "") or (named[1] if named else "")


def _repeated(family: Sequence[Unit]) -> bool:
    seen: set[tuple[str, str]] = set()
    for unit in family:
        keys = {(o.method, _unversioned(o.path)) for o in unit.operations}
        if seen & keys:
            return True
        seen |= keys
    return False


def _unversioned(path: str) -> str:
    return "/".join(p for p in shape(path).split("/") if not re.fullmatch(r"v\d[\w.]*", p))


def without_aggregates(units: Sequence[Unit]) -> tuple[list[Unit], list[Note]]:
    """The units without documents that only repeat several others, and which those are.

    One that is all that its Service has stays: whoever reads it has to choose between the two.
    """
    calls = [_calls(u) if u.described and not u.version else frozenset() for u in units]
    # What another holds whole, it holds by its least call: only those need to be compared.
    by_least: dict[Call, list[int]] = defaultdict(list)
    for number, own in enumerate(calls):
        if own:
            by_least[min(own)].append(number)
    kept, notes = list(units), []
    for unit, own in zip(units, calls, strict=True):
        near = sorted(n for call in own for n in by_least[call]) if own else ()
        parts = [n for n in near if calls[n] < own]
        if len(parts) < 2 or own != frozenset().union(*(calls[n] for n in parts)):
            continue
        alone = sum(u.service.id == unit.service.id for u in kept) == 1
        kept = kept if alone else [u for u in kept if u is not unit]
        notes.append(_aggregate(unit, [units[n] for n in parts], alone))
    return kept, notes


def _calls(unit: Unit) -> frozenset[Call]:
    return frozenset(_call(unit, o) for o in unit.operations)


def _call(unit: Unit, operation: Operation) -> Call:
    found = unit.described
    return operation.method, template_key(found.path_of(operation) if found else operation.path)


def _aggregate(unit: Unit, parts: Sequence[Unit], alone: bool) -> Note:
    files = ", ".join(u.document.file for u in parts if u.document)
    what = (
        f"{unit.service.id} has no other document: leave it out of `publish`, or the others"
        if alone
        else "it is left out"
    )
    return Note(
        About.AGGREGATE,
        unit.document.file if unit.document else unit.service.id,
        f"it only repeats what {files} describe; {what}",
    )
