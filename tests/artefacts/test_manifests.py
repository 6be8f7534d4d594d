"""Manifests of every option and controller: what they say, and what they can never say."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.apis.mapping import About
from apim_aks.artefacts.manifests import (
    Action,
    ManifestFile,
    Phase,
    ingress,
    manifests,
    placeholders,
)
from apim_aks.artefacts.manifests.ingress import writers
from apim_aks.artefacts.manifests.vault import TLS
from apim_aks.decision.design import Design, Placement, design
from apim_aks.deployment.cluster import filled
from apim_aks.errors import InputError
from apim_aks.facts import controllers, ingress_gateways, ingress_objects, policy_default
from apim_aks.options import OPTIONS
from apim_aks.options.choices import combinations
from apim_aks.options.cluster_changes import object_name
from apim_aks.topology import Kind, Reach
from apim_aks.verification import check_option, failed
from apim_aks.workload.documents import dump_all
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes import read_manifests, services_in
from apim_aks.workload.model import Pin, Pods, Port, Service, ServiceType, TokenValidation, Workload
from apim_aks.workload.route import Route
from tests.support import toy_option
from tests.support.designs import alone, bundled
from tests.support.scenario import PUBLIC, service, shop, workload
from tests.support.series import examples

BUNDLED = ("contoso-orders", "contoso-retail")
CONTROLLERS = tuple(g.controller for g in ingress_gateways())
ONE, EACH = "one-gateway", "per-service"
ENTERED = tuple(
    o
    for o in OPTIONS
    if {ONE, EACH} <= {c.choices.entry for c in combinations(o.id, o.mode, o.controller)}
)
"""The options in which the entry is chosen."""
CASES = [(w, o.id, c) for w in BUNDLED for o in OPTIONS for c in ("", *CONTROLLERS)]
CASES += [("contoso-orders", o.id, f"{ONE} {c}") for o in ENTERED for c in CONTROLLERS]
CASES += [("contoso-retail", o.id, EACH) for o in ENTERED]
CORE = ("v1", "apps/v1", "policy/v1", "networking.k8s.io/v1")
WORD = {Action.APPLY: "create", Action.PATCH: "change", Action.DELETE: "delete"}
PREFIX = "service.beta.kubernetes.io/azure-"


@cache
def designed(name: str, controller: str = "") -> Design:
    """`controller` is an ingress controller, with the entry before it where one is pinned."""
    if not controller:
        return bundled(name)
    entry, _, chosen = controller.rpartition(" ") if controller != EACH else (EACH, "", "")
    pins = [(o.id, Pin("", chosen, entry=entry)) for o in (ENTERED if entry else OPTIONS)]
    return design(replace(read_workload(name), pins=tuple(pins)))


@cache
def written(name: str, option: str, controller: str = "") -> tuple[ManifestFile, ...]:
    made = designed(name, controller)
    return manifests(made.placement(option))


def written_for(source: Workload, option: str) -> tuple[ManifestFile, ...]:
    return manifests(alone(source, option))


def objects(files: tuple[ManifestFile, ...], kind: str = "") -> list[dict[str, Any]]:
    return [o for f in files for o in f.objects if kind in ("", o["kind"])]


def named(files: tuple[ManifestFile, ...], kind: str, name: str) -> dict[str, Any]:
    (found,) = [o for o in objects(files, kind) if o["metadata"]["name"] == name]
    return found


def values(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from values(inner, inner_key)
    elif isinstance(value, list):
        for inner in value:
            yield from values(inner, key)
    else:
        yield key, value


@pytest.mark.parametrize(("name", "option", "controller"), CASES)
def test_the_cluster_changes_as_the_topology_says(name: str, option: str, controller: str) -> None:
    files = written(name, option, controller)
    made = Counter(
        (WORD[f.action], o["kind"], o["metadata"]["name"]) for f in files for o in f.objects
    )
    said = designed(name, controller).placement(option).topology.changes
    counted = Counter((c.action, c.kind, c.name) for c in said if c.action != "renew")
    assert made - counted == Counter(), "written and not counted: data/ingress_objects.csv"
    assert counted - made == Counter(), "counted and not written: data/ingress_objects.csv"


def loaded(text: str) -> list[Any]:
    """Every document of a text, as another reader than ours has it."""
    return list(yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@pytest.mark.parametrize(("name", "option", "controller"), CASES)
def test_the_text_is_the_objects(name: str, option: str, controller: str) -> None:
    for file in written(name, option, controller):
        found = [o for o in loaded(file.yaml) if o is not None]
        assert found == list(file.objects)
        assert "\r" not in file.yaml
        assert file.yaml.startswith("# ")
        assert file.command in file.yaml


VALID: set[str] = set()
"""Objects that have passed: most are in the files of many cases."""


@pytest.fixture(scope="module")
def published() -> Iterator[ModuleType]:
    """Kubernetes' schemas, each read once and not once an object."""
    from kubernetes_validate import utils as found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(found, "schema_contents", cache(found.schema_contents))
        yield found


