"""Canaries and weighted routes are shares of one API, kept as weights; what is lost is named."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from apim_aks.apis.mapping import About, map_services
from apim_aks.apis.mapping.callers_paths import ways
from apim_aks.artefacts.bundle import artefacts
from apim_aks.decision.design import design
from apim_aks.facts import controllers, ingress_gateway
from apim_aks.options import OPTIONS
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.model import Pin, Workload
from tests.support.effort import calls

CANARY = "nginx.ingress.kubernetes.io/canary"


def kubernetes_service(name: str) -> dict[str, object]:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]}
    return thing("v1", "Service", name, spec)


def thing(version: str, kind: str, name: str, spec: object, **notes: str) -> dict[str, object]:
    metadata = {"name": name, "namespace": "shop", "annotations": notes}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def ingress(name: str, **notes: str) -> dict[str, object]:
    backend = {"service": {"name": name, "port": {"number": 80}}}
    rule = {"host": "h", "http": {"paths": [{"path": "/offers", "backend": backend}]}}
    return thing("networking.k8s.io/v1", "Ingress", name, {"rules": [rule]}, **notes)


def workload(*objects: dict[str, object], **changes: object) -> Workload:
    services = (kubernetes_service(n) for n in ("offers", "offers-next"))
    listed = {"apiVersion": "v1", "kind": "List", "items": [*services, *objects]}
    found = services_of(parse(json.dumps(listed).encode(), "a.json").documents)
    assert all(f.expected.startswith("one path, a prefix") for f in found.findings if f.refused)
    return Workload(name="sample", title="Sample", services=found.services, **changes)  # type: ignore[arg-type]


def nginx(**more: str) -> Workload:
    notes = {CANARY: "true", **{f"{CANARY}-{k.replace('_', '-')}": v for k, v in more.items()}}
    return workload(ingress("offers"), ingress("offers-next", **notes))


def http_route(*weights: int) -> Workload:
    names = ("offers", "offers-next")
    refs = [{"name": n, "port": 80, "weight": w} for n, w in zip(names, weights, strict=True)]
    rule = {"matches": [{"path": {"value": "/offers"}}], "backendRefs": refs}
    return workload(thing("gateway.networking.k8s.io/v1", "HTTPRoute", "r", {"rules": [rule]}))


def virtual_service(*weights: int) -> Workload:
    targets = [
        {"destination": {"host": n}, "weight": w}
        for n, w in zip(("offers", "offers-next"), weights, strict=True)
    ]
    rule = {"match": [{"uri": {"prefix": "/offers"}}], "route": targets}
    spec = {"hosts": ["h"], "gateways": ["g"], "http": [rule]}
    return workload(thing("networking.istio.io/v1", "VirtualService", "r", spec))


DIVIDED = {
    "nginx": nginx(weight="10"),
    "True, as Go reads it": workload(
        ingress("offers"),
        ingress("offers-next", **{CANARY: "True", f"{CANARY}-weight": "10"}),
    ),
    "of a thousand": nginx(weight="100", weight_total="1000"),
    "HTTPRoute": http_route(9, 1),
    "VirtualService": virtual_service(90, 10),
}
each = pytest.mark.parametrize("made", DIVIDED.values(), ids=DIVIDED)


def notes(made: Workload) -> list[str]:
    return [n.sentence for n in map_services(made).notes if n.about is About.SPLIT]


@each
def test_a_share_is_no_api_of_its_own(made: Workload) -> None:
    found = map_services(made)
    assert [(a.path, a.services) for a in found.apis] == [("offers", ("shop/offers",))]
    assert found.published == ("shop/offers", "shop/offers-next")
    assert found.shares("shop/offers") == (("shop/offers", 90), ("shop/offers-next", 10))
    (said,) = notes(made)
    assert "gives shop/offers-next 10 % of the calls to" in said
    assert said.endswith("kept as a weight")


def test_only_what_a_header_or_a_cookie_selects_is_lost() -> None:
    made = nginx(by_header="x-next", by_cookie="next")
    assert map_services(made).published == ("shop/offers",)
    assert notes(made) == [
        "Ingress offers-next gives shop/offers-next the calls to h/offers with header x-next or "
        "cookie next, which is lost"
    ]
    both = nginx(by_header="x-next", weight="10")
    assert map_services(both).shares("shop/offers")
    (said,) = notes(both)
    assert "kept as a weight; Ingress" in said


def test_a_header_of_a_route_selects_calls_of_the_other_service() -> None:
    path = {"path": {"value": "/offers"}}
    rules = [
        {"matches": [path], "backendRefs": [{"name": "offers", "port": 80}]},
        {
            "matches": [path | {"headers": [{"name": "x-next", "value": "1"}]}],
            "backendRefs": [{"name": "offers-next", "port": 80}],
        },
    ]
    made = workload(thing("gateway.networking.k8s.io/v1", "HTTPRoute", "r", {"rules": rules}))
    assert [(a.path, a.services) for a in map_services(made).apis] == [("offers", ("shop/offers",))]
    assert notes(made) == [
        "HTTPRoute r gives shop/offers-next the calls to /offers with header x-next, which is lost"
    ]


def test_what_has_a_route_of_its_own_that_is_not_understood_is_no_share() -> None:
    targets = [{"name": n, "port": 80, "weight": w} for n, w in (("offers", 9), ("offers-next", 1))]
    routes = [
        {"match": "PathPrefix(`/offers`)", "services": targets},
        {"match": "!PathPrefix(`/old`)", "services": [{"name": "offers-next", "port": 80}]},
    ]
    made = workload(thing("traefik.io/v1alpha1", "IngressRoute", "r", {"routes": routes}))
    assert not map_services(made).shares("shop/offers")


def test_ten_times_the_routes_of_a_service_take_ten_times_the_work() -> None:
    def routed(count: int) -> Workload:
        backend = {"service": {"name": "offers", "port": {"number": 80}}}
        paths = [{"path": f"/p/{n}", "backend": backend} for n in range(count)]
        rule = {"host": "h", "http": {"paths": paths}}
        return workload(thing("networking.k8s.io/v1", "Ingress", "r", {"rules": [rule]}))

    large, small = routed(300), routed(30)
    assert calls(lambda: ways(large.services[0])) < 12 * calls(lambda: ways(small.services[0]))


def test_a_weight_of_nothing_publishes_nothing() -> None:
    assert map_services(http_route(1, 0)).published == ("shop/offers",)
    refs = [{"name": "offers", "weight": 0}, {"name": "elsewhere", "weight": 1}]
    rules = {"rules": [{"backendRefs": refs}]}
    made = workload(thing("gateway.networking.k8s.io/v1", "HTTPRoute", "r", rules))
    assert not any("leads" in d.reason for d in map_services(made).decisions)


def test_a_share_that_the_reader_does_not_publish_is_said() -> None:
    made = replace(DIVIDED["nginx"], publish=("offers",))
    assert map_services(made).splits == ()
    (said,) = notes(made)
    assert said.endswith("which is lost: it is not published")


def istio(*rules: tuple[str, list[dict[str, object]]]) -> Workload:
    http = [{"match": [{"uri": {"prefix": path}}], "route": targets} for path, targets in rules]
    spec = {"hosts": ["h"], "gateways": ["g"], "http": http}
    return workload(thing("networking.istio.io/v1", "VirtualService", "r", spec))


def target(name: str, weight: int, **more: str) -> dict[str, object]:
    return {"destination": {"host": name, **more}, "weight": weight}


def test_subsets_of_one_service_are_named_with_their_weights() -> None:
    parts = [target("offers", 90, subset="v1"), target("offers", 10, subset="v2")]
    found = map_services(istio(("/offers", parts)))
    assert [a.services for a in found.apis] == [("shop/offers",)]
    said = [(b.becomes, b.called) for b in found.today]
    assert said == [
        ("lost", "destination.subset 'v1, weight 90'"),
        ("lost", "destination.subset 'v2, weight 10'"),
    ]
    assert all("a Service of its own" in b.then for b in found.today)


def test_weights_that_differ_by_path_are_said() -> None:
    made = istio(
        ("/a", [target("offers", 90), target("offers-next", 10)]),
        ("/b", [target("offers", 60), target("offers-next", 40)]),
        ("/c", [target("offers", 100)]),
    )
    first, second, third = notes(made)
    assert "10 % of the calls to h/a, kept as a weight" in first
    assert "40 % of the calls to h/b, which become 10 %" in second
    assert third.startswith("shop/offers-next gets 10 % of the calls to h/c too")


def text(made: Workload, option: str) -> dict[str, str]:
    built = artefacts(design(made).placement(option))
    assert not built.refused
    return {f.file: f.text for f in built.files}


def matching(files: dict[str, str], part: str) -> Iterable[str]:
    return (t for f, t in files.items() if part in f)


@pytest.mark.parametrize("option", ["public-services", "v2-integration", "vnet-external"])
def test_back_ends_of_their_own_become_a_pool_with_weights(option: str) -> None:
    files = text(DIVIDED["nginx"], option)
    resources = [r for t in matching(files, "arm/") for r in json.loads(t).get("resources", ())]
    pools = [r["properties"] for r in resources if r.get("properties", {}).get("type") == "Pool"]
    (pool,) = [p["pool"]["services"] for p in pools]
    assert [m["weight"] for m in pool] == [90, 10]
    assert [m["id"].rpartition(", '")[2].rstrip("')]") for m in pool] == [
        "offers-shop",
        "offers-next-shop",
    ]
    policy = "".join(matching(files, "policies/"))
    assert 'backend-id="offers-shop-shares"' in policy


def test_the_token_of_a_pool_is_one_for_all_its_back_ends() -> None:
    topology = design(DIVIDED["nginx"]).placement("public-services").topology
    (credential,) = topology.credentials
    assert credential.services == ("shop/offers", "shop/offers-next")
    assert {b.credential for b in topology.backends} == {credential.id}


def test_an_ingress_keeps_the_weights_itself() -> None:
    files = text(DIVIDED["nginx"], "ingress-mtls")
    assert not any('"type": "Pool"' in t for t in files.values())
    manifests = "".join(matching(files, "manifests/"))
    assert "weight: 90" in manifests
    assert "weight: 10" in manifests


@pytest.mark.parametrize("id", [c.id for c in controllers() if ingress_gateway(c.id)])
def test_every_controller_keeps_them(id: str) -> None:
    pinned = replace(DIVIDED["nginx"], pins=(("ingress-mtls", Pin("", id)),))
    manifests = "".join(matching(text(pinned, "ingress-mtls"), "manifests/"))
    assert "weight: 10" in manifests, f"the routes of {id} do not use Routed.shares"


@each
def test_every_option_can_be_built(made: Workload) -> None:
    found = design(made)
    for option in OPTIONS:
        assert not artefacts(found.placement(option.id)).refused
