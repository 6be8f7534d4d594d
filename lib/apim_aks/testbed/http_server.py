"""A small HTTP server on loopback that hands each request to a function, chunked bodies too."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apim_aks.testbed.authorities import Identity
from apim_aks.testbed.exchange import Request, Response, header

Answer = Callable[[Request], Response]
_LONGEST = 1_000_000
_SECONDS = 30.0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def handle_one_request(self) -> None:
        """Read one request, whatever its method."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or self.server.down or not self.parse_request():
                self.close_connection = True
                return
            self._answered()
        except OSError:
            # What was idle for too long can never be read again, and would be tried for ever.
            self.close_connection = True

    def _answered(self) -> None:
        headers = tuple(self.headers.items())
        try:
            body = _body(self.rfile, headers)
        except ValueError:
            self.close_connection = True
            self.send_error(400)
            return
        url = urlsplit(self.path if "://" in self.path else f"//-{self.path}")
        request = Request(
            method=self.command,
            scheme="https" if self.server.context else "http",
            host=header(headers, "Host"),
            path=url.path or "/",
            query=url.query,
            headers=headers,
            body=body,
            client_address=str(self.client_address[0]),
        )
        self._write(self.server.answer(request))

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written about calls."""


def _body(file: BufferedIOBase, headers: Any) -> bytes:
    if "chunked" in header(headers, "Transfer-Encoding").lower():
        return _chunks(file)
    length = int(header(headers, "Content-Length", "0"))
    if not 0 <= length <= _LONGEST:
        raise ValueError
    return file.read(length)


def _chunks(file: BufferedIOBase) -> bytes:
    body = b""
    while size := int(file.readline(64).split(b";")[0], 16):
        if size < 0 or len(body) + size > _LONGEST:
            raise ValueError
        body += file.read(size)
        file.readline(4)
    while file.readline(8192).strip():
        pass
    return body


class Server(ThreadingHTTPServer):
    """A server on a free port of loopback; with an `identity` it ends TLS."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, answer: Answer, context: ssl.SSLContext | None, port: int = 0) -> None:
        self.answer, self.context, self.down = answer, context, False
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the thread of the connection, so that nobody holds the others up.

        While it is down, every connection is closed at once.
        """
        if self.down:
            return
        if self.context is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(_SECONDS)
        with suppress(OSError), self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks off is not reported; its client handles it."""


def tls_context(identity: Identity, folder: Path) -> ssl.SSLContext:
    """Shows this certificate; the file that ssl needs is gone at once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    file = folder / "shown.pem"
    try:
        file.write_bytes(identity.pem)
        context.load_cert_chain(file)
    finally:
        file.unlink(missing_ok=True)
    return context


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """The servers, taken care of by one thread, until the block ends."""
    woken, waking = socket.socketpair()
    with selectors.DefaultSelector() as selector, woken, waking:
        selector.register(woken, selectors.EVENT_READ)
        for server in servers:
            server.timeout = 0
            selector.register(server, selectors.EVENT_READ, server)
        thread = threading.Thread(target=_serve, args=(selector,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            waking.sendall(b".")
            thread.join()
            for server in servers:
                server.server_close()


def _serve(selector: selectors.BaseSelector) -> None:
    while True:
        for key, _ in selector.select():
            if key.data is None:
                return
            key.data.handle_request()
