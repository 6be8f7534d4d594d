"""Messages that two readers could divide differently, and messages that are too large."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from apim_aks.remote.calls import Ending, Outcome
from apim_aks.testbed.doors import Door
from apim_aks.testbed.exchange import Headers
from apim_aks.testbed.recorder import Arrival

Ends = Iterator["tuple[Outcome, tuple[Arrival, ...]]"]

HIDDEN = "smuggled-by-the-testbed"
"""What the hidden request asks for, which no entry leads to."""
_SETTLING = 0.02
"""Seconds in which what was hidden would have arrived."""

_SHAPES: tuple[tuple[str, str], ...] = (
    ("Content-Length: {all}\r\nTransfer-Encoding: chunked", "0\r\n\r\n{hidden}"),
    ("Transfer-Encoding: chunked\r\nContent-Length: 4", "{size}\r\n{hidden}\r\n0\r\n\r\n"),
    ("Content-Length: 0\r\nContent-Length: {hiddens}", "{hidden}"),
    ("Content-Length: {hiddens}\r\nContent-Length: 0", "{hidden}"),
    ("Content-Length: 0, {hiddens}", "{hidden}"),
    ("Content-Length: +{hiddens}", "{hidden}"),
    ("Content-Length: 0x0", "{hidden}"),
    ("Content-Length: -1", "{hidden}"),
    ("Content-Length : {hiddens}", "{hidden}"),
    ("Transfer-Encoding: xchunked\r\nContent-Length: {hiddens}", "{hidden}"),
    ("Transfer-Encoding : chunked\r\nContent-Length: {all}", "0\r\n\r\n{hidden}"),
    ("Transfer-Encoding:\x0bchunked\r\nContent-Length: {all}", "0\r\n\r\n{hidden}"),
    ("Transfer-Encoding: identity\r\nContent-Length: {hiddens}", "{hidden}"),
    ("Transfer-Encoding: chunked, identity\r\nContent-Length: {all}", "0\r\n\r\n{hidden}"),
    (
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\nContent-Length: {all}",
        "0\r\n\r\n{hidden}",
    ),
    ("X-Folded: a\r\n Transfer-Encoding: chunked\r\nContent-Length: {all}", "0\r\n\r\n{hidden}"),
    ("X-Bare: a\nTransfer-Encoding: chunked\r\nContent-Length: {all}", "0\r\n\r\n{hidden}"),
    ("X-Ended: a\r\n\n{hidden}Content-Length: 0", ""),
    ("Connection: Content-Length\r\nContent-Length: {hiddens}", "{hidden}"),
    ("Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: {hiddens}", "{hidden}"),
)
"""Header lines and a body; the readers that differ are named in RFC 9112, section 11.2."""


def _smuggled(door: Door) -> Ends:
    for lines, body in _SHAPES:
        yield _raw(door, _message(door, lines, body))


def _message(door: Door, lines: str, body: str) -> bytes:
    host = door.backend.host
    hidden = f"GET /{HIDDEN} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    sizes = {"hiddens": len(hidden), "size": f"{len(hidden):x}", "all": len(hidden) + 5}
    own = "".join(f"{name}: {value}\r\n" for name, value in door.headers)
    head = f"POST {door.path} HTTP/1.1\r\nHost: {host}\r\n{own}"
    text = (
        f"{head}{lines.format(hidden=hidden, **sizes)}\r\n\r\n{body.format(hidden=hidden, **sizes)}"
    )
    return text.encode("latin-1")


def _raw(door: Door, data: bytes) -> tuple[Outcome, tuple[Arrival, ...]]:
    site, backend = door.site, door.backend
    mark = site.recorder.mark()
    site.network.raw(
        (backend.host, backend.port), site.gateway, data, door.certificate if door.tls else None
    )
    time.sleep(_SETTLING)
    return Outcome(Ending.OTHER, connected=True), site.recorder.since(mark)


def _oversized(door: Door) -> Ends:
    many: Headers = tuple((f"X-Filler-{i}", "x" * 8000) for i in range(250))
    yield door.ask(door.call(headers=(*door.headers, *many)))


ATTACKS: dict[str, Callable[[Door], Ends]] = {
    "smuggled-request": _smuggled,
    "oversized-headers": _oversized,
}
