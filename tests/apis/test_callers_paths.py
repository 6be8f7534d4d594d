"""Callers' paths stay: what routes take becomes paths of APIs, and nothing else is opened."""

from __future__ import annotations

import re

from apim_aks.apis.mapping import About, Mapping, map_services
from apim_aks.artefacts.policies import policies
from apim_aks.decision.design import design
from apim_aks.workload.model import Service
from apim_aks.workload.route import PathMatch, Route
from tests.support.scenario import PUBLIC, document, service, workload


def route(path: str, match: PathMatch | None = None, **changes: str) -> Route:
    return Route(
        kind="Ingress",
        name="shop",
        host=changes.pop("host", "h"),
        path=path,
        match=match,
        **changes,
    )


def routed(name: str, *operations: str, **changes: object) -> Service:
    return service(name, *operations, **changes)


def calls(found: Mapping) -> dict[str, str]:
    """By method and path that callers ask for the path that the back end gets."""
    return {f"{o.method} {a.path_of(o)}": o.backend_path for a in found.apis for o in a.operations}


def notes(found: Mapping, kind: About) -> list[str]:
    return [n.sentence for n in found.notes if n.about is kind]


def mapped(*services: Service, **changes: object) -> Mapping:
    return map_services(workload(*services, **changes))


def test_a_prefix_is_kept_whole_and_nothing_beside_it_opens() -> None:
    found = mapped(routed("billing", routes=(route("/finance/billing"),)))
    assert calls(found) == {"* /finance/billing/*": "/finance/billing/*"}
    assert [(a.id, a.path) for a in found.apis] == [("billing", "finance/billing")]
    assert not notes(found, About.CALLERS)


def test_what_the_route_puts_in_place_of_the_prefix_reaches_the_back_end() -> None:
    changed = PathMatch("/public/tax", "/internal/v7")
    found = mapped(routed("tax", routes=(route("/public/tax", changed),)))
    assert calls(found) == {"* /public/tax/*": "/internal/v7/*"}


def test_exact_paths_and_methods_stay_as_narrow() -> None:
    exact = PathMatch("/tax", "/v1/tax", exact=True)
    get = route("/read", method="GET")
    found = mapped(routed("tax", routes=(route("/tax", exact), get)))
    assert calls(found) == {"* /tax": "/v1/tax", "GET /read/*": "/read/*"}


def test_two_prefixes_are_two_apis_and_an_inner_one_is_part_of_the_outer() -> None:
    found = mapped(
        routed("web", routes=(route("/a/b"), route("/a"), route("/c"), route("/c", host="i")))
    )
    assert calls(found) == {"* /a/*": "/a/*", "* /c/*": "/c/*"}
    assert [a.id for a in found.apis] == ["a", "c"]


def test_the_root_stays_the_root() -> None:
    found = mapped(routed("web", routes=(route("/"),)), routed("api", routes=(route("/api"),)))
    assert [(a.id, a.path) for a in found.apis] == [("api", "api"), ("web", "")]
    assert calls(found) == {"* /*": "/*", "* /api/*": "/api/*"}


def test_described_operations_keep_callers_paths() -> None:
    paths = ("GET /orders", "GET /orders/{id}")
    found = mapped(
        routed(
            "orders", documents=(document(*paths, base_path="/api/v1"),), routes=(route("/api/v1"),)
        )
    )
    assert calls(found) == {
        "GET /api/v1/orders": "/api/v1/orders",
        "GET /api/v1/orders/{id}": "/api/v1/orders/{id}",
    }
    assert found.apis[0].path == "api/v1"


def test_a_document_as_the_back_end_sees_it() -> None:
    stripped = PathMatch("/finance", "")
    found = mapped(routed("billing", "GET /invoices", routes=(route("/finance", stripped),)))
    assert calls(found) == {"GET /finance/invoices": "/invoices"}


def test_a_document_as_callers_see_it() -> None:
    stripped = PathMatch("/finance", "")
    seen = document("GET /invoices", base_path="/finance")
    found = mapped(routed("billing", documents=(seen,), routes=(route("/finance", stripped),)))
    assert calls(found) == {"GET /finance/invoices": "/invoices"}


def test_a_document_from_below_the_route() -> None:
    found = mapped(routed("billing", "GET /invoices/{id}", routes=(route("/finance"),)))
    assert calls(found) == {"GET /finance/invoices/{id}": "/finance/invoices/{id}"}


def test_what_no_route_leads_to_stays_inside_unless_it_is_asked_for() -> None:
    paths = ("GET /orders", "POST /reindex")
    one = routed("orders", *paths, routes=(route("/orders"),))
    found = mapped(one)
    assert list(calls(found)) == ["GET /orders"]
    assert notes(found, About.ROUTE) == [
        "no route leads to POST /reindex today, and neither does an API; list it under apis to "
        "publish it"
    ]
    asked = mapped(
        one, apis={"orders": {"operations": {"orders": ["GET /orders", "POST /reindex"]}}}
    )
    assert calls(asked) == {"GET /orders": "/orders", "POST /orders/reindex": "/reindex"}


