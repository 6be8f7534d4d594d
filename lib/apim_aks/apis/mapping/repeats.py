"""Operations of one API that API Management cannot tell apart: the first one is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from apim_aks.apis.mapping.grouping import Group
from apim_aks.apis.mapping.model import ApiOperation
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Document, Workload
from apim_aks.workload.url_template import template_key


def without_repeats(
    groups: Iterable[Group], workload: Workload
) -> tuple[tuple[Group, ...], tuple[Finding, ...]]:
    """The groups with each method and template once, and what was left out of them.

    Inside one document that was seen when it was read; here are several documents of one Service.
    """
    documents = {d.file: d for s in workload.services for d in s.documents}
    findings: list[Finding] = []
    kept = tuple(_once(group, documents, findings) for group in groups)
    return kept, tuple(findings)


def _once(group: Group, documents: Mapping[str, Document], findings: list[Finding]) -> Group:
    first: dict[tuple[str, str], ApiOperation] = {}
    for operation in group.operations:
        key = operation.method, template_key(operation.template)
        if first.setdefault(key, operation) is not operation:
            findings.append(_repeat(operation, first[key], documents))
    return replace(group, operations=tuple(first.values()))


def _repeat(
    operation: ApiOperation, first: ApiOperation, documents: Mapping[str, Document]
) -> Finding:
    other = f"{_place(first, documents)} of {first.service}"
    found = (
        f"{operation.method} {operation.path} of {operation.service}, which is left out: one API "
        f"cannot have it beside {first.method} {first.path} ({other})"
    )
    line = _line(operation, documents)
    return Finding(operation.document, line, found, "each method and path once in an API")


def _place(operation: ApiOperation, documents: Mapping[str, Document]) -> str:
    line = _line(operation, documents)
    return f"{operation.document} line {line}" if line else operation.document


def _line(operation: ApiOperation, documents: Mapping[str, Document]) -> int:
    document = documents.get(operation.document)
    place = document.place_of(operation.path) if document else ()
    where = (*place, operation.method.lower())
    return document.line_of(*where) if document else 0