@pytest.mark.parametrize(("name", "option", "controller"), CASES)
def test_core_objects_pass_the_published_schemas(
    published: ModuleType, name: str, option: str, controller: str
) -> None:
    for file in written(name, option, controller):
        for found in file.objects if file.action is not Action.DELETE else ():
            text = json.dumps(found)
            if found["apiVersion"] in CORE and text not in VALID:
                published.validate(found, "1.36", strict=True)
                VALID.add(text)


@pytest.mark.parametrize(("name", "option", "controller"), CASES)
def test_nothing_fails_open(name: str, option: str, controller: str) -> None:
    for found in objects(written(name, option, controller)):
        for key, value in values(found):
            assert key != "insecureSkipVerify"
            assert value not in (
                "OPTIONAL_MUTUAL",
                "AllowInsecureFallback",
                "VerifyClientCertIfGiven",
            )
            assert "allow_missing" not in str(value)
        if found["kind"] == "NetworkPolicy":
            assert all(rule["from"] for rule in found["spec"]["ingress"])
            assert found["spec"]["podSelector"]["matchLabels"]


@pytest.mark.parametrize(("name", "option", "controller"), CASES)
def test_files_are_numbered_in_apply_order(name: str, option: str, controller: str) -> None:
    names = [f.name for f in written(name, option, controller)]
    assert names == sorted(names)
    assert all(re.fullmatch(r"\d\d-[a-z-]+\.yaml", n) for n in names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "option", "controller"), CASES)
def test_an_object_with_a_placeholder_is_refused_until_it_is_filled_in(
    name: str, option: str, controller: str
) -> None:
    """By a label, or by a field that the API server itself checks and in which `<` cannot stand.

    The ranges of an AuthorizationPolicy or of a Middleware are any text to it.
    """
    checked = {"Service": "loadBalancerSourceRanges", "BackendTLSPolicy": "hostname"}
    for found in objects(written(name, option, controller)):
        fields = [k for k, v in values(found) if re.search("<[A-Z_]+>", str(v))]
        labels = found["metadata"].get("labels", {}).values()
        guarded = any("<" in v for v in labels) or checked.get(found["kind"]) in fields
        assert not fields or guarded, found["metadata"]["name"]


@pytest.mark.parametrize(("name", "option", "controller"), CASES)
def test_every_placeholder_says_where_it_comes_from(
    name: str, option: str, controller: str
) -> None:
    files = written(name, option, controller)
    texts = {t for f in files for t in re.findall("<[A-Z][A-Z0-9_]*>", dump_all(f.objects))}
    found = placeholders(files)
    assert {p.text for p in found} == texts
    assert all(p.meaning and p.from_stage for p in found)


def test_private_options_need_no_value_from_after_the_deployment() -> None:
    assert placeholders(written("contoso-retail", "vnet-internal", EACH)) == ()


@pytest.mark.parametrize(
    "option", ["vnet-external", "vnet-internal", "v2-integration", "v2-injection"]
)
def test_a_private_service_admits_the_gateways_subnet_only(option: str) -> None:
    files = written("contoso-retail", option, EACH)
    cidr = "10.40.5.0/24" if option.startswith("v2-") else "10.40.5.0/27"
    ours = [f for f in files if f.phase is Phase.DEPLOY]
    for found in objects(ours, "Service"):
        assert found["metadata"]["name"].endswith("-gateway")
        notes, spec = found["metadata"]["annotations"], found["spec"]
        assert spec["allocateLoadBalancerNodePorts"] is False
        assert notes[f"{PREFIX}load-balancer-internal"] == "true"
        assert notes[f"{PREFIX}deny-all-except-load-balancer-source-ranges"] == "true"
        assert notes[f"{PREFIX}load-balancer-ipv4"].startswith("10.40.4.")
        assert spec["loadBalancerSourceRanges"] == [cidr]
        assert spec["externalTrafficPolicy"] == "Local"
    ours = [f for f in files if f.name != "85-narrow-policies.yaml"]
    for found in objects(ours, "NetworkPolicy"):
        assert found["spec"]["ingress"][0]["from"] == [{"ipBlock": {"cidr": cidr}}]


