"""Callers who are led to a Service by a way that no route of the usual fields shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.outside_scenes import (
    BY_HAND,
    HTTP_ROUTE,
    INGRESS,
    INTERNAL,
    NGINX,
    PARENT,
    VIRTUAL,
    Network,
    Outer,
    controller,
    gateway,
    ingress,
    now,
    object_,
    policy,
    service,
    shown,
    site,
    verdicts,
)

API = service("ClusterIP")
FRONT = service("ClusterIP", name="front", selector={"app": "front"})
MADE = {"gateway.networking.k8s.io/gateway-name": "apis"}
NOTE = "nginx.ingress.kubernetes.io/"
HOST = "api.shop.svc.cluster.local"
ROUTES = "gateway.networking.k8s.io/v1"
MESH = "networking.istio.io/v1"


def _pods(
    labels: Mapping[str, str], host: int = 0, name: str = "gates", **spec: Any
) -> dict[str, Any]:
    port = {"name": "web", "containerPort": 8080} | ({"hostPort": host} if host else {})
    told = {"containers": [{"name": "c", "image": "i", "ports": [port]}]} | spec
    template = {"metadata": {"labels": dict(labels)}, "spec": told}
    return object_("apps/v1", "Deployment", name, {"template": template}, "ingress")


def _at_pods(labels: Mapping[str, str], type: str = "LoadBalancer", **more: Any) -> dict[str, Any]:
    made = service(type, selector=dict(labels), **more)
    return made | {"metadata": made["metadata"] | {"namespace": "ingress"}}


def _nginx(to: str = "front", **notes: str) -> dict[str, Any]:
    made = ingress("nginx")
    backend = {"service": {"name": to, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    named = {"annotations": {f"{NOTE}{k.replace('_', '-')}": v for k, v in notes.items()}}
    return made | {
        "metadata": made["metadata"] | named,
        "spec": made["spec"] | {"rules": [{"http": {"paths": [path]}}]},
    }


def _route(**rule: Any) -> dict[str, Any]:
    told = {"backendRefs": [{"name": "front", "port": 80}]} | rule
    return object_(ROUTES, "HTTPRoute", "way", {"parentRefs": [PARENT], "rules": [told]})


def _virtual(**spec: Any) -> dict[str, Any]:
    told = {"hosts": ["*"], "gateways": ["ingress/apis"]} | spec
    return object_(MESH, "VirtualService", "way", told)


def _to(host: str) -> dict[str, Any]:
    return {"destination": {"host": host, "port": {"number": 80}}}


SERVER = {"port": {"number": 443, "protocol": "HTTPS", "name": "h"}, "hosts": ["*"]}
AT = object_(MESH, "Gateway", "apis", {"selector": {"istio": "gw"}, "servers": [SERVER]}, "ingress")
GATES = {"istio": "gw", "app": "gw"}
ISTIO = [AT, _pods(GATES), _at_pods({"istio": "gw"}, name="gw")]
INSIDE = [AT, _at_pods({"istio": "gw"}, name="gw", notes=INTERNAL)]
TO_API = {"backendRef": {"name": "api", "port": 80}}
MIRROR = [{"type": "RequestMirror", "requestMirror": TO_API}]
ASKED = {"port": 443, "portStart": 443, "portEnd": 443, "protocol": "TCP"}
OPEN_NODES = Network(
    pool={"enableNodePublicIP": True, "networkProfile": {"allowedHostPorts": [ASKED]}}
)
ALIAS = {"type": "ExternalName", "selector": None, "externalName": HOST}
ENTRY = object_(
    MESH,
    "ServiceEntry",
    "entry",
    {"hosts": ["x.example"], "workloadSelector": {"labels": {"app": "api"}}},
)
F5 = object_("networking.k8s.io/v1", "IngressClass", "nginx", {"controller": "nginx.org/x"})
STREAMS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "tcp-services", "namespace": "ingress"},
    "data": {"9000": "shop/api:80"},
}
ERRORS = object_(
    "traefik.io/v1alpha1",
    "Middleware",
    "m",
    {"errors": {"status": ["404"], "service": {"name": "api", "port": 80}}},
)


AGIC = ingress("azure-application-gateway")


def _addressed() -> dict[str, Any]:
    made = gateway(INTERNAL)
    return made | {"spec": made["spec"] | {"addresses": [{"value": "other.ingress.svc"}]}}


AROUND: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "another name of the Service": ("??", [service(name="alias", **ALIAS), _nginx("alias")]),
    "a Service without selector": ("??", [service(name="other", selector=None)]),
    "addresses beside it": ("??", [service(name="other", selector=None), BY_HAND]),
    "a second Service before pods of a mesh's gateway": (
        "oo",
        [VIRTUAL, *INSIDE, _pods(GATES), _at_pods({"app": "gw"}, name="open")],
    ),
    "one that may be before them": ("?o", [VIRTUAL, *INSIDE, _at_pods({"app": "gw"}, name="open")]),
    "a second Service before a controller": (
        "oo",
        [
            INGRESS,
            controller(INTERNAL),
            _pods(NGINX | {"c": "x"}),
            _at_pods({"c": "x"}, name="open"),
        ],
    ),
    "a second Service before a Gateway": (
        "oo",
        [HTTP_ROUTE, gateway(INTERNAL), _at_pods(MADE, name="open")],
    ),
    "a Gateway with addresses of another Service": ("??", [HTTP_ROUTE, _addressed()]),
    "a Gateway with a type of Service": (
        "??",
        [HTTP_ROUTE, gateway({"networking.istio.io/service-type": "ClusterIP"})],
    ),
    "a class of another controller": ("?o", [INGRESS, controller(INTERNAL), F5]),
    "a route before a gateway": (
        "??",
        [
            VIRTUAL,
            AT,
            _pods(GATES),
            _at_pods({"istio": "gw"}, "ClusterIP", name="gw"),
            controller(),
            _pods(NGINX, name="nginx"),
            _nginx("gw") | {"metadata": {"name": "way", "namespace": "ingress"}},
        ],
    ),
    "copies of requests": ("??", [gateway(), _route(filters=MIRROR)]),
    "copies of a back end": (
        "??",
        [gateway(), _route(backendRefs=[{"name": "front", "port": 80, "filters": MIRROR}])],
    ),
    "a Service of other clusters": (
        "??",
        [gateway(), _route(backendRefs=[{"kind": "ServiceImport", "name": "api", "port": 80}])],
    ),
    "copies of a VirtualService": (
        "??",
        [*ISTIO, _virtual(http=[{"route": [_to("front")], "mirrors": [_to("api")]}])],
    ),
    "a route by TCP": ("??", [*ISTIO, _virtual(tcp=[{"route": [_to("api")]}])]),
    "a route by the name in TLS": ("??", [*ISTIO, _virtual(tls=[{"route": [_to(HOST)]}])]),
    "a VirtualService that another hands over to": (
        "??",
        [
            *ISTIO,
            _virtual(http=[{"delegate": {"name": "more"}}]),
            object_(MESH, "VirtualService", "more", {"http": [{"route": [_to("api")]}]}),
        ],
    ),
    "an entry of the mesh": ("??", [*ISTIO, ENTRY]),
    "ports of a controller": ("??", [STREAMS, controller()]),
    "a question before each call": (
        "??",
        [controller(), _nginx(auth_url=f"http://{HOST}/auth")],
    ),
    "a snippet": ("??", [controller(), _nginx(server_snippet=f"proxy_pass http://{HOST};")]),
    "pages for errors": ("??", [controller(), _nginx(default_backend="api")]),
    "pages for errors of Traefik": ("??", [ERRORS]),
    "a policy of the mesh inside": (
        "cc",
        [*ISTIO, _virtual(gateways=["mesh"], http=[{"route": [_to("api")]}])],
    ),
    "a copy behind an internal load balancer": (
        "c?",
        [gateway(INTERNAL), _route(filters=MIRROR)],
    ),
    "an Application Gateway with a policy for its subnet": ("??", [AGIC, policy("10.1.5.0/24")]),
    "an Application Gateway with a policy for nobody": ("cc", [AGIC, policy()]),
    "its own name among those that are asked for": (
        "cc",
        [gateway(), _route(matches=[{"headers": [{"name": "host", "value": HOST}]}])],
    ),
}
"""What stands beside a Service that nobody outside reaches; the internet's and network's answer."""


BESIDE = [AT, _at_pods({"istio": "gw"}, "ClusterIP", name="gw"), VIRTUAL]
AT_NODES = {
    "hostPort": [API, *BESIDE, _pods(GATES, host=443)],
    "hostNetwork": [API, *BESIDE, _pods(GATES, hostNetwork=True)],
}
SCENES = (
    *(Outer(what=n, objects=[API, FRONT, *o], answers=a) for n, (a, o) in AROUND.items()),
    *(Outer(what=n, objects=o, answers="??", network=OPEN_NODES) for n, o in AT_NODES.items()),
)


def answered(scene: Outer) -> str:
    """The answers of the internet and of the network."""
    found = shown(scene)
    return found[0] + found[2]


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.what)
def test_no_way_to_a_service_is_missed(scene: Outer) -> None:
    assert answered(scene) == scene.answers


@pytest.mark.parametrize("how", AT_NODES)
def test_pods_of_a_gateway_are_reached_at_their_nodes(how: str) -> None:
    scene = next(s for s in SCENES if s.what == how)
    found = next(v for v in verdicts(scene) if v.source == "{internet}")
    assert how in " ".join(found.because)


PROXY, MIDDLE = {"app": "proxy"}, {"app": "middle"}
OUTER, INNER = "ingress/gates[Deployment]", "shop/inner[Deployment]"
INTO = object_(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    "inner",
    {
        "podSelector": {"matchLabels": {"app": "api"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": MIDDLE}}]}],
    },
)
SHUT = INTO | {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
BETWEEN = {"containers": [{"name": "c", "image": "i"}]}
LABELLED = {"metadata": {"labels": MIDDLE}, "spec": BETWEEN}
IN_BETWEEN = object_("apps/v1", "Deployment", "inner", {"template": LABELLED})


HANDING: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "a proxy with a configuration of its own": ([_at_pods(PROXY)], [OUTER]),
    "a proxy that nobody reaches": ([_at_pods(PROXY, "ClusterIP")], []),
    "policies let no pod in": ([_at_pods(PROXY), SHUT], []),
    "a proxy before another one": ([_at_pods(PROXY), INTO, IN_BETWEEN], [INNER]),
    "a proxy that policies let nowhere near": ([_at_pods(PROXY), INTO], []),
}
"""What stands beside a Service that is closed to the internet, and who may hand calls on to it."""


def handed(what: str) -> list[str]:
    """Who may hand calls on by the engine as it is loaded now."""
    scene = Outer(what=what, objects=[API, _pods(PROXY), *HANDING[what][0]], answers="")
    found = now("proof").prove(site(scene))
    api = next(s for s in found.site.scene.services if s.id == "shop/api")
    (closed,) = (v for v in found.of(api) if v.source == "{internet}")
    assert closed.answer.value == "closed"
    return [*found.handing.told(closed).handed_on_by]


@pytest.mark.parametrize("what", HANDING)
def test_beside_closed_stand_the_workloads_that_may_hand_calls_on(what: str) -> None:
    """A proxy without a route, such as nginx with a configuration of its own, is followed by none.

    One that only others call counts as well, since those may hand calls on to it.
    """
    assert handed(what) == HANDING[what][1]


def test_the_packet_goes_to_the_frontend_that_lets_it_in() -> None:
    _, objects = AROUND["a second Service before pods of a mesh's gateway"]
    scene = Outer(what="", objects=[API, *objects], answers="")
    found = next(v for v in verdicts(scene) if v.source == "{internet}")
    assert found.packet
    assert found.packet.destination == "the frontend of Service ingress/open"
    assert found.packet.port == 80
