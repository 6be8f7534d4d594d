"""Names of operations in documents and in API Management, which knows an operation by its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.apis.contract.finding import Found, text
from apim_aks.apis.contract.operations import DeclaredOperation, Matched
from apim_aks.apis.mapping.operation_names import OperationKey, operation_ids, operation_name


def name_changes(matched: Iterable[Matched]) -> Iterator[tuple[str, Found]]:
    """The operations of both documents whose name differs, each with its label."""
    pairs = tuple(matched)
    before = operation_ids(one for one, _ in pairs if one)
    after = operation_ids(other for _, other in pairs if other)
    for one, other in pairs:
        if one and other and (found := _change(one, before, other, after)):
            yield one.label, found


def _change(
    one: DeclaredOperation,
    before: dict[OperationKey, str],
    other: DeclaredOperation,
    after: dict[OperationKey, str],
) -> Found | None:
    """A changed name where there is one: it says more than the operationId behind it."""
    was, now = operation_name(before[one.key]), operation_name(after[other.key])
    if was != now:
        return Found("operation-name-changed", text(was), text(now), "operationId")
    if one.operation_id != other.operation_id:
        ids = one.operation_id or "none", other.operation_id or "none"
        return Found("operation-id-changed", text(ids[0]), text(ids[1]), "operationId")
    return None
