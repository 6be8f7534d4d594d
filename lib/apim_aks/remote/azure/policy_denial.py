"""Which assignments of Azure Policy forbid a request, by the names that their owners gave them.

Azure has said it in three forms: in `additionalInfo` of the error, in its `innererror`, and as JSON
in the message (https://github.com/Azure/azure-cli/issues/6075,
https://github.com/Azure-Samples/azure-search-openai-demo/issues/120).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_DEEPEST = 24
_NAMED = 5


def policies_of(body: Any) -> tuple[str, ...]:
    """The assignments, each with its definition where that has another name; empty without any."""
    return tuple(dict.fromkeys(filter(None, _found(body, 0))))[:_NAMED]


def _found(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        for inner in _inside(value):
            yield from _found(inner, depth + 1)
    elif isinstance(value, Mapping):
        yield _name(value)
        for inner in value.values():
            yield from _found(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner, depth + 1)


def _inside(text: str) -> Iterator[Any]:
    """What stands as JSON in a text: from its first bracket on."""
    starts = [at for at in (text.find("{"), text.find("[{")) if at >= 0]
    for at in starts and [min(starts)]:
        try:
            yield json.JSONDecoder(strict=False).raw_decode(text[at:])[0]
        except ValueError:
            return


def _name(held: Mapping[str, Any]) -> str:
    """The assignment that an object is about, empty where it is about none."""
    assignment, definition = held.get("policyAssignment"), held.get("policyDefinition")
    if isinstance(assignment, Mapping) and isinstance(definition, Mapping):
        return _said(assignment.get("name"), definition.get("name"))
    shown = [held.get(f"policy{what}DisplayName") for what in ("Assignment", "Definition")]
    plain = [held.get(f"policy{what}Name") for what in ("Assignment", "Definition")]
    return _said(shown[0] or plain[0], shown[1] or plain[1])


def _said(assignment: Any, definition: Any) -> str:
    if not isinstance(assignment, str) or not assignment:
        return ""
    other = isinstance(definition, str) and definition not in ("", assignment)
    return f"{assignment!r} ({definition})" if other else f"{assignment!r}"
