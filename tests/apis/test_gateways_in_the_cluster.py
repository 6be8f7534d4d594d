"""An API gateway that already stands in the cluster is named, with where its own routes are."""

from __future__ import annotations

import json

import pytest

from apim_aks.apis.mapping import About, map_services
from apim_aks.facts.api_gateways import api_gateways
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.model import Pods, Service
from tests.support.scenario import service, workload


def said(found: Service) -> list[str]:
    return [n.sentence for n in map_services(workload(found)).notes if n.about is About.NOT_REST]


def running(image: str, name: str = "door") -> Service:
    return service(name, pods=(Pods(kind="Deployment", name=name, images=(image,)),))


@pytest.mark.parametrize(
    ("image", "product"),
    [
        ("envoyproxy/envoy:v1.31", "Envoy"),
        ("kong:3.7", "Kong"),
        ("registry.example:5000/kong/kong-gateway:3", "Kong"),
        ("eshop/ocelotapigw:linux", "Ocelot"),
        ("mcr.microsoft.com/dotnet/nightly/yarp:2.3@sha256:00", "YARP"),
        ("springcloud/spring-cloud-gateway-sample:1", "Spring Cloud Gateway"),
        ("traefik:v3", "Traefik"),
        ("devopsfaith/krakend", "KrakenD"),
        ("tykio/tyk-gateway:v5", "Tyk"),
        ("tyk/tyk:5.3", "Tyk"),
        ("registry.example/shop/ocelot-gateway:1", "Ocelot"),
        ("docker.io/emissaryingress/emissary:3.9", "Emissary-ingress (Ambassador)"),
        ("apache/apisix:3.9", "Apache APISIX"),
        ("quay.io/solo-io/gloo-envoy-wrapper:1", "Gloo"),
    ],
)
def test_a_gateway_is_known_by_its_image(image: str, product: str) -> None:
    *_, sentence = said(running(image))
    assert sentence.startswith(f"{product} stands here: nobody reads its own routes (")


def test_a_gateway_is_known_by_its_name_where_no_image_tells() -> None:
    *_, sentence = said(running("registry.example/door:1", "ocelot-web"))
    assert sentence.startswith("Ocelot stands here")


def test_a_service_that_is_no_gateway_gets_no_such_note() -> None:
    assert not any(
        "stands here" in s for s in said(running("registry.example/kong-facts", "facts"))
    )


@pytest.mark.parametrize(
    ("file", "text", "product"),
    [
        ("ocelot.json", '{"Routes": []}', "Ocelot"),
        ("appsettings.json", '{"ReverseProxy": {}}', "YARP"),
        ("appsettings.json", "{}", ""),
        ("envoy.yaml", "static_resources: {route_config: x}", "Envoy"),
        ("kong.yml", "services: []", "Kong"),
        ("default.conf", "location / { proxy_pass http://a; }", "NGINX"),
        ("default.conf", "location / { root /www; }", ""),
        ("application.yml", "- Path=/a\npredicates:", "Spring Cloud Gateway"),
    ],
)
def test_routes_of_its_own_are_named_as_not_read(file: str, text: str, product: str) -> None:
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {file: text},
    }
    found = services_of(parse(json.dumps(made, indent=1).encode(), "a.json").documents).findings
    assert [str(f).partition(". Use")[0] for f in found] == (
        [f"a.json line 8 has routes of {product} in {file} of ConfigMap 'c'"] if product else []
    )
    assert not any(f.refused for f in found)


def test_a_config_map_of_another_shape_costs_nothing() -> None:
    shapes = ((None, 0), ([], 1), ("x", 1), ({"kong.yml": None}, 0), ({"kong.yml": 1}, 0))
    for data, named in shapes:
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}
        found = services_of(parse(json.dumps(made).encode(), "a.json").documents).findings
        assert [f.expected for f in found] == ["a mapping"] * named


def test_every_product_can_be_known() -> None:
    assert all(row.images or row.names or row.files for row in api_gateways())
