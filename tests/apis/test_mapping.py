"""How Services become APIs: each rule on its own, then what must hold for any workload."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.apis.mapping import (
    About,
    Mapping,
    Role,
    map_services,
    nothing_published,
    operation_name,
    over_limits,
    role,
)
from apim_aks.apis.mapping.resources import common_prefix, resource, shape, slug, version
from apim_aks.errors import InputError
from apim_aks.facts import tier
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Document, Operation, Pods, Port, Service, ServiceType
from apim_aks.workload.route import Route
from tests.support.scenario import PUBLIC, document, service, shop, workload
from tests.support.series import examples


def apis(*services: Service, **changes: object) -> dict[str, tuple[str, ...]]:
    return {a.id: a.services for a in map_services(workload(*services, **changes)).apis}


def about(found: Mapping, kind: About) -> list[str]:
    return [f"{n.subject}: {n.sentence}" for n in found.notes if n.about is kind]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/orders", "orders"),
        ("/api/v2/orders/{orderId}", "orders"),
        ("/v1beta1/Orders", "orders"),
        ("/{tenant}/orders", ""),
        ("/healthz", ""),
        ("/", ""),
        ("/api", "api"),
    ],
)
def test_a_path_is_about_its_first_fixed_part(path: str, expected: str) -> None:
    assert resource(path) == expected


def test_a_version_is_read_from_the_path() -> None:
    assert version("/api/v2/orders") == "v2"
    assert version("/orders/{v1}") == ""


def test_the_prefix_ends_with_the_resource_of_all() -> None:
    assert common_prefix(["/api/v1/orders", "/api/v1/orders/{id}"]) == "/api/v1/orders"
    assert common_prefix(["/api/v1/orders", "/api/v1/customers"]) == "/api/v1"
    assert common_prefix(["/orders", "/customers"]) == ""


def test_a_service_that_owns_its_resource_is_one_api() -> None:
    found = apis(service("customers", "GET /customers", "POST /customers"))
    assert found == {"customers": ("shop/customers",)}


def test_services_that_split_a_resource_are_one_api() -> None:
    found = map_services(
        workload(service("getorder", "GET /orders/{id}"), service("placeorder", "POST /orders"))
    )
    assert [a.services for a in found.apis] == [("shop/getorder", "shop/placeorder")]
    assert (
        found.apis[0].reason == "getorder and placeorder each serve a part of the resource orders"
    )
    assert [(o.method, o.template) for o in found.operations] == [("GET", "/{id}"), ("POST", "/")]


def test_strangers_that_share_a_word_stay_apart() -> None:
    found = map_services(workload(service("a/one", "GET /items"), service("b/two", "POST /items")))
    assert [a.services for a in found.apis] == [("a/one",), ("b/two",)]
    assert about(found, About.KEPT_APART) == [
        "a/one and b/two: they share the word items, but no namespace, tag or schema: "
        "an API for each"
    ]


def test_the_same_operation_in_two_services_is_a_collision_and_keeps_them_apart() -> None:
    found = map_services(
        workload(service("one", "GET /items/{id}"), service("two", "GET /items/{item}"))
    )
    assert [(c.method, c.path, c.services) for c in found.collisions] == [
        ("GET", "/items/{id}", ("shop/one", "shop/two"))
    ]
    assert len(found.apis) == 2
    assert len({a.path for a in found.apis}) == 2


def tagged(path: str, tag: str) -> tuple[Operation, ...]:
    return tuple(Operation(m, path, "", "", (tag,)) for m in ("GET", "POST"))


def test_unrelated_resources_of_one_service_are_apis_of_their_own() -> None:
    both = (*tagged("/customers", "Customers"), *tagged("/cards", "Loyalty"))
    described = Document(
        file="c.json", title="C", version="1", specification="3.0.3", base_path="", operations=both
    )
    found = apis(service("customers", documents=(described,)))
    assert found == {"customers": ("shop/customers",), "cards": ("shop/customers",)}


def test_resources_that_share_a_tag_stay_together() -> None:
    both = (*tagged("/customers", "Customers"), *tagged("/addresses", "Customers"))
    described = Document(
        file="c.json", title="C", version="1", specification="3.0.3", base_path="", operations=both
    )
    assert list(apis(service("customers", documents=(described,)))) == ["customers"]


PERSON = {"$ref": "#/components/schemas/Person"}


@pytest.mark.parametrize(
    ("schema", "together"),
    [
        ({"items": PERSON}, True),
        ({"items": {"properties": PERSON}}, True),
        ({"items": {"properties": {"properties": PERSON}}}, False),
        ({"allOf": [PERSON]}, True),
        ({"items": {"allOf": [PERSON]}}, False),
    ],
)
def test_a_schema_that_is_referred_to_far_below_says_nothing(
    schema: dict[str, object], together: bool
) -> None:
    answer = {"200": {"content": {"application/json": {"schema": schema}}}}
    body = {"paths": {p: {"get": {"responses": answer}} for p in ("/people", "/people/{id}")}}
    body["paths"] |= {p: {"get": {"responses": answer}} for p in ("/cards", "/cards/{id}")}
    tags = {path: (path.split("/")[1],) for path in body["paths"]}
    operations = tuple(Operation("GET", path, "", "", tags[path]) for path in tags)
    described = Document(
        file="c.json",
        title="C",
        version="1",
        specification="3.0.3",
        base_path="",
        operations=operations,
        body=body,
    )
    found = apis(service("customers", documents=(described,)))
    assert len(found) == (1 if together else 2)


def versions() -> tuple[Document, Document]:
    return tuple(
        Document(
            file=f"v{n}.json",
            title="Catalog API",
            version=f"{n}.0",
            specification="3.0.3",
            base_path="",
            operations=(Operation("GET", "/items"),),
        )
        for n in (1, 2)
    )  # type: ignore[return-value]


def test_two_versions_of_one_api_are_versions_and_no_collision() -> None:
    found = map_services(workload(service("catalog", documents=versions())))
    assert [(a.id, a.path, a.version) for a in found.apis] == [
        ("catalog-v1", "items", "v1"),
        ("catalog-v2", "items", "v2"),
    ]
    assert not found.collisions
    assert about(found, About.VERSION) == [
        "Catalog API: v1 and v2 repeat the same operations: versions of one API"
    ]


def test_a_service_without_description_is_one_wildcard_and_says_what_that_costs() -> None:
    found = map_services(workload(service("web", type=PUBLIC)))
    assert [(o.method, o.template, o.backend_path) for o in found.operations] == [("*", "/*", "/*")]
    assert "no policy, limit, cache" in about(found, About.UNDESCRIBED)[0]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (service("x", type=ServiceType.EXTERNAL_NAME, external_name="a.example"), Role.ALIAS),
        (service("x", "GET /x", ports=(Port(5432),)), Role.API),
        (
            service(
                "x",
                pods=(Pods(kind="Deployment", name="x", images=("docker.io/library/redis:7",)),),
            ),
            Role.CACHE,
        ),
        (
            service("x", pods=(Pods(kind="Deployment", name="x", images=("reg/redis@sha256:1",)),)),
            Role.CACHE,
        ),
        (
            service(
                "x",
                pods=(
                    Pods(kind="Deployment", name="x", images=("shop/x:1", "oliver/redis_exporter")),
                ),
            ),
            Role.WEB,
        ),
        (
            service("x", pods=(Pods(kind="Deployment", name="x", images=("shop/x:1", "redis:7")),)),
            Role.WEB,
        ),
        (service("x", ports=(Port(9000, "grpc"),)), Role.GRPC),
        (service("x", ports=(Port(9000, "grpc"), Port(80, "http"))), Role.WEB),
        (service("x", ports=(Port(9000, app_protocol="kubernetes.io/h2c"),)), Role.GRPC),
        (service("x", ports=(Port(9000),)), Role.UNKNOWN),
        (
            service(
                "x",
                ports=(Port(9000),),
                pods=(Pods(kind="D", name="x", probes=("httpGet /ready",)),),
            ),
            Role.WEB,
        ),
        (
            service(
                "x",
                ports=(Port(9000),),
                pods=(Pods(kind="D", name="x", probes=("httpGet /up", "grpc")),),
            ),
            Role.GRPC,
        ),
        (
            service(
                "x",
                ports=(Port(9000),),
                pods=(Pods(kind="D", name="x", probes=("httpGet /grpc",)),),
            ),
            Role.WEB,
        ),
        (service("x", ports=(Port(53, protocol="UDP"),)), Role.OTHER),
        (service("orders-db", ports=(Port(9000),)), Role.DATABASE),
        (service("dbt-runner"), Role.WEB),
        (service("store-front"), Role.FRONT_END),
        (service("x", headless=True), Role.PEERS),
        (service("x", labels=(("app.kubernetes.io/component", "database"),)), Role.DATABASE),
    ],
)
def test_a_role_is_judged_by_what_surrounds_a_service(found: Service, expected: Role) -> None:
    assert role(found)[0] is expected


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (service("x", type=PUBLIC), "it is public today (type LoadBalancer)"),
        (service("x", type=PUBLIC, internal=True), "the network calls it today"),
        (service("x", type=ServiceType.NODE_PORT), "through node ports"),
        (
            service("x", routes=(Route(kind="Ingress", name="i", host="h", path="/x"),)),
            "Ingress i leads h/x to it",
        ),
    ],
)
def test_what_is_called_from_outside_today_is_proposed(found: Service, words: str) -> None:
    decision = map_services(workload(found)).decisions[0]
    assert decision.publish
    assert words in decision.reason


def test_databases_caches_queues_and_grpc_are_never_proposed() -> None:
    kinds = (Port(5432), Port(6379), Port(5672), Port(9000, "grpc"))
    quiet = [service(f"s{i}", ports=(p,), type=PUBLIC) for i, p in enumerate(kinds)]
    found = map_services(workload(service("api", "GET /x"), *quiet))
    assert found.published == ("shop/api",)


def test_where_nothing_is_exposed_every_http_service_is_a_candidate() -> None:
    found = map_services(workload(service("a"), service("b"), service("c", ports=(Port(5432),))))
    assert found.published == ("shop/a", "shop/b")
    assert "nothing here is described or exposed yet" in found.decisions[0].reason


def test_publish_has_the_last_word() -> None:
    found = map_services(shop(publish=("reviews",)))
    assert found.published == ("shop/reviews",)


def test_publishing_a_database_is_refused() -> None:
    with pytest.raises(InputError, match="publish names shop/db, but it is no HTTP Service"):
        map_services(shop(publish=("db",)))


def test_the_architect_moves_an_operation() -> None:
    entry = {"title": "Placing", "operations": {"orders": ["POST /orders"]}}
    found = map_services(shop(apis={"placing": entry}))
    placing = found.api("placing")
    assert [(o.method, o.backend_path) for o in placing.operations] == [("POST", "/orders")]
    assert (placing.title, placing.reason) == ("Placing", "workload.yaml says so")
    assert [o.method for o in found.api("orders").operations] == ["GET"]


def test_the_architect_names_an_operation_by_the_path_that_its_document_declares() -> None:
    versioned = service("orders", "GET /v1/orders", "POST /v1/orders")
    entry = {"placing": {"operations": {"orders": ["POST /v1/orders"]}}}
    found = map_services(workload(versioned, apis=entry))
    (placing,) = found.api("placing").operations
    assert (placing.path, placing.template) == ("/v1/orders", "/")
    assert [o.method for o in found.api("orders").operations] == ["GET"]


def test_the_architect_names_what_is_not_described_by_its_wildcard() -> None:
    entry = {"site": {"operations": {"web": ["* /*"]}}}
    found = map_services(workload(service("web", type=PUBLIC), apis=entry))
    assert [(a.id, a.reason) for a in found.apis] == [("site", "workload.yaml says so")]


def test_the_architect_joins_services() -> None:
    found = map_services(shop(apis={"sales": {"services": ["orders", "payments"]}}))
    assert found.api("sales").services == ("shop/orders", "shop/payments")
    assert {a.id for a in found.apis} == {"sales", "reviews"}


def test_the_architect_renames() -> None:
    found = map_services(shop(apis={"orders": {"title": "Order book", "path": "/book"}}))
    assert (found.api("orders").title, found.api("orders").path) == ("Order book", "book")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {"x": {"title": "X"}},
            "apis.x is not an API of this mapping; use one of orders, payments",
        ),
        ({"x": {"services": ["db"]}}, "apis.x names shop/db, which is not published"),
        (
            {"x": {"operations": {"orders": ["PUT /orders"]}}},
            "apis.x names 'PUT /orders' of shop/orders, which serves GET /orders, POST /orders",
        ),
        ({"orders": {"path": "payments"}}, "both have the path 'payments'"),
    ],
)
def test_an_override_that_cannot_be_is_one_sentence(entry: dict, words: str) -> None:
    with pytest.raises(InputError) as error:
        map_services(shop(apis=entry))
    assert words in str(error.value)


def test_operation_ids_are_kept_as_api_management_keeps_them() -> None:
    assert operation_name("Get_Order By Id") == "get-order-by-id"
    assert len(operation_name("x" * 100)) == 76


def test_operation_ids_that_clash_after_that_are_named_and_told_apart() -> None:
    same = (Operation("GET", "/a", "get_a"), Operation("PUT", "/a", "Get-A"))
    found = map_services(
        workload(
            service(
                "x",
                documents=(
                    Document(
                        file="x.json",
                        title="X",
                        version="1",
                        specification="3.0.3",
                        base_path="",
                        operations=same,
                    ),
                ),
            )
        )
    )
    assert [o.operation_id for o in found.operations] == ["get-a-f0df67a8", "get-a-7988b5fc"]
    assert (
        "have one operation id for API Management, 'get-a'" in about(found, About.OPERATION_ID)[0]
    )


def test_the_id_of_an_api_is_decided_by_no_order_and_no_number() -> None:
    def ids(*names: str) -> list[str]:
        every = (
            service(n, routes=(Route(kind="Ingress", name=n, host="h", path=f"/{n}/orders"),))
            for n in names
        )
        return [a.id for a in map_services(workload(*every)).apis]

    three = ids("a", "b", "c")
    assert len(set(three)) == 3 and three[1:] == ids("c", "b")
    assert slug("x" * 70)[:51] == slug("x" * 71)[:51] and slug("x" * 70) != slug("x" * 71)


def test_parameter_names_agree_within_an_api() -> None:
    found = map_services(
        workload(service("getorder", "GET /orders/{id}"), service("put", "PUT /orders/{orderId}"))
    )
    assert [(o.template, o.backend_path) for o in found.operations] == [
        ("/{id}", "/orders/{id}"),
        ("/{id}", "/orders/{id}"),
    ]
    assert [o.path for o in found.operations] == ["/orders/{id}", "/orders/{orderId}"]


def test_a_path_inside_another_is_named() -> None:
    found = map_services(shop(apis={"payments": {"path": "orders/payments"}}))
    sentence = "its path orders/payments lies inside orders of orders: the longer path answers"
    assert about(found, About.PATH) == [f"payments: {sentence}"]


def test_what_passes_a_limit_of_the_tier_is_said() -> None:
    many = tuple(Operation("GET", f"/things/{i}") for i in range(10_001))
    big = service(
        "big",
        documents=(
            Document(
                file="b.json",
                title="B",
                version="1",
                specification="3.0.3",
                base_path="",
                operations=many,
            ),
        ),
    )
    found = map_services(workload(big))
    assert (
        "10,001 operations, and Basic holds 10,000" in over_limits(found, tier("Basic"))[0].sentence
    )
    assert over_limits(found, tier("Premium")) == ()


def test_undescribed_services_do_not_collide() -> None:
    found = map_services(workload(service("a", type=PUBLIC), service("b", type=PUBLIC)))
    assert not found.collisions
    assert not about(found, About.KEPT_APART)


def test_a_document_without_operations_describes_nothing() -> None:
    found = map_services(workload(service("x", documents=(document(),)), service("y", "GET /y")))
    assert found.published == ("shop/y",)


def test_the_path_of_an_api_is_no_version_and_no_prefix() -> None:
    paths = ("GET /api/v1/orders", "GET /api/v1/customers")
    assert [a.path for a in map_services(workload(service("shop", *paths))).apis] == ["shop"]


def test_a_route_that_says_internal_publishes_nothing() -> None:
    inner = service(
        "inner", routes=(Route(kind="Ingress", name="i", host="h", path="/api/internal/x"),)
    )
    assert map_services(workload(service("x", "GET /x"), inner)).published == ("shop/x",)


def test_an_undescribed_service_is_named_for_its_public_route() -> None:
    routes = (
        Route(kind="Ingress", name="i", host="h", path="/v1/api/deliveries"),
        Route(kind="Ingress", name="j", host="h", path="/v1/api/internal/deliveries"),
    )
    assert apis(service("delivery-v010", routes=routes)) == {"deliveries": ("shop/delivery-v010",)}


def test_the_same_pods_are_proposed_once() -> None:
    pods = (Pods(kind="Deployment", name="web", images=("shop/web:1",)),)
    inside = service(
        "web", pods=pods, routes=(Route(kind="HTTPRoute", name="r", host="", path="/"),)
    )
    outside = service("web-external", pods=pods, type=PUBLIC)
    elsewhere = service("other/web", pods=pods, type=PUBLIC)
    found = map_services(workload(outside, inside, elsewhere))
    assert found.published == ("shop/web", "other/web")
    assert found.decisions[0].reason == (
        "the pods behind it are those of shop/web, which is proposed"
    )


def test_every_service_that_speaks_http_is_a_candidate_where_nothing_better_is_known() -> None:
    habit = service("habit", ports=(Port(8080),))
    assert map_services(workload(habit, service("named"))).published == (
        "shop/habit",
        "shop/named",
    )


def test_a_port_that_is_named_for_tcp_is_no_http_by_habit() -> None:
    opaque = service("opaque", ports=(Port(8080, "tcp-service"),))
    assert role(opaque) == (Role.UNKNOWN, "nothing says what port 8080 speaks")


def test_a_port_that_is_named_for_prometheus_is_no_api() -> None:
    watched = service("ad", ports=(Port(8080, "tcp-service"), Port(9464, "prometheus")))
    assert role(watched)[0] is Role.UNKNOWN


INFRASTRUCTURE = {
    "hashicorp/consul:1.16": Role.PLATFORM,
    "hashicorp/vault:1.15": Role.PLATFORM,
    "vault:1.13": Role.PLATFORM,
    "nacos/nacos-server:v2": Role.PLATFORM,
    "steeltoeoss/eureka-server": Role.PLATFORM,
    "jenkins/jenkins:lts": Role.PLATFORM,
    "quay.io/argoproj/argocd:v2": Role.PLATFORM,
    "daprio/dapr:1": Role.PLATFORM,
    "mailhog/mailhog": Role.PLATFORM,
    "quay.io/keycloak/keycloak:25": Role.IDENTITY,
    "ghcr.io/dexidp/dex:v2.37": Role.IDENTITY,
    "docker.elastic.co/kibana/kibana:8.1": Role.MONITORING,
    "quay.io/coreos/kube-state-metrics:v1": Role.MONITORING,
    "jaegertracing/jaeger-collector:1": Role.MONITORING,
    "elasticsearch:8.1": Role.DATABASE,
    "influxdb:2.7": Role.DATABASE,
    "chrislusf/seaweedfs:4": Role.DATABASE,
    "confluentinc/cp-schema-registry:7": Role.QUEUE,
    "dpage/pgadmin4:8": Role.CONSOLE,
    "provectuslabs/kafka-ui:latest": Role.CONSOLE,
    "envoyproxy/envoy:v1.30": Role.GATEWAY,
    "kong:3": Role.GATEWAY,
    "acme.azurecr.io/ocelotapigw:1": Role.GATEWAY,
}


@pytest.mark.parametrize("image", INFRASTRUCTURE)
def test_infrastructure_is_never_proposed(image: str) -> None:
    pods = (Pods(kind="Deployment", name="x", images=(image,)),)
    found = map_services(workload(service("api", "GET /x"), service("x", type=PUBLIC, pods=pods)))
    assert role(service("x", pods=pods))[0] is INFRASTRUCTURE[image]
    assert found.published == ("shop/api",)
    assert found.decisions[1].reason.endswith("; it is public today (type LoadBalancer)")


@pytest.mark.parametrize("image", ["acme/vault:1", "acme/registry:2", "acme/dashboard-api:1"])
def test_an_image_of_ones_own_with_such_a_name_is_no_infrastructure(image: str) -> None:
    assert (
        role(service("x", pods=(Pods(kind="Deployment", name="x", images=(image,)),)))[0]
        is Role.WEB
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("consul", Role.PLATFORM),
        ("config-server", Role.PLATFORM),
        ("keycloak-http", Role.IDENTITY),
        ("auth-service", Role.IDENTITY),
        ("mobileshoppingapigw", Role.GATEWAY),
        ("gateway", Role.GATEWAY),
        ("payment-gateway", Role.WEB),
        ("kafka-ui", Role.CONSOLE),
        ("orders-admin", Role.WEB),
        ("admin-api", Role.WEB),
        ("portal-backend", Role.WEB),
        ("web-bff", Role.WEB),
        ("order-db-api", Role.WEB),
        ("mongo-crud-api", Role.WEB),
        ("identity-api", Role.IDENTITY),
        ("api-db", Role.DATABASE),
        ("admin-portal", Role.FRONT_END),
        ("store-web", Role.FRONT_END),
        ("react-client", Role.FRONT_END),
        ("store-web-api", Role.WEB),
        ("kafka-ui-web", Role.CONSOLE),
        ("temporal-web", Role.CONSOLE),
        ("flower", Role.CONSOLE),
        ("flower-shop", Role.WEB),
    ],
)
def test_a_name_says_what_nobody_publishes(name: str, expected: Role) -> None:
    assert role(service(name))[0] is expected


def test_the_name_of_the_pods_counts_as_well() -> None:
    pods = (Pods(kind="Deployment", name="config-server", images=("acme/settings:1",)),)
    assert role(service("x", pods=pods))[0] is Role.PLATFORM


def test_a_gateway_beside_an_application_is_its_side_car() -> None:
    pods = (Pods(kind="Deployment", name="x", images=("acme/x:1", "envoyproxy/envoy:v1.30")),)
    assert role(service("x", pods=pods))[0] is Role.WEB


def test_a_label_for_programs_outweighs_a_name_for_people() -> None:
    labels = (("app.kubernetes.io/component", "bff"),)
    assert role(service("storefront", labels=labels))[0] is Role.WEB


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("web-ui", "static hosting"),
        ("web-ui", "cors policy"),
        ("ocelot", "publish the Services behind it"),
        ("keycloak", "no token is demanded for"),
        ("pgadmin", "port-forward"),
    ],
)
def test_what_is_no_api_says_what_becomes_of_it(name: str, words: str) -> None:
    found = map_services(workload(service(name, type=PUBLIC), service("x", "GET /x")))
    assert found.published == ("shop/x",)
    assert words in about(found, About.NOT_REST)[0]


def test_where_only_pages_are_exposed_the_choice_is_said_first() -> None:
    found = map_services(
        workload(service("web-ui", type=PUBLIC), service("orders"), service("stock"))
    )
    assert found.notes[0].about is About.CHOICE
    assert found.notes[0].sentence == (
        "no Service is described by OpenAPI or called from outside today as an API; what callers "
        "use today is no API (web front end: web-ui). orders and stock speak HTTP and await your "
        "choice: name those that consumers should call in workload.yaml, such as "
        "`publish: [orders, stock]`; until then all of them are published"
    )
    assert found.published == ("shop/orders", "shop/stock")


def test_whoever_has_chosen_is_not_asked() -> None:
    services = (service("web-ui", type=PUBLIC), service("orders"))
    assert not about(map_services(workload(*services, publish=("orders",))), About.CHOICE)
    assert not about(map_services(workload(service("x", "GET /x"), *services)), About.CHOICE)


def test_a_page_or_a_token_issuer_is_published_where_the_reader_says_so() -> None:
    services = (service("web-ui"), service("keycloak"), service("ocelot"))
    found = map_services(workload(*services, publish=("web-ui", "keycloak", "ocelot")))
    assert len(found.published) == 3


def test_everything_that_cannot_be_published_is_refused_at_once() -> None:
    stores = (service("orders-db"), service("redis"), service("x", "GET /x"))
    words = (
        "names 2 Services that are no HTTP Services: shop/orders-db .*; shop/redis .*; take them"
    )
    with pytest.raises(InputError, match=words):
        map_services(workload(*stores, publish=("orders-db", "x", "redis")))


def test_versions_in_two_services_share_title_and_path() -> None:
    one, two = versions()
    split = (service("catalog", documents=(one,)), service("catalog-v2", documents=(two,)))
    found = map_services(workload(*split))
    assert [(a.id, a.title, a.path, a.version) for a in found.apis] == [
        ("catalog-v1", "Catalog", "items", "v1"),
        ("catalog-v2", "Catalog", "items", "v2"),
    ]


def test_an_override_that_would_answer_twice_is_refused() -> None:
    two = (service("one", "GET /items"), service("two", "GET /items"))
    with pytest.raises(InputError, match=r"apis.all would have GET /items twice"):
        map_services(workload(*two, apis={"all": {"services": ["one", "two"]}}))


METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE"])
PARTS = st.sampled_from(["orders", "customers", "items", "v1", "api", "{id}", "health"])
PATHS = st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
OPERATIONS = st.lists(st.tuples(METHODS, PATHS), min_size=1, max_size=5, unique=True)


@st.composite
def services(draw: st.DrawFn) -> list[Service]:
    names = draw(
        st.lists(
            st.sampled_from(["a/x", "a/y", "b/x", "b/z", "c/w"]),
            min_size=1,
            max_size=5,
            unique=True,
        )
    )
    tags = st.sampled_from([(), ("one",), ("two",)])
    return [
        service(
            n,
            documents=(
                replace(
                    document(),
                    file=f"{n}.json",
                    title=draw(st.sampled_from(["Shop", "Shop v2", n])),
                    version=draw(st.sampled_from(["1", "2", ""])),
                    operations=tuple(
                        Operation(m, p, "", "", draw(tags)) for m, p in draw(OPERATIONS)
                    ),
                ),
            ),
        )
        for n in names
    ]


@examples(100)
@given(services())
def test_every_operation_is_in_one_api_and_reaches_who_declared_it(found: list[Service]) -> None:
    mapped = map_services(workload(*found))
    published = sorted((o.service, o.method, o.path) for o in mapped.operations)
    assert published == sorted((s.id, o.method, o.path) for s in found for o in s.operations)
    assert all(shape(o.backend_path) == shape(o.path) for o in mapped.operations)


@examples(70)
@given(services())
def test_ids_paths_and_operation_ids_are_unique(found: list[Service]) -> None:
    mapped = map_services(workload(*found))
    ids = [a.id for a in mapped.apis]
    assert len(set(ids)) == len(ids)
    paths = [(a.path, a.version) for a in mapped.apis]
    assert len(set(paths)) == len(paths)
    for api in mapped.apis:
        names = [operation_name(o.operation_id) for o in api.operations]
        assert len(set(names)) == len(names)
        keys = [(o.method, o.template) for o in api.operations if len(api.services) > 1]
        assert len(set(keys)) == len(keys)


@examples(40)
@given(services())
def test_the_mapping_does_not_depend_on_the_order_of_services(found: list[Service]) -> None:
    expected = map_services(workload(*found))
    for order in list(permutations(found))[:6]:
        other = map_services(workload(*order))
        assert other.apis == expected.apis
        assert set(other.collisions) == set(expected.collisions)
        assert set(other.notes) == set(expected.notes)


def test_a_part_that_holds_a_parameter_is_no_prefix_and_no_resource() -> None:
    paths = ("GET /v{version}/orders", "GET /v{version}/carts")
    (api,) = map_services(workload(service("orders", *paths))).apis
    assert api.path == "orders"
    assert [o.template for o in api.operations] == ["/v{version}/orders", "/v{version}/carts"]


def test_paths_that_differ_in_case_collide_across_services() -> None:
    found = map_services(
        workload(service("reader", "GET /Invoices/{id}"), service("writer", "GET /invoices/{id}"))
    )
    assert [a.services for a in found.apis] == [("shop/reader",), ("shop/writer",)]
    assert [c.services for c in found.collisions] == [("shop/reader", "shop/writer")]


def test_two_documents_of_one_service_give_one_api_each_operation_once() -> None:
    first = replace(document("GET /orders"), file="one.json")
    again = replace(document("GET /orders/", "PUT /orders"), file="two.json", line_of=lambda *_: 7)
    twice = service("orders", documents=(first, again))
    found = map_services(workload(twice, apis={"all": {"services": ["orders"]}}))
    (api,) = found.apis
    assert sorted(o.method for o in api.operations) == ["GET", "PUT"]
    (finding,) = found.findings
    assert finding.refused
    assert str(finding) == (
        "two.json line 7 has GET /orders/ of shop/orders, which is left out: one API cannot "
        "have it beside GET /orders (one.json of shop/orders). "
        "Use each method and path once in an API."
    )


LEFT_OUT = Finding("orders.json", 4, "GET /orders/, which is left out", "one path")


def test_an_entry_that_names_what_was_left_out_does_not_end_the_report() -> None:
    orders = service("orders", "GET /orders")
    file = orders.documents[0].file
    entry = {"all": {"operations": {"orders": ["GET /orders", "GET /orders/"]}}}
    given = workload(orders, apis=entry, findings=(replace(LEFT_OUT, file=file),))
    found = map_services(given)
    assert [o.path for a in found.apis for o in a.operations] == ["/orders"]
    assert [str(f) for f in found.findings] == [
        "workload.yaml has apis.all with 'GET /orders/' of shop/orders, which is not published. "
        "Use what its document keeps; the findings about it say what was left out."
    ]
    with pytest.raises(InputError, match="apis.all names 'GET /orders/' of shop/orders"):
        map_services(workload(orders, apis=entry))


def test_an_entry_of_which_nothing_is_left_is_no_unknown_api() -> None:
    described, lost = service("carts", "GET /carts"), service("orders")
    entry = {"all": {"title": "All", "services": ["orders"]}}
    found = map_services(workload(described, lost, apis=entry, findings=(LEFT_OUT,)))
    assert [a.id for a in found.apis] == ["carts"]
    assert "apis.all with shop/orders, of which nothing is published" in str(found.findings[0])
    with pytest.raises(InputError, match="apis.all names shop/orders, which is not published"):
        map_services(workload(described, lost, apis=entry))


def test_publishing_what_only_a_refused_document_made_an_api_is_said() -> None:
    lost = service("orders-db", ports=(Port(5432, "postgresql"),))
    both = (service("carts", "GET /carts"), lost)
    wanted = ("shop/carts", "shop/orders-db")
    found = map_services(workload(*both, publish=wanted, findings=(LEFT_OUT,)))
    assert found.published == ("shop/carts",)
    assert "no document that describes it could be used" in found.decisions[1].reason
    with pytest.raises(InputError, match="no HTTP Service"):
        map_services(workload(*both, publish=wanted))


def test_proposed_ids_and_paths_are_never_the_same() -> None:
    names = ("a/x", "b/x", "c/x-2", "c/a-x", "d/b-x")
    found = map_services(workload(*(service(n, "GET /x") for n in names)))
    assert len({a.id for a in found.apis}) == len({a.url for a in found.apis}) == len(names)


def test_paths_that_differ_in_case_are_one_path() -> None:
    two = (service("one", "GET /one"), service("two", "GET /two"))
    with pytest.raises(InputError, match=r"one and two both have the path"):
        map_services(workload(*two, apis={"one": {"path": "Shop"}, "two": {"path": "shop/"}}))


def test_a_path_that_is_too_long_with_its_version_is_named() -> None:
    long = {"one": {"path": "x" * 120, "version": "v12345678"}}
    with pytest.raises(InputError, match="apis.one has a path of 130 characters with its vers"):
        map_services(workload(service("one", "GET /one"), apis=long))


def test_where_callers_sign_in_is_said() -> None:
    found = map_services(workload(service("users", "POST /users/login", "GET /users")))
    assert about(found, About.SIGN_IN) == [
        "users: no token is asked for, since callers get theirs there: POST /login"
    ]
    assert "a valid token is enough" in about(found, About.PERMISSION)[0]


@pytest.mark.parametrize("path", ["GET /devices/{id}/token", "GET /orders/logins", "POST /loginx"])
def test_a_path_that_only_looks_like_it_stays_behind_a_token(path: str) -> None:
    assert not about(map_services(workload(service("x", path))), About.SIGN_IN)


def one(file: str, *operations: str, base: str = "", title: str = "") -> Document:
    found = tuple(Operation(*o.split(" ", 1)) for o in operations)
    return Document(
        file=file,
        title=title or file,
        version="1",
        specification="3.0.3",
        base_path=base,
        operations=found,
    )


def test_several_documents_of_one_service_and_version_are_one_api() -> None:
    documents = (one("a.json", "GET /orders"), one("b.json", "GET /stock"))
    found = map_services(workload(service("shop", documents=documents)))
    (api,) = found.apis
    assert (api.id, len(api.operations)) == ("shop", 2)
    assert api.reason == "shop is described by a.json and b.json"


def test_a_document_without_operations_beside_others_is_none() -> None:
    documents = (one("types.json"), one("a.json", "GET /orders"))
    found = map_services(workload(service("orders", documents=documents)))
    assert [a.id for a in found.apis] == ["orders"]
    assert not any(o.wildcard for o in found.operations)


def test_an_aggregate_that_repeats_others_is_named_and_left_out() -> None:
    parts = (one("a.json", "GET /orders"), one("b.json", "GET /stock"))
    whole = one("all.json", "GET /orders", "GET /stock")
    found = map_services(workload(service("shop", documents=(whole, *parts))))
    assert about(found, About.AGGREGATE) == [
        "all.json: it only repeats what a.json, b.json describe; it is left out"
    ]
    assert {o.document for o in found.operations} == {"a.json", "b.json"}
    assert not found.findings


def test_an_aggregate_that_is_all_its_service_has_is_named() -> None:
    services = (
        service("orders", documents=(one("a.json", "GET /orders"),)),
        service("stock", documents=(one("b.json", "GET /stock"),)),
        service("front", documents=(one("all.json", "GET /orders", "GET /stock"),)),
    )
    found = map_services(workload(*services))
    assert "shop/front has no other document" in about(found, About.AGGREGATE)[0]
    assert found.collisions


@pytest.mark.parametrize("publish", [None, ("orders", "x")])
def test_a_document_that_cannot_be_read_never_opens_every_path(
    publish: tuple[str, ...] | None,
) -> None:
    broken = service("orders", type=PUBLIC, lost=("broken.json",))
    found = map_services(workload(broken, service("x", "GET /x"), publish=publish))
    assert found.published == ("shop/x",)
    assert "broken.json describes nothing that can be published" in found.decisions[0].reason


def test_a_service_keeps_what_its_other_document_describes() -> None:
    half = service("orders", documents=(one("a.json", "GET /orders"),), lost=("broken.json",))
    assert map_services(workload(half)).published == ("shop/orders",)


def test_where_the_only_document_is_lost_the_error_names_it() -> None:
    broken = workload(service("orders", type=PUBLIC, lost=("broken.json",)))
    assert nothing_published(broken, map_services(broken)) == (
        "sample publishes no Service: broken.json describes nothing that can be published. "
        "Correct it, or remove it from `openapi` in workload.yaml to pass every call on."
    )
