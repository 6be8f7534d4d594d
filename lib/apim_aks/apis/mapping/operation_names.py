"""What API Management calls an operation after an import, and ids that survive it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apim_aks.apis.mapping.model import ApiOperation
from apim_aks.facts import template_limit

OperationKey = tuple[str, str]


def operation_name(operation_id: str) -> str:
    """The name of the operation's resource: lower case, dashes, cut (FACTS 4.11)."""
    dashed = re.sub(r"[^a-z0-9]+", "-", operation_id.lower()).strip("-")
    return dashed[: template_limit("operation-id").number]


def operation_ids(operations: Iterable[ApiOperation]) -> dict[OperationKey, str]:
    """An operationId for each method and template, unique once API Management has changed it.

    The document's own id stays where it can; the others are written as API Management would.
    """
    result: dict[OperationKey, str] = {}
    taken: set[str] = set()
    ordered = sorted(operations, key=lambda o: (not o.operation_id, o.template, o.method))
    for operation in ordered:
        wanted = operation.operation_id or f"{operation.method}-{operation.template}"
        base = operation_name(wanted) or "any"
        name = _free(base, taken)
        taken.add(name)
        keeps = name == base and operation.operation_id and _stays(wanted)
        result[operation.method, operation.template] = wanted if keeps else name
    return result


def _stays(operation_id: str) -> bool:
    return operation_id.isascii() and len(operation_id) <= template_limit("operation-id").number


def _free(base: str, taken: set[str]) -> str:
    name, number = base, 1
    while name in taken:
        number += 1
        suffix = f"-{number}"
        name = base[: template_limit("operation-id").number - len(suffix)].rstrip("-") + suffix
    return name
