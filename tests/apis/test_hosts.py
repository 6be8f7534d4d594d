"""Today's host names: what tells APIs of one path apart, and which tiers can keep them."""

from __future__ import annotations

import json

import pytest

from apim_aks.apis.mapping import About, Mapping, map_services
from apim_aks.decision.design import design
from apim_aks.facts import tier
from apim_aks.options.tier_choice import keeps_hosts
from apim_aks.workload.azure import Azure
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.model import Requirements
from apim_aks.workload.route import PathMatch, Route
from tests.support.scenario import service, shop, workload


def route(host: str, path: str, match: PathMatch | None = None, secret: str = "") -> Route:
    return Route(kind="Ingress", name="shop", host=host, path=path, match=match, secret=secret)


def notes(found: Mapping, kind: About) -> list[str]:
    return [f"{n.subject}: {n.sentence}" for n in found.notes if n.about is kind]


def test_two_hosts_with_one_path_get_a_part_each_and_callers_are_told() -> None:
    found = map_services(
        workload(
            service("a", routes=(route("api.contoso.com", "/v1"),)),
            service("b", routes=(route("partner.contoso.com", "/v1"),)),
        )
    )
    assert [(a.services, a.path) for a in found.apis] == [
        (("shop/a",), "api/v1"),
        (("shop/b",), "partner/v1"),
    ]
    assert notes(found, About.CALLERS) == [
        "a: callers of shop/a ask for /api/v1/* instead of api.contoso.com/v1/*",
        "b: callers of shop/b ask for /partner/v1/* instead of partner.contoso.com/v1/*",
    ]


def test_hosts_that_begin_alike_are_told_apart_as_a_whole() -> None:
    found = map_services(
        workload(
            service("a", routes=(route("api.contoso.com", "/"),)),
            service("b", routes=(route("api.fabrikam.com", "/"),)),
        )
    )
    assert [a.path for a in found.apis] == ["api-contoso-com", "api-fabrikam-com"]


def test_two_hosts_that_lead_to_the_same_are_one_api() -> None:
    both = (route("www.contoso.com", "/shop"), route("contoso.com", "/shop"))
    found = map_services(workload(service("a", routes=both)))
    assert [a.path for a in found.apis] == ["shop"]
    (operation,) = found.operations
    assert operation.called
    assert operation.called.hosts == ("contoso.com", "www.contoso.com")


def test_one_service_that_answers_differently_by_host_is_two_apis() -> None:
    inner = PathMatch("/v1", "/inner")
    both = (route("a.contoso.com", "/v1"), route("b.contoso.com", "/v1", inner))
    found = map_services(workload(service("x", routes=both)))
    assert {a.path: a.operations[0].backend_path for a in found.apis} == {
        "a/v1": "/v1/*",
        "b/v1": "/inner/*",
    }
    assert not found.findings


def test_host_names_are_listed_with_their_certificates() -> None:
    found = map_services(
        workload(
            service("a", routes=(route("a.contoso.com", "/a", secret="tls-a"),)),
            service("b", routes=(route("b.contoso.com", "/b"),)),
        )
    )
    assert notes(found, About.HOST) == [
        "a.contoso.com: callers of shop/a use this name today (TLS by the Secret tls-a)",
        "b.contoso.com: callers of shop/b use this name today (no TLS in the input)",
        "2 host names: requirements.host_names: 2 asks for a tier that keeps all of them",
    ]


INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "r"},
    "spec": {
        "tls": [{"hosts": ["h.test"], "secretName": "cert"}],
        "rules": [
            {"host": "h.test", "http": {"paths": [{"backend": {"service": {"name": "tax"}}}]}}
        ],
    },
}
HTTP_ROUTE = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "r"},
    "spec": {
        "hostnames": ["h.test"],
        "parentRefs": [{"name": "edge"}],
        "rules": [{"backendRefs": [{"name": "tax"}]}],
    },
}
GATEWAY = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "edge"},
    "spec": {
        "listeners": [
            {"hostname": "other.test", "tls": {"certificateRefs": [{"name": "other"}]}},
            {"hostname": "*.test", "tls": {"certificateRefs": [{"name": "cert"}]}},
        ]
    },
}
TRAEFIK = {
    "apiVersion": "traefik.io/v1alpha1",
    "kind": "IngressRoute",
    "metadata": {"name": "r"},
    "spec": {
        "tls": {"secretName": "cert"},
        "routes": [{"match": "Host(`h.test`)", "services": [{"name": "tax"}]}],
    },
}


@pytest.mark.parametrize(
    "objects",
    [[INGRESS], [HTTP_ROUTE, GATEWAY], [TRAEFIK]],
    ids=["Ingress", "HTTPRoute", "Traefik"],
)
def test_the_secret_of_a_host_is_read(objects: list[object]) -> None:
    tax = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "tax"},
        "spec": {"ports": [{"port": 80}]},
    }
    listed = {"apiVersion": "v1", "kind": "List", "items": [tax, *objects]}
    found = services_of(parse(json.dumps(listed).encode(), "a.json").documents)
    assert [r.secret for r in found.services[0].routes] == ["cert"]