def test_a_policy_names_the_port_on_which_the_pods_listen() -> None:
    found = named(written("contoso-retail", "vnet-internal"), "NetworkPolicy", "orders-apis")
    assert found["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": "https"}]
    assert found["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "orders"


def test_pods_of_several_versions_are_picked_by_what_they_share() -> None:
    both = tuple(
        Pods(kind="Deployment", name=f"reviews-{v}", labels=(("app", "reviews"), ("version", v)))
        for v in ("v1", "v2")
    )
    files = written_for(workload(service("reviews", "GET /r", pods=both)), "vnet-internal")
    (found,) = objects(files, "NetworkPolicy")
    assert found["spec"]["podSelector"] == {"matchLabels": {"app": "reviews"}}


def test_without_pods_the_label_is_asked_for() -> None:
    found = placeholders(written_for(shop(), "vnet-internal"))
    assert "<POD_LABEL_OF_SHOP_ORDERS>" in {p.text for p in found}


def test_the_gateway_demands_a_certificate_and_pins_its_name() -> None:
    files = written("contoso-retail", "ingress-mtls")
    tls = named(files, "Gateway", "apis")["spec"]["servers"][0]["tls"]
    assert tls["mode"] == "MUTUAL"
    assert tls["subjectAltNames"] == ["apim-retail01.contoso-retail.internal"]
    secrets = named(files, "SecretProviderClass", "apis-tls")["spec"]["secretObjects"]
    assert [s["secretName"] for s in secrets] == [
        tls["credentialName"],
        f"{tls['credentialName']}-cacert",
    ]
    policy = named(files, "AuthorizationPolicy", "apis-client")["spec"]
    assert policy["action"] == "ALLOW"
    assert policy["rules"][0]["from"] == [{"source": {"ipBlocks": ["<GATEWAY_PUBLIC_IP>/32"]}}]


def test_a_tier_without_an_address_lists_its_region() -> None:
    pins = (("ingress-mtls", Pin("", "istio-classic")),)
    place = alone(replace(read_workload("contoso-orders"), pins=pins), "ingress-mtls")
    widened = tuple(
        replace(c, reach=Reach.REGION) if c.kind is Kind.INGRESS else c
        for c in place.topology.components
    )
    wide = replace(place, topology=replace(place.topology, components=widened))
    found = named(manifests(wide), "Service", "aks-istio-ingressgateway-external")
    notes = found["metadata"]["annotations"]
    assert notes[f"{PREFIX}allowed-service-tags"] == "AzureCloud.westeurope"
    assert f"{PREFIX}allowed-ip-ranges" not in notes


def test_an_internal_ingress_is_closed_to_the_rest_of_the_network() -> None:
    files = written("contoso-retail", "vnet-internal", "istio-classic")
    found = named(files, "Service", "aks-istio-ingressgateway-internal")
    assert found["metadata"]["annotations"] == {
        f"{PREFIX}load-balancer-internal-subnet": "snet-ingress",
        f"{PREFIX}load-balancer-ipv4": "10.40.4.4",
    }
    pods = named(files, "NetworkPolicy", "apis")["spec"]
    assert pods["ingress"] == [{"from": [{"ipBlock": {"cidr": "10.40.5.0/27"}}]}]


def test_a_route_takes_the_prefix_off() -> None:
    files = written("contoso-retail", "ingress-mtls")
    (rule,) = named(files, "VirtualService", "catalog-apis")["spec"]["http"]
    assert [m["uri"] for m in rule["match"]] == [
        {"prefix": "/shop/catalog/"},
        {"exact": "/shop/catalog"},
    ]
    assert rule["rewrite"] == {"uri": "/"}
    assert rule["route"][0]["destination"]["host"] == "catalog.shop.svc.cluster.local"


def test_a_service_that_speaks_tls_is_verified() -> None:
    files = written("contoso-retail", "ingress-mtls")
    tls = named(files, "DestinationRule", "payments-apis")["spec"]["trafficPolicy"]
    (port,) = tls["portLevelSettings"]
    assert port["tls"]["mode"] == "SIMPLE"
    assert port["tls"]["caCertificates"] == "system"
    assert port["tls"]["subjectAltNames"] == ["<TLS_NAME_OF_PAYMENTS_PAYMENTS>"]


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_every_controller_verifies_a_service_that_speaks_tls(controller: str) -> None:
    files = written("contoso-retail", "ingress-mtls", controller)
    specs = [text for o in objects(files) for _, text in values(o.get("spec"))]
    name = "<TLS_NAME_OF_PAYMENTS_PAYMENTS>"
    assert name in specs, f"the routes of {controller} do not use tls-name where Routed.tls"


def test_the_longest_prefix_is_cut_off_first() -> None:
    source = workload(service("cart", "GET /a"), service("cart-v2", "GET /b"))
    pinned = replace(source, pins=(("ingress-mtls", Pin("", "traefik")),))
    found = named(written_for(pinned, "ingress-mtls"), "Middleware", "apis-prefix")
    assert found["spec"]["stripPrefix"]["prefixes"] == ["/shop/cart-v2", "/shop/cart"]


def test_every_route_of_traefik_names_the_one_option_that_demands_the_certificate() -> None:
    """Of routes to one host that name several Traefik takes none, and `default` is everybody's."""
    files = written("contoso-retail", "ingress-mtls", "traefik")
    (option,) = objects(files, "TLSOption")
    assert option["spec"]["clientAuth"]["clientAuthType"] == "RequireAndVerifyClientCert"
    where = {k: option["metadata"][k] for k in ("name", "namespace")}
    bringing, *routes = objects(files, "IngressRoute")
    assert len(routes) > 5 and all(o["spec"]["tls"] == {"options": where} for o in routes)
    assert bringing["spec"]["routes"] == [] and bringing["spec"]["tls"] == {"secretName": TLS}
    marks = {
        o["metadata"]["annotations"]["kubernetes.io/ingress.class"] for o in (bringing, *routes)
    }
    assert marks == {"apis"}, "another release takes routes without a class"
    assert "default" not in {o["metadata"]["name"] for o in objects(files)}


def envoy(files: tuple[ManifestFile, ...], name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(named(files, "ConfigMap", name)["data"]["envoy.yaml"])
    return data


def test_a_token_check_admits_one_audience_and_the_gateway_alone() -> None:
    config = envoy(written("contoso-retail", "public-services"), "catalog-token-check")
    chain = config["static_resources"]["listeners"][0]["filter_chains"][0]
    token, who, router = chain["filters"][0]["typed_config"]["http_filters"]
    provider = token["typed_config"]["providers"]["gateway"]
    assert provider["audiences"] == ["api://<ENTRA_TENANT_ID>/contoso-retail.shop.catalog"]
    assert provider["require_expiration"] is True
    assert provider["forward"] is False
    header = policy_default("gateway-token-header").value
    assert provider["from_headers"] == [{"name": header, "value_prefix": "Bearer "}]
    (principal,) = who["typed_config"]["rules"]["policies"]["gateway"]["principals"]
    claim = principal["sourced_metadata"]["metadata_matcher"]
    assert claim["value"]["string_match"]["exact"] == "<GATEWAY_PRINCIPAL_ID>"
    assert [part["key"] for part in claim["path"]] == ["gateway", "oid"]
    assert router["name"] == "envoy.filters.http.router"


def test_a_token_check_runs_without_privileges() -> None:
    for found in objects(written("contoso-retail", "public-services"), "Deployment"):
        pod = found["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert not container["image"].endswith(":latest")
            assert container["resources"]["limits"]


def test_a_token_check_stands_on_the_address_made_for_it() -> None:
    found = named(written("contoso-retail", "public-services"), "Service", "catalog-token-check")
    assert found["metadata"]["annotations"] == {
        f"{PREFIX}pip-name": "pip-catalog-shop-retail01",
        f"{PREFIX}load-balancer-resource-group": "rg-retail01",
    }


def public(name: str, issuer: str = "entra-id", **changes: object) -> Service:
    given: dict[str, object] = {
        "type": PUBLIC,
        "ports": (Port(443, "https"),),
        "annotations": ((f"{PREFIX}dns-label-name", name),),
        "validates": TokenValidation(issuer, f"api://{name}"),
    }
    return service(name, "GET /a", **(given | changes))


def test_a_service_that_is_ready_is_left_alone() -> None:
    names = {o["metadata"]["name"] for o in objects(written("contoso-retail", "public-services"))}
    assert not any(n.startswith("shipping") for n in names)
    placement = designed("contoso-retail").placement("public-services")
    assert not any(c.service == "fulfilment/shipping" for c in placement.topology.changes)
    assert "api://contoso-retail/shipping" in {c.audience for c in placement.topology.credentials}


def test_the_owners_of_a_service_that_is_ready_are_told_what_it_has_to_accept() -> None:
    (file,) = [f for f in written("contoso-retail", "public-services") if "checks" in f.name]
    (step,) = file.by_hand
    header = policy_default("gateway-token-header").value
    for word in ("fulfilment/shipping", header, "api://contoso-retail/shipping", "identity alone"):
        assert word in step
        assert word in file.yaml
    others = [s for f in written("contoso-retail", "vnet-internal") for s in f.by_hand]
    assert others and not any(header in s for s in others)


@pytest.mark.parametrize(
    ("found", "checked"),
    [
        (public("ready"), False),
        (public("ready", "https://login.microsoftonline.com/contoso.example/v2.0"), False),
        (public("ready", "https://sts.windows.net/contoso.example/"), False),
        (public("other", "https://issuer.example"), True),
        (public("near", "https://login.microsoftonline.com.issuer.example/a/v2.0"), True),
        (public("nameless", annotations=()), True),
        (public("plain", ports=(Port(80, "http"),)), True),
        (public("inside", type=ServiceType.CLUSTER_IP), True),
    ],
)
def test_a_token_check_stands_before_what_cannot_check_the_gateways_token(
    found: Service, checked: bool
) -> None:
    files = written_for(workload(found), "public-services")
    made = {o["metadata"]["name"] for o in objects(files, "Deployment")}
    assert made == ({f"{found.name}-token-check"} if checked else set())


def test_another_issuers_audience_is_none_of_the_gateways_token() -> None:
    files = written_for(workload(public("other", "https://issuer.example")), "public-services")
    (token, *_) = envoy(files, "other-token-check")["static_resources"]["listeners"][0][
        "filter_chains"
    ][0]["filters"][0]["typed_config"]["http_filters"]
    (provider,) = token["typed_config"]["providers"].values()
    assert provider["audiences"] == ["api://<ENTRA_TENANT_ID>/sample.shop.other"]


def test_a_token_check_calls_the_port_of_the_api() -> None:
    ports = (Port(9090, "metrics"), Port(8444, "https"))
    files = written_for(workload(service("a", "GET /a", ports=ports)), "public-services")
    cluster, _ = envoy(files, "a-token-check")["static_resources"]["clusters"]
    (end,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert end["endpoint"]["address"]["socket_address"]["port_value"] == 8444
    assert cluster["transport_socket"]["name"] == "envoy.transport_sockets.tls"
    (rule,) = named(files, "NetworkPolicy", "a-apis")["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8444}]


def test_a_service_that_is_ready_keeps_its_port() -> None:
    found = public("ready", ports=(Port(9090, "metrics"), Port(8443, "https")))
    (backend,) = alone(workload(found), "public-services").topology.backends
    assert backend.port == 8443


def test_source_ranges_go_with_the_type_that_allows_them() -> None:
    found = named(written("contoso-retail", "ingress-mtls"), "Service", "partner-feed")
    assert found["spec"] == {"type": "ClusterIP", "loadBalancerSourceRanges": []}
    assert named(written("contoso-retail", "ingress-mtls"), "Service", "catalog")["spec"] == {
        "type": "ClusterIP"
    }


def test_a_token_check_is_replaced_when_another_value_is_filled_in() -> None:
    (file,) = [f for f in written("contoso-orders", "public-services") if "checks" in f.name]
    texts = {p.text for p in placeholders((file,))}
    first, second = (filled((file,), dict.fromkeys(texts, f"{n}.example")) for n in ("one", "two"))
    pods = [
        [o["spec"]["template"] for f in files for o in f.objects if o["kind"] == "Deployment"]
        for files in (first, second)
    ]
    assert pods[0] and all(a != b for a, b in zip(*pods, strict=True))


def test_what_serves_today_is_changed_in_the_phase_that_closes_alone() -> None:
    source = workload(
        service("orders", "GET /orders", type=PUBLIC, selector=(("app", "orders"),)),
        service("orders-gateway", "GET /other", type=PUBLIC),
        service("r" * 60, "GET /reviews"),
    )
    files = written_for(source, "vnet-internal")
    made = objects([f for f in files if f.phase is Phase.DEPLOY], "Service")
    names = [o["metadata"]["name"] for o in made]
    assert not {*names} & {s.name for s in source.services}
    assert len({*names}) == 3 and all(len(name) <= 63 for name in names)
    first = next(o for o in made if o["spec"]["selector"] == {"app": "orders"})
    assert first["spec"]["ports"] == [
        {"name": "http", "port": 80, "targetPort": 80, "protocol": "TCP"}
    ]
    (moved,) = [f for f in files if f.phase is Phase.CLOSE and f.action is Action.PATCH]
    assert [o["metadata"]["name"] for o in moved.objects] == ["orders", "orders-gateway"]
    assert all(o["spec"] == {"type": "ClusterIP"} for o in moved.objects)


def test_for_a_service_without_a_selector_somebody_names_who_answers() -> None:
    files = written_for(workload(service("orders", "GET /o", selector=())), "vnet-internal")
    (made,) = objects(files, "Service")
    assert "selector" not in made["spec"] and "externalTrafficPolicy" not in made["spec"]
    (step, *_) = files[0].by_hand
    assert "write an EndpointSlice for shop/orders-gateway" in step


@pytest.mark.parametrize("option", ["public-services", "ingress-mtls", "vnet-internal"])
def test_an_address_list_that_ends_is_said(option: str) -> None:
    ranges = ("198.51.100.0/24", "203.0.113.64/26")
    source = workload(
        service("orders", "GET /orders", type=PUBLIC, source_ranges=ranges),
        service("reviews", "GET /reviews", type=PUBLIC),
    )
    file = next(f for f in written_for(source, option) if f.name == "50-services.yaml")
    (step,) = file.by_hand
    assert step.startswith(f"shop/orders admitted only {', '.join(ranges)} ")
    assert "ip-filter" in step and f"# By hand: {step}\n" in file.yaml


def test_network_policies_do_not_claim_to_close_what_another_policy_opens() -> None:
    for option in ("public-services", "ingress-mtls", "vnet-external"):
        (file,) = [f for f in written("contoso-retail", option) if f.name.startswith("60-")]
        (step,) = file.by_hand
        assert "already stays in force" in step and f"# By hand: {step}\n" in file.yaml


def test_an_ingress_that_serves_others_too_stays_and_is_changed_by_hand() -> None:
    route = Route(kind="Ingress", name="both", host="shop.example", path="/")
    source = workload(
        service("orders", "GET /orders", routes=(route,)),
        service("web", routes=(replace(route, path="/web"),)),
        publish=("orders",),
    )
    last = written_for(source, "vnet-internal")[-1]
    assert (last.name, last.objects) == ("90-delete.yaml", ())
    assert last.by_hand and "Ingress both of shop/orders" in last.by_hand[0]
    assert "# By hand: Ingress both" in last.yaml


def test_an_ingress_is_deleted_once() -> None:
    (found,) = written("contoso-retail", "vnet-internal")[-1].objects
    assert (found["kind"], found["metadata"]) == (
        "Ingress",
        {"name": "shop-content", "namespace": "shop"},
    )


@pytest.mark.parametrize("id", [c.id for c in controllers() if c.generated == "no"])
def test_other_controllers_are_refused_with_the_reason(id: str) -> None:
    source = replace(shop(), pins=(("ingress-mtls", Pin("", id)),))
    with pytest.raises(InputError, match="not generated, because .*use one of istio-classic"):
        written_for(source, "ingress-mtls")


@pytest.mark.parametrize("id", ["istio-gateway-api", "app-routing-gateway-api"])
def test_the_portable_field_is_refused_below_1_36(id: str) -> None:
    source = replace(shop(), pins=(("ingress-mtls", Pin("", id)),))
    old = replace(source, azure=replace(source.azure, kubernetes_version="1.9"))
    with pytest.raises(InputError, match=r"needs Kubernetes 1.36, .* is 1.9: .*dropped silently"):
        written_for(old, "ingress-mtls")


def test_every_way_of_configuring_an_ingress_has_its_file() -> None:
    assert {g.api for g in ingress_gateways()} == set(writers())


def test_a_forgotten_row_or_file_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="ingress_objects.csv has no row for api 'other'"):
        ingress_objects("other")
    monkeypatch.setattr(ingress, "writers", dict)
    with pytest.raises(InputError, match="api 'istio' of istio-classic has no file in apim_aks/"):
        written_for(shop(), "ingress-mtls")


def test_controllers_that_aks_does_not_document_carry_a_warning() -> None:
    documented = {c.id for c in controllers() if c.mtls == "documented"}
    for controller in set(CONTROLLERS) - documented:
        files = written("contoso-orders", "ingress-mtls", controller)
        assert [f.name for f in files if f.warning] == ["30-ingress.yaml"]


def test_an_option_of_ones_own_is_written_too() -> None:
    made = design(read_workload("contoso-orders"), (toy_option.OPTION,))
    found = manifests(made.placement("toy"))
    assert [f.name for f in found] == ["30-gateway-services.yaml", "60-network-policies.yaml"]
    (first, *_) = objects(found, "NetworkPolicy")
    assert first["spec"]["ingress"][0]["from"] == [{"ipBlock": {"cidr": "10.40.0.0/16"}}]


def test_the_same_workload_gives_the_same_bytes() -> None:
    def once() -> list[str]:
        made = bundled("contoso-retail")
        return [f.yaml for p in made.placements for f in manifests(p)]

    assert once() == once()


SYSTEMS = (
    "agic-examples",
    "aks-store-demo",
    "bookinfo",
    "drone-delivery",
    "ingress-nginx",
    "online-boutique",
    "opentelemetry-demo",
    "retail-store",
    "sock-shop",
)


PAGES = {"online-boutique": ("frontend",), "opentelemetry-demo": ("frontend", "frontend-proxy")}
"""What nobody would propose of systems that have no API; it still has to come out."""


@pytest.mark.parametrize("system", SYSTEMS)
def test_real_systems_change_as_their_topology_says(corpora: Path, system: str) -> None:
    folder = corpora / "microservices" / system
    found = services_in(read_manifests([folder], folder)).services
    given = Workload(
        name="sample", title="Sample", services=tuple(found), publish=PAGES.get(system)
    )
    made = design(given)
    for place in made.placements:
        files = manifests(place)
        names = Counter(
            (WORD[f.action], o["kind"], o["metadata"]["name"]) for f in files for o in f.objects
        )
        said = ((c.action, c.kind, c.name) for c in place.topology.changes)
        changed = (s for s in said if s[0] != "renew")
        assert names == Counter(s for s in changed if s[0] != "change" or s[1] == "Service")


AWKWARD = [
    "y",
    "N",
    "no",
    "1e3",
    "0x1F",
    "0o17",
    "1_000",
    "~",
    "12:30:45",
    "- a",
    "a: b",
    "#x",
    "'",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    line = dump_all([{"a": text}])
    assert yaml.safe_load(line) == {"a": text}
    assert re.search(r": ['\"]", line), line


@examples(50)
@given(st.recursive(st.text() | st.integers() | st.booleans(), lambda c: st.lists(c, max_size=3)))
def test_whatever_is_written_is_read_back(value: Any) -> None:
    assert loaded(dump_all([{"a": value}])) == [{"a": value}]


NASTY = st.text(st.sampled_from("ab-\"'`\n{}[]<>|&*!%@:#=$ \t"), min_size=1, max_size=12)


@examples(25)
@given(NASTY, NASTY, st.sampled_from(["public-services", "ingress-mtls", "vnet-internal"]))
def test_names_of_other_teams_stay_text(name: str, label: str, option: str) -> None:
    pods = (Pods(kind="Deployment", name=name, labels=((label, name),)),)
    odd = Service(
        namespace="shop", name=f"x{name}", type=PUBLIC, ports=(Port(80, "http", name),), pods=pods
    )
    plain = service("orders", "GET /orders")
    source = workload(odd, plain, publish=("shop/orders", odd.id))
    check(alone(source, option), odd)


def check(place: Placement, odd: Service) -> None:
    files = manifests(place)
    for file in files:
        assert [o for o in loaded(file.yaml) if o is not None] == list(file.objects)
        for line in file.yaml.split("---\n")[0].splitlines():
            assert line.startswith("# ")
    policy = named(files, "NetworkPolicy", object_name(odd))
    assert dict(odd.pods[0].labels) == policy["spec"]["podSelector"]["matchLabels"]


# Routes that serve somebody else too


KINDS = ("Ingress", "HTTPRoute", "GRPCRoute", "IngressRoute", "VirtualService")


@pytest.mark.parametrize("option", [o.id for o in OPTIONS])
@pytest.mark.parametrize("kind", KINDS)
def test_a_route_that_also_leads_outside_the_input_is_never_deleted(kind: str, option: str) -> None:
    route = Route(
        kind=kind, name="both", host="shop.example", path="/", elsewhere=("shop/billing",)
    )
    source = workload(service("orders", "GET /orders", routes=(route,)), publish=("orders",))
    where = alone(source, option)
    last = manifests(where)[-1]
    assert (last.name, last.objects) == ("90-delete.yaml", ())
    assert (
        f"{kind} both of shop/orders: it stays open, since it also leads to shop/billing"
        in (last.by_hand[0])
    )
    topology = where.topology
    (left,) = [c for c in topology.components if c.label == f"behind {kind} both"]
    assert left.public and left.in_cluster and left.reach is Reach.INTERNET
    assert all(link.bypass for link in topology.links_to(left.id))


def test_a_route_stays_too_where_only_one_of_two_services_is_published_beside_strangers() -> None:
    alone = Route(kind="Ingress", name="alone", host="shop.example", path="/orders")
    both = Route(
        kind="Ingress", name="both", host="shop.example", path="/", elsewhere=("shop/billing",)
    )
    source = workload(
        service("orders", "GET /orders", routes=(alone, both)),
        service("stock", "GET /stock", routes=(both,)),
    )
    last = written_for(source, "vnet-external")[-1]
    assert [o["metadata"]["name"] for o in last.objects] == ["alone"]
    assert len(last.by_hand) == 1


def test_a_route_is_deleted_in_its_own_namespace() -> None:
    route = Route(kind="HTTPRoute", name="r", host="shop.example", path="/", namespace="edge")
    source = workload(service("orders", "GET /orders", routes=(route,)))
    (found,) = written_for(source, "vnet-external")[-1].objects
    assert found["metadata"]["namespace"] == "edge"


def test_routes_of_one_name_in_two_namespaces_are_two() -> None:
    here = Route(kind="HTTPRoute", name="r", host="shop.example", path="/")
    there = replace(here, namespace="edge")
    source = workload(service("orders", "GET /orders", routes=(here, there)))
    found = written_for(source, "vnet-external")[-1].objects
    assert {o["metadata"]["namespace"] for o in found} == {"shop", "edge"}


@pytest.mark.parametrize("option", [o.id for o in OPTIONS])
def test_a_route_to_a_port_that_no_api_publishes_stays_and_is_said(option: str) -> None:
    api = Route(kind="HTTPRoute", name="both", host="shop.example", path="/api", port="8080")
    reports = replace(api, path="/reports", port="8081")
    alone = replace(reports, name="alone", path="/alone")
    ports = (Port(8080, "http-a"), Port(8081, "http-b"), Port(9090, "metrics"))
    inner = replace(api, name="inner", path="/metrics", port="9090")
    offers = service(
        "shop", ports=ports, routes=(api, replace(api, path="/v2"), reports, alone, inner)
    )
    made = design(workload(offers, publish=("shop",)))
    (said, *_) = [n.sentence for n in made.mapping.notes if n.about is About.PORT]
    assert "port 8080 is published, and that path is not: this route stays for its" in said
    placement = made.placement(option)
    files = manifests(placement)
    deleted = [o["metadata"]["name"] for o in files[-1].objects]
    assert not {"both", "alone"} & {*deleted}
    fronted = bool(placement.topology.of_kind(Kind.INGRESS)) or option != "public-services"
    policies = [o for f in files for o in f.objects if o["kind"] == "NetworkPolicy"]
    mine = [o for o in policies if o["metadata"]["namespace"] == "shop"]
    assert [r for o in mine for r in o["spec"]["ingress"] if "from" not in r] == (
        [{"ports": [{"protocol": "TCP", "port": 8081}]}] * bool(mine)
    )
    assert not fronted or ("inner" in deleted and "port 8081" in files[-1].by_hand[0])
    around = [k for k in placement.topology.links_to("svc-shop/shop") if k.bypass]
    assert {k.port for k in around} == {8081}
    assert f"{option}.nothing-around-the-gateway" in {
        c.id for c in failed(check_option(made, option))
    }
