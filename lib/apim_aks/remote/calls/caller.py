"""The one place where calls leave: name, connection, TLS, request, each with its own ending."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apim_aks import __version__
from apim_aks.remote.calls.call import Call, Ending, Outcome

_ALERTS = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "UNSUPPORTED_CERTIFICATE",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_UNKNOWN",
    "UNKNOWN_CA",
    "ACCESS_DENIED",
    "HANDSHAKE_FAILURE",
)
"""TLS alerts of a server that refuses the caller's certificate, or demands one."""

_OWN = {"Connection": "close", "User-Agent": f"apim-aks/{__version__} (verify)"}
"""Headers of every call; the User-Agent shows in logs who called."""

_MOST_READ = 4096

Connect = Callable[[tuple[str, int], float], socket.socket]


def resolved(host: str) -> tuple[str, ...]:
    """The addresses of a name, as this place resolves it.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def connected(place: tuple[str, int], seconds: float) -> socket.socket:
    """A connection to an address and port.

    Raises:
        OSError: there is none.
    """
    return socket.create_connection(place, timeout=seconds)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """How calls leave a place; `resolve`, `connect` and `trust` can be put in by tests.

    Times are in seconds: no step (connection, TLS, answer) takes longer than `seconds`, no call
    longer than `longest`; `hesitation` is how long a late refusal of a certificate is waited for.
    `at_once` is how many calls whoever has many makes side by side. In `folder` the caller's
    certificate is a file for a moment; None is where the system has such files.
    """

    resolve: Callable[[str], tuple[str, ...]] = resolved
    connect: Connect = connected
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context
    seconds: float = 6
    """A gateway answers in far less; where nothing answers a run must not stand still."""
    longest: float = 40
    """Longer than the gateway itself waits for a back end."""
    hesitation: float = 1.5
    """TLS 1.3 refuses a certificate after the handshake (RFC 8446 section 4.4.2.4)."""
    at_once: int = 8
    """Silence costs the same time once."""
    folder: Path | None = None

    def addresses(self, host: str) -> tuple[str, ...]:
        """What the name resolves to from here; nothing where it does not."""
        try:
            return self.resolve(host)
        except (OSError, UnicodeError):
            return ()

    def ask(self, call: Call) -> Outcome:
        """The call, made once: whatever happens is an outcome."""
        places = (call.address,) if call.address else self.addresses(call.host)
        outcome = Outcome(Ending.UNKNOWN_NAME)
        for place in places:
            outcome = self._at(place, call)
            if outcome.connected:
                break
        return outcome

    def reach(self, address: str, port: int) -> Outcome:
        """Whether a connection can be made at all; nothing is sent."""
        try:
            line = self.connect((address, port), self.seconds)
        except OSError as error:
            return _unconnected(error)
        line.close()
        return Outcome(Ending.OTHER, connected=True, detail="a connection was made")

    def _at(self, place: str, call: Call) -> Outcome:
        try:
            line = self.connect((place, call.port), self.seconds)
        except OSError as error:
            return _unconnected(error)
        # TLS takes the socket over: what is to be cut in time is held a second time.
        with line, line.dup() as held:
            line.settimeout(self.seconds)
            late = threading.Event()
            # A server that sends a byte now and then would hold the call for ever.
            clock = threading.Timer(self.longest, _cut, (held, late))
            clock.daemon = True
            clock.start()
            try:
                outcome = self._spoken(line, call)
            finally:
                clock.cancel()
        ended = Outcome(Ending.SILENT) if late.is_set() else outcome
        return replace(ended, connected=True)

    def _spoken(self, line: socket.socket, call: Call) -> Outcome:
        try:
            if not call.tls:
                return _requested(line, call)
            context = self._context(call)
            with shown(context, call.certificate, self.folder):
                tls = context.wrap_socket(
                    line, server_hostname=call.host, do_handshake_on_connect=False
                )
            with tls:
                if ended := _shaken(tls):
                    return ended
                if not call.checked:
                    self._hesitate(tls)
                return _requested(tls, call)
        except ssl.SSLCertVerificationError as error:
            return Outcome(Ending.UNTRUSTED, detail=error.verify_message)
        except ssl.SSLError as error:
            return _broken(error)
        except TimeoutError:
            return Outcome(Ending.SILENT)
        except (ConnectionError, http.client.RemoteDisconnected):
            return Outcome(Ending.RESET)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Outcome(Ending.OTHER, detail=type(error).__name__)

    def _context(self, call: Call) -> ssl.SSLContext:
        context = self.trust()
        if not call.checked:
            # Nothing is sent that matters and whatever answers is to be seen, whoever signed it.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _hesitate(self, tls: ssl.SSLSocket) -> None:
        """TLS 1.3 refuses a certificate after the handshake; a request sent meanwhile would end
        in a reset that hides the refusal."""
        if tls.version() != "TLSv1.3":
            return
        tls.settimeout(self.hesitation)
        try:
            if tls.recv(1):
                raise http.client.BadStatusLine("data before a request")
            raise ConnectionResetError
        except TimeoutError:
            tls.settimeout(self.seconds)


def _shaken(tls: ssl.SSLSocket) -> Outcome | None:
    """How a handshake ended before the server chose a cipher: no certificate was asked for yet."""
    try:
        tls.do_handshake()
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        if tls.cipher() is None and (ended := _broken(error)).ending is Ending.REFUSED:
            return replace(ended, ending=Ending.OTHER, detail="no TLS that both sides speak")
        raise
    return None


def _requested(line: socket.socket, call: Call) -> Outcome:
    connection = http.client.HTTPConnection(call.host, call.port)
    connection.sock = line
    usual = call.port == (443 if call.tls else 80)
    host = call.host if usual else f"{call.host}:{call.port}"
    connection.request(call.method, call.path, call.body or None, _headers(call, host))
    answer = connection.getresponse()
    return Outcome(Ending.ANSWERED, answer.status, tuple(answer.getheaders()), _body(answer))


def _headers(call: Call, host: str) -> Any:
    """A message, since a mapping holds each name once."""
    said = (*call.headers.items(), *call.lines)
    named = {name.lower() for name, _ in said}
    message = http.client.HTTPMessage()
    for name, value in (("Host", host), *_OWN.items()):
        if name.lower() not in named:
            message[name] = value
    for name, value in said:
        message[name] = value
    return message


def _body(answer: http.client.HTTPResponse) -> bytes:
    """The beginning of the body, where there is one: the status alone is an answer."""
    try:
        return answer.read(_MOST_READ)
    except (OSError, http.client.HTTPException):
        return b""


def _cut(line: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _unconnected(error: OSError) -> Outcome:
    if isinstance(error, ConnectionRefusedError):
        return Outcome(Ending.CLOSED)
    if isinstance(error, ConnectionError):
        return Outcome(Ending.RESET)
    if isinstance(error, TimeoutError):
        return Outcome(Ending.SILENT)
    return Outcome(Ending.OTHER, detail=f"no way there: {type(error).__name__}")


def _broken(error: ssl.SSLError) -> Outcome:
    reason = (error.reason or "").upper()
    if "ALERT" in reason and any(alert in reason for alert in _ALERTS):
        return Outcome(Ending.REFUSED)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Outcome(Ending.RESET)
    return Outcome(Ending.OTHER, detail=f"TLS: {reason.lower().replace('_', ' ') or 'failed'}")


@contextmanager
def shown(
    context: ssl.SSLContext, certificate: bytes, folder: Path | None = None
) -> Iterator[None]:
    """The caller's certificate in the context; the file that ssl needs is gone at once."""
    if certificate:
        descriptor, name = tempfile.mkstemp(".pem", dir=folder)  # readable by its owner only
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(certificate)
            # A password keeps ssl from asking the terminal for one.
            context.load_cert_chain(name, password="-")
        finally:
            Path(name).unlink()
    yield
