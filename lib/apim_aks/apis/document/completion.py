"""What OpenAPI 3.0.3 demands of an object and its document left out."""

from __future__ import annotations

from typing import Any

from apim_aks.apis.document.structure import Note


def completed(value: dict[str, Any], kind: str, note: Note) -> dict[str, Any]:
    """The object with what it must have, and without examples that cannot stand there."""
    if kind == "response":
        value = {**value, "description": value.get("description", "")}
    elif kind in ("parameter", "header"):
        given: dict[str, Any] = {} if value.keys() & {"schema", "content"} else {"schema": {}}
        value = {**value, **given, **({"required": True} if value.get("in") == "path" else {})}
    examples = value.get("examples", {})
    if "examples" in value and ("example" in value or not isinstance(examples, dict)):
        note("not-openapi", f"examples of a {kind}")
        value = {k: v for k, v in value.items() if k != "examples"}
    return value
