"""What today's routes do is in the generated policies, exactly, wherever its value can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from apim_aks.apis.mapping import About, map_services
from apim_aks.apis.mapping.behaviour import sentence
from apim_aks.apis.mapping.operations_held import built
from apim_aks.artefacts.policies import policies
from apim_aks.decision.design import design
from apim_aks.options import option
from apim_aks.page.tables.mapping_tables import notes
from apim_aks.workload.handling import Cors, Handling
from apim_aks.workload.model import Service, Workload
from apim_aks.workload.route import PathMatch, Route
from apim_aks.workload.source_ranges import NOBODY
from tests.apis.test_route_settings import (
    NGINX,
    http_route,
    ingress,
    ingress_route,
    middleware,
    virtual_service,
    workload,
)
from tests.artefacts.policy_schema import PolicySchema
from tests.support.scenario import PUBLIC, service
from tests.support.scenario import workload as by_hand

APP = "https://app.example"


@pytest.fixture(scope="session")
def schema(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> PolicySchema:
    return PolicySchema(corpora, tmp_path_factory.mktemp("xsd"))


def guarded(route: dict[str, Any], **guard: Any) -> Workload:
    return workload(route, middleware(**guard))


def behind_traefik(**guard: Any) -> Workload:
    return guarded(ingress_route({}, middlewares=[{"name": "guard"}]), **guard)


def api(source: Workload) -> ElementTree.Element:
    drawn = design(source, [option("public-services")]).placements[0]
    return ElementTree.fromstring(next(d.xml for d in policies(drawn) if d.scope == "api"))


def texts(found: ElementTree.Element, path: str) -> list[str]:
    return [e.text or "" for e in found.findall(path)]


CORS = {
    "nginx": workload(
        ingress(
            **{f"{NGINX}enable-cors": "true", f"{NGINX}cors-allow-origin": f"{APP}, http://b:8"}
        )
    ),
    "gateway": workload(http_route(filters=[{"cors": {"allowOrigins": [APP, "http://b:8"]}}])),
    "istio": workload(
        virtual_service(corsPolicy={"allowOrigins": [{"exact": APP}, {"exact": "http://b:8"}]})
    ),
    "traefik": behind_traefik(headers={"accessControlAllowOriginList": [APP, "http://b:8/"]}),
}


@pytest.mark.parametrize("source", CORS.values(), ids=CORS)
def test_cors_of_a_route_stands_first_with_its_origins(source: Workload) -> None:
    inbound = api(source).find("inbound")
    assert inbound is not None and [s.tag for s in inbound][:2] == ["cors", "base"]
    assert texts(inbound, "cors/allowed-origins/origin") == [APP, "http://b:8"]
    assert inbound[0].get("terminate-unmatched-request") == "false"
    assert {"Authorization", "Ocp-Apim-Subscription-Key"} <= set(
        texts(inbound, "cors/allowed-headers/header")
    )


def test_what_nothing_says_of_cors_is_what_the_controller_takes() -> None:
    found = {kind: api(source).find("inbound/cors") for kind, source in CORS.items()}
    seen = {
        kind: (c.get("allow-credentials"), age.get("preflight-result-max-age"))
        for kind, c in found.items()
        if c is not None and (age := c.find("allowed-methods")) is not None
    }
    assert seen["nginx"] == ("true", "1728000") and seen["gateway"] == ("false", "5")
    assert seen["istio"] == seen["traefik"] == ("false", None)
    nginx = found["nginx"]
    assert nginx is not None and "DELETE" in texts(nginx, "allowed-methods/method")
    assert texts(found["istio"], "allowed-methods/method") == ["GET", "HEAD", "POST"]  # type: ignore[arg-type]


def test_what_is_written_is_taken_as_it_is() -> None:
    said = {"allowOrigins": [APP], "allowMethods": ["PUT"], "allowHeaders": ["X-A"]}
    more = {"exposeHeaders": ["X-B"], "maxAge": 60, "allowCredentials": True}
    found = api(workload(http_route(filters=[{"cors": said | more}]))).find("inbound/cors")
    assert found is not None and found.get("allow-credentials") == "true"
    assert "PUT" in texts(found, "allowed-methods/method")
    assert texts(found, "allowed-headers/header")[0] == "X-A"
    assert texts(found, "expose-headers/header") == ["X-B"]
    methods = found.find("allowed-methods")
    assert methods is not None and methods.get("preflight-result-max-age") == "60"


def test_any_origin_gets_no_credentials_and_that_is_said() -> None:
    source = workload(ingress(**{f"{NGINX}enable-cors": "true"}))
    found = api(source).find("inbound/cors")
    assert found is not None and texts(found, "allowed-origins/origin") == ["*"]
    assert found.get("allow-credentials") == "false"
    said = [n.sentence for n in map_services(source).notes if n.about is About.CORS]
    assert len(said) == 1 and "credentials are not admitted" in said[0]


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (workload(http_route(filters=[{"cors": {"allowOrigins": ["https://*.a"]}}])), "*.a"),
        (workload(virtual_service(corsPolicy={"allowOrigins": [{"regex": "a.*"}]})), "pattern"),
        (behind_traefik(headers={"accessControlAllowOriginListRegex": ["x"]}), "Regex"),
        (
            workload(ingress(**{f"{NGINX}enable-cors": "true", f"{NGINX}cors-allow-origin": "a"})),
            "a",
        ),
    ],
)
def test_an_origin_that_no_policy_can_hold_is_named_and_opens_nothing(
    source: Workload, left: str
) -> None:
    assert api(source).find("inbound/cors") is None
    lost = [b for b in map_services(source).today if b.becomes == "lost"]
    assert lost and any(left in b.then for b in lost)


def test_no_operation_answers_preflight_beside_cors() -> None:
    cors = workload(http_route(filters=[{"cors": {"allowOrigins": [APP]}}]))
    route = cors.services[0].routes[0]
    desk = service("desk", "GET /desk", "OPTIONS /desk", routes=(route,))
    mapped = map_services(by_hand(desk))
    assert [o.method for o in mapped.operations] == ["GET"]
    (said,) = [n.sentence for n in mapped.notes if n.about is About.CORS]
    assert "OPTIONS /desk left out" in said
    wild = map_services(cors).apis[0]
    kept = {m for each in built(wild.keys, bool(wild.cors)).values() for m, _ in each}
    assert "GET" in kept and "OPTIONS" not in kept
    assert any(m == "OPTIONS" for each in built(wild.keys).values() for m, _ in each)


@pytest.mark.parametrize(
    ("source", "timeout"),
    [
        (workload(ingress(**{f"{NGINX}proxy-read-timeout": "3600"})), {"timeout": "3600"}),
        (workload(http_route(timeouts={"request": "1m30s"})), {"timeout": "90"}),
        (
            workload(http_route(timeouts={"request": "9s", "backendRequest": "500ms"})),
            {"timeout-ms": "500"},
        ),
        (workload(virtual_service(timeout="1.5s")), {"timeout-ms": "1500"}),
        (
            workload(ingress(**{"appgw.ingress.kubernetes.io/request-timeout": "7"})),
            {"timeout": "7"},
        ),
    ],
)
def test_a_time_out_of_a_route_is_that_of_the_call_forward(
    source: Workload, timeout: dict[str, str]
) -> None:
    (forward,) = api(source).find("backend") or ()
    assert (forward.tag, forward.attrib) == ("forward-request", timeout)


@pytest.mark.parametrize("value", ["0", "-1", "soon", "9" * 4000, "60s"])
def test_a_time_out_that_is_none_is_named(value: str) -> None:
    source = workload(ingress(**{f"{NGINX}proxy-read-timeout": value}))
    assert [s.tag for s in api(source).find("backend") or ()] == ["base"]
    assert [b.becomes for b in map_services(source).today] == ["lost"]


def test_a_call_that_lasts_keeps_its_own_time_out() -> None:
    desk = workload(ingress(**{f"{NGINX}proxy-read-timeout": "9"})).services[0]
    mapped = map_services(by_hand(service("desk", "GET /desk", routes=desk.routes)))
    assert [o.handling.timeout for o in mapped.operations] == [9000]


@pytest.mark.parametrize(
    "source",
    [
        workload(ingress(**{f"{NGINX}allowlist-source-range": "203.0.113.7/24, 192.0.2.1,::/0"})),
        behind_traefik(ipAllowList={"sourceRange": ["203.0.113.7/24", "192.0.2.1", "::/0"]}),
        by_hand(
            service("desk", type=PUBLIC, source_ranges=("203.0.113.7/24", "192.0.2.1", "::/0"))
        ),
    ],
)
def test_source_ranges_admit_whom_they_admit_today(source: Workload) -> None:
    found = api(source).find("inbound/ip-filter")
    assert found is not None and found.get("action") == "allow"
    seen = [(e.tag, e.text, e.get("from"), e.get("to")) for e in found]
    assert seen == [
        ("address-range", None, "203.0.113.0", "203.0.113.255"),
        ("address", "192.0.2.1", None, None),
    ]


NO_IPV4 = ("2001:db8::/32", "::/0")
NO_RANGE = ("10.0.0.0/40", "office", "10.0.0.0/0.0.0.0")


@pytest.mark.parametrize("ranges", [NO_IPV4, NO_RANGE, (*NO_IPV4, *NO_RANGE)])
@pytest.mark.parametrize("kind", ["ingress", "refused", "traefik", "service"])
def test_a_list_without_ranges_of_ipv4_admits_nobody(ranges: tuple[str, ...], kind: str) -> None:
    """Nobody with an IPv4 address is served today; IPv6 to be refused refuses none of them."""
    said = ",".join(ranges)
    source = {
        "ingress": lambda: workload(ingress(**{f"{NGINX}whitelist-source-range": said})),
        "refused": lambda: workload(ingress(**{f"{NGINX}denylist-source-range": said})),
        "traefik": lambda: behind_traefik(ipAllowList={"sourceRange": list(ranges)}),
        "service": lambda: by_hand(service("desk", type=PUBLIC, source_ranges=ranges)),
    }[kind]()
    found = api(source).findall("inbound/ip-filter")
    (told,) = map_services(source).today
    assert all(repr(r) in told.then for r in ranges)
    if kind == "refused" and ranges != NO_RANGE:
        assert (found, told.becomes) == ([], "lost")
        return
    (filtered,) = found
    assert filtered.get("action") == "allow"
    assert [e.text for e in filtered] == ["255.255.255.255"]
    assert told.becomes == "policy" and "admits nobody until ranges of IPv4 are listed" in told.then


@pytest.mark.parametrize(
    ("lists", "admitted"),
    [
        ((["10.0.0.0/8", "192.0.2.1"], ["10.1.0.0/16", "10.2.0.0/16"]), {"10.1.0.0", "10.2.0.0"}),
        ((["10.0.0.0/8"], ["192.0.2.0/24"]), {"255.255.255.255"}),
    ],
)
def test_two_lists_in_a_row_admit_whom_both_admit(
    lists: tuple[list[str], ...], admitted: set[str]
) -> None:
    either = dict(zip(("ipAllowList", "ipWhiteList"), lists, strict=True))
    source = behind_traefik(**{k: {"sourceRange": v} for k, v in either.items()})
    found = api(source).find("inbound/ip-filter")
    assert found is not None and {e.get("from") or e.text for e in found} == admitted


def test_a_way_that_admits_some_is_not_closed_by_one_that_admits_nobody() -> None:
    nobody = closed("b", handling=Handling(admitted=(NOBODY,)))
    mapped = map_services(by_hand(service("desk", "GET /desk", routes=(closed("a"), nobody))))
    assert [o.handling.admitted for o in mapped.operations] == [("192.0.2.0/24",)]


def test_refused_ranges_are_refused() -> None:
    found = api(workload(ingress(**{f"{NGINX}denylist-source-range": "203.0.113.0/24"})))
    assert [f.get("action") for f in found.findall("inbound/ip-filter")] == ["forbid"]


def test_addresses_refuse_nobody_where_signing_in_is_enough() -> None:
    admits = {f"{NGINX}whitelist-source-range": "192.0.2.0/24", f"{NGINX}satisfy": "any"}
    assert api(workload(ingress(**admits))).find("inbound/ip-filter") is not None
    either = workload(ingress(**admits, **{f"{NGINX}auth-type": "basic"}))
    assert api(either).find("inbound/ip-filter") is None
    assert any("not carried over (since `satisfy: any`" in s for s in said_today(either))


def test_operations_that_get_cors_of_their_neighbours_are_named() -> None:
    pages = Handling(cors=Cors(origins=(APP,)))
    both = (
        service("reader", "GET /desk", routes=(closed("a", match=EXACT, handling=pages),)),
        service("writer", "DELETE /desk/{id}", routes=(closed("a", handling=OPEN),)),
    )
    (said,) = [n.sentence for n in map_services(by_hand(*both)).notes if n.about is About.CORS]
    assert "DELETE /desk/{id} too, of which no route says so today" in said


def said_today(source: Workload) -> list[str]:
    return [n.sentence for n in map_services(source).notes if n.about is About.TODAY]


def closed(host: str, **changes: object) -> Route:
    filtered = Handling(admitted=("192.0.2.0/24",), timeout=5000)
    values = {"kind": "Ingress", "name": host, "host": host, "path": "/desk", "handling": filtered}
    return Route(**(values | changes))  # type: ignore[arg-type]


def test_nobody_is_refused_who_reaches_the_operation_another_way_today() -> None:
    """Two hosts lead to the same operation, and one of them admits everybody."""
    routes = (closed("a"), closed("b", handling=Handling(timeout=9000)))
    mapped = map_services(by_hand(service("desk", "GET /desk", routes=routes)))
    (handling,) = [o.handling for o in mapped.operations]
    assert (handling.admitted, handling.timeout) == ((), 9000)


NARROW = PathMatch("/desk/private", "/desk/private")
EXACT = PathMatch("/desk", "/desk", exact=True)
OPEN = Handling()


@pytest.mark.parametrize(
    ("routes", "admitted"),
    [
        ((closed("a", match=EXACT), closed("a", handling=OPEN)), {"/desk"}),
        ((closed("a"), closed("a", match=EXACT, handling=OPEN)), {"/desk/private/{id}"}),
        ((closed("a", handling=OPEN), closed("a", match=NARROW)), {"/desk/private/{id}"}),
        ((closed("a", handling=OPEN), closed("b", match=NARROW)), set()),
    ],
)
def test_what_one_path_admits_says_nothing_of_another(
    routes: tuple[Route, ...], admitted: set[str]
) -> None:
    operations = ("GET /desk", "GET /desk/private/{id}")
    mapped = map_services(by_hand(service("desk", *operations, routes=routes)))
    assert {o.backend_path for o in mapped.operations if o.handling.admitted} == admitted


def test_what_differs_between_operations_stands_at_each_of_them(schema: PolicySchema) -> None:
    both: list[Service] = [
        service("reader", "GET /desk/{id}", routes=(closed("a"),)),
        service("writer", "POST /desk", routes=(closed("a", handling=Handling(timeout=7000)),)),
    ]
    drawn = design(by_hand(*both), [option("public-services")]).placements[0]
    documents = policies(drawn)
    assert schema.findings(documents) == []
    whole = next(d.xml for d in documents if d.scope == "api")
    assert "ip-filter" not in whole and "forward-request" not in whole
    own = {d.subject: d.xml for d in documents if d.scope == "operation"}
    assert sorted("ip-filter" in x for x in own.values()) == [False, True]
    assert sorted(f'timeout="{n}"' in x for x in own.values() for n in (5, 7)) == [
        False,
        False,
        True,
        True,
    ]


HEADERS = {"set": [{"name": "X-A", "value": "1"}], "add": [{"name": "X-B", "value": "2"}]}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            workload(
                http_route(filters=[{"requestHeaderModifier": {**HEADERS, "remove": ["X-C"]}}])
            ),
            [("X-A", "override"), ("X-B", "append"), ("X-C", "delete")],
        ),
        (
            workload(
                virtual_service(headers={"request": {"set": {"X-A": "1"}, "remove": ["X-C"]}})
            ),
            [("X-A", "override"), ("X-C", "delete")],
        ),
        (
            behind_traefik(headers={"customRequestHeaders": {"X-A": "1", "X-C": ""}}),
            [("X-A", "override"), ("X-C", "delete")],
        ),
        (
            workload(ingress(**{f"{NGINX}x-forwarded-prefix": "/desk"})),
            [("X-Forwarded-Prefix", "override")],
        ),
    ],
)
def test_headers_of_a_route_are_set_for_the_back_end(
    source: Workload, wanted: list[tuple[str, str]]
) -> None:
    found = [(e.get("name"), e.get("exists-action")) for e in api(source).findall("inbound/*")]
    assert [f for f in found if str(f[0]).startswith("X-") and "Gateway" not in str(f[0])] == wanted


@pytest.mark.parametrize(
    "header",
    [
        {"name": "Host", "value": "inside"},
        {"name": "X-Api-Key", "value": "hidden"},
        {"name": "X-A", "value": '@("hidden")'},
        {"name": "X-A", "value": "{{hidden}}"},
        {"name": "X-A", "value": "%REQ(hidden)%"},
        {"name": "X-A\n", "value": "hidden"},
    ],
)
def test_a_header_that_is_secret_or_would_be_evaluated_stands_nowhere(
    header: dict[str, str],
) -> None:
    source = workload(http_route(filters=[{"responseHeaderModifier": {"set": [header]}}]))
    text = ElementTree.tostring(api(source), encoding="unicode")
    assert "hidden" not in text and "inside" not in text
    (behaviour,) = map_services(source).today
    assert behaviour.becomes == "lost" and "hidden" not in sentence([behaviour])


@pytest.mark.parametrize(
    "field", ["cors", "timeouts", "requestHeaderModifier", "responseHeaderModifier"]
)
@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {"set": 1, "request": []}])
def test_what_is_of_another_shape_is_named_and_costs_nothing(field: str, value: Any) -> None:
    source = workload(http_route(filters=[{field: value}], **({field: value})))
    mapped = map_services(source)
    assert mapped.apis and all(b.becomes != "policy" for b in mapped.today)


def test_all_of_it_is_valid_and_the_page_says_what_becomes_of_each(schema: PolicySchema) -> None:
    """An Ingress that does ten things (CORS, time-out, ranges and what no policy takes over)."""
    said = {
        "enable-cors": "true",
        "cors-allow-origin": APP,
        "cors-expose-headers": "X-B",
        "proxy-read-timeout": "3600",
        "proxy-body-size": "500m",
        "auth-tls-secret": "shop/partner-ca",
        "auth-url": "https://login.example/check",
        "affinity": "cookie",
        "backend-protocol": "HTTPS",
        "whitelist-source-range": "203.0.113.0/24",
        "denylist-source-range": "203.0.113.7",
        "x-forwarded-prefix": "/desk",
    }
    made = design(workload(ingress(**{f"{NGINX}{k}": v for k, v in said.items()})))
    for placement in made.placements:
        assert schema.findings(policies(placement)) == []
    becomes = {b.setting.name.removeprefix(NGINX): b.becomes for b in made.mapping.today}
    assert {k for k, v in becomes.items() if v == "lost"} == {
        "proxy-body-size",
        "auth-url",
        "affinity",
    }
    assert {k for k, v in becomes.items() if v == "entry"} == {
        "auth-tls-secret",
        "backend-protocol",
    }
    page = str(notes(made))
    assert "a policy, generated" in page and "lost unless you act" in page
    assert "(a.json line " in page and "more than 240 seconds" in page
