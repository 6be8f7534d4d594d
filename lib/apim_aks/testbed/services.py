"""Stand-ins for the Services: each answers by its OpenAPI document and records calls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from apim_aks.testbed.authorities import Authority
from apim_aks.testbed.exchange import Request, Response
from apim_aks.testbed.http_server import Server, running, tls_context
from apim_aks.testbed.recorder import Arrival, Recorder
from apim_aks.workload.model import Document, Operation, Service

_JSON = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Behind:
    """A port of a Service that something listens behind; with `hosts` by TLS, under these names."""

    service: str
    port: int
    hosts: tuple[str, ...] = ()


Listening = dict[tuple[str, int], Server]
"""The server behind each port of each Service."""


@contextmanager
def listening(
    ports: tuple[Behind, ...],
    known: dict[str, Service],
    authority: Authority,
    recorder: Recorder,
    folder: Path,
) -> Iterator[Listening]:
    """Something that answers behind each of these ports.

    Raises:
        OSError: a port cannot be had.
    """
    found: Listening = {}
    for behind in ports:
        answer = partial(_answer, behind.service, known.get(behind.service), recorder)
        context = tls_context(authority.issue(*behind.hosts), folder) if behind.hosts else None
        found[behind.service, behind.port] = Server(answer, context)
    with running(*found.values()):
        yield found


def _answer(id: str, service: Service | None, recorder: Recorder, request: Request) -> Response:
    """By the document of the Service; what is described by none answers everything."""
    documents = service.documents if service else ()
    found = next((f for d in documents if (f := declared(d, request))), None)
    called = f"{found[1].method} {found[1].path}" if found else ""
    recorder.note(Arrival(id, request, called))
    if documents and found is None:
        return Response(404, _JSON, b'{"title": "No operation of the document"}')
    body = json.dumps({"service": id, "operation": called}).encode()
    status = _success(*found) if found else 200
    return Response(status, _JSON, b"" if status == 204 else body)


def declared(document: Document, request: Request) -> tuple[Document, Operation] | None:
    """The operation of the document that this request calls; of several the most exact one."""
    fitting = [
        o
        for o in document.operations
        if o.method == request.method and _fits(document.path_of(o), request.path)
    ]
    exact = min(fitting, key=lambda o: document.path_of(o).count("{"), default=None)
    return (document, exact) if exact else None


def _fits(template: str, path: str) -> bool:
    """RFC 3986: each part is decoded after the path was divided, so that %2F divides nothing."""
    wanted, found = template.split("?")[0].split("/"), path.split("/")
    return len(wanted) == len(found) and all(map(_part_fits, wanted, found))


def _part_fits(wanted: str, found: str) -> bool:
    pattern = ".+".join(map(re.escape, re.split(r"\{[^{}]*\}", wanted)))
    return bool(re.fullmatch(pattern, unquote(found)))


def _success(document: Document, operation: Operation) -> int:
    """The first status of success that the document declares."""
    items: Any = document.body
    for key in (*document.place_of(operation.path), operation.method.lower(), "responses"):
        items = items.get(key) if isinstance(items, dict) else None
    codes = [str(code) for code in items] if isinstance(items, dict) else []
    found = sorted(int(c) for c in codes if re.fullmatch(r"2\d\d", c))
    return found[0] if found else 200
