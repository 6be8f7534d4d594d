"""Where host names lead on this machine, and the calls that go there."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from apim_aks.remote.calls import Call, Caller, Outcome
from apim_aks.testbed.authorities import Authority


@dataclass(frozen=True, slots=True)
class Place:
    """A port of loopback; `named` says that callers are told there by the PROXY protocol."""

    port: int
    named: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """The host names and ports of a placement, each with its place here."""

    places: Mapping[tuple[str, int], Place]
    trusted: tuple[Authority, ...] = field(repr=False)

    def ask(self, call: Call, source: str, tls: ssl.TLSVersion | None = None) -> Outcome:
        """The call, as if it came from this address; `tls` is the newest version it speaks."""
        place = self.places[call.host, call.port]
        caller = Caller(
            resolve=lambda host: ("127.0.0.1",),
            connect=partial(connected, place, source),
            trust=partial(_context, self.trusted, tls),
            seconds=_SECONDS,
            hesitation=_HESITATION,
        )
        return caller.ask(call)

    def raw(
        self, host: str, port: int, source: str, context: ssl.SSLContext | None, data: bytes
    ) -> bytes:
        """What comes back for these very bytes."""
        line = connected(self.places[host, port], source, ("127.0.0.1", port), _SECONDS)
        with line:
            line.settimeout(_SILENCE)
            spoken = context.wrap_socket(line, server_hostname=host) if context else line
            return _spoken(spoken, data)


_SECONDS = 5.0
_HESITATION = 0.5
"""Seconds that a late refusal of a certificate is waited for: on loopback it takes milliseconds."""
_SILENCE = 0.5


def connected(place: Place, source: str, address: tuple[str, int], seconds: float) -> socket.socket:
    """A connection to the place, with what a load balancer would say of where it came from.

    Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, version 1.

    Raises:
        OSError: nothing listens there.
    """
    line = socket.create_connection(("127.0.0.1", place.port), timeout=seconds)
    if place.named:
        line.sendall(f"PROXY TCP4 {source} 127.0.0.1 50000 443\r\n".encode())
    return line


def _context(trusted: tuple[Authority, ...], newest: ssl.TLSVersion | None) -> ssl.SSLContext:
    authorities = b"".join(a.certificate for a in trusted)
    context = ssl.create_default_context(cadata=authorities.decode())
    if newest is not None:
        context.minimum_version = newest
        context.maximum_version = newest
        # OpenSSL offers nothing older than TLS 1.2 at its usual level.
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    return context


def _spoken(line: socket.socket, data: bytes) -> bytes:
    found = b""
    try:
        line.sendall(data)
        while chunk := line.recv(65536):
            found += chunk
    except OSError:
        pass
    return found


def free_port() -> int:
    """A port that nobody listens on.

    Raises:
        OSError: no port can be had.
    """
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def listens(port: int) -> bool:
    """Something takes connections on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
