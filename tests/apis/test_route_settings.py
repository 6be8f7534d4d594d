"""What routes of published Services do today is named with file and line, never silently lost."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from apim_aks.apis.mapping import About, map_services
from apim_aks.apis.mapping.route_settings import TAGS
from apim_aks.cli.text import mapping_text
from apim_aks.decision.design import design
from apim_aks.facts.ingress_behaviours import ingress_behaviours
from apim_aks.facts.routes import route_annotations
from apim_aks.options import OPTIONS
from apim_aks.page.tables.mapping_tables import notes as shown
from apim_aks.topology import Protocol
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.model import Workload

NGINX = "nginx.ingress.kubernetes.io/"
FAMILIES = {
    "time-out": ("proxy-send-timeout", "3600", "`forward-request`"),
    "body": ("proxy-body-size", "500m", "`validate-content`"),
    "buffering": ("proxy-buffering", "off", "`buffer-response`"),
    "external sign-in": ("auth-signin", "https://h/in", "`send-request`"),
    "external check": ("auth-url", "https://h/check", "`send-request`"),
    "basic": ("auth-type", "basic", "asks for a token"),
    "client certificates": ("auth-tls-secret", "a/b", "`validate-client-certificate`"),
    "back end certificates": ("proxy-ssl-secret", "a/b", "`authentication-certificate`"),
    "sticky": ("affinity", "cookie", "any pod"),
    "protocol": ("backend-protocol", "FCGI", "`appProtocol`"),
    "admitted": ("denylist-source-range", "2001:db8::/32", "`ip-filter`"),
    "rate": ("limit-rps", "5", "`rate-limit-by-key`"),
    "headers": ("custom-headers", "shop/headers", "`set-header`"),
    "snippet": ("configuration-snippet", "return 403;", "not read"),
    "redirect to HTTPS": ("ssl-redirect", "true", "no redirect"),
    "redirect": ("permanent-redirect", "https://h", "`return-response`"),
    "hash": ("upstream-hash-by", "$uri", "not divided by a key"),
}


def thing(version: str, kind: str, name: str, spec: object, **notes: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "annotations": notes}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def kubernetes_service(name: str = "desk", **notes: str) -> dict[str, Any]:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]}
    return thing("v1", "Service", name, spec, **notes)


def ingress(**notes: str) -> dict[str, Any]:
    backend = {"service": {"name": "desk", "port": {"number": 80}}}
    rule = {"host": "h", "http": {"paths": [{"path": "/desk", "backend": backend}]}}
    return thing("networking.k8s.io/v1", "Ingress", "door", {"rules": [rule]}, **notes)


def http_route(**rule: Any) -> dict[str, Any]:
    whole = {"matches": [{"path": {"value": "/desk"}}], "backendRefs": [{"name": "desk"}], **rule}
    return thing("gateway.networking.k8s.io/v1", "HTTPRoute", "door", {"rules": [whole]})


def virtual_service(**rule: Any) -> dict[str, Any]:
    whole = {"route": [{"destination": {"host": "desk"}}], **rule}
    spec = {"hosts": ["h"], "gateways": ["g"], "http": [whole]}
    return thing("networking.istio.io/v1", "VirtualService", "door", spec)


def ingress_route(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    service = {"name": "desk", "port": 80, **more.pop("service", {})}
    route = {"match": "PathPrefix(`/desk`)", "services": [service], **more}
    return thing("traefik.io/v1alpha1", "IngressRoute", "door", {"routes": [route], **spec})


def middleware(**spec: Any) -> dict[str, Any]:
    return thing("traefik.io/v1alpha1", "Middleware", "guard", spec)


def workload(*objects: dict[str, Any], service: dict[str, Any] | None = None) -> Workload:
    listed = {"apiVersion": "v1", "kind": "List"}
    listed["items"] = [service or kubernetes_service(), *objects]  # type: ignore[assignment]
    found = services_of(parse(json.dumps(listed, indent=1).encode(), "a.json").documents)
    assert all(f.expected.startswith("one path, a prefix") for f in found.findings)
    return Workload(name="sample", title="Sample", services=found.services, publish=("desk",))


def said(*objects: dict[str, Any], service: dict[str, Any] | None = None) -> list[str]:
    found = map_services(workload(*objects, service=service)).notes
    assert all(n.subject == "shop/desk" for n in found if n.about is About.TODAY)
    return [n.sentence for n in found if n.about is About.TODAY]


@pytest.mark.parametrize(("name", "value", "advice"), FAMILIES.values(), ids=FAMILIES)
def test_every_family_of_ingress_nginx_is_named_with_what_to_do(
    name: str, value: str, advice: str
) -> None:
    door = ingress(**{f"{NGINX}{name}": value})
    text = json.dumps({"items": [kubernetes_service(), door]}, indent=1)
    line = 3 + next(i for i, row in enumerate(text.splitlines(), 0) if f"{NGINX}{name}" in row)
    (sentence,) = said(door)
    assert sentence.startswith(f"Ingress door (a.json line {line}) has {NGINX}{name}")
    assert ", not carried over" in sentence and advice in sentence


def test_services_of_one_setting_are_told_in_one_sentence() -> None:
    door = ingress(**{f"{NGINX}enable-cors": "true"})
    backend = {"service": {"name": "till", "port": {"number": 80}}}
    door["spec"]["rules"][0]["http"]["paths"].append({"path": "/till", "backend": backend})
    both = replace(workload(door, kubernetes_service("till")), publish=("desk", "till"))
    found = [n for n in map_services(both).notes if n.about is About.TODAY]
    assert [n.subject for n in found] == ["shop/desk", "shop/till"]
    (sentence,) = {n.sentence for n in found}
    assert sentence.endswith("carried over: `cors` in the policy of desk and till")


def test_settings_of_which_the_same_is_to_say_are_one_sentence() -> None:
    tls = {f"{NGINX}auth-tls-verify-client": "on", f"{NGINX}auth-tls-verify-depth": "1"}
    (sentence,) = said(ingress(**tls))
    assert re.match(r"Ingress door \(a\.json lines \d+ and \d+\) has ", sentence)
    assert f"{NGINX}auth-tls-verify-client 'on' and {NGINX}auth-tls-verify-depth '1'" in sentence
    assert sentence.count("client certificates of callers") == 1


@pytest.mark.parametrize("name", ["auth-url", "configuration-snippet", "server-snippet"])
def test_what_may_hold_a_secret_is_not_shown(name: str) -> None:
    assert "hidden" not in "".join(said(ingress(**{f"{NGINX}{name}": "hidden"})))


@pytest.mark.parametrize(
    "prefix",
    [NGINX, "appgw.ingress.kubernetes.io/", "traefik.ingress.kubernetes.io/", "konghq.com/"],
)
def test_an_annotation_of_a_controller_that_no_row_knows_is_named(prefix: str) -> None:
    (sentence,) = said(ingress(**{f"{prefix}brand-new": "hidden"}))
    assert f"has {prefix}brand-new, which is not understood and not carried over" in sentence
    assert "hidden" not in sentence


@pytest.mark.parametrize(
    "notes",
    [
        {f"{NGINX}rewrite-target": "/"},
        {f"{NGINX}canary": "true", f"{NGINX}canary-weight": "5"},
        {"appgw.ingress.kubernetes.io/backend-path-prefix": "/"},
        {f"{NGINX}enable-cors": "false"},
        {f"{NGINX}backend-protocol": "HTTP"},
        {"cert-manager.io/cluster-issuer": "x", "kubernetes.io/ingress.class": "nginx"},
    ],
)
def test_what_is_said_elsewhere_does_nothing_or_is_no_controllers_is_not_named(
    notes: dict[str, str],
) -> None:
    assert said(ingress(**notes)) == []


def test_a_service_that_is_not_published_has_no_such_note() -> None:
    made = workload(ingress(**{f"{NGINX}limit-rps": "5"}))
    closed = Workload(name="s", title="S", services=made.services, publish=())
    assert not [n for n in map_services(closed).notes if n.about is About.TODAY]


def test_annotations_of_the_service_count_where_an_ingress_leads_to_it() -> None:
    service = kubernetes_service(**{"traefik.ingress.kubernetes.io/service.sticky.cookie": "true"})
    (sentence,) = said(ingress(), service=service)
    assert sentence.startswith("Service desk (a.json line 12) has traefik.ingress.kubernetes.io/")
    assert said(http_route(), service=service) == []


@pytest.mark.parametrize(
    ("made", "field", "advice"),
    [
        (http_route(timeouts={"request": "9s"}), "timeouts", "`forward-request`"),
        (http_route(brandNew={}), "brandNew", "not understood"),
        (
            http_route(filters=[{"type": "CORS", "cors": {"allowOrigins": ["*"]}}]),
            "cors",
            "`cors`",
        ),
        (
            http_route(filters=[{"type": "URLRewrite", "urlRewrite": {"hostname": "inside"}}]),
            "urlRewrite.hostname 'inside'",
            "`set-header`",
        ),
        (
            http_route(backendRefs=[{"name": "desk", "filters": [{"requestHeaderModifier": {}}]}]),
            "requestHeaderModifier",
            "`set-header`",
        ),
        (virtual_service(timeout="9s"), "timeout '9s'", "`forward-request`"),
        (virtual_service(corsPolicy={}), "corsPolicy", "`cors`"),
        (virtual_service(rewrite={"authority": "inside"}), "rewrite.authority", "Host"),
        (
            virtual_service(route=[{"destination": {"host": "desk"}, "headers": {}}]),
            "headers",
            "`set-header`",
        ),
        (virtual_service(brandNew=1), "brandNew", "not understood"),
        (ingress_route({}, service={"sticky": {"cookie": {}}}), "sticky", "any pod"),
        (ingress_route({}, service={"scheme": "https"}), "scheme 'https'", "by https"),
        (ingress_route({"tls": {"options": {"name": "t"}}}), "tls.options", "protocols"),
        (ingress_route({"parentRefs": []}), "spec.parentRefs", "not understood"),
    ],
)
def test_fields_of_other_routes_are_named(made: dict[str, Any], field: str, advice: str) -> None:
    (sentence,) = said(made)
    assert sentence.startswith(f"{made['kind']} door (a.json line ")
    assert f") has {field}" in sentence and advice in sentence


@pytest.mark.parametrize(
    "made",
    [
        http_route(filters=[{"type": "URLRewrite", "urlRewrite": {"path": {}}}]),
        virtual_service(name="n", rewrite={"uri": "/"}, match=[{"uri": {"prefix": "/desk"}}]),
        ingress_route({"entryPoints": ["web"], "tls": {"secretName": "s"}}),
    ],
)
def test_a_plain_route_of_another_kind_has_nothing_to_name(made: dict[str, Any]) -> None:
    assert said(made) == []


ATTACHED = {
    "IngressRoute": ingress_route({}, middlewares=[{"name": "guard"}]),
    "Ingress": ingress(
        **{"traefik.ingress.kubernetes.io/router.middlewares": "shop-guard@kubernetescrd"}
    ),
}


@pytest.mark.parametrize("route", ATTACHED.values(), ids=ATTACHED)
def test_middlewares_of_traefik_are_named_where_they_stand(route: dict[str, Any]) -> None:
    guard = middleware(forwardAuth={"address": "http://hidden"}, addPrefix={"prefix": "/v1"})
    (sentence,) = said(route, guard)
    assert sentence.startswith("Middleware guard (a.json line ")
    assert "has forwardAuth (" in sentence and "hidden" not in sentence
    (missing,) = said(route)
    assert f"{route['kind']} door" in missing and "Middleware guard, which is not" in missing


POLICY = "BackendTLSPolicy"
RULE = "DestinationRule"


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        (RULE, {"host": "desk", "trafficPolicy": {"tls": {"mode": "SIMPLE"}}}, "by https"),
        (RULE, {"host": "desk", "trafficPolicy": {"tls": {"mode": "MUTUAL"}}}, "client cert"),
        (RULE, {"host": "desk", "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}, ""),
        (
            RULE,
            {"host": "desk.shop.svc", "trafficPolicy": {"loadBalancer": {"consistentHash": {}}}},
            "any pod",
        ),
        (RULE, {"host": "*.local", "trafficPolicy": {"outlierDetection": {}}}, "circuit breaker"),
        (RULE, {"host": "desk.other", "trafficPolicy": {"outlierDetection": {}}}, ""),
        (RULE, {"host": "desk", "trafficPolicy": {"new": {}}}, "not understood"),
        (
            POLICY,
            {"targetRefs": [{"kind": "Service", "name": "desk"}], "validation": {}},
            "by https",
        ),
        (POLICY, {"targetRefs": [{"kind": "Gateway", "name": "desk"}], "validation": {}}, ""),
    ],
)
def test_what_objects_say_of_calls_to_a_service_is_named(
    kind: str, spec: dict[str, object], said: str
) -> None:
    group = "networking.istio.io" if kind == RULE else "gateway.networking.k8s.io"
    found = design(workload(ingress(), thing(f"{group}/v1", kind, "d", spec)), OPTIONS)
    text = " ".join(mapping_text(found).split())
    assert (f"{kind} d " in text) == bool(said) and said in text


TRAEFIK = "traefik.ingress.kubernetes.io/service.serversscheme"
ISTIO, GATEWAY = "networking.istio.io/v1", "gateway.networking.k8s.io/v1"


def rule(**policy: object) -> dict[str, Any]:
    return thing(ISTIO, RULE, "d", {"host": "desk", **policy})


def tls(mode: str) -> dict[str, Any]:
    return {"trafficPolicy": {"tls": {"mode": mode}}}


def of_port(number: int, **policy: object) -> dict[str, Any]:
    return {"portLevelSettings": [{"port": {"number": number}, **policy}]}


def policy_of(section: str) -> dict[str, Any]:
    ref = {"kind": "Service", "name": "desk", "sectionName": section}
    return thing(GATEWAY, POLICY, "d", {"targetRefs": [ref], "validation": {}})


@pytest.mark.parametrize(
    ("objects", "by_tls"),
    [
        ([ingress(**{f"{NGINX}backend-protocol": "HTTPS"})], True),
        ([ingress(**{f"{NGINX}backend-protocol": "HTTP"})], False),
        ([ingress(**{"appgw.ingress.kubernetes.io/backend-protocol": "https"})], True),
        ([ingress(**{TRAEFIK: "https"})], True),
        ([ingress_route({}, service={"scheme": "https"})], True),
        ([rule(**tls("SIMPLE"))], True),
        ([rule(**tls("MUTUAL"))], True),
        ([rule(**tls("ISTIO_MUTUAL"))], None),
        ([rule(subsets=[{"name": "a", **tls("SIMPLE")}])], True),
        ([rule(trafficPolicy=of_port(80, tls={"mode": "SIMPLE"}))], True),
        ([rule(trafficPolicy={"tls": {"mode": "SIMPLE"}, **of_port(80)})], False),
        ([rule(trafficPolicy=of_port(81, tls={"mode": "SIMPLE"}))], None),
        ([policy_of("http")], True),
        ([policy_of("other")], None),
        ([ingress()], None),
    ],
)
def test_the_pods_are_called_as_today_by_tls_or_without(
    objects: list[dict[str, Any]], by_tls: bool | None
) -> None:
    (found,) = workload(*objects).services
    assert dict(found.by_tls).get(80) is by_tls


def test_tls_to_the_pods_holds_in_every_option() -> None:
    made = design(workload(ingress(**{f"{NGINX}backend-protocol": "HTTPS"})), OPTIONS)
    for placement in made.placements:
        hops = [k for k in placement.topology.links if k.target == "svc-shop/desk"]
        assert {(k.protocol, k.port, k.ends_tls) for k in hops} == {(Protocol.HTTPS, 80, True)}
        assert {b.url.partition(":")[0] for b in placement.topology.backends} == {"https"}


def test_the_map_and_the_page_show_it() -> None:
    made = design(workload(ingress(**{f"{NGINX}limit-rps": "5<b>"})), OPTIONS)
    assert f"{NGINX}limit-rps" in mapping_text(made)
    page = str(shown(made))
    assert "What the ingress does today, and what becomes of it" in page
    assert "5&lt;b&gt;" in page and "5<b>" not in page


def test_the_rows_say_what_becomes_of_it_and_repeat_nothing() -> None:
    every = ingress_behaviours()
    rows = {row.id: row for row in every.values()}.values()
    assert sum(len(row.names) for row in rows) == len(every)
    assert not every.keys() & route_annotations().keys()
    assert all(row.becomes.startswith(("kept: ", "not carried over: ")) for row in rows)
    assert all((row.outcome == "policy") == bool(row.policies) for row in rows)
    assert {row.outcome for row in rows} == {"policy", "entry", "lost"}
    assert all(o.partition("=")[0] in row.names for row in rows for o in row.off)


def test_service_tags_of_a_load_balancer_are_named_as_lost() -> None:
    tagged = {**kubernetes_service()}
    tagged["metadata"] = {**tagged["metadata"], "annotations": {TAGS: "AzureFrontDoor.Backend"}}
    (sentence,) = said(service=tagged)
    assert f"{TAGS} 'AzureFrontDoor.Backend'" in sentence and "not carried over" in sentence
