"""What stands where in a document, and what a `$ref` in it points at.

A reference is a JSON Pointer (RFC 6901) in the fragment of a URI.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from apim_aks.workload.model import Document, Operation


def followed(body: Any, value: Any) -> Any:
    """The value behind any chain of references; None where one leads nowhere, or in a circle."""
    seen: set[str] = set()
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        reference: str = value["$ref"]
        if reference in seen:
            return None
        seen.add(reference)
        value = pointed_at(body, reference)
    return value


def pointed_at(body: Any, reference: str) -> Any:
    """What stands at this place; None where it is in another document, or nothing is there."""
    if not reference.startswith("#"):
        return None
    for key in steps(reference):
        if isinstance(body, list):
            body = body[int(key)] if key.isdecimal() and int(key) < len(body) else None
        else:
            body = body.get(key) if isinstance(body, dict) else None
    return body


def steps(reference: str) -> tuple[str, ...]:
    """The keys of the place in a document that a reference points at."""
    found = filter(None, reference.partition("#")[2].split("/"))
    return tuple(unquote(s).replace("~1", "/").replace("~0", "~") for s in found)


def declared(document: Document, operation: Operation) -> Mapping[str, Any]:
    """The Operation Object of this operation, also where its Path Item is a reference."""
    section, path = document.place_of(operation.path)
    item = followed(document.body, mapping_at(document.body, section).get(path))
    return mapping_at(item, operation.method.lower())


def mapping_at(value: Any, *keys: str) -> Mapping[str, Any]:
    """The mapping below these keys; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
