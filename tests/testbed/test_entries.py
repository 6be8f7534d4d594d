"""What translators make of manifests, and that they refuse what they do not know."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks.testbed.contents import contents, vault_of
from apim_aks.testbed.entries import envoy_entry, gateway_api, istio
from apim_aks.testbed.entries.rules import PathMatch, Rule, Target
from apim_aks.testbed.entries.token_check import Places, configured
from apim_aks.testbed.parties import TENANT, Parties
from apim_aks.testbed.processes import NotStarted
from apim_aks.workload.azure import Existing, ExistingResources
from apim_aks.workload.file import read_workload
from tests.support.designs import alone
from tests.support.testbed import placement

Object = dict[str, Any]
PARTIES = Parties()
HERE = Path("/here")
THERE = ExistingResources(cluster=Existing("aks-there", "rg-there"))


def held(*shown: str) -> list[Object]:
    drawn = placement(*shown)
    return copy.deepcopy(list(contents(drawn, PARTIES, vault_of(drawn, PARTIES))))


@pytest.fixture(scope="module")
def classic() -> list[Object]:
    return held("ingress-mtls")


def of_kind(objects: list[Object], kind: str) -> Object:
    return next(o for o in objects if o["kind"] == kind)


def _tls(gateway: Object) -> Object:
    found: Object = gateway["spec"]["servers"][0]["tls"]
    return found


def _http(route: Object) -> Object:
    found: Object = route["spec"]["http"][0]
    return found


def test_no_placeholder_is_left_and_secrets_are_those_of_the_vault(classic: list[Object]) -> None:
    assert "<" not in repr([o for o in classic if o["kind"] != "Secret"])
    names = {o["metadata"]["name"] for o in classic if o["kind"] == "Secret"}
    assert names == {"apis-tls", "apis-tls-cacert"}
    assert TENANT in repr(of_kind(classic, "SecretProviderClass"))


def test_istio_says_who_is_admitted_and_what_leads_where(classic: list[Object]) -> None:
    rules = istio.rules_of(classic, "aks-istio-ingress")
    assert rules.hosts == ("apis-orders01.westeurope.cloudapp.azure.com",)
    assert rules.authority == ("aks-istio-ingress", "apis-tls-cacert", "ca.crt")
    assert rules.names == ("apim-orders01.contoso-orders.internal",)
    assert rules.admissions and rules.admissions[0].ranges == ("192.0.2.1/32",)
    first = next(r for r in rules.rules if r.targets[0].service == "orders/customers")
    assert first.replaced_by == "/"
    assert PathMatch("prefix", "/orders/customers/") in first.paths


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("Gateway", lambda o: _tls(o).update(cipherSuites=[]), "cipherSuites"),
        ("Gateway", lambda o: _tls(o).update(mode="PASSTHROUGH"), "PASSTHROUGH"),
        ("VirtualService", lambda o: _http(o).update(fault={}), "fault"),
        ("VirtualService", lambda o: _http(o)["match"][0].update(headers={}), "headers"),
        ("AuthorizationPolicy", lambda o: o["spec"].update(action="AUDIT"), "AUDIT"),
        ("AuthorizationPolicy", lambda o: o["spec"]["rules"][0].update(when=[]), "when"),
        ("AuthorizationPolicy", lambda o: o.update(kind="EnvoyFilter"), "EnvoyFilter"),
    ],
)
def test_what_istio_says_and_nobody_translates_is_refused(
    classic: list[Object], kind: str, change: Any, said: str
) -> None:
    changed = copy.deepcopy(classic)
    change(of_kind(changed, kind))
    with pytest.raises(NotStarted, match=f"{said}.*not translated"):
        istio.rules_of(changed, "aks-istio-ingress")


@pytest.mark.parametrize(
    ("to", "name"),
    [(["aks-istio-ingress"], "back.example"), (["*"], "back.example"), (["."], ""), (["shop"], "")],
)
def test_a_destination_rule_counts_where_it_is_exported_to(
    classic: list[Object], to: list[str], name: str
) -> None:
    tls = {"mode": "SIMPLE", "caCertificates": "system", "sni": "back.example"}
    port = {"port": {"number": 80}, "tls": tls | {"subjectAltNames": ["back.example"]}}
    spec = {
        "host": "customers.orders.svc.cluster.local",
        "exportTo": to,
        "trafficPolicy": {"portLevelSettings": [port]},
    }
    metadata = {"name": "customers", "namespace": "orders"}
    version = "networking.istio.io/v1"
    rule = {"apiVersion": version, "kind": "DestinationRule", "metadata": metadata, "spec": spec}
    found = istio.rules_of([*classic, rule], "aks-istio-ingress").rules
    assert {t.tls_name for r in found for t in r.targets if t.service == "orders/customers"} == {
        name
    }


def test_what_a_policy_refuses_on_the_port_of_the_gateway_leaves_the_others() -> None:
    read = read_workload("contoso-orders")
    azure = replace(read.azure, existing=THERE, network_policy="cilium")
    drawn = alone(replace(read, azure=azure), "ingress-mtls")
    objects = copy.deepcopy(list(contents(drawn, PARTIES, vault_of(drawn, PARTIES))))
    host = "apis-orders01.westeurope.cloudapp.azure.com"
    (admission,) = istio.rules_of(objects, "aks-istio-ingress").admissions or ()
    assert admission.ranges == ("192.0.2.1/32",) and admission.hosts == (host, f"{host}:*")
    policy = of_kind(objects, "AuthorizationPolicy")["spec"]
    policy["rules"][0]["to"][0]["operation"]["ports"] = ["443"]
    with pytest.raises(NotStarted, match="ports is .'443'., which is not translated"):
        istio.rules_of(objects, "aks-istio-ingress")


def test_a_gateway_of_the_gateway_api_validates_and_takes_routes_of_its_namespaces() -> None:
    objects = held("ingress-mtls", "istio-gateway-api")
    rules = gateway_api.rules_of(objects, "apis-ingress")
    assert rules.authority == ("apis-ingress", "client-authority", "ca.crt")
    assert {t.service for r in rules.rules for t in r.targets} == {
        "orders/customers",
        "orders/getorder",
        "orders/placeorder",
    }
    gateway = of_kind(objects, "Gateway")
    chosen = gateway["spec"]["listeners"][0]["allowedRoutes"]["namespaces"]["selector"]
    chosen["matchExpressions"][0]["values"] = ["elsewhere"]
    assert gateway_api.rules_of(objects, "apis-ingress").rules == ()
    gateway["spec"]["tls"]["frontend"]["default"]["validation"]["mode"] = "AllowInsecureFallback"
    with pytest.raises(NotStarted, match=r"AllowInsecureFallback.*not translated"):
        gateway_api.rules_of(objects, "apis-ingress")


def test_the_longest_path_comes_first_and_shares_keep_their_weights() -> None:
    shares = (Target("a/one", 80, 75), Target("a/two", 80, 25))
    rules = (
        Rule(("h",), (PathMatch("below", "/a"),), "/", (Target("a/all", 80),)),
        Rule(("h",), (PathMatch("below", "/a/b"),), None, shares),
    )
    (host,) = envoy_entry.virtual_hosts(rules)
    first, second = host["routes"]
    assert first["match"] == {"path_separated_prefix": "/a/b"}
    clusters = first["route"]["weighted_clusters"]["clusters"]
    assert [c["weight"] for c in clusters] == [75, 25]
    assert second["route"]["regex_rewrite"]["pattern"]["regex"] == "^/a(/?)(.*)"


def test_a_token_check_that_names_another_folder_is_refused() -> None:
    places = Places(HERE, HERE, {8443: 1}, lambda host, port: 2)
    address = "{socket_address: {address: 0.0.0.0, port_value: 8443}}"
    text = f"a: {{filename: /etc/tls/server.pem, address: {address}}}"
    (found,) = configured({"x": text}, places).values()
    assert found["a"]["filename"] == "/here/server.pem"
    assert found["a"]["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 1}
    with pytest.raises(NotStarted, match="/etc/shadow"):
        configured({"x": "filename: /etc/shadow"}, places)
