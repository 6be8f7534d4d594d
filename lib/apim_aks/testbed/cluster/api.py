"""The read-only Kubernetes API on loopback: list, get and watch, as client-go asks for them.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts (watches, streaming lists).
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apim_aks.facts.testbed import ServedKind, served_kinds
from apim_aks.testbed.cluster.store import Object, Store

_PATH = re.compile(
    r"/(?:api|apis)/(?P<version>[a-z0-9.]+(?:/v[a-z0-9]+)?)"
    r"(?:/namespaces/(?P<namespace>[^/]+))?/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?(?P<status>/status)?"
)
_LABEL = re.compile(r"(?P<not>!?)(?P<key>[\w./-]+)(?:(?P<op>!=|==?)(?P<value>[\w.-]*))?")
_HEARTBEAT = 0.5
"""Seconds after which a watch looks whether it should end."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    store: Store
    refused: list[str]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/version":
            return self._answer(200, {"major": "1", "minor": "36", "gitVersion": "v1.36.0"})
        found = _PATH.fullmatch(url.path)
        kind = _kind(found["version"], found["resource"]) if found else None
        if found is None or kind is None:
            return self._refuse(404, "the server could not find the requested resource")
        chosen = _Chosen(kind, found["namespace"] or "", found["name"] or "", query)
        if (wrong := chosen.unknown) != "":
            return self._refuse(400, f"{wrong} is not understood here")
        if found["name"]:
            return self._one(chosen)
        if query.get("watch") in ("true", "1"):
            return self._watch(chosen, query)
        return self._list(chosen)

    def do_PUT(self) -> None:
        self._status()

    def do_PATCH(self) -> None:
        self._status()

    def do_POST(self) -> None:
        self._refuse(405, "this cluster is read-only")

    def do_DELETE(self) -> None:
        self._refuse(405, "this cluster is read-only")

    def _status(self) -> None:
        """Controllers write the status of what they found; it is taken and not kept."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = _PATH.fullmatch(urlsplit(self.path).path)
        if found is None or not found["status"]:
            return self._refuse(405, "this cluster is read-only")
        return self._answer(200, json.loads(body))

    def _one(self, chosen: _Chosen) -> None:
        held = chosen.of(self.store)
        if not held:
            return self._refuse(404, f"{chosen.kind.resource} {chosen.name!r} not found")
        return self._answer(200, held[0])

    def _list(self, chosen: _Chosen) -> None:
        version = str(self.store.version)
        self._answer(
            200,
            {
                "kind": f"{chosen.kind.kind}List",
                "apiVersion": chosen.kind.api_version,
                "metadata": {"resourceVersion": version},
                "items": list(chosen.of(self.store)),
            },
        )

    def _watch(self, chosen: _Chosen, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        at = int(query.get("resourceVersion") or 0)
        try:
            if query.get("sendInitialEvents") == "true":
                at = self.store.version
                for object in chosen.of(self.store):
                    self._event("ADDED", object)
                self._event("BOOKMARK", _end_of_list(chosen.kind, at))
            while not self.store.closed:
                for event in self.store.since(at, _HEARTBEAT):
                    at = event.version
                    if chosen.has(event.object):
                        self._event(event.type, event.object)
            self._chunk(b"")
        except OSError:
            self.close_connection = True

    def _event(self, type: str, object: Object) -> None:
        self._chunk(json.dumps({"type": type, "object": object}).encode() + b"\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _refuse(self, code: int, message: str) -> None:
        self.refused.append(f"{self.command} {self.path}: {message}")
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
        self._answer(code, body | {"code": code})

    def _answer(self, code: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written about calls."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A watch that breaks off is not reported; its client handles it."""


class _Chosen:
    """Which objects a call is about: kind, namespace, name, labels."""

    def __init__(self, kind: ServedKind, namespace: str, name: str, query: dict[str, str]) -> None:
        self.kind, self.namespace, self.name, self.unknown = kind, namespace, name, ""
        labels = [part for part in query.get("labelSelector", "").split(",") if part]
        self._labels = [found for part in labels if (found := _LABEL.fullmatch(part))]
        if len(self._labels) < len(labels):
            self.unknown = f"labelSelector {query['labelSelector']!r}"
        for field in filter(None, query.get("fieldSelector", "").split(",")):
            key, _, value = field.partition("=")
            if key == "metadata.name":
                self.name = value
            else:
                self.unknown = f"fieldSelector {field!r}"

    def of(self, store: Store) -> tuple[Object, ...]:
        held = store.all(self.kind.api_version, self.kind.kind)
        return tuple(o for o in held if self.has(o))

    def has(self, object: Object) -> bool:
        metadata = object["metadata"]
        if (object["apiVersion"], object["kind"]) != (self.kind.api_version, self.kind.kind):
            return False
        if self.namespace and metadata.get("namespace") != self.namespace:
            return False
        if self.name and metadata["name"] != self.name:
            return False
        return all(_fits(label, metadata.get("labels") or {}) for label in self._labels)


def _fits(label: re.Match[str], labels: dict[str, str]) -> bool:
    held = labels.get(label["key"])
    if label["op"] is None:
        return (held is not None) != bool(label["not"])
    return (held == label["value"]) != (label["op"] == "!=")


def _kind(version: str, resource: str) -> ServedKind | None:
    kinds = served_kinds()
    return next((k for k in kinds if (k.api_version, k.resource) == (version, resource)), None)


def _end_of_list(kind: ServedKind, version: int) -> Object:
    marked = {"k8s.io/initial-events-end": "true"}
    metadata = {"resourceVersion": str(version), "annotations": marked}
    return {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}


class Serving:
    """A cluster API that runs: its address, and what it was asked for and refused."""

    def __init__(self, server: ThreadingHTTPServer, refused: list[str]) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.refused = refused


@contextmanager
def serving(store: Store) -> Iterator[Serving]:
    """The API before these objects, until the block ends.

    Raises:
        OSError: no port can be had.
    """
    refused: list[str] = []
    handler = type("Handler", (_Handler,), {"store": store, "refused": refused})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Serving(server, refused)
    finally:
        store.close()
        server.shutdown()
        server.server_close()
        thread.join()
