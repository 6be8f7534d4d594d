"""Which port of a Service is published: one that somebody names or that tells; no inner one."""

from dataclasses import replace

import pytest

from apim_aks.apis.mapping import About, Role, http_port, map_services, port_choice, role
from apim_aks.errors import InputError
from apim_aks.options.surroundings import speaks_https
from apim_aks.workload.call import Evidence
from apim_aks.workload.model import Pods, Port, Service, ServiceType
from apim_aks.workload.ports import open_besides
from apim_aks.workload.route import Route, Setting
from tests.support.scenario import service, workload


def with_ports(*ports: Port, **changes: object) -> Service:
    return service("meter", ports=ports, **changes)


def route(port: str, kind: str = "Ingress", path: str = "/meter") -> Route:
    return Route(kind=kind, name="shop", host="shop.example", path=path, port=port)


PROBED = (Pods(kind="Deployment", name="meter", ports=(("rest", 7000),), probed=("rest",)),)


@pytest.mark.parametrize(
    ("found", "number", "reason"),
    [
        (
            with_ports(Port(80, "http"), Port(3000, "web"), routes=(route("3000"),)),
            3000,
            "Ingress shop leads to it",
        ),
        (
            with_ports(Port(80, "http"), Port(3000, "rest"), routes=(route("rest"),)),
            3000,
            "Ingress shop leads to it",
        ),
        (
            with_ports(
                Port(80, "http"),
                Port(81, "a"),
                routes=(route("80"), route("81", path="/a"), route("81", path="/b")),
            ),
            81,
            "Ingress shop leads to it",
        ),
        (
            with_ports(Port(80, "web"), Port(81, "x", app_protocol="https")),
            81,
            "its appProtocol is https",
        ),
        (with_ports(Port(8000, "http-app"), Port(8080, "http")), 8080, "it is named http"),
        (
            with_ports(Port(80), Port(9000, target="7000"), pods=PROBED),
            9000,
            "an HTTP probe of its pods goes there",
        ),
        (
            with_ports(Port(80), Port(9000, target="rest"), pods=PROBED),
            9000,
            "an HTTP probe of its pods goes there",
        ),
        (with_ports(Port(9, "http-metrics"), Port(7000, "http-app")), 7000, "it is named for HTTP"),
        (with_ports(Port(9999), Port(8080)), 8080, "a conventional HTTP port"),
        (with_ports(Port(80, protocol="UDP"), Port(9999)), 9999, "it is the first of them"),
        (with_ports(Port(9999)), 9999, "it is the only port"),
    ],
)
def test_a_port_is_chosen_for_the_strongest_reason(
    found: Service, number: int, reason: str
) -> None:
    choice = port_choice(found)
    assert (choice.number, choice.reason) == (number, reason)


@pytest.mark.parametrize(
    "inner",
    [
        Port(9090, "http-metrics"),
        Port(9443, "https-admin"),
        Port(8081, "management"),
        Port(8081, "health"),
        Port(4000, "debug"),
        Port(9090, "prometheus"),
        Port(9443, "admin", app_protocol="https"),
        Port(443, "https", protocol="UDP"),
        Port(9000, "grpc"),
        Port(9000, "api", app_protocol="kubernetes.io/h2c"),
        Port(15021, ""),
    ],
)
def test_a_port_for_keepers_or_of_another_protocol_is_never_published(inner: Port) -> None:
    assert http_port(with_ports(inner, Port(7777))) == 7777
    alone = with_ports(inner)
    assert port_choice(alone).number == 0
    decision = map_services(workload(alone)).decisions[0]
    assert not decision.publish


def test_described_operations_do_not_open_a_port_for_keepers() -> None:
    found = map_services(workload(service("meter", "GET /meter", ports=(Port(9, "admin"),))))
    assert not found.published
    assert found.decisions[0].reason == (
        "api.json describes 1 operation, but no port is for callers by HTTP: 9 admin (it is for "
        "administration); name one under ports in workload.yaml to publish it"
    )


def test_a_route_to_an_inner_port_is_not_published_and_said() -> None:
    both = with_ports(
        Port(9990, "admin"), Port(3000, "web"), routes=(route("admin", path="/admin"), route("web"))
    )
    found = map_services(workload(both))
    assert {o.port for o in found.operations} == {3000}
    assert [n.sentence for n in found.notes if n.about is About.PORT] == [
        "Ingress shop leads shop.example/admin to port 9990 admin (it is for administration); "
        "port 3000 is published, and that path is not"
    ]


def test_a_port_that_a_route_names_and_the_service_lacks_is_said() -> None:
    found = map_services(workload(with_ports(Port(80, "http"), routes=(route("8888"),))))
    (note,) = [n.sentence for n in found.notes if n.about is About.PORT]
    assert "to port 8888, which meter does not have" in note


