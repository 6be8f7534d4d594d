"""A route leads to another namespace, and belongs to a Gateway of one, only where both agree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apim_aks.apis.mapping import map_services
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import Manifests, services_of
from apim_aks.workload.model import Workload

GROUP = "gateway.networking.k8s.io"


def thing(kind: str, space: str, spec: Any, name: str = "r", group: str = GROUP) -> dict[str, Any]:
    version = f"{group}/v1" if group else "v1"
    metadata = {"name": name, "namespace": space}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


PORTS = {"selector": {"app": "desk"}, "ports": [{"name": "http", "port": 80}]}
DESK = thing("Service", "shop", PORTS, "desk", "")


def read(*objects: dict[str, Any]) -> Manifests:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [DESK, *objects]}, indent=1)
    return services_of(parse(text.encode(), "a.json").documents)


def route(space: str = "edge", kind: str = "HTTPRoute", **spec: Any) -> dict[str, Any]:
    refs = [{"name": "desk", "namespace": "shop", "port": 80}]
    return thing(kind, space, {"hostnames": ["h"], "rules": [{"backendRefs": refs}], **spec})


def grant(space: str = "shop", group: str = GROUP, **to: str) -> dict[str, Any]:
    given = {"group": group, "kind": "HTTPRoute", "namespace": "edge"}
    target = {"group": "", "kind": "Service", **to}
    return thing("ReferenceGrant", space, {"from": [given], "to": [target]}, "g")


@pytest.mark.parametrize("given", [grant(), grant(name="desk")])
def test_a_grant_of_the_target_opens_the_way(given: dict[str, Any]) -> None:
    found = read(route(), given)
    assert [r.host for r in found.services[0].routes] == ["h"] and not found.findings


@pytest.mark.parametrize(
    "objects",
    [
        [route()],
        [route(), grant("edge")],
        [route(), grant(name="other")],
        [route(), grant(kind="Secret")],
        [route(), grant(group="other.io")],
        [route(kind="GRPCRoute"), grant()],
    ],
    ids=["no grant", "its own", "another name", "another kind", "another group", "another route"],
)
def test_without_one_nobody_is_led_there(objects: list[dict[str, Any]]) -> None:
    found = read(*objects)
    (finding,) = found.findings
    assert found.services[0].routes == () and finding.line > 1 and not finding.refused
    assert "the Service shop/desk of another namespace without a ReferenceGrant" in finding.found
    assert "a ReferenceGrant in shop from" in finding.expected
    mapping = map_services(Workload(name="t", title="T", services=found.services))
    assert mapping.decisions[0].candidate and not any(o.called for o in mapping.operations)


def test_a_route_that_also_leads_where_it_may_keeps_that() -> None:
    refs = [{"name": "desk"}, {"name": "desk", "namespace": "other"}]
    other = thing("Service", "other", PORTS, "desk", "")
    found = read(other, route("shop", rules=[{"backendRefs": refs}]))
    elsewhere = {s.id: [r.elsewhere for r in s.routes] for s in found.services}
    assert elsewhere == {"other/desk": [], "shop/desk": [("other/desk",)]}


def gateway(*listeners: Any) -> dict[str, Any]:
    return thing("Gateway", "edge", {"listeners": list(listeners)}, "door")


def allowing(**namespaces: Any) -> dict[str, Any]:
    return {"name": "web", "port": 80, "allowedRoutes": {"namespaces": namespaces}}


def space(**labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}


BY_LABEL = gateway(allowing(**{"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}))
BY_NAME = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}
ALL = allowing(**{"from": "All"})
LISTENERS = {
    "Same by default": ([gateway({"name": "web"})], False, "none of whose listeners takes it"),
    "Same": ([gateway(allowing(**{"from": "Same"}))], False, "none of whose listeners takes it"),
    "None": ([gateway(allowing(**{"from": "None"}))], False, "none of whose listeners takes it"),
    "All": ([gateway(ALL)], True, ""),
    "another listener": ([gateway({**ALL, "name": "x"})], False, "none of whose listeners takes"),
    "another protocol": ([gateway({**ALL, "protocol": "TCP"})], False, "none of whose listeners"),
    "another kind": (
        [gateway({**ALL, "allowedRoutes": {"kinds": [{"kind": "GRPCRoute"}]}})],
        False,
        "none of whose listeners takes it",
    ),
    "its name": ([gateway(allowing(**{"from": "Selector", "selector": BY_NAME}))], True, ""),
    "its labels": ([BY_LABEL, space(team="a")], True, ""),
    "other labels": ([BY_LABEL, space(team="b")], False, "none of whose listeners takes it"),
    "unknown labels": ([BY_LABEL], True, "which picks namespaces by labels"),
    "unknown Gateway": ([], True, "which is not among the manifests"),
}


@pytest.mark.parametrize("case", LISTENERS)
def test_a_gateway_takes_routes_of_the_namespaces_that_it_allows(case: str) -> None:
    objects, attached, said = LISTENERS[case]
    parents = [{"name": "door", "namespace": "edge", "sectionName": "web"}]
    found = read(route("shop", parentRefs=parents), *objects)
    assert bool(found.services[0].routes) == attached
    assert [said in f.found and f.line > 1 for f in found.findings] == [True] * bool(said)


def test_one_gateway_that_takes_it_is_enough() -> None:
    parents = [{"name": "inner"}, {"name": "door", "namespace": "edge"}]
    inner = thing("Gateway", "shop", {"listeners": [{"name": "web"}]}, "inner")
    found = read(route("shop", parentRefs=parents), gateway({"name": "web"}), inner)
    assert found.services[0].routes and not found.findings


def test_a_certificate_of_another_namespace_needs_a_grant() -> None:
    secret = {"name": "cert", "namespace": "vault"}
    listener = {**ALL, "tls": {"certificateRefs": [secret]}}
    (finding,) = read(gateway(listener)).findings
    assert "the Secret vault/cert of another namespace without a ReferenceGrant" in finding.found
    assert "from Gateway in edge" in finding.expected
    spec = {
        "from": [{"group": GROUP, "kind": "Gateway", "namespace": "edge"}],
        "to": [{"group": "", "kind": "Secret", "name": "cert"}],
    }
    assert not read(gateway(listener), thing("ReferenceGrant", "vault", spec)).findings
