"""A further port of a Service to which routes lead: a Service of its own, and an API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apim_aks.apis.draft import write_workload_file
from apim_aks.apis.mapping import map_services
from apim_aks.artefacts.manifests import Action, ManifestFile, manifests
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.decision.design import design
from apim_aks.reachability.reading import scene_after
from apim_aks.verification import check_option, failed
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes.apply import apply
from apim_aks.workload.kubernetes.object import objects_in
from apim_aks.workload.model import Service, Workload

PATHS = {"/api": 8080, "/reports": 8081, "/calls": 8082}
"""Where routes lead: the last port speaks gRPC, which no API of HTTP publishes."""


def thing(version: str, kind: str, spec: Any, name: str = "orders") -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    }


def behind(*names: str) -> tuple[dict[str, Any], ...]:
    """Pods with a port for each path and one for metrics, and the Services of these names."""
    ports = [{"name": f"p{n}", "port": n, "targetPort": n + 1000} for n in (8080, 8081, 9090)]
    ports.append({"name": "grpc", "port": 8082})
    labels = {"app": "orders"}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "i"}]}}
    runs = thing("apps/v1", "Deployment", {"selector": {"matchLabels": labels}, "template": pods})
    spec = {"selector": labels, "ports": ports}
    return runs, *(thing("v1", "Service", spec, name) for name in names)


def ingress() -> dict[str, Any]:
    paths = [
        {
            "path": path,
            "pathType": "Prefix",
            "backend": {"service": {"name": "orders", "port": {"number": port}}},
        }
        for path, port in PATHS.items()
    ]
    spec = {"rules": [{"host": "h.example", "http": {"paths": paths}}]}
    return thing("networking.k8s.io/v1", "Ingress", spec)


def http_route() -> dict[str, Any]:
    rules = [
        {
            "matches": [{"path": {"value": path}}],
            "backendRefs": [{"name": "orders", "port": port}],
        }
        for path, port in PATHS.items()
    ]
    spec = {"hostnames": ["h.example"], "rules": rules}
    return thing("gateway.networking.k8s.io/v1", "HTTPRoute", spec)


def virtual_service() -> dict[str, Any]:
    http = [
        {
            "match": [{"uri": {"prefix": path}}],
            "route": [{"destination": {"host": "orders", "port": {"number": port}}}],
        }
        for path, port in PATHS.items()
    ]
    spec = {"hosts": ["h.example"], "gateways": ["edge/door"], "http": http}
    return thing("networking.istio.io/v1", "VirtualService", spec)


def read(folder: Path, *objects: dict[str, Any], **said: Any) -> Workload:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=1)
    (folder / "all.json").write_text(text)
    about = {"name": "shop", "manifests": ["all.json"], **said}
    (folder / "workload.yaml").write_text(json.dumps(about))
    return read_workload(folder)


def named(files: tuple[ManifestFile, ...], kind: str) -> dict[str, dict[str, Any]]:
    """The objects of a kind that are applied, by their names."""
    applied = [o for f in files if f.action is not Action.DELETE for o in f.objects]
    return {o["metadata"]["name"]: o for o in applied if o["kind"] == kind}


def admitted(policy: dict[str, Any]) -> list[int]:
    return [p["port"] for rule in policy["spec"]["ingress"] for p in rule["ports"]]


@pytest.mark.parametrize("route", [ingress, http_route, virtual_service])
def test_both_ports_become_apis_and_lead_where_they_lead_today(route: Any, tmp_path: Path) -> None:
    made = design(read(tmp_path, *behind("orders"), route()))
    assert made.mapping.published == ("shop/orders", "shop/orders-8081")
    ways = {a.path: {o.service: o.port for o in a.operations} for a in made.mapping.apis}
    assert ways == {"api": {"shop/orders": 8080}, "reports": {"shop/orders-8081": 8081}}
    assert not [o for o in made.workload.openings if o.cause.startswith("second-service")]
    for option in ("ingress-mtls", "v2-integration"):
        placement = made.placement(option)
        files = manifests(placement)
        created = named(files[:1], "Service")["orders-8081"]["spec"]
        assert (created["selector"], created["ports"]) == (
            {"app": "orders"},
            [{"name": "p8081", "port": 8081, "targetPort": 9081, "protocol": "TCP"}],
        )
        policies = named(files, "NetworkPolicy")
        assert admitted(policies["orders-apis"]) == [9080, 8082]
        assert admitted(policies["orders-8081-apis"]) == [9081]
        assert placement.topology.backend_path("shop/orders-8081")
        held = apply(objects_in(made.workload.documents, []), steps(files))
        (after,) = (s for s in scene_after(held).services if s.name == "orders-8081")
        assert (after.selector, after.ports[0].target) == ((("app", "orders"),), "9081")


def test_who_publishes_one_of_two_ports_is_told_that_the_other_stays_open(tmp_path: Path) -> None:
    made = design(read(tmp_path, *behind("orders"), ingress(), publish=["orders"]))
    said = [n.sentence for n in made.mapping.notes if "list shop/orders-8081 under" in n.sentence]
    assert len(said) == 1
    files = manifests(made.placement("v2-integration"))
    assert admitted(named(files, "NetworkPolicy")["orders-apis"]) == [9080, 9081, 8082]
    assert "orders-8081" not in named(files, "Service")
    assert not files[-1].objects and "also leads to port" in files[-1].by_hand[0]
    lost = {c.id for c in failed(check_option(made, "v2-integration"))}
    assert "v2-integration.nothing-around-the-gateway" in lost


WHOLE = ("/api/orders", "/reports/daily")
BOTH = {("GET", "/api/orders"): "shop/orders", ("GET", "/reports/daily"): "shop/orders-8081"}


@pytest.mark.parametrize(
    ("kind", "given", "own", "expected"),
    [
        ("ClusterIP", [*WHOLE, "/inner"], [], BOTH),
        ("LoadBalancer", [*WHOLE], [], BOTH),
        ("ClusterIP", ["/api/orders"], ["/reports/daily"], BOTH),
        ("ClusterIP", [*WHOLE], ["/reports/daily"], BOTH),
        ("LoadBalancer", [*WHOLE], ["/reports/daily"], BOTH),
        (
            "ClusterIP",
            ["/api/orders"],
            [],
            {("GET", "/api/orders"): "shop/orders", ("*", "/reports/*"): "shop/orders-8081"},
        ),
    ],
)
def test_a_document_describes_every_port_that_routes_lead_into_it(
    kind: str, given: list[str], own: list[str], expected: dict[Any, str], tmp_path: Path
) -> None:
    openapi = {}
    for service, paths in (("orders", given), ("orders-8081", own)):
        if paths:
            openapi[service] = f"{service}.json"
            (tmp_path / openapi[service]).write_text(json.dumps(document(paths)))
    runs, orders = behind("orders")
    orders["spec"]["type"] = kind
    made = map_services(read(tmp_path, runs, orders, ingress(), openapi=openapi))
    found = {(o.method, a.path_of(o)): o.service for a in made.apis for o in a.operations}
    assert found == expected
    said = [n for n in made.notes if "no route leads to" in n.sentence]
    assert [n.subject for n in said] == (["shop/orders"] if "/inner" in given else [])


def document(paths: list[str]) -> dict[str, Any]:
    answers = {"200": {"description": "done"}}
    listed = {p: {"get": {"responses": answers}} for p in paths}
    return {"openapi": "3.0.3", "info": {"title": "Orders", "version": "1"}, "paths": listed}


def derived(workload: Workload) -> dict[str, Service]:
    return {s.name: s for s in workload.services if s.derived_from}


def test_the_port_that_the_reader_names_stays_the_main_one(tmp_path: Path) -> None:
    found = read(tmp_path, *behind("orders"), ingress(), ports={"orders": "p8081"})
    assert [*derived(found)] == ["orders-8080"]
    assert found.service("orders").routes[0].path == "/calls"


def test_a_name_that_is_taken_or_too_long_is_another_one(tmp_path: Path) -> None:
    taken = thing(
        "v1", "Service", {"selector": {"app": "x"}, "ports": [{"port": 1}]}, "orders-8081"
    )
    (name,) = derived(read(tmp_path, *behind("orders"), taken, ingress()))
    assert name.startswith("orders-8081-")
    long = "o" * 63
    route = json.loads(json.dumps(ingress()).replace('"orders"', f'"{long}"'))
    (name,) = derived(read(tmp_path, *behind(long), route))
    assert len(name) == 63


def test_two_ports_before_one_port_of_the_pods_are_one_back_end(tmp_path: Path) -> None:
    runs, orders = behind("orders")
    orders["spec"]["ports"][1]["targetPort"] = 9080
    found = read(tmp_path, runs, orders, ingress())
    assert not derived(found)
    (api,) = (a for a in design(found).mapping.apis if a.path == "reports")
    assert {o.service for o in api.operations} == {"shop/orders"}


def test_a_first_file_proposes_both(tmp_path: Path) -> None:
    objects = (*behind("orders"), ingress())
    (tmp_path / "all.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    )
    text = write_workload_file(tmp_path).read_text()
    assert "#   - orders\n#   - orders-8081\n" in text and "; 1 were found" in text