def test_other_ports_of_a_load_balancer_are_said() -> None:
    ports = (Port(80, "http"), Port(21, "ftp"), Port(80, protocol="UDP"))
    made = with_ports(*ports, type=ServiceType.LOAD_BALANCER)
    (note,) = [n.sentence for n in map_services(workload(made)).notes if n.about is About.PORT]
    assert note.startswith("its load balancer opens port 21 ftp and port 80 too; port 80 is")
    assert not open_besides(with_ports(*ports))


@pytest.mark.parametrize("protocol", ["", "GRPC", "grpcs", "HTTPS"])
def test_an_ingress_that_calls_by_grpc_makes_no_port_http(protocol: str) -> None:
    name = "nginx.ingress.kubernetes.io/backend-protocol"
    setting = Setting(on="Ingress shop", name=name, value=protocol, file="a.yaml", line=1)
    led = replace(route("80", "Ingress" if protocol else "GRPCRoute"), settings=(setting,))
    choice = port_choice(with_ports(Port(80, "http"), routes=(led,)))
    by_grpc = protocol != "HTTPS"
    assert choice.number == (0 if by_grpc else 80)
    assert ("80 http (a route calls it by gRPC)" in choice.reason) == by_grpc


def test_a_route_says_that_its_port_answers_http() -> None:
    assert role(with_ports(Port(7777, "rest")))[0] is Role.UNKNOWN
    routed = with_ports(Port(7777, "rest"), routes=(route("rest"),))
    assert role(routed) == (Role.WEB, "Ingress shop leads to it, port 7777")


def test_metrics_named_for_http_beside_grpc_make_no_web_service() -> None:
    assert role(with_ports(Port(9000, "grpc"), Port(9090, "http-metrics")))[0] is Role.GRPC


def test_grpc_web_is_no_grpc() -> None:
    assert role(with_ports(Port(9000, "grpc-web")))[0] is Role.WEB


def test_a_port_that_only_a_grpc_route_leads_to_is_not_called_by_http() -> None:
    both = with_ports(
        Port(7000, "a"), Port(7001, "b"), routes=(route("7000", "GRPCRoute", "/x.Y"), route("7001"))
    )
    assert http_port(both) == 7001


def test_http2_without_tls_has_a_way_out() -> None:
    h2c = with_ports(Port(80, "web", app_protocol="kubernetes.io/h2c"))
    with pytest.raises(InputError) as refused:
        map_services(workload(h2c, publish=("meter",)))
    assert "HTTP/2 without TLS" in str(refused.value)
    assert "(ports: {meter: 80})" in str(refused.value)
    named = with_ports(Port(80, "web", app_protocol="kubernetes.io/h2c"), published_port=80)
    assert port_choice(named).reason == "workload.yaml names it"
    assert map_services(workload(named)).published == ("shop/meter",)


def test_a_name_says_more_of_tls_than_a_number() -> None:
    assert not speaks_https(with_ports(Port(8443, "http")), 8443)
    assert speaks_https(with_ports(Port(8443)), 8443)
    assert speaks_https(with_ports(Port(8000, "https-api")), 8000)


def test_a_route_to_a_port_that_nobody_publishes_is_said() -> None:
    kept = with_ports(Port(8080, "status"), routes=(route("status"),))
    (decision,) = (d for d in map_services(workload(kept, service("x", "GET /x"))).decisions[:1])
    assert not decision.publish
    assert decision.reason.endswith("; Ingress shop leads shop.example/meter to it")


def test_an_address_by_http_tells_the_port_of_a_service_that_says_nothing() -> None:
    silent = with_ports(Port(7001, "tcp-a"), Port(7002, "tcp-b"))
    assert role(silent)[0] is Role.UNKNOWN
    told = replace(silent, called_by_http=(7002, Evidence("a.yaml", 3, "Deployment x/y, env Z")))
    assert role(told) == (
        Role.WEB,
        "an address by HTTP names it (Deployment x/y, env Z, a.yaml line 3)",
    )
    choice = port_choice(told)
    assert (choice.number, choice.reason) == (
        7002,
        "an address by HTTP names it (a.yaml line 3)",
    )


@pytest.mark.parametrize(("target", "published"), [("7001", 2), ("7000", 1)])
def test_services_before_two_ports_of_the_same_pods_are_two_back_ends(
    target: str, published: int
) -> None:
    both = (
        service(
            name, ports=(Port(80, "http", port),), pods=PROBED, routes=(route("80", path=path),)
        )
        for name, port, path in (("a", "rest", "/a"), ("b", target, "/b"))
    )
    assert len(map_services(workload(*both)).published) == published
