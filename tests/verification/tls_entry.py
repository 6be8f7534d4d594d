"""Real servers on this machine that stand for gateway, ingress and Services, and a small network.

A `DeployedOption` is one deployed option. Its network maps the names and addresses of the design
to local ports; everything above TCP is real: TLS with client certificates, HTTP, resets, silence.
What a test breaks is one attribute of it.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from apim_aks.decision.design import Design, Placement
from apim_aks.remote.calls import Call, Caller
from apim_aks.topology import Auth, Backend

NO_CHECK_TIME = 0x200000
HANGS = 600.0
PATIENCE = {"seconds": HANGS, "longest": HANGS, "hesitation": 0.1}
"""Seconds of a caller: a guard for whatever is to answer, and what a patient server needs least."""
Request = Callable[[str, str, Any], tuple[int, dict[str, Any]]]


class _Handler(BaseHTTPRequestHandler):
    answer: Request
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_GET(self) -> None:
        status, body = type(self).answer(self.command, self.path, self.headers)
        held = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(held)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(held)
        self.close_connection = True

    do_HEAD = do_POST = do_GET


class _Server(ThreadingHTTPServer):
    context: ssl.SSLContext | None = None
    patient = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        return

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake belongs to the connection's own thread."""
        line = self._shaken(request, self.context) if self.context else request
        with line:
            super().finish_request(line, client_address)

    def _shaken(self, request: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        with request.dup() as held:
            try:
                return context.wrap_socket(request, server_side=True)
            except ssl.SSLError:
                if self.patient:
                    _read_to_the_end(held)
                raise


def _read_to_the_end(line: socket.socket) -> None:
    """What a refused caller still sends; unread, it would turn the refusal into a reset."""
    line.shutdown(socket.SHUT_WR)
    while line.recv(4096):
        pass


@contextmanager
def http_server(
    answer: Request, context: ssl.SSLContext | None = None, patient: bool = True
) -> Iterator[int]:
    """The port of a server that answers by this function, over TLS where a context is given.

    A patient one reads what a caller sends after it was refused, so that the refusal arrives
    however late the caller looks.
    """
    handler = type("Entry", (_Handler,), {"answer": staticmethod(answer)})
    server = _Server(("127.0.0.1", 0), handler)
    server.context, server.patient = context, patient
    thread = threading.Thread(target=server.serve_forever, args=(0.002,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw_server(treat: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that treats each connection so and says nothing of HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            held.append(line)
            treat(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        thread.join()
        listener.close()
        for line in held:
            line.close()


def mute(line: socket.socket) -> None:
    """A connection that is made and never answered."""


def reset(line: socket.socket) -> None:
    """A connection that ends in a reset."""
    line.recv(1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def hung_up(line: socket.socket) -> None:
    """A connection that is closed in the middle of the handshake."""
    line.recv(1)
    line.shutdown(socket.SHUT_RDWR)


def dripping(line: socket.socket) -> None:
    """A server that sends a byte now and then and never comes to an end."""

    def drip() -> None:
        try:
            line.recv(4096)
            line.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                line.sendall(b"X")
                threading.Event().wait(0.05)
        except OSError:
            return

    threading.Thread(target=drip, daemon=True).start()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port where nothing listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        yield line.getsockname()[1]


class Authorities:
    """One that everybody trusts, one for the gateway's client certificate, one of a stranger."""

    def __init__(self) -> None:
        self.public, self.client, self.stranger = trustme.CA(), trustme.CA(), trustme.CA()

    def server(self, *hosts: str, tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = tls
        self.public.issue_cert(*hosts).configure_cert(context)
        return context

    def ingress(self, host: str, tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        context = self.server(host, tls=tls)
        context.verify_mode = ssl.CERT_REQUIRED
        self.client.configure_trust(context)
        return context

    def shown(self, expired: bool = False) -> bytes:
        """A client certificate of the right authority, with its key."""
        now = datetime.now(UTC)
        until = now - timedelta(days=1) if expired else now + timedelta(days=1)
        made = self.client.issue_cert(
            "gateway.example", not_before=now - timedelta(days=9), not_after=until
        )
        return made.private_key_and_cert_chain_pem.bytes()

    def trust(self, *files: str) -> Callable[[], ssl.SSLContext]:
        def made() -> ssl.SSLContext:
            # The authorities of the machine sign nothing here, and take long to load.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.public.configure_trust(context)
            for file in files:
                context.load_verify_locations(file)
            return context

        return made


GATEWAY_PUBLIC, GATEWAY_PRIVATE, EGRESS = "20.50.0.1", "10.40.9.9", "20.50.0.9"
CALLER_TOKEN = "caller-token-1f0c2a77b3d94e55"
GATEWAY_TOKEN = "gateway-token-77aa0d3b1c9e4f10"
KEY = "5b7e0c9a4d1f4f2c8e6a3b1d0f9c7e55"


@dataclass
class DeployedOption:
    """One deployed option, and everything about it that can be wrong."""

    design: Design
    placement: Placement
    authorities: Authorities
    key_demanded: bool = True
    wrong_key_refused: bool = True
    forwards_refused: bool = False
    gateway_status: int = 0
    gateway_names: dict[str, str] = field(default_factory=dict)
    trusted: bool = True
    services_status: int = 0
    token_checked: bool = True
    signature_checked: bool = True
    refused_tokens: bool = True
    ingress_shut: bool = True
    foreign: bytes = b""
    expired_refused: bool = True
    ingress_tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    admitted: set[str] = field(default_factory=set)
    gateway_reachable: bool = True
    gateway_on_internet: bool = False
    names_inside: bool = False
    internet: bool = True
    telemetry: str = "all"
    logs_status: int = 0
    keys_status: int = 0
    late: int = 0
    unreadable: str = ""
    reached: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    ports: dict[tuple[str, int], int] = field(default_factory=dict)
    dns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inside: dict[str, int] = field(default_factory=dict)
    tried: list[tuple[str, int]] = field(default_factory=list)

    # The network, as one place sees it

    def resolve(self, host: str) -> tuple[str, ...]:
        if host in ("localhost", "control.example"):
            return ("127.0.0.1",)
        if host not in self.dns:
            raise socket.gaierror(-2, "Name or service not known")
        return self.dns[host]

    def connect(self, place: tuple[str, int], seconds: float) -> socket.socket:
        self.tried.append(place)
        if place[0] == "127.0.0.1" and self.internet:
            return socket.create_connection(place, timeout=seconds)
        if place not in self.ports:
            raise TimeoutError("timed out")
        return socket.create_connection(("127.0.0.1", self.ports[place]), timeout=seconds)

    def caller(self, *files: str) -> Caller:
        trust = self.authorities.trust(*files) if self.trusted else ssl.create_default_context
        return Caller(resolve=self.resolve, connect=self.connect, trust=trust, **PATIENCE)

    # The gateway

    def gateway(self, method: str, path: str, headers: Any) -> tuple[int, dict[str, Any]]:
        if path.startswith("/status-"):
            return 200, {}
        if self.gateway_status:
            return self.gateway_status, {"reason": ""}
        row = {
            "CorrelationId": str(uuid.uuid4()),
            "Headers": json.dumps({"x-correlation-id": headers["x-correlation-id"]}),
            "BackendResponseCode": None,
            "BackendUrl": "",
        }
        self.rows.append(row)
        reason = self._refusal(headers)
        if not reason or self.forwards_refused:
            status = self._forwarded(method, path, headers, row)
            if not reason:
                return status, {}
        return 401, {"title": "Unauthorized", "reason": reason}

    def _refusal(self, headers: Any) -> str:
        key = headers["Ocp-Apim-Subscription-Key"]
        if key is None and self.key_demanded:
            return "SubscriptionKeyNotFound"
        if key is not None and key != KEY and self.wrong_key_refused:
            return "SubscriptionKeyInvalid"
        return "" if headers["Authorization"] == f"Bearer {CALLER_TOKEN}" else "TokenNotPresent"

    def _forwarded(self, method: str, path: str, headers: Any, row: dict[str, Any]) -> int:
        backend, behind = self._route(path)
        shown = {"x-correlation-id": headers["x-correlation-id"]}
        held = {c.id: c.auth for c in self.placement.topology.credentials}
        certificate, tls = b"", backend.protocol == "HTTPS"
        if held.get(backend.credential) is Auth.CLIENT_CERTIFICATE:
            certificate = self.authorities.shown()
        elif held.get(backend.credential) is Auth.TOKEN and tls:
            shown["X-Gateway-Authorization"] = f"Bearer {GATEWAY_TOKEN}"
        inner = Caller(
            resolve=lambda host: ("127.0.0.1",),
            connect=lambda place, seconds: socket.create_connection(
                ("127.0.0.1", self.inside[backend.host]), timeout=seconds
            ),
            trust=self.authorities.trust(),
            **PATIENCE,
        )
        call = Call(
            host=backend.host,
            path=behind,
            port=backend.port,
            method=method,
            headers=shown,
            certificate=certificate,
            address="",
            checked=tls,
            tls=tls,
        )
        outcome = inner.ask(call)
        row["BackendResponseCode"] = outcome.status or None
        row["BackendUrl"] = f"{backend.url}{behind}"
        return outcome.status or 502

    def _route(self, path: str) -> tuple[Backend, str]:
        for api in self.design.mapping.apis:
            if path.strip("/").startswith(api.path):
                service = api.operations[0].service
                backend, prefix = self.placement.topology.backend(service)
                return backend, prefix + path
        raise AssertionError(f"the gateway has no API at {path}")

    # Services and ingress

    def plain(self, method: str, path: str, headers: Any) -> tuple[int, dict[str, Any]]:
        if self.services_status:
            return self.services_status, {}
        self.reached.append(str(headers["x-correlation-id"]))
        return 200, {"from": "the Service"}

    def checked(self, method: str, path: str, headers: Any) -> tuple[int, dict[str, Any]]:
        """A Service behind a token check."""
        token = str(headers["X-Gateway-Authorization"] or "").removeprefix("Bearer ")
        if self.token_checked and not self._right(token):
            return 401, {}
        return self.plain(method, path, headers)

    def _right(self, token: str) -> bool:
        if token == GATEWAY_TOKEN:
            return True
        if token.startswith("eyJ") and not self.signature_checked:
            return True
        return bool(token) and not token.startswith("eyJ") and not self.refused_tokens

    def ingress_context(self, host: str) -> ssl.SSLContext:
        context = self.authorities.ingress(host, self.ingress_tls)
        if not self.ingress_shut:
            context.verify_mode = ssl.CERT_NONE
        if self.foreign:
            # Exactly the stranger's certificate, so that a missing one is refused all the same.
            context.load_verify_locations(cadata=self.foreign.decode())
        if not self.expired_refused:
            context.verify_flags |= NO_CHECK_TIME  # type: ignore[assignment]
        return context

    # The logs

    def answered(self, query: str) -> list[dict[str, Any]]:
        self.queries.append(query)
        ids = set(re.findall(r'"([A-Za-z0-9-]+)"', query))
        if query.strip().startswith("ContainerLogV2"):
            found = [{"Line": f"served {id}"} for id in self.reached if id in ids]
            return found if self.telemetry == "all" else []
        if self.late > 0:
            self.late -= 1
            return []
        rows = [r for r in self.rows if any(id in r["Headers"] for id in ids)]
        if self.telemetry == "none":
            return []
        if self.telemetry == "served only":
            return [r for r in rows if r["BackendResponseCode"]]
        return rows


@contextmanager
def standing(town: DeployedOption) -> Iterator[DeployedOption]:
    """The servers of a town, and its network from the place where the consumer stands."""
    topology = town.placement.topology
    with ExitStack() as up:
        host = next(iter(town.gateway_names))
        context = town.authorities.server(*town.gateway_names)
        gateway = up.enter_context(http_server(town.gateway, context))
        for backend in topology.backends:
            held = {c.id: c.auth for c in topology.credentials}.get(backend.credential)
            if held is Auth.CLIENT_CERTIFICATE:
                made = http_server(town.plain, town.ingress_context(backend.host))
            elif backend.protocol == "HTTPS":
                made = http_server(town.checked, town.authorities.server(backend.host))
            else:
                made = http_server(town.plain)
            town.inside[backend.host] = up.enter_context(made)
        if town.gateway_reachable:
            address = town.gateway_names[host]
            town.dns[host] = (address,)
            town.ports[address, 443] = gateway
        if town.gateway_on_internet:
            town.ports[GATEWAY_PUBLIC, 443] = gateway
        yield town


@contextmanager
def written(content: bytes) -> Iterator[str]:
    """A file that only this test knows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "held.pem"
        file.write_bytes(content)
        yield str(file)
