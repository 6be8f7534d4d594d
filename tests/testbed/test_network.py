"""Calls arrive as they were sent, header by header, and wait no longer than they were told."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from apim_aks.remote.calls import Ending
from apim_aks.testbed import http_server
from apim_aks.testbed.exchange import Request, Response
from apim_aks.testbed.gateway import Unguarded
from apim_aks.testbed.http_server import Server, running
from apim_aks.testbed.network import Network, Place

TWICE = (("X-A", "1"), ("X-A", "2"), ("X-A", "1"), ("Host", "h.example"))
CALL = Unguarded(host="h", port=80, tls=False, lines=TWICE)
SOURCE = "192.0.2.1"


@pytest.fixture
def here() -> Iterator[tuple[Network, list[Request]]]:
    arrived: list[Request] = []

    def answer(request: Request) -> Response:
        arrived.append(request)
        if request.path == "/late":
            time.sleep(0.5)
        return Response(200, (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")))

    server = Server(answer, None)
    with running(server):
        yield Network({("h", 80): Place(server.port)}, ()), arrived


def test_headers_that_come_again_stay_lines_of_their_own(
    here: tuple[Network, list[Request]],
) -> None:
    network, arrived = here
    outcome = network.ask(CALL, SOURCE)
    assert [v for n, v in outcome.lines if n == "Set-Cookie"] == ["a=1", "b=2"]
    (request,) = arrived
    assert [(n, v) for n, v in request.headers if n in ("X-A", "Host")] == list(TWICE)


def test_a_late_answer_is_silence(here: tuple[Network, list[Request]]) -> None:
    late = Unguarded(host="h", port=80, tls=False, path="/late")
    assert here[0].ask(late, SOURCE, seconds=0.05).ending is Ending.SILENT


def test_an_idle_connection_is_closed_and_not_read_for_ever(
    here: tuple[Network, list[Request]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server._Handler, "timeout", 0.05)
    place = here[0].places["h", 80]
    with socket.create_connection(("127.0.0.1", place.port), timeout=5) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        with line.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 200") and answer.read()
