"""Where host names lead on this machine, and the calls that go there."""

from __future__ import annotations

import errno
import socket
import ssl
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from apim_aks.remote.calls import Call, Caller, Outcome, shown
from apim_aks.testbed.authorities import Authority

SECONDS = 5.0
"""Seconds that are waited for an answer; on loopback it takes a fraction of one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A port of loopback; `named` says that it reads callers from the PROXY protocol."""

    port: int
    named: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """The host names and ports of a placement, each with its place here; what a caller shows is a
    file in `folder` for a moment, which goes with a run that is killed."""

    places: Mapping[tuple[str, int], Place]
    trusted: tuple[Authority, ...] = field(repr=False)
    folder: Path | None = None

    def ask(
        self, call: Call, source: str, tls: ssl.TLSVersion | None = None, seconds: float = SECONDS
    ) -> Outcome:
        """The call, as if it came from this address; `tls` is the newest version it speaks.

        It is silence when no answer comes within the seconds.
        """
        place = self.places[call.host, call.port]
        caller = Caller(
            resolve=lambda host: ("127.0.0.1",),
            connect=partial(connected, place, source),
            trust=partial(_context, self.trusted, tls),
            seconds=seconds,
            longest=seconds,
            folder=self.folder,
            hesitation=_HESITATION,
        )
        return caller.ask(call)

    def raw(self, to: tuple[str, int], source: str, data: bytes, certificate: bytes | None) -> None:
        """These very bytes, by TLS with this certificate, which may be empty; plain with None."""
        with suppress(OSError):
            line = connected(self.places[to], source, to, SECONDS)
            line.settimeout(_SILENCE)
            if certificate is None:
                _spoken(line, data)
                return
            context = _context(self.trusted, None)
            with shown(context, certificate, self.folder):
                secured = context.wrap_socket(line, server_hostname=to[0])
            _spoken(secured, data)

    def presented(self, to: tuple[str, int], source: str, certificate: bytes) -> bytes:
        """The certificate that is shown there in DER, whoever signed it; empty where none is."""
        context = _context(self.trusted, None)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with suppress(OSError), connected(self.places[to], source, to, SECONDS) as line:
            with shown(context, certificate, self.folder):
                secured = context.wrap_socket(line, server_hostname=to[0])
            with secured:
                return secured.getpeercert(binary_form=True) or b""
        return b""


_HESITATION = 0.5
"""Seconds that a late refusal of a certificate is waited for: on loopback it takes milliseconds."""
_SILENCE = 0.1
"""Seconds after which nothing more is expected on a connection that stays open."""


def connected(place: Place, source: str, address: tuple[str, int], seconds: float) -> socket.socket:
    """A connection to the place, with what a load balancer would say of where it came from.

    Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, version 1.

    Raises:
        OSError: nothing listens there.
    """
    line = socket.create_connection(("127.0.0.1", place.port), timeout=seconds)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if place.named:
        line.sendall(f"PROXY TCP4 {source} 127.0.0.1 50000 443\r\n".encode())
    return line


def _context(trusted: tuple[Authority, ...], newest: ssl.TLSVersion | None) -> ssl.SSLContext:
    authorities = b"".join(a.certificate for a in trusted)
    context = ssl.create_default_context(cadata=authorities.decode())
    if newest is not None:
        with warnings.catch_warnings():
            # Python advises against what is to be refused here.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = newest
        # OpenSSL offers nothing older than TLS 1.2 at its usual level.
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    return context


def _spoken(line: socket.socket, data: bytes) -> None:
    """Send it, and listen until nothing more comes."""
    with line, suppress(OSError):
        line.sendall(data)
        while line.recv(65536):
            pass


def free_port() -> int:
    """A free port.

    Raises:
        OSError: no port can be had.
    """
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def require_free(*ports: int) -> None:
    """Raises OSError where somebody listens on one of these ports, who would be taken for ours."""
    for port in ports:
        if listens(port):
            raise OSError(errno.EADDRINUSE, f"{port} is taken")


def listens(port: int) -> bool:
    """Something takes connections on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
