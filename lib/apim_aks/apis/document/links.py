"""Links of a response, which name other operations, under the ids of the merged document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apim_aks.apis.document.source import Source
from apim_aks.apis.document.structure import DROPPED, Change, located, rebuilt

Declared = Mapping[tuple[str, str, str], str]


def relinked(value: Any, kind: str, source: Source, ids: Declared) -> Any:
    """The piece with links to operations that are published; the other links are left out."""
    return rebuilt(value, kind, _relinking(source, ids))


def _relinking(source: Source, ids: Declared) -> Change:
    file = source.document.file

    def change(value: Any, kind: str) -> Any:
        if kind != "link" or "$ref" in value:
            return value
        place = _target(value, source)
        if place is None or (file, *place) not in ids:
            return DROPPED
        rest = {k: v for k, v in value.items() if k not in ("operationId", "operationRef")}
        return {"operationId": ids[(file, *place)], **rest}

    return change


def _target(link: Any, source: Source) -> tuple[str, str] | None:
    reference, wanted = link.get("operationRef"), link.get("operationId")
    if isinstance(reference, str):
        found = located(source.body, reference)
        steps = found[0] if found else ()
        return (steps[1], steps[2]) if len(steps) == 3 and steps[0] == "paths" else None
    for path, item in source.body.get("paths", {}).items():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if isinstance(operation, dict) and operation.get("operationId") == wanted:
                return path, method
    return None
