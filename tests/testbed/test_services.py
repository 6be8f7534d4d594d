"""What stands for the Services, over real HTTP on loopback."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.testbed.authorities import Authority
from apim_aks.testbed.cluster import Store, serving
from apim_aks.testbed.exchange import Request
from apim_aks.testbed.operations import BODY, FORGED, QUERY, Called, wrong_with
from apim_aks.testbed.recorder import Arrival, Recorder
from apim_aks.testbed.services import Behind, declared, listening
from apim_aks.workload.model import Document, Operation, Service

DOCUMENT = Document(
    file="orders.json",
    title="Orders",
    version="1",
    specification="3.0.3",
    base_path="/v1",
    operations=(
        Operation("GET", "/orders/{id}"),
        Operation("GET", "/orders/open"),
        Operation("POST", "/orders"),
    ),
    body={"paths": {"/orders": {"post": {"responses": {"default": {}, "201": {}}}}}},
)
SERVICE = Service(namespace="shop", name="orders", documents=(DOCUMENT,))


def asked(path: str, method: str = "GET") -> Request:
    return Request(method=method, scheme="http", host="h", path=path)


@pytest.mark.parametrize(
    ("path", "method", "found"),
    [
        ("/v1/orders/7", "GET", "/orders/{id}"),
        ("/v1/orders/open", "GET", "/orders/open"),
        ("/v1/orders/a%2Fb", "GET", "/orders/{id}"),
        ("/v1/orders/a/b", "GET", ""),
        ("/v1/orders/", "GET", ""),
        ("/orders/7", "GET", ""),
        ("/v1/orders", "DELETE", ""),
    ],
)
def test_a_service_answers_what_its_document_declares(path: str, method: str, found: str) -> None:
    declaring = declared(DOCUMENT, asked(path, method))
    assert (declaring[1].path if declaring else "") == found


def test_it_answers_over_http_and_records_chunked_bodies_too(tmp_path: Path) -> None:
    recorder = Recorder()
    behind, known = (Behind("shop/orders", 80),), {"shop/orders": SERVICE}
    with listening(behind, known, Authority("a"), recorder, tmp_path) as found:
        line = http.client.HTTPConnection("127.0.0.1", found["shop/orders", 80].port)
        line.request("POST", "/v1/orders?a=%20", iter([b"ab", b"c"]), encode_chunked=True)
        answer = line.getresponse()
        assert (answer.status, json.loads(answer.read())["operation"]) == (201, "POST /orders")
        line.request("GET", "/nowhere")
        assert line.getresponse().status == 404
        line.close()
    first, second = recorder.since(0)
    assert (first.request.body, first.request.query) == (b"abc", "a=%20")
    assert second.operation == ""


CALLED = Called(
    Api(id="o", title="O", path="orders", operations=(), reason=""),
    ApiOperation(
        method="POST",
        template="/",
        service="shop/orders",
        port=80,
        backend_path="/v1/orders",
        document="orders.json",
        path="/orders",
    ),
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"method": "PUT"}, "it arrived as PUT"),
        ({"query": ""}, "its query arrived as ''"),
        ({"body": b""}, "its body arrived changed"),
        ({"headers": (("ocp-apim-subscription-key", "k"),)}, "Ocp-Apim-Subscription-Key arrived"),
        ({"headers": (("X-Gateway-Authorization", FORGED),)}, "X-Gateway-Authorization arrived"),
    ],
)
def test_what_is_wrong_with_an_arrival_is_said(changes: dict[str, object], said: str) -> None:
    right = {"method": "POST", "path": "/v1/orders", "query": QUERY, "body": BODY}
    request = Request(scheme="http", host="h", **{**right, **changes})  # type: ignore[arg-type]
    arrived = (Arrival("shop/orders", request, "POST /orders"),)
    found = wrong_with(CALLED, arrived, ("shop/orders",))
    assert found.startswith(said) and bool(found) == bool(said)


def test_an_arrival_elsewhere_or_nowhere_is_said() -> None:
    other = Arrival("shop/other", asked("/v1/orders", "POST"))
    assert wrong_with(CALLED, (), ("shop/orders",)) == "it arrived at no Service"
    assert "instead of shop/orders" in wrong_with(CALLED, (other,), ("shop/orders",))


def test_the_cluster_api_lists_watches_and_is_read_only() -> None:
    metadata = {"name": "a", "namespace": "n", "labels": {"owner": "us"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {}}
    store = Store([secret])
    with serving(store) as api:
        port = int(api.url.rpartition(":")[2])
        assert [o["metadata"]["name"] for o in _get(port, "/api/v1/secrets")["items"]] == ["a"]
        assert _get(port, "/api/v1/secrets?labelSelector=owner!%3Dus")["items"] == []
        assert _get(port, "/api/v1/secrets?labelSelector=owner%20in%20(us)")["code"] == 400
        assert _get(port, "/api/v1/namespaces/n/secrets/a")["metadata"]["resourceVersion"] == "1"
        assert _get(port, "/api/v1/pods")["code"] == 404
        assert _get(port, "/api/v1/namespaces/n/secrets/a", "DELETE")["code"] == 405
        assert len(api.refused) == 3
        with socket.create_connection(("127.0.0.1", port), 2) as line:
            line.sendall(b"GET /api/v1/secrets?watch=true&sendInitialEvents=true HTTP/1.1\r\n\r\n")
            _until(line, b"initial-events-end")
            store.put({**secret, "data": {"k": "dg=="}})
            _until(line, b'"MODIFIED"')


def _get(port: int, path: str, method: str = "GET") -> dict[str, Any]:
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request(method, path)
    found: dict[str, Any] = json.loads(line.getresponse().read())
    line.close()
    return found


def _until(line: socket.socket, text: bytes) -> None:
    got = b""
    while text not in got:
        chunk = line.recv(65536)
        assert chunk, got
        got += chunk
