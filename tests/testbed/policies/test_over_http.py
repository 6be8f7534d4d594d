"""The gateway over real HTTP on both sides: a consumer, the policies, a back end that answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from apim_aks.testbed.exchange import Headers, Request, Response
from apim_aks.testbed.policies import Sent
from tests.support.gateway_scenes import KEY, Scene
from tests.testbed.policies.test_generated import OTHER_TOKEN, TOKEN, rich

Answer = Callable[[Request], Response]


@contextmanager
def serving(answer: Answer) -> Iterator[int]:
    """A server on loopback that hands each request to a function; its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = tuple(self.headers.items())
            asked: dict[str, Any] = {"path": path, "query": query, "headers": headers, "body": body}
            host, address = self.headers["Host"], self.client_address[0]
            request = Request(
                method=self.command, scheme="https", host=host, client_address=address, **asked
            )
            self.told(answer(request))

        do_POST = do_OPTIONS = do_GET

        def told(self, response: Response) -> None:
            self.send_response_only(response.status)
            for name, value in (*response.headers, ("Content-Length", str(len(response.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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
    with serving(echoed) as behind:
        at = Scene(rich(), answers=over(behind))
        with serving(at.answer) as port:

            def asked(
                target: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b""
            ) -> tuple[int, dict[str, str], Any]:
                at.now += 30  # so that no limit is reached
                answer = _exchanged(port, method, target, headers, body)
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
