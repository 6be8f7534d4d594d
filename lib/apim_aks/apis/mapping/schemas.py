"""The schemas that an operation is about: those of its request and of its successful responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.workload.model import Document, Operation
from apim_aks.workload.pointers import declared, mapping_at


def schemas_of(document: Document | None, operation: Operation) -> set[str]:
    """Names of the component schemas that request body and 2xx responses refer to directly.

    Error schemas are left out: half the world shares a `Problem`.
    """
    described = declared(document, operation) if document else {}
    responses = mapping_at(described, "responses")
    good = [r for status, r in responses.items() if str(status).startswith("2")]
    body = [described.get("requestBody"), *(_list(described, "parameters"))]
    return {ref.rsplit("/", 1)[-1] for part in (*good, *body) for ref in _references(part, 6)}


def _references(value: Any, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(value, Mapping):
        reference = value.get("$ref")
        if isinstance(reference, str) and (
            "/schemas/" in reference or "/definitions/" in reference
        ):
            yield reference
        for key, child in value.items():
            if key not in ("example", "examples"):
                yield from _references(child, depth - 1)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child, depth - 1)


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []
