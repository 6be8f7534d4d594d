"""Operations whose calls last: streams, files and what says that it runs long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from apim_aks.apis.mapping.model import About, Api, Note
from apim_aks.facts import policy_default
from apim_aks.workload.model import Document, Operation
from apim_aks.workload.pointers import declared, followed, mapping_at

_LONG = "x-ms-long-running-operation"
_SWITCHING = "101"
"""Switching Protocols: what answers a WebSocket handshake (RFC 6455)."""


def lasts(document: Document, operation: Operation) -> bool:
    """A call of it streams, carries a file, becomes a WebSocket, or runs long by its own word."""
    told = declared(document, operation)
    responses = mapping_at(told, "responses")
    if told.get(_LONG) is True or _SWITCHING in map(str, responses):
        return True
    bodies = [told.get("requestBody"), *responses.values()]
    return any(_lasting_body(followed(document.body, b)) for b in bodies) or bool(
        _lasting_types().intersection(_listed(told, document))
    )


def lasting_notes(apis: Iterable[Api]) -> Iterator[Note]:
    """Which operations of each API are neither kept nor held back, and how long they may take."""
    seconds = policy_default("lasting-timeout").number
    for api in apis:
        found = [f"{o.method} {api.path_of(o)}" for o in api.operations if o.lasting]
        if found:
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            sentence = (
                f"{found[0]}{more} streams, carries files or runs long: answers are neither kept "
                f"nor held back, and have to begin within {seconds:,} seconds"
            )
            yield Note(About.LIMIT, api.id, sentence)


@cache
def _lasting_types() -> frozenset[str]:
    return frozenset(policy_default("lasting-types").names)


def _lasting_body(body: Any) -> bool:
    """A media type that lasts, or a schema of bytes in any of its first properties."""
    if not isinstance(body, Mapping):
        return False
    content = mapping_at(body, "content")
    types = {str(name).partition(";")[0].strip().lower() for name in content}
    if types & _lasting_types():
        return True
    schemas = [mapping_at(media, "schema") for media in (*content.values(), body)]
    parts = [p for s in schemas for p in (s, *mapping_at(s, "properties").values())]
    return any(
        isinstance(p, Mapping) and (p.get("format") == "binary" or p.get("type") == "file")
        for p in parts
    )


def _listed(told: Mapping[str, Any], document: Document) -> Iterator[str]:
    """The media types of Swagger 2.0, which stand beside the responses."""
    for field in ("produces", "consumes"):
        listed = told.get(field, document.body.get(field) if "swagger" in document.body else None)
        yield from (str(t).lower() for t in listed) if isinstance(listed, list) else ()