def test_a_prefix_that_is_text_takes_what_only_begins_so() -> None:
    text = PathMatch("/rates", "/v2/rates", text=True)
    paths = ("GET /v2/rates/{day}", "GET /v2/rates-archive/{day}", "GET /v2/rate")
    found = mapped(routed("rates", *paths, routes=(route("/rates", text),)))
    assert calls(found) == {
        "GET /rates/{day}": "/v2/rates/{day}",
        "GET /rates-archive/{day}": "/v2/rates-archive/{day}",
    }
    assert [s.partition(" today")[0] for s in notes(found, About.ROUTE)] == [
        "no route leads to GET /v2/rate"
    ]


def test_a_public_service_keeps_all_its_operations() -> None:
    one = routed("orders", "GET /orders", "POST /reindex", type=PUBLIC, routes=(route("/orders"),))
    assert len(calls(mapped(one))) == 2


def test_a_service_of_which_routes_reach_nothing_described_is_not_published() -> None:
    exact = route("/up", PathMatch("/up", "/up", exact=True))
    found = mapped(routed("orders", "GET /orders", routes=(exact,)), routed("x", "GET /x"))
    assert found.published == ("shop/x",)
    assert found.decisions[0].reason.startswith("no route leads to any operation that its document")


def test_a_route_that_is_not_described_is_said() -> None:
    both = (route("/orders"), route("/login"), route("/logout"))
    found = mapped(routed("orders", "GET /orders", routes=both))
    assert notes(found, About.ROUTE) == [
        "Ingress shop leads h/login and h/logout to it, and no operation that is published lies "
        "there: such calls have no answer any more"
    ]


def test_an_expression_that_is_not_understood_opens_nothing_by_itself() -> None:
    odd = route("/a(b|c)", PathMatch("/a", understood=False))
    alone = routed("web", routes=(odd,))
    found = mapped(alone, routed("x", "GET /x"))
    assert found.published == ("shop/x",)
    assert "Ingress shop leads h/a(b|c) to it, which is not understood" in found.decisions[0].reason
    chosen = mapped(alone, publish=("web",))
    assert list(calls(chosen)) == ["* /web/*"]
    (said,) = notes(chosen, About.ROUTE)
    assert "those paths, or what becomes of them, are not kept" in said
    assert [n.subject for n in chosen.notes if n.about is About.HOST] == ["h"]


def test_a_condition_that_an_api_does_not_ask_for_is_said() -> None:
    only = route("/beta", condition="header x-beta")
    (said,) = notes(mapped(routed("web", routes=(only,))), About.ROUTE)
    assert said == (
        "Ingress shop leads h/beta to it for calls with header x-beta only; the API asks for "
        "nothing of the kind"
    )


def test_a_path_that_changes_is_said_from_what_to_what() -> None:
    found = mapped(
        routed("orders", documents=(document("GET /orders", base_path="/api"),), type=PUBLIC)
    )
    assert notes(found, About.CALLERS) == [
        "callers of shop/orders ask for /orders instead of /api/orders"
    ]
    kept = routed("tax", routes=(route("/a/tax"),))
    renamed = mapped(kept, apis={"tax": {"path": "tax"}})
    assert notes(renamed, About.CALLERS) == [
        "callers of shop/tax ask for /tax/* instead of h/a/tax/*"
    ]


def test_a_version_in_callers_paths_stays_where_it_is() -> None:
    def of(number: int, base: str = "") -> Service:
        described = document("GET /items", base_path=base)
        return routed(
            f"catalog-v{number}", documents=(described,), routes=(route(f"/catalog/v{number}"),)
        )

    found = mapped(of(1, "/catalog/v1"), of(2, "/catalog/v2"))
    assert sorted(calls(found)) == ["GET /catalog/v1/items", "GET /catalog/v2/items"]
    assert not notes(found, About.CALLERS)


def test_policies_send_what_the_route_sent() -> None:
    made = design(
        workload(
            routed("tax", routes=(route("/public/tax", PathMatch("/public/tax", "/internal/v7")),)),
            routed("one", routes=(route("/one", PathMatch("/one", "/v1/one", exact=True)),)),
            routed("all", routes=(route("/all", PathMatch("/all", "/index", constant=True)),)),
            routed("kept", routes=(route("/a/kept"),)),
            routed("cut", routes=(route("/a/cut", PathMatch("/a/cut", "")),)),
        )
    )
    written = {d.subject: d.xml for d in policies(made.placement("v2-integration"))}

    def path(api: str) -> list[str]:
        return re.findall(r'name="back-end-path" value="([^"]*)"', written[api])

    assert (path("tax"), path("kept"), path("cut")) == (["/internal/v7"], ["/a/kept"], [])
    assert path("one") == ["/v1/one"]
    everything = " ".join(x for s, x in written.items() if s.startswith("all"))
    assert 'rewrite-uri template="/index"' in everything
