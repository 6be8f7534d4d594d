"""What the path of a route means: which callers' paths it takes, what the back end gets instead."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import Manifests, paths, services_of
from apim_aks.workload.kubernetes.openings import unread
from apim_aks.workload.route import PathMatch, Route
from tests.support.series import examples

NGINX = "nginx.ingress.kubernetes.io/"


@pytest.mark.parametrize(
    ("pattern", "target", "prefix", "becomes"),
    [
        ("/billing(/|$)(.*)", "/$2", "/billing", ""),
        ("/billing(/|$)(.*)", "/api/v1/$2", "/billing", "/api/v1"),
        ("/v1/deliveries(.*)", "/api/deliveries$1", "/v1/deliveries", "/api/deliveries"),
        ("/something/?(.*)", "/$1", "/something", ""),
        ("/api/(.*)", "/$1", "/api", ""),
        ("/(.*)", "/$1", "", ""),
        ("/(orders.*)", "/$1", "/orders", "/orders"),
        ("/api/(orders/.*)", "/$1", "/api/orders", "/orders"),
        ("^/v1\\.0/orders/(.*)$", "/$1", "/v1.0/orders", ""),
        ("/v1.0/orders/(.*)", r"/\1", "/v1.0/orders", ""),
        ("/api/.*", None, "/api", "/api"),
        ("/api(/|$)(.*)", None, "/api", "/api"),
    ],
)
def test_a_prefix_with_the_rest_behind_it_is_understood(
    pattern: str, target: str | None, prefix: str, becomes: str
) -> None:
    assert paths.expression(pattern, target) == PathMatch(prefix, becomes)


@pytest.mark.parametrize(
    ("pattern", "target"),
    [
        ("/fin/(v[0-9]+)/(.*)", "/$1/$2"),
        ("/api/(v1|v2)/orders", None),
        ("/orders/([0-9]+)", "/$1"),
        ("/a(/|$)(.*)", "/b$2"),
        ("/a(/|$)(.*)", "/$1"),
        ("/a(.*)/b(.*)", "/$1/$2"),
        ("/a[bc](.*)", "/$1"),
        ("/(a+)+$", "/$1"),
        ("/a?(.*)", "/$1"),
    ],
)
def test_any_other_expression_is_not(pattern: str, target: str | None) -> None:
    assert not paths.expression(pattern, target).understood


def test_a_target_without_captures_is_the_path_of_every_call() -> None:
    found = paths.expression("/docs", "/index.html")
    assert found == PathMatch("/docs", "/index.html", constant=True)
    assert found.inside("/docs/a/b") == "/index.html"
    assert found.outside("/index.html") == "/docs"
    assert found.outside("/docs") is None


@examples(300)
@given(st.text("/(.*)|$?[]{}^\\ab19-", max_size=30), st.none() | st.text("/$\\12a{}", max_size=8))
def test_no_expression_is_too_odd(pattern: str, target: str | None) -> None:
    found = paths.expression(pattern, target)
    assert pattern.removeprefix("^").replace("\\", "").startswith(found.prefix)


@given(st.lists(st.sampled_from(["a", "b", "v1"]), max_size=4))
def test_callers_and_back_end_agree(parts: list[str]) -> None:
    rest = "".join(f"/{p}" for p in parts)
    for match in (PathMatch("/x", "/y/z"), PathMatch("/x", ""), PathMatch("", "/y"), PathMatch()):
        assert match.outside(match.inside(match.prefix + rest)) == match.prefix + rest


def test_a_prefix_ends_at_a_slash() -> None:
    assert PathMatch("/orders", "/orders").outside("/orders-old") is None
    assert PathMatch("/orders", "/orders", exact=True).outside("/orders/1") is None


def read(*objects: dict[str, object]) -> Manifests:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "tax"},
        "spec": {"ports": [{"port": 80}]},
    }
    listed = {"apiVersion": "v1", "kind": "List", "items": [service, *objects]}
    return services_of(parse(json.dumps(listed).encode(), "a.json").documents)


def routes(*objects: dict[str, object]) -> list[Route]:
    found = read(*objects)
    (service,) = found.services
    refused = [f for f in found.findings if f.refused]
    assert len(refused) <= sum(not r.taken.understood for r in service.routes)
    return list(service.routes)


def ingress(path: str, kind: str = "Prefix", **annotations: str) -> dict[str, object]:
    rule = {"path": path, "pathType": kind, "backend": {"service": {"name": "tax"}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "i", "annotations": annotations},
        "spec": {"rules": [{"host": "h", "http": {"paths": [rule]}}]},
    }


@pytest.mark.parametrize(
    ("made", "match"),
    [
        (ingress("/tax/"), PathMatch("/tax", "/tax")),
        (ingress("/tax/*"), PathMatch("/tax", "/tax")),
        (ingress("/tax", "Exact"), PathMatch("/tax", "/tax", exact=True)),
        (ingress("/tax(/|$)(.*)", **{f"{NGINX}rewrite-target": "/$2"}), PathMatch("/tax", "")),
        (ingress("/tax", **{f"{NGINX}rewrite-target": "/"}), PathMatch("/tax", constant=True)),
        (ingress("/", **{f"{NGINX}rewrite-target": "/"}), PathMatch("", "")),
        (
            ingress("/tax", **{"appgw.ingress.kubernetes.io/backend-path-prefix": "/v7/"}),
            PathMatch("/tax", "/v7"),
        ),
        (ingress("/tax", **{"konghq.com/strip-path": "true"}), PathMatch("/tax", "")),
        (
            ingress("/tax", **{"haproxy.org/path-rewrite": "/(.*) /x"}),
            PathMatch("/tax", understood=False),
        ),
    ],
)
def test_an_ingress_says_what_its_paths_become(made: dict[str, object], match: PathMatch) -> None:
    assert [r.taken for r in routes(made)] == [match]


def http_route(match: dict[str, object], *filters: dict[str, object]) -> dict[str, object]:
    rule = {"matches": [match], "filters": filters, "backendRefs": [{"name": "tax", "port": 80}]}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r"},
        "spec": {"hostnames": ["h"], "rules": [rule]},
    }


def rewrite(**path: str) -> dict[str, object]:
    return {"type": "URLRewrite", "urlRewrite": {"path": path}}


PUBLIC = {"path": {"type": "PathPrefix", "value": "/public/tax"}}


@pytest.mark.parametrize(
    ("made", "match"),
    [
        (http_route(PUBLIC), PathMatch("/public/tax", "/public/tax")),
        (
            http_route(PUBLIC, rewrite(type="ReplacePrefixMatch", replacePrefixMatch="/in/v7")),
            PathMatch("/public/tax", "/in/v7"),
        ),
        (
            http_route(PUBLIC, rewrite(type="ReplacePrefixMatch", replacePrefixMatch="/")),
            PathMatch("/public/tax", ""),
        ),
        (
            http_route(PUBLIC, rewrite(type="ReplaceFullPath", replaceFullPath="/all")),
            PathMatch("/public/tax", "/all", constant=True),
        ),
        (
            http_route({"path": {"type": "Exact", "value": "/tax"}}),
            PathMatch("/tax", "/tax", exact=True),
        ),
        (
            http_route({"path": {"type": "RegularExpression", "value": "/tax/(a|b)"}}),
            PathMatch("/tax", understood=False),
        ),
    ],
)  # fmt: skip
def test_an_http_route_says_what_its_paths_become(
    made: dict[str, object], match: PathMatch
) -> None:
    assert [r.taken for r in routes(made)] == [match]


def test_method_and_headers_of_a_match_are_kept() -> None:
    needed = {**PUBLIC, "method": "GET", "headers": [{"name": "x-beta", "value": "1"}]}
    (route,) = routes(http_route(needed))
    assert (route.method, route.condition) == ("GET", "header x-beta")


@pytest.mark.parametrize(
    ("uri", "written", "match"),
    [
        ({"prefix": "/tax"}, {}, PathMatch("/tax", "/tax", text=True)),
        ({"prefix": "/tax"}, {"uri": "/v7"}, PathMatch("/tax", "/v7", text=True)),
        ({"prefix": "/tax/"}, {}, PathMatch("/tax", "/tax")),
        ({"prefix": "/tax/"}, {"uri": "/"}, PathMatch("/tax", "")),
        ({"prefix": "/tax/"}, {"uri": "/v7/"}, PathMatch("/tax", "/v7")),
        ({"prefix": "/tax/"}, {"uri": "/v7"}, PathMatch("/tax", "/tax", understood=False)),
        ({"prefix": "/"}, {"uri": "/v7"}, PathMatch(understood=False)),
        ({"regex": "/tax/.*"}, {"uri": "/v7"}, PathMatch("/tax", "/v7", constant=True)),
        ({"exact": "/tax"}, {"uri": "/v7"}, PathMatch("/tax", "/v7", exact=True, constant=True)),
        (
            {"prefix": "/tax"},
            {"uriRegexRewrite": {"match": "/tax/(.*)", "rewrite": r"/v7/\1"}},
            PathMatch("/tax", "/v7"),
        ),
        (
            {"prefix": "/tax"},
            {"uriRegexRewrite": {"match": "/(x|y)", "rewrite": "/z"}},
            PathMatch("/tax", "/tax", understood=False, text=True),
        ),
    ],
)
def test_a_virtual_service_says_what_its_paths_become(
    uri: dict[str, str], written: dict[str, object], match: PathMatch
) -> None:
    rule = {
        "match": [{"uri": uri}],
        "route": [{"destination": {"host": "tax"}}],
        **({"rewrite": written} if written else {}),
    }
    made = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "r"},
        "spec": {"hosts": ["h"], "gateways": ["g"], "http": [rule]},
    }
    assert [r.taken for r in routes(made)] == [match]


@pytest.mark.parametrize(
    ("spec", "notes", "type_", "as_text"),
    [
        ({"ingressClassName": "nginx"}, {}, "ImplementationSpecific", True),
        ({"ingressClassName": "webapprouting.kubernetes.azure.com"}, {}, None, True),
        ({}, {"kubernetes.io/ingress.class": "nginx"}, None, True),
        ({}, {f"{NGINX}proxy-body-size": "1m"}, None, True),
        ({"ingressClassName": "nginx"}, {}, "Prefix", False),
        ({"ingressClassName": "azure-application-gateway"}, {}, None, False),
        ({}, {}, "ImplementationSpecific", False),
    ],
)
def test_a_path_without_a_type_is_read_as_its_controller_reads_it(
    spec: dict[str, object], notes: dict[str, str], type_: str | None, as_text: bool
) -> None:
    path: dict[str, object] = {"path": "/tax", "backend": {"service": {"name": "tax"}}}
    path |= {"pathType": type_} if type_ else {}
    made = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "r", "annotations": notes},
        "spec": {**spec, "rules": [{"http": {"paths": [path]}}]},
    }
    assert [r.taken for r in routes(made)] == [PathMatch("/tax", "/tax", text=as_text)]


def traefik(rule: str, *middlewares: dict[str, object]) -> list[Route]:
    named = [{"name": f"m{n}"} for n, _ in enumerate(middlewares)]
    made = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": {"name": "r"},
        "spec": {"routes": [{"match": rule, "services": [{"name": "tax"}], "middlewares": named}]},
    }
    others = [
        {
            "apiVersion": "traefik.io/v1alpha1",
            "kind": "Middleware",
            "metadata": {"name": f"m{n}"},
            "spec": spec,
        }
        for n, spec in enumerate(middlewares)
        if spec
    ]
    return routes(made, *others)


@pytest.mark.parametrize(
    ("rule", "middlewares", "match"),
    [
        ("Host(`h`) && PathPrefix(`/tax`)", (), PathMatch("/tax", "/tax", text=True)),
        ("Path(`/tax`)", (), PathMatch("/tax", "/tax", exact=True)),
        (
            "PathPrefix(`/tax`)",
            ({"stripPrefix": {"prefixes": ["/tax"]}},),
            PathMatch("/tax", "", text=True),
        ),
        (
            "PathPrefix(`/tax`)",
            ({"stripPrefix": {"prefixes": ["/tax"]}}, {"addPrefix": {"prefix": "/v7"}}),
            PathMatch("/tax", "/v7", text=True),
        ),
        ("PathPrefix(`/tax`)", ({"headers": {}},), PathMatch("/tax", "/tax", text=True)),
        ("PathPrefix(`/tax`)", ({},), PathMatch("/tax", "/tax", understood=False, text=True)),
        (
            "PathPrefix(`/tax`)",
            ({"replacePathRegex": {"regex": "a"}},),
            PathMatch("/tax", "/tax", understood=False, text=True),
        ),
        ("!PathPrefix(`/tax`)", (), PathMatch("/tax", "/tax", understood=False, text=True)),
        ("HostRegexp(`.+`) && (Path(`/tax`))", (), PathMatch("/tax", "/tax", exact=True)),
        ("Host(`h`) && Headers(`a`, `(b)`)", (), PathMatch()),
        ("Host(`", (), PathMatch(understood=False)),
        ("PathPrefix(/tax)", (), PathMatch(understood=False)),
        ("PathPrefix:/tax", (), PathMatch(understood=False)),
    ],
)
def test_middlewares_of_traefik_change_the_path(
    rule: str, middlewares: tuple[dict[str, object], ...], match: PathMatch
) -> None:
    assert [r.taken for r in traefik(rule, *middlewares)] == [match]


@pytest.mark.parametrize(
    ("path", "behind"),
    [
        *product(["/a@(x)", "/a{b}", "/a{{b", "/a/*/b", "/../a", "a", "https://a"], [False, True]),
        (f"/{'x' * 128}", False),
    ],
)
def test_a_route_that_no_template_can_hold_is_named_and_not_followed(
    path: str, behind: bool
) -> None:
    rewrite = {"type": "ReplacePrefixMatch", "replacePrefixMatch": path}
    filters = [{"type": "URLRewrite", "urlRewrite": {"path": rewrite}}] if behind else []
    match = {"path": {"type": "PathPrefix", "value": "/a" if behind else path}}
    rule = {"matches": [match], "filters": filters, "backendRefs": [{"name": "a", "port": 80}]}
    objects = [
        {"kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}},
        {"kind": "HTTPRoute", "metadata": {"name": "r"}, "spec": {"rules": [rule]}},
    ]
    items = [{"apiVersion": "v1", **o} for o in objects]
    body = {"apiVersion": "v1", "kind": "List", "items": items}
    found = services_of(parse(json.dumps(body).encode(), "a.yaml").documents)
    ((route,),) = (s.routes for s in found.services)
    assert not route.taken.understood
    (finding,) = found.findings
    assert finding.refused and str(finding).startswith("a.yaml line 1 has HTTPRoute 'r' that ")


def test_a_route_that_is_not_understood_costs_itself_alone() -> None:
    found = read(http_route({"path": {"type": "RegularExpression", "value": "/fin/(a|b)"}}))
    (finding,) = found.findings
    assert finding.refused
    assert "leads 'h/fin/(a|b)' to default/tax, which is left out" in str(finding)
    assert unread(found.findings) == ()
