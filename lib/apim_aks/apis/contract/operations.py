"""Operations of two documents, matched by method and path template, and their changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from apim_aks.apis.contract.components import Components, alike
from apim_aks.apis.contract.finding import Findings, Found, text
from apim_aks.apis.contract.messages import body_changes, response_changes
from apim_aks.apis.contract.parameters import parameter_changes
from apim_aks.apis.contract.security import security_changes
from apim_aks.workload.openapi import METHODS

_NAME = re.compile(r"\{[^{}/]*\}")


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """An operation where a document declares it, with its document."""

    components: Components
    method: str
    template: str
    item: Mapping[str, Any] = field(repr=False)
    told: Mapping[str, Any] = field(repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """Method and path template."""
        return self.method, self.template

    @property
    def operation_id(self) -> str:
        """The operationId; empty where none is written."""
        id = self.told.get("operationId")
        return id if isinstance(id, str) else ""

    @property
    def label(self) -> str:
        """Method and path template."""
        return f"{self.method.upper()} {text(self.template)}"


Matched = tuple[DeclaredOperation | None, DeclaredOperation | None]


def matched_operations(before: Components, after: Components) -> Iterator[Matched]:
    """The operations of both documents by path and method; None where one has it alone."""
    b, a = _declared(before), _declared(after)
    for key in sorted({*b, *a}):
        yield from _paired(b.get(key, []), a.get(key, []))


def operation_changes(before: DeclaredOperation, after: DeclaredOperation) -> Findings:
    """The changes between two states of one operation, apart from its names."""
    yield from _deprecation(before, after)
    b, a = before.components, after.components
    yield from parameter_changes(b, before, a, after)
    yield from body_changes(b, before.told.get("requestBody"), a, after.told.get("requestBody"))
    yield from response_changes(b, before.told.get("responses"), a, after.told.get("responses"))
    yield from security_changes(b, before.told, a, after.told)
    if not alike(b, before.told.get("callbacks"), a, after.told.get("callbacks")):
        yield Found("callbacks-changed", "callbacks", "different callbacks", "callbacks")


def _deprecation(before: DeclaredOperation, after: DeclaredOperation) -> Iterator[Found]:
    b, a = before.told, after.told
    if (b.get("deprecated") is True) != (a.get("deprecated") is True):
        gone = b.get("deprecated") is True
        rule = "operation-no-longer-deprecated" if gone else "operation-deprecated"
        words = ("deprecated", "not deprecated") if gone else ("not deprecated", "deprecated")
        yield Found(rule, *words)


def _declared(components: Components) -> dict[tuple[str, int], list[DeclaredOperation]]:
    """By path without the names of its parameters, and by method in the usual order."""
    found: dict[tuple[str, int], list[DeclaredOperation]] = {}
    body = components.body
    paths = (components.mapping(body.get(s)) for s in ("paths", "x-ms-paths"))
    for template, value in chain.from_iterable(listed.items() for listed in paths):
        item = components.mapping(value)
        for rank, method in enumerate(METHODS):
            told = item.get(method)
            if isinstance(told, Mapping) and str(template).startswith("/"):
                key = (_NAME.sub("{}", template), rank)
                operation = DeclaredOperation(components, method, template, item, told)
                found.setdefault(key, []).append(operation)
    return found


def _paired(before: list[DeclaredOperation], after: list[DeclaredOperation]) -> Iterator[Matched]:
    """One of each as a rule; the same template first where a document has a path twice."""
    left = sorted(after, key=lambda o: o.template)
    for one in sorted(
        before, key=lambda o: (o.template not in {a.template for a in after}, o.template)
    ):
        same = (o for o in left if o.template == one.template)
        match = next(same, left[0] if left else None)
        if match:
            left.remove(match)
        yield one, match
    yield from ((None, o) for o in left)
