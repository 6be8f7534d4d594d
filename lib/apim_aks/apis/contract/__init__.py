"""The contract of an API before and after: what callers can see of a refactoring behind it.

Operations are matched by method and path template; names of components and of path parameters, the
order of keys and the Service that answers are no part of a contract. Every rule is a row of
`data/contract_rules.csv`. What no rule can judge is reported as unclear, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from operator import attrgetter
from typing import Any

from apim_aks.apis.contract.addresses import document_addresses, own_addresses
from apim_aks.apis.contract.change import ChangeSeverity, ContractChange, Difference
from apim_aks.apis.contract.components import Components
from apim_aks.apis.contract.finding import Found, Nested
from apim_aks.apis.contract.names import name_changes
from apim_aks.apis.contract.operations import (
    DeclaredOperation,
    Matched,
    matched_operations,
    operation_changes,
)
from apim_aks.apis.contract.schemas import SchemaPairs
from apim_aks.apis.contract.shape import canonical
from apim_aks.errors import InputError
from apim_aks.workload.documents import described

__all__ = ["ChangeSeverity", "ContractChange", "Difference", "contract_difference"]

Placed = tuple[str, Found]


def contract_difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """What callers of the API in `before` notice when the API in `after` takes its place.

    Raises:
        InputError: one of the two is no OpenAPI 3 document.
    """
    b, a = _components("before", before), _components("after", after)
    matched = tuple(matched_operations(b, a))
    if canonical(before) == canonical(after):
        return Difference((), len(matched))
    found = [("", f) for f in document_addresses(before, after)]
    found += [*_presence(matched), *name_changes(matched)]
    schemas: list[tuple[str, Nested]] = []
    for one, other in _in_both(matched):
        for finding in chain(own_addresses(one, other), operation_changes(one, other)):
            if isinstance(finding, Found):
                found.append((one.label, finding))
            else:
                schemas.append((one.label, finding))
    found += SchemaPairs(b, a).changes(schemas)
    order = {"": 0} | {_label(m): i for i, m in enumerate(matched, start=1)}
    return Difference(tuple(_ordered(found, order)), len(tuple(_in_both(matched))))


def _components(side: str, body: Mapping[str, Any]) -> Components:
    version = body.get("openapi")
    if not str(version).startswith("3."):
        found = described(version if "openapi" in body else body.get("swagger"))
        raise InputError(
            f"The document {side} has {found} as its version. "
            "Use an OpenAPI document of version 3.0 or 3.1."
        )
    return Components(body)


def _presence(matched: Iterable[Matched]) -> Iterator[Placed]:
    for one, other in matched:
        if one and not other:
            yield one.label, Found("operation-removed", one.label, "no such operation")
        if other and not one:
            yield other.label, Found("operation-added", "no such operation", other.label)


def _in_both(matched: Iterable[Matched]) -> Iterator[tuple[DeclaredOperation, DeclaredOperation]]:
    return ((one, other) for one, other in matched if one and other)


def _label(matched: Matched) -> str:
    return next(o.label for o in matched if o)


def _ordered(found: Iterable[Placed], order: Mapping[str, int]) -> Iterator[ContractChange]:
    changes = {
        ContractChange(f.rule, o, f.location.lstrip("."), f.before, f.after) for o, f in found
    }
    key = attrgetter("location", "rule", "before", "after")
    return iter(sorted(changes, key=lambda c: (order[c.operation], key(c))))
