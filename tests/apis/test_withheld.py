"""What rules of a host keep from a Service today stays kept from it, and is named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from apim_aks.apis.mapping import About, Mapping, map_services
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.model import Service, Workload
from tests.support.scenario import document

GATEWAY = "gateway.networking.k8s.io/v1"


def thing(version: str, kind: str, spec: object, name: str = "door") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def service(name: str) -> dict[str, Any]:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]}
    return thing("v1", "Service", spec, name)


def http_route(*rules: Any, **spec: Any) -> dict[str, Any]:
    return thing(GATEWAY, "HTTPRoute", {"hostnames": ["h"], "rules": list(rules), **spec})


def rule(path: str, *to: str, **more: Any) -> dict[str, Any]:
    matches = [{"path": {"value": path}}]
    return {"matches": matches, "backendRefs": [{"name": n, "port": 80} for n in to], **more}


def virtual_service(*rules: Any) -> dict[str, Any]:
    spec = {"hosts": ["h"], "gateways": ["g"], "http": list(rules)}
    return thing("networking.istio.io/v1", "VirtualService", spec)


def matched(**match: Any) -> dict[str, Any]:
    return {"match": [match], "route": [{"destination": {"host": "desk"}}]}


def ingress(*paths: tuple[str, str]) -> dict[str, Any]:
    made = [
        {"path": path, "backend": {"service": {"name": name, "port": {"number": 80}}}}
        for path, name in paths
    ]
    rule = {"host": "h", "http": {"paths": made}}
    return thing("networking.k8s.io/v1", "Ingress", {"rules": [rule]})


def desk(made: dict[str, Any]) -> Service:
    listed = {"apiVersion": "v1", "kind": "List", "items": [service("desk"), made]}
    (found,) = services_of(parse(json.dumps(listed).encode(), "a.json").documents).services
    return found


def mapped(made: dict[str, Any], *operations: str) -> Mapping:
    described = (document(*operations),) if operations else ()
    services = (replace(desk(made), documents=described),)
    return map_services(Workload(name="s", title="S", services=services))


def told(found: Mapping) -> list[str]:
    return [n.sentence for n in found.notes if n.about is About.ROUTE]


ALL = matched(uri={"prefix": "/desk"})
ANSWERED = {
    "directResponse": virtual_service(
        {"match": [{"uri": {"prefix": "/desk/admin"}}], "directResponse": {"status": 403}}, ALL
    ),
    "redirect": http_route(
        rule("/desk/admin", filters=[{"requestRedirect": {"hostname": "x"}}]), rule("/desk", "desk")
    ),
    "missing Service": ingress(("/desk", "desk"), ("/desk/admin", "missing")),
}


@pytest.mark.parametrize("made", ANSWERED.values(), ids=ANSWERED)
def test_what_another_rule_answers_is_left_out_or_named(made: dict[str, Any]) -> None:
    described = mapped(made, "GET /desk/list", "GET /desk/admin/users")
    assert [o.backend_path for o in described.operations] == ["/desk/list"]
    assert any("no route leads to GET /desk/admin/users" in s for s in told(described))
    (passed_on,) = told(mapped(made))
    assert passed_on.startswith("calls to h/desk/admin do not reach it today")
    assert any(s.startswith("calls to h/desk/admin") for s in told(mapped(made, "GET /desk/{id}")))


def test_what_a_rule_before_takes_is_not_kept_from_it() -> None:
    late = {"match": [{"uri": {"prefix": "/desk/admin"}}], "directResponse": {"status": 403}}
    assert not told(mapped(virtual_service(ALL, late), "GET /desk/admin/users"))


def test_a_redirect_to_https_takes_nothing_away() -> None:
    secure = rule("/desk/admin", filters=[{"requestRedirect": {"scheme": "https"}}])
    found = mapped(http_route(secure, rule("/desk", "desk")), "GET /desk/admin/users")
    assert found.operations and not told(found)


def test_a_route_of_the_mesh_leads_nobody_in() -> None:
    within = [{"group": "", "kind": "Service", "name": "desk"}]
    assert not desk(http_route(rule("/", "desk"), parentRefs=within)).routes
    assert desk(http_route(rule("/", "desk"), parentRefs=[{"name": "g"}, *within])).routes
    assert not desk(virtual_service(matched(gateways=["mesh"]))).routes


def test_copies_of_calls_lead_nobody_to_where_they_go() -> None:
    copy = [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "desk"}}}]
    assert not desk(http_route(rule("/other", "missing", filters=copy))).routes


@pytest.mark.parametrize(
    ("match", "condition"),
    [
        ({"withoutHeaders": {"x-block": {}}}, "no header x-block"),
        ({"sourceLabels": {"app": "a"}}, "sourceLabels"),
        ({"authority": {"exact": "x"}}, "authority"),
        ({"method": {"regex": "GET|POST"}}, "method by pattern"),
    ],
)
def test_every_field_of_a_match_is_a_condition(match: dict[str, Any], condition: str) -> None:
    (sentence,) = told(mapped(virtual_service(matched(**match))))
    assert f"for calls with {condition} only" in sentence


@pytest.mark.parametrize("own", [(), (("/api/v1/z", "desk"),)])
def test_what_a_longer_path_leads_to_another_service_is_left_out(
    own: tuple[tuple[str, str], ...],
) -> None:
    """`/api/v1/z` of the document is answered by the other Service today, unless it is led back."""
    door = ingress(("/api", "desk"), ("/api/v1", "till"), *own)
    listed = {"apiVersion": "v1", "kind": "List", "items": [service("desk"), service("till"), door]}
    read = services_of(parse(json.dumps(listed).encode(), "a.json").documents).services
    described = document("GET /api/v1/z", "GET /api/v1/{id}", "GET /api/v2/z")
    services = tuple(replace(s, documents=(described,)) if s.name == "desk" else s for s in read)
    found = map_services(Workload(name="s", title="S", services=services, publish=("desk",)))
    published = {f"/{a.path}{o.template}".rstrip("/") for a in found.apis for o in a.operations}
    assert ("/api/v1/z" in published) == bool(own) and "/api/v2/z" in published
    assert any("no route leads to GET /api/v1/z" in s for s in told(found)) == (not own)


def test_the_share_of_a_service_outside_the_input_is_said() -> None:
    targets = [{"name": "desk", "weight": 1}, {"name": "gone", "weight": 3}]
    door = http_route({"backendRefs": targets, "matches": [{"path": {"value": "/a"}}]})
    listed = {"apiVersion": "v1", "kind": "List", "items": [service("desk"), door]}
    (finding,) = services_of(parse(json.dumps(listed).encode(), "a.json").documents).findings
    assert "shop/gone with 75 % of the calls to h/a, which go to the other" in finding.found


@pytest.mark.parametrize(
    ("canary", "named"),
    [
        (
            {"stableService": "a", "canaryService": "b", "trafficRouting": {"nginx": {}}},
            "stableService a, canaryService b and trafficRouting nginx",
        ),
        ({"steps": [{"setWeight": 20}]}, ""),
    ],
)
def test_a_rollout_that_moves_calls_by_a_route_is_named(canary: dict[str, Any], named: str) -> None:
    made = thing("argoproj.io/v1alpha1", "Rollout", {"strategy": {"canary": canary}})
    findings = services_of(parse(json.dumps(made).encode(), "a.json").documents).findings
    assert [f.found.partition(" by ")[2] for f in findings] == ([named] if named else [])
