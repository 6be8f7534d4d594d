"""The gateway over real HTTP on both sides: a consumer, the policies, a back end that answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from apim_aks.testbed.exchange import Headers, Request, Response
from apim_aks.testbed.http_server import Server, running
from apim_aks.testbed.policies import Sent
from tests.support.gateway_scenes import KEY, Scene
from tests.testbed.policies.test_generated import OTHER_TOKEN, TOKEN, rich


def echoed(request: Request) -> Response:
    """What arrived, told by the back end, which names what it runs on."""
    told = {"target": request.target, "host": request.host, "body": request.body.decode()}
    body = json.dumps({**told, "headers": dict(request.headers)}).encode()
    return Response(200, (("X-Powered-By", "secret"), ("Server", "secret")), body)


def over(port: int) -> Callable[[Sent], Response]:
    """Sends what the gateway sends to this port, whatever host it is for."""

    def send(sent: Sent) -> Response:
        url = urlsplit(sent.url)
        target = f"{url.path}?{url.query}" if url.query else url.path
        return _exchanged(port, sent.method, target, sent.headers, sent.body)

    return send


def _exchanged(
    port: int, method: str, target: str, headers: Headers, body: bytes = b""
) -> Response:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, target, body, dict(headers))
        with connection.getresponse() as answer:
            return Response(answer.status, tuple(answer.getheaders()), answer.read())


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[..., tuple[int, dict[str, str], Any]]]:
    behind = Server(echoed, None)
    with running(behind):
        at = Scene(rich(), answers=over(behind.port))

        def answer(request: Request) -> Response:
            """As if the gateway ended TLS, which its server does with a certificate."""
            return at.answer(replace(request, scheme="https"))

        before = Server(answer, None)
        with running(before):

            def asked(
                target: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b""
            ) -> tuple[int, dict[str, str], Any]:
                at.now += 30  # so that no limit is reached
                answer = _exchanged(before.port, method, target, headers, body)
                return answer.status, dict(answer.headers), json.loads(answer.body or b"{}")

            yield asked


Ask = Callable[..., tuple[int, dict[str, str], Any]]
MINE = ("Ocp-Apim-Subscription-Key", KEY)


def test_a_call_goes_through_and_its_answer_comes_back(ask: Ask) -> None:
    status, headers, told = ask("/plain/a%20b?c=%26", MINE, *TOKEN, method="POST", body=b"{}")
    assert (status, told["target"], told["body"]) == (200, "/plain/a%20b?c=%26", "{}")
    assert told["host"].startswith("plain-shop-")
    assert MINE[0] not in told["headers"]
    assert told["headers"]["x-correlation-id"] == headers["x-correlation-id"] == "id-of-the-call"
    assert "secret" not in headers.values()


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/plain/a", TOKEN, 401),
        ("/plain/a", (MINE,), 401),
        ("/plain/a", (MINE, *OTHER_TOKEN), 401),
        ("/plain/%2E%2e/b", (MINE, *TOKEN), 400),
        ("/desk", (MINE, *TOKEN), 403),
        ("/nowhere", (MINE, *TOKEN), 404),
    ],
)
def test_what_is_refused_is_a_problem_in_json(
    ask: Ask, target: str, headers: Headers, status: int
) -> None:
    seen, told, problem = ask(target, *headers)
    assert seen == problem["status"] == status
    assert told["Content-Type"] == "application/problem+json"
    assert ("WWW-Authenticate" in told) == (status == 401)


def test_a_browser_that_asks_beforehand_needs_no_key(ask: Ask) -> None:
    asked = (("Origin", "https://app.example"), ("Access-Control-Request-Method", "GET"))
    status, headers, _ = ask("/desk", *asked, method="OPTIONS")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://app.example")
