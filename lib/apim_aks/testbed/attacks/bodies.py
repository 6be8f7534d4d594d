"""Messages that two readers could divide differently, and messages that are too large."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

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
    """Side by side, since each waits for what does not come."""
    mark = door.site.recorder.mark()
    with ThreadPoolExecutor(len(_SHAPES)) as pool:
        tuple(pool.map(partial(_send, door), range(len(_SHAPES))))
    time.sleep(_SETTLING)
    arrived = door.site.recorder.since(mark)
    for number in range(len(_SHAPES)):
        hidden = (a for a in arrived if a.request.target.endswith(f"{HIDDEN}-{number}"))
        yield Outcome(Ending.OTHER, connected=True), tuple(hidden)


def _send(door: Door, number: int) -> None:
    to = door.backend.host, door.backend.port
    data = _message(door, number)
    door.site.network.raw(to, door.site.gateway, data, door.certificate if door.tls else None)


def _message(door: Door, number: int) -> bytes:
    host, (lines, body) = door.backend.host, _SHAPES[number]
    hidden = f"GET /{HIDDEN}-{number} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    sizes = {"hiddens": len(hidden), "size": f"{len(hidden):x}", "all": len(hidden) + 5}
    own = "".join(f"{name}: {value}\r\n" for name, value in door.headers)
    head = f"POST {door.path} HTTP/1.1\r\nHost: {host}\r\n{own}{lines}\r\n\r\n{body}"
    return head.format(hidden=hidden, **sizes).encode("latin-1")


def _oversized(door: Door) -> Ends:
    many: Headers = tuple((f"X-Filler-{i}", "x" * 50_000) for i in range(40))
    yield door.ask(door.call(headers=(*door.headers, *many)))


ATTACKS: dict[str, Callable[[Door], Ends]] = {
    "smuggled-request": _smuggled,
    "oversized-headers": _oversized,
}
