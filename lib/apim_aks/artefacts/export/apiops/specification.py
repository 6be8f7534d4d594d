"""The OpenAPI document of an API with the operations that the templates have beside it.

Both tools import operations with the specification and no others. What OpenAPI cannot hold is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from apim_aks.apis.document.structure import METHODS, VERSION

Json = dict[str, Any]


def specification(
    text: str, title: str, version: str, operations: Iterable[tuple[str, Mapping[str, Any]]]
) -> tuple[str, tuple[str, ...]]:
    """The document with these operations by name, and the names of those that it cannot hold."""
    body: Json = json.loads(text) if text else _empty(title, version)
    left: list[str] = []
    for name, properties in operations:
        method, path = properties["method"].lower(), properties["urlTemplate"]
        item = body["paths"].setdefault(path, {})
        if method not in METHODS or "?" in path or method in item:
            left.append(name)
            continue
        item[method] = _operation(name, properties)
    body["paths"] = {path: item for path, item in body["paths"].items() if item}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n", tuple(left)


def _empty(title: str, version: str) -> Json:
    return {"openapi": VERSION, "info": {"title": title, "version": version or "1"}, "paths": {}}


def _operation(name: str, properties: Mapping[str, Any]) -> Json:
    """The name becomes the operationId and the title the summary: an import takes both back."""
    parameters = [
        {"name": p["name"], "in": "path", "required": True, "schema": {"type": p["type"]}}
        for p in properties["templateParameters"]
    ]
    return {
        "operationId": name,
        "summary": properties["displayName"],
        **({"parameters": parameters} if parameters else {}),
        "responses": {"200": {"description": "The answer of the Service."}},
    }
