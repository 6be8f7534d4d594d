"""What API Management calls an operation after an import, and ids that survive it.

A name is that of its operation alone: what is cut or clashes ends in a fingerprint of the
operation, never in a number that its neighbours decide. In Azure a renamed operation is another.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from apim_aks.facts import template_limit
from apim_aks.workload.names import marked
from apim_aks.workload.url_template import template_key

OperationKey = tuple[str, str]


class Operated(Protocol):
    """An operation that has a name: published, or as a document declares it."""

    @property
    def method(self) -> str:
        """The method, in any letter case."""

    @property
    def template(self) -> str:
        """The path template."""

    @property
    def operation_id(self) -> str:
        """The operationId; empty without one."""


Own = TypeVar("Own", bound=Operated)

_OTHERS = re.compile(r"[^a-z0-9]+")
_LETTERS = (8, 16, 32, 64)
"""Lengths of a fingerprint, tried until the name is unique in the API."""


def operation_name(operation_id: str) -> str:
    """The name of the operation's resource: lower case, dashes, cut (FACTS 4.11)."""
    return _dashed(operation_id)[: _longest()]


def operation_ids(operations: Iterable[Operated]) -> dict[OperationKey, str]:
    """An operationId for each method and template, unique once API Management has changed it.

    The document's own id stays where it can; the others are written as API Management would.
    """
    return ids_of(by_name(operations))


def ids_of(names: Mapping[str, Sequence[Operated]]) -> dict[OperationKey, str]:
    """As `operation_ids`, for operations that are already grouped by name."""
    result: dict[OperationKey, str] = {}
    taken = {n for n, found in names.items() if len(found) == 1}
    for name, found in names.items():
        for operation in found:
            key = operation.method, operation.template
            own = name if len(found) == 1 else apart(name, key, taken)
            taken.add(own)
            result[key] = _kept(operation, own)
    return result


def by_name(operations: Iterable[Own]) -> dict[str, list[Own]]:
    """The operations by the name that each would have alone; several of one name clash."""
    found: dict[str, list[Own]] = {}
    for operation in sorted(operations, key=lambda o: (not o.operation_id, o.template, o.method)):
        found.setdefault(_alone(operation), []).append(operation)
    return found


def _alone(operation: Operated) -> str:
    wanted = operation.operation_id or f"{operation.method}-{operation.template}"
    dashed = _dashed(wanted) or "any"
    return dashed if len(dashed) <= _longest() else marked(dashed, wanted, _longest())


def apart(name: str, key: OperationKey, taken: Container[str]) -> str:
    """The name with the fingerprint of method and template behind it, unlike those taken."""
    own = [key[0].upper(), template_key(key[1])]
    each = (marked(name, own, _longest(), letters) for letters in _LETTERS)
    return next(n for n in each if n not in taken)


def _kept(operation: Operated, name: str) -> str:
    id = operation.operation_id
    stays = id.isascii() and len(id) <= _longest() and operation_name(id) == name
    return id if stays else name


def _dashed(text: str) -> str:
    return _OTHERS.sub("-", text.lower()).strip("-")


def _longest() -> int:
    return template_limit("operation-id").number
