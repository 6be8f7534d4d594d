"""Where callers send their calls: the servers of a document, of a path and of an operation.

The host of a document is where the API lives, which is no contract; all else of an address is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult

from apim_aks.apis.contract.finding import Found, text
from apim_aks.apis.contract.operations import DeclaredOperation
from apim_aks.listing import listed
from apim_aks.workload.openapi.servers import address, own_servers

Body = Mapping[str, Any]


def document_addresses(before: Body, after: Body) -> Iterator[Found]:
    """The path of the first server, and the schemes by which that host answers."""
    b, a = address(before), address(after)
    was, now = f"/{b.path.strip('/')}", f"/{a.path.strip('/')}"
    if was != now:
        yield Found("base-path-changed", text(was), text(now), "servers")
    if b.netloc == a.netloc and b.scheme and a.scheme:
        yield from _schemes(_of_host(before, b), _of_host(after, a))


def own_addresses(before: DeclaredOperation, after: DeclaredOperation) -> Iterator[Found]:
    """The server of an operation, where it or its path has one of its own."""
    was, now = _address(before), _address(after)
    if was != now and any(own_servers(o.item, o.told) for o in (before, after)):
        yield Found("operation-server-changed", text(was), text(now), "servers")


def _schemes(before: set[str], after: set[str]) -> Iterator[Found]:
    words = listed(sorted(before)), listed(sorted(after))
    if before - after:
        yield Found("scheme-removed", *words, "servers")
    elif after - before:
        yield Found("scheme-added", *words, "servers")


def _of_host(body: Body, first: SplitResult) -> set[str]:
    each = (address({"servers": [server]}) for server in body["servers"])
    return {a.scheme for a in each if (a.netloc, a.path) == (first.netloc, first.path)}


def _address(operation: DeclaredOperation) -> str:
    body = operation.components.body
    found = address(own_servers(operation.item, operation.told) or body)
    host = "" if found.netloc == address(body).netloc else f"//{found.netloc}"
    return f"{host}/{found.path.strip('/')}"
