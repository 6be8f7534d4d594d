"""Several Services behind one path: divided by method, or in conflict."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from apim_aks.apis.mapping import Mapping, map_services
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import Manifests, services_of
from apim_aks.workload.model import Workload
from tests.support.scenario import document

GATEWAY, INGRESS = "gateway.networking.k8s.io/v1", "networking.k8s.io/v1"


def thing(version: str, kind: str, spec: Any, name: str = "door") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def service(name: str) -> dict[str, Any]:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]}
    return thing("v1", "Service", spec, name)


def ingress(name: str, to: str, host: str = "h", kind: str = "Prefix") -> dict[str, Any]:
    backend = {"service": {"name": to, "port": {"number": 80}}}
    paths = [{"path": "/x", "pathType": kind, "backend": backend}]
    return thing(INGRESS, "Ingress", {"rules": [{"host": host, "http": {"paths": paths}}]}, name)


def http_route(name: str, *rules: Any) -> dict[str, Any]:
    return thing(GATEWAY, "HTTPRoute", {"hostnames": ["h"], "rules": list(rules)}, name)


def rule(path: str, to: str, method: str = "") -> dict[str, Any]:
    match = {"path": {"value": path}} | ({"method": method} if method else {})
    return {"matches": [match], "backendRefs": [{"name": to, "port": 80}]}


def read(*objects: dict[str, Any]) -> Manifests:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=1)
    return services_of(parse(text.encode(), "a.json").documents)


def mapped(found: Manifests, **documents: tuple[str, ...]) -> Mapping:
    """The mapping of these Services, with the operations of their documents by name."""
    described = tuple(
        replace(
            s,
            documents=(replace(document(*documents[s.name]), file=f"{s.name}.json", title=s.name),),
        )
        if s.name in documents
        else s
        for s in found.services
    )
    return map_services(Workload(name="s", title="S", services=described))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ingress("one", "a"), ingress("two", "b")),
        (http_route("one", rule("/x", "a")), http_route("two", rule("/x", "b"))),
        (http_route("one", rule("/x", "a", "GET")), http_route("two", rule("/x", "b", "GET"))),
        (ingress("one", "a"), http_route("two", rule("/x", "b"))),
    ],
    ids=["Ingresses", "HTTPRoutes", "one method", "two kinds"],
)
def test_two_routes_of_the_same_calls_are_named_with_both_places(one: Any, other: Any) -> None:
    found = read(service("a"), service("b"), one, other)
    (finding,) = found.findings
    assert "that leads 'h/x' to shop/b, where" in finding.found
    assert "leads it to shop/a: which of the two answers today is not in the input" in finding.found
    assert "(a.json line " in finding.found and finding.line > 1 and not finding.refused
    assert "name under `publish`" in finding.expected
    assert "x" not in [a.path for a in mapped(found).apis]


@pytest.mark.parametrize(
    "other",
    [ingress("two", "a"), ingress("two", "b", "i"), ingress("two", "b", kind="Exact")],
    ids=["one Service", "another host", "narrower"],
)
def test_what_differs_is_no_conflict(other: dict[str, Any]) -> None:
    assert not read(service("a"), service("b"), ingress("one", "a"), other).findings


ORDERS, WRITE = "orders", "orders-write"
HTTP = http_route("door", rule("/orders", WRITE, "POST"), rule("/orders", ORDERS))
WIDE = http_route("door", rule("/orders", WRITE, "POST"), rule("/", ORDERS))


def matched(to: str, method: str = "") -> dict[str, Any]:
    match: dict[str, Any] = {"uri": {"prefix": "/orders"}}
    match |= {"method": {"exact": method}} if method else {}
    return {"match": [match], "route": [{"destination": {"host": to}}]}


def virtual_service(*rules: Any) -> dict[str, Any]:
    spec = {"hosts": ["h"], "gateways": ["g"], "http": list(rules)}
    return thing("networking.istio.io/v1", "VirtualService", spec)


MESH = virtual_service(matched(WRITE, "POST"), matched(ORDERS))
DOCUMENTS = {
    ORDERS: ("GET /orders", "POST /orders", "GET /orders/{id}"),
    WRITE: ("POST /orders", "GET /orders"),
}


def led(found: Mapping) -> dict[str, str]:
    """By method and whole path of the API at /orders, the Service that answers."""
    return {
        f"{o.method} {a.path_of(o)}": o.service.removeprefix("shop/")
        for a in found.apis
        if a.path == ORDERS
        for o in a.operations
    }


@pytest.mark.parametrize("door", [HTTP, WIDE, MESH], ids=["HTTPRoute", "a wider rest", "Istio"])
def test_one_api_leads_each_method_where_it_goes_today(door: dict[str, Any]) -> None:
    read_ = read(service(ORDERS), service(WRITE), door)
    assert not read_.findings
    plain = led(mapped(read_))
    assert plain.pop("POST /orders/*") == WRITE
    assert {"GET /orders/*", "DELETE /orders/*"} < plain.keys() and set(plain.values()) == {ORDERS}
    assert led(mapped(read_, **{WRITE: DOCUMENTS[WRITE]})) == {**plain, "POST /orders": WRITE}
    written = {"GET /orders": ORDERS, "GET /orders/{id}": ORDERS}
    first = {ORDERS: DOCUMENTS[ORDERS]}
    assert led(mapped(read_, **first)) == {**written, "POST /orders/*": WRITE}
    both = mapped(read_, **DOCUMENTS)
    assert led(both) == {**written, "POST /orders": WRITE}
    assert [a.path for a in both.apis] == [ORDERS] and not both.collisions


def test_methods_of_which_each_is_led_are_one_api_with_its_reason() -> None:
    door = http_route("door", rule("/orders", WRITE, "POST"), rule("/orders", ORDERS, "GET"))
    found = mapped(read(service(ORDERS), service(WRITE), door))
    assert led(found) == {"GET /orders/*": ORDERS, "POST /orders/*": WRITE}
    assert found.apis[0].reason == (
        "today's routes divide the calls to h/orders by method: GET to orders and POST to "
        "orders-write"
    )


def test_methods_of_one_service_that_gets_them_all_are_no_operations() -> None:
    door = http_route("door", rule("/orders", ORDERS, "POST"), rule("/orders", ORDERS))
    assert led(mapped(read(service(ORDERS), door))) == {"* /orders/*": ORDERS}


def test_what_a_rule_before_takes_no_later_rule_gets() -> None:
    door = virtual_service(matched(ORDERS), matched(WRITE, "POST"))
    found = read(service(ORDERS), service(WRITE), door)
    assert led(mapped(found)) == {"* /orders/*": ORDERS}


@pytest.mark.parametrize("method", ["", "GET"])
def test_of_two_rules_of_one_object_for_the_same_calls_the_first_answers(method: str) -> None:
    rules = rule("/x", "a", method), rule("/x", "b", method), rule("/y", "b", method)
    found = read(service("a"), service("b"), http_route("door", *rules))
    routes = {s.name: {r.path for r in s.routes} for s in found.services}
    assert routes == {"a": {"/x"}, "b": {"/y"}}
    (said,) = (str(f) for f in found.findings)
    assert "to shop/b, where HTTPRoute 'door'" in said and "never answers and is left out" in said


def test_rules_that_ask_for_different_headers_or_share_calls_both_stay() -> None:
    asked = [rule("/x", "a"), rule("/x", "b")]
    for value, one in zip("12", asked, strict=True):
        one["matches"][0]["headers"] = [{"name": "v", "value": value}]
    shared = rule("/y", "a")
    shared["backendRefs"].append({"name": "b", "port": 80})
    found = read(service("a"), service("b"), http_route("door", *asked, shared))
    assert [{r.path for r in s.routes} for s in found.services] == [{"/x", "/y"}] * 2