def listed(kind: str, host: str, name: str) -> dict[str, object]:
    """A route of this kind that leads /v1 of a host to a Service."""
    to = {"name": name, "port": 80}
    backend = {"service": {"name": name, "port": {"number": 80}}}
    match = [{"uri": {"prefix": "/v1"}}]
    http = [{"match": match, "route": [{"destination": {"host": name}}]}]
    version, spec = {
        "Ingress": (
            "networking.k8s.io/v1",
            {"rules": [{"host": host, "http": {"paths": [{"path": "/v1", "backend": backend}]}}]},
        ),
        "HTTPRoute": (
            "gateway.networking.k8s.io/v1",
            {
                "hostnames": [host],
                "rules": [{"matches": [{"path": {"value": "/v1"}}], "backendRefs": [to]}],
            },
        ),
        "VirtualService": (
            "networking.istio.io/v1",
            {"hosts": [host], "gateways": ["g"], "http": http},
        ),
        "IngressRoute": (
            "traefik.io/v1alpha1",
            {"routes": [{"match": f"Host(`{host}`) && PathPrefix(`/v1`)", "services": [to]}]},
        ),
    }[kind]
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize("kind", ["Ingress", "HTTPRoute", "VirtualService", "IngressRoute"])
def test_every_kind_of_route_tells_hosts_apart_and_says_the_change(kind: str) -> None:
    hosts = {"a": "api.contoso.com", "b": "partner.contoso.com"}
    services = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": n}, "spec": SPEC}
        for n in hosts
    ]
    every = [*services, *(listed(kind, host, name) for name, host in hosts.items())]
    made = {"apiVersion": "v1", "kind": "List", "items": every}
    read = services_of(parse(json.dumps(made).encode(), "a.json").documents)
    found = map_services(workload(*read.services))
    assert [a.path for a in found.apis] == ["api/v1", "partner/v1"]
    assert notes(found, About.CALLERS) == [
        "a: callers of default/a ask for /api/v1/* instead of api.contoso.com/v1/*",
        "b: callers of default/b ask for /partner/v1/* instead of partner.contoso.com/v1/*",
    ]


def test_a_path_that_changes_is_said_with_every_host() -> None:
    both = (route("www.contoso.com", "/"), route("contoso.com", "/"))
    other = service("b", routes=(route("api.fabrikam.com", "/"),))
    found = map_services(workload(service("a", routes=both), other))
    first, _ = notes(found, About.CALLERS)
    assert first == (
        "a: callers of shop/a ask for /contoso/* instead of contoso.com/* and www.contoso.com/*"
    )


SPEC = {"ports": [{"name": "http", "port": 80}], "selector": {"app": "x"}}


def test_tiers_keep_one_host_name_or_several() -> None:
    assert keeps_hosts(tier("Standard v2"), 1)
    assert not keeps_hosts(tier("Standard v2"), 2)
    assert keeps_hosts(tier("Premium"), 2)
    every = Azure(region="swedencentral")
    made = design(shop(requirements=Requirements(host_names=2), azure=every))
    for placement in made.placements:
        asked = [r.requirement for r in placement.ruled_out]
        assert keeps_hosts(placement.tier, 2) is ("host_names" not in asked)
    assert made.placement("v2-integration").tier.name == "Premium v2"


LISTENING = {
    "HTTPRoute": (
        {"listeners": [{"hostname": "h", "tls": {"certificateRefs": [{"name": "cert"}]}}]},
        {"parentRefs": [{"name": "g"}], "rules": [{"backendRefs": [{"name": "a", "port": 80}]}]},
    ),
    "VirtualService": (
        {"servers": [{"hosts": ["shop/h"], "tls": {"credentialName": "cert"}}]},
        {
            "hosts": ["*"],
            "gateways": ["g"],
            "http": [{"route": [{"destination": {"host": "a"}}]}],
        },
    ),
}


@pytest.mark.parametrize("kind", LISTENING)
def test_a_route_that_names_no_host_has_those_of_its_gateway(kind: str) -> None:
    ports = {"selector": {"app": "a"}, "ports": [{"name": "http", "port": 80}]}
    specs = {"Service": ports, **dict(zip(("Gateway", kind), LISTENING[kind], strict=True))}
    objects = [
        {
            "apiVersion": "v1" if k == "Service" else VERSIONS[kind],
            "kind": k,
            "metadata": {"name": {"Service": "a", "Gateway": "g"}.get(k, "r"), "namespace": "shop"},
            "spec": spec,
        }
        for k, spec in specs.items()
    ]
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    (found,) = services_of(parse(json.dumps(listed).encode(), "a.json").documents).services
    assert [(r.host, r.secret) for r in found.routes] == [("h", "cert")]


VERSIONS = {
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "VirtualService": "networking.istio.io/v1",
}
