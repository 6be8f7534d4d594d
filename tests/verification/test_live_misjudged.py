"""Doubts about the live checks: states in which a pass would be a lie, and sound ones that differ.

Each test holds a state of Azure or of the servers that once was, or easily could be, judged wrong.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks.deployment.gate import asked
from apim_aks.remote.azure import AzureRefused
from apim_aks.remote.calls import Call, Ending
from apim_aks.topology.check import State
from apim_aks.verification import drift, verify
from apim_aks.verification.azure_resources.security_rules import rule
from apim_aks.verification.designed import designed
from apim_aks.verification.probes import client_certificates as certificates
from apim_aks.verification.probes.places import misplaced
from apim_aks.verification.probes.telemetry import traces
from apim_aks.verification.probes.through import through
from apim_aks.verification.resource_ids import ground
from tests.support import arm_server
from tests.support.arm_server import OBJECT, Fault
from tests.verification import test_live_calls as calls
from tests.verification.deployed import GATEWAY_PRINCIPAL, refused
from tests.verification.deployed import designed as estate
from tests.verification.test_azure_resources import (
    BALANCERS,
    CLUSTERS,
    DIAGNOSTICS,
    INSIDE,
    MTLS,
    SERVICE,
    Stages,
    dependency,
    held,
    put,
)
from tests.verification.test_live_calls import (
    AUTHORITIES,
    HOST,
    VALUES,
    Walk,
    local,
    probes,
    short,
    walk,
)
from tests.verification.tls_entry import CALLER_TOKEN, DeployedOption, http_server, raw_server

PASS, FAIL, WAITS = State.PASS, State.FAIL, State.NOT_RUN


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    found = Stages(tmp_path_factory)
    with found.held:
        yield found


@pytest.fixture(autouse=True)
def _routes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arm_server, "ROUTES", (*calls.ROUTES, *arm_server.ROUTES))
    monkeypatch.setattr(certificates, "foreign_certificate", lambda: calls.FOREIGN)


# Calls


def test_a_tls_server_that_never_ends_is_given_up() -> None:
    """A byte now and then inside TLS: the socket below has another owner by then."""
    context = AUTHORITIES.server(HOST)

    def secret_drip(line: socket.socket) -> None:
        def drip() -> None:
            try:
                with context.wrap_socket(line.dup(), server_side=True) as tls:
                    tls.recv(4096)
                    tls.sendall(b"HTTP/1.1 200 OK\r\n")
                    while True:
                        tls.sendall(b"X")
                        threading.Event().wait(0.05)
            except OSError:
                return

        threading.Thread(target=drip, daemon=True).start()

    with raw_server(secret_drip) as port:
        found = local(port, longest=0.5).ask(Call(host=HOST))
    assert (found.ending, found.connected) == (Ending.SILENT, True)


def test_ciphers_that_do_not_match_are_no_refusal_of_a_certificate() -> None:
    context = AUTHORITIES.server(HOST, tls=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")

    def other() -> ssl.SSLContext:
        made = AUTHORITIES.trust()()
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers("ECDHE-RSA-CHACHA20-POLY1305")
        return made

    with http_server(calls.ok, context) as port:
        caller = local(port, other)
        assert caller.ask(Call(host=HOST, checked=False)).ending is Ending.OTHER
        assert asked(HOST, 443, caller)[0] is WAITS


# Records


def aspect(stages: Stages, option: str, name: str, change: Any) -> Any:
    there = stages(option)
    change(there)
    return there.checks()[name]


def operation_policy(there: Any) -> None:
    """A document without `base`: whatever the API demands is skipped for this operation."""
    id = f"{there.of(SERVICE)['id']}/apis/orders/operations/getorder/policies/policy"
    assert id.lower() not in there.arm.resources
    there.put(id, properties={"value": "<policies><inbound /></policies>", "format": "xml"})


def other_product(there: Any) -> None:
    gateway = there.of(SERVICE)["id"]
    there.put(f"{gateway}/products/trial", properties={"subscriptionRequired": True})
    text = "<policies><inbound /></policies>"
    there.put(f"{gateway}/products/trial/policies/policy", properties={"value": text})


def test_a_policy_by_hand_on_an_operation_is_seen(stages: Stages) -> None:
    found = aspect(stages, INSIDE, "policies", operation_policy)
    assert (found.state, "getorder" in found.observed) == (FAIL, True)
    assert "not designed" in found.observed


def test_diagnostics_of_an_api_stand_before_those_of_the_service(stages: Stages) -> None:
    def change(there: Any) -> None:
        mine = held(DIAGNOSTICS)(there)
        body = json.loads(json.dumps(mine))
        body["frontend"]["request"]["body"] = {"bytes": 8192}
        id = f"{there.of(SERVICE)['id']}/apis/orders/diagnostics/azuremonitor"
        there.put(id, properties=body)

    found = aspect(stages, INSIDE, "diagnostics", change)
    assert (found.state, "bodies are logged" in found.observed) == (FAIL, True)


def test_another_public_frontend_in_place_of_the_designed_one_is_seen(stages: Stages) -> None:
    def change(there: Any) -> None:
        fronts = held(BALANCERS)(there)["frontendIPConfigurations"]
        fronts[-1]["properties"]["publicIPAddress"]["id"] = "/subscriptions/x/pip-by-hand"

    assert aspect(stages, MTLS, "public-addresses", change).state is FAIL


def test_a_dependency_that_is_still_being_looked_at_is_no_failure(stages: Stages) -> None:
    found = aspect(stages, INSIDE, "network-status", dependency(status="initializing"))
    assert (found.state, "run this again" in found.reason) == (WAITS, True)


def access_policies(permissions: list[str], principal: str = GATEWAY_PRINCIPAL) -> Any:
    policy = {"objectId": principal, "permissions": {"secrets": permissions}}
    kind = "Microsoft.KeyVault/vaults"
    return put(kind, enableRbacAuthorization=False, accessPolicies=[policy])


def test_a_role_on_a_vault_with_access_policies_opens_nothing(stages: Stages) -> None:
    found = aspect(stages, MTLS, "identity", access_policies([]))
    assert (found.state, "access polic" in found.observed) == (FAIL, True)
    stranger = access_policies(["get"], OBJECT)
    assert aspect(stages, MTLS, "identity", stranger).state is FAIL


def test_an_access_policy_is_as_good_as_a_role(stages: Stages) -> None:
    assert aspect(stages, MTLS, "identity", access_policies(["Get", "List"])).state is PASS


def test_what_may_not_be_read_does_not_hide_what_was_seen_to_be_wrong(stages: Stages) -> None:
    there = stages(INSIDE)
    put(f"{SERVICE}/backends", "/placeorder-orders", url="http://evil.example")(there)
    there.arm.faults.append(refused(r"/service/apim-orders01/backends$"))
    found = there.checks()["back-ends"]
    assert (found.state, "evil.example" in found.observed) == (FAIL, True)
    assert "AuthorizationFailed" in found.observed


def test_ports_say_the_same_one_by_one_and_as_a_range() -> None:
    def of(*ports: str) -> Any:
        return rule("Inbound", "Allow", "TCP", ["*"], ["VirtualNetwork"], ports)

    assert of("6381-6383") == of("6382", "6381", "6383") == of("6381,6382-6383")
    assert of("6381-6383") != of("6381", "6383")
    assert of("443") != of("443-444")


# Probes


def test_a_token_with_two_flaws_shows_nothing(tmp_path: Path) -> None:
    """It would be refused for the other one, and the check would pass."""
    late = {"exp": 1_700_000_000}
    values = VALUES | {
        "expiredToken": calls.token("x", aud="api://else", **late),
        "otherAudienceToken": calls.token("x", aud="api://else", **late),
        "otherIdentityToken": calls.for_each("x", oid="somebody", iss="https://idp.example"),
    }
    whys = {
        "an-expired-token-refused": "is for another audience",
        "a-token-for-another-audience-refused": "has expired",
        "a-token-of-another-identity-refused": "was issued by another tenant",
    }
    with walk(tmp_path, "public-services", values=values) as found:
        seen = {id: found.verdict(id) for id in whys}
    assert {id: v.state for id, v in seen.items()} == dict.fromkeys(whys, WAITS)
    assert {id: whys[id] in v.reason for id, v in seen.items()} == dict.fromkeys(whys, True)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"exp": 4_000_000_000}, "is still valid"),
        ({"exp": "soon"}, "cannot be read"),
        ({"exp": None}, "cannot be read"),
    ],
)
def test_an_expired_token_has_to_be_one(tmp_path: Path, said: Any, why: str) -> None:
    values = VALUES | {"expiredToken": calls.for_each("x", **said)}
    with walk(tmp_path, "public-services", values=values) as found:
        assert why in found.verdict("an-expired-token-refused").reason


def test_the_gateways_own_token_is_none_of_another_identity(tmp_path: Path) -> None:
    values = VALUES | {"otherIdentityToken": calls.for_each("x", oid=OBJECT)}
    listed = {"admitted": {"entry"}}
    with walk(tmp_path, "public-services", values=values, **listed) as found:
        verdict = found.verdict("a-token-of-another-identity-refused")
    assert (verdict.state, "gateway itself" in verdict.reason) == (WAITS, True)


def test_a_token_for_one_service_says_nothing_of_the_others(tmp_path: Path) -> None:
    first = VALUES["otherIdentityToken"].split()[0]
    values = VALUES | {"otherIdentityToken": f"Bearer {first}\n"}
    with walk(tmp_path, "public-services", values=values, admitted={"entry"}) as found:
        verdict = found.verdict("a-token-of-another-identity-refused")
    assert verdict.state is WAITS
    assert "for shop-payments" in verdict.reason and "for orders-shop" not in verdict.reason
    assert "orders-shop" in verdict.seen


def test_a_line_end_behind_a_given_token_or_key_is_no_failure(tmp_path: Path) -> None:
    values = {"callerToken": f"Bearer {CALLER_TOKEN}\n", "subscriptionKey": f" {calls.KEY}\n"}
    with walk(tmp_path, "v2-integration", values=values) as found:
        assert found.verdict("valid-key-served").state is PASS


def test_one_service_that_is_served_says_nothing_of_the_others(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration") as found:
        found.town.inside["reviews.shop.sample.internal"] = 1
        verdict = found.verdict("valid-key-served")
    assert verdict.state is FAIL and "answered with 502" in verdict.seen


def test_a_silent_gateway_is_asked_a_few_times_only(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration", gateway_reachable=False) as found:
        verdict = found.verdict("valid-key-served")
        told = [line for line in found.told if line.startswith("calling")]
    assert verdict.state is FAIL
    assert len(told) == 3


def test_throttled_calls_are_neither_refused_nor_served(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration", gateway_status=429) as found:
        states = {id: found.verdict(id).state for id in calls.KEYS}
    assert states == dict.fromkeys(calls.KEYS, WAITS)


def test_a_neighbour_sees_the_private_names_of_the_gateway_alone(tmp_path: Path) -> None:
    """The zones of the cluster are linked to its own network, not to those of consumers."""
    with walk(tmp_path, "vnet-internal", "peered-vnet") as found:
        for backend in found.scene.topology.backends:
            found.town.dns.pop(backend.host, None)
        (probe,) = [e.test for e in probes(found.scene.placement) if short(e) == calls.KEYS[2]]
        assert misplaced(found.scene, probe).startswith("has to be called from same-vnet")
        assert places_contradicted(found) == ""
        host = next(iter(found.town.gateway_names))
        found.town.dns.pop(host)
        assert "claims to be in peered-vnet" in places_contradicted(found)


def places_contradicted(found: Walk) -> str:
    from apim_aks.verification.probes.places import _contradicted

    return _contradicted(found.scene)


def test_addresses_of_further_regions_are_tried_too(tmp_path: Path) -> None:
    with walk(tmp_path, "vnet-internal", gateway_on_internet=True) as found:
        held = found.arm.resources[ground(found.scene).gateway.lower()]["properties"]
        held["additionalLocations"] = [{"publicIPAddresses": held["publicIPAddresses"]}]
        held["publicIPAddresses"] = ["192.0.2.1"]
        assert found.verdict("gateway-unreachable-from-internet").state is FAIL


GARBAGE: tuple[Any, ...] = (
    [],
    "text",
    [[1]],
    {"identity": [], "properties": [1]},
    {"properties": 7},
)


@pytest.mark.parametrize("garbage", GARBAGE, ids=str)
@pytest.mark.parametrize("option", ["public-services", "vnet-internal", "ingress-mtls"])
def test_probes_take_answers_of_another_shape_for_nothing(
    tmp_path: Path, option: str, garbage: Any
) -> None:
    with walk(tmp_path, option) as found:
        for path in ("/service/[^/]+$", "/managedClusters/[^/]+$", "/workspaces/[^/]+$"):
            body = garbage if isinstance(garbage, (list, dict)) else [garbage]
            found.arm.faults.append(Fault("GET", path, 200, body, times=1000))
        found.arm.faults.append(Fault("POST", "listSecrets", 200, [garbage], times=1000))
        states = {id: v.state for id, v in found.all().items()}
    assert PASS not in {s for id, s in states.items() if id not in ("missing-key-refused",)}


@pytest.mark.parametrize("row", [{"BackendResponseCode": "many"}, {"BackendUrl": "https://[x"}])
def test_rows_of_another_shape_are_no_traceback(tmp_path: Path, row: dict[str, Any]) -> None:
    with walk(tmp_path, "v2-integration") as found:
        rows = found.town.answered
        found.town.answered = lambda query: [r | row for r in rows(query)]  # type: ignore[method-assign]
        states = {id: found.verdict(id).state for id in calls.KEYS[:2]}
    assert PASS not in states.values()


def test_who_may_not_read_the_group_may_still_read_what_is_in_it(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration") as found:
        scene = found.scene
        found.arm.faults.append(refused(f"/resourceGroups/{scene.project.home}$"))
        done = verify(
            scene.azure.client, scene.design, scene.placement, scene.project, scene.vantage
        )
    states = {c.id.split(".", 1)[1]: c.state for c in done.live}
    assert states["gateway-reachable-from-internet"] is PASS


def test_a_group_that_nobody_can_ask_for_is_said(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration") as found:
        scene = found.scene
        path = f"/resourceGroups/{scene.project.home}$"
        found.arm.faults.append(refused(path, 500, "InternalServerError"))
        with pytest.raises(AzureRefused):
            verify(scene.azure.client, scene.design, scene.placement, scene.project, scene.vantage)


def test_keys_go_to_no_gateway_that_was_not_seen_in_the_subscription(tmp_path: Path) -> None:
    """The name may be somebody else's by now, and his certificate for it is valid."""
    with walk(tmp_path, "v2-integration") as found:
        found.arm.remove(ground(found.scene).gateway)
        states = {id: found.verdict(id) for id in calls.KEYS}
        assert found.town.rows == []
    assert {v.state for v in states.values()} == {WAITS}
    assert all("is not there" in v.reason for v in states.values())


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_behind_open_tls_is_no_refusal_of_a_certificate(
    tmp_path: Path, status: int
) -> None:
    shut = {"ingress_shut": False, "services_status": status}
    with walk(tmp_path, "ingress-mtls", **calls.OPEN, **shut) as found:
        verdict = found.verdict("no-certificate-refused")
    assert verdict.state is WAITS
    assert "TLS admitted the call" in verdict.reason


def test_another_named_value_behind_the_same_policy_is_seen(stages: Stages) -> None:
    """The document still says `{{api-audience}}`, and lets in whoever has a token for another."""
    change = put(f"{SERVICE}/namedValues", "/api-audience", value="api://somebody-else")
    found = aspect(stages, INSIDE, "policies", change)
    assert (found.state, "api-audience" in found.observed) == (FAIL, True)


def test_ports_that_the_cluster_opens_are_tried_too(tmp_path: Path) -> None:
    with walk(tmp_path, "vnet-external") as found:
        rules = [{"properties": {"frontendPort": 8080}}, {"properties": {}}, 7]
        base = f"{found.arm.scope('nodes')}/providers/{BALANCERS}/kubernetes"
        found.arm.put(base, properties={"loadBalancingRules": rules})
        assert found.verdict("cluster-unreachable-from-internet").state is PASS
        assert (calls.EGRESS, 8080) in found.town.tried
        found.scene.kept._found.clear()
        found.town.ports[calls.EGRESS, 8080] = next(iter(found.town.inside.values()))
        assert found.verdict("cluster-unreachable-from-internet").state is FAIL


def test_calls_say_who_makes_them() -> None:
    heard: list[str] = []

    def hear(method: str, path: str, headers: Any) -> tuple[int, dict[str, Any]]:
        heard.append(headers["User-Agent"])
        return 200, {}

    with http_server(hear, AUTHORITIES.server(HOST)) as port:
        local(port).ask(Call(host=HOST))
    assert heard[0].startswith("apim-aks/")


LOGS: tuple[Any, ...] = (
    [],
    {},
    {"tables": 7},
    {"tables": [{}]},
    {"tables": [{"name": "x", "columns": [{"name": "a", "type": "int"}], "rows": [[1, 2]]}]},
    {"tables": [{"name": "x", "columns": [{"name": "a", "type": "int"}], "rows": [["many"]]}]},
    {"tables": [{"name": "x", "columns": [{}], "rows": 7}]},
)


@pytest.mark.parametrize("answer", LOGS, ids=str)
def test_logs_of_another_shape_are_no_traceback(
    tmp_path: Path, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = ("POST", r"/v1/workspaces/([^/]+)/query", lambda *_: (200, answer, {}))
    monkeypatch.setattr(arm_server, "ROUTES", (odd, *arm_server.ROUTES))
    with walk(tmp_path, "v2-integration") as found:
        verdict = found.verdict("missing-key-refused")
    assert verdict.state is WAITS


def test_a_valid_token_goes_to_no_host_whose_address_is_not_ours(tmp_path: Path) -> None:
    """The DNS label of an address that is gone can be anybody's."""
    with walk(tmp_path, "public-services") as found:
        for id in [i for i in found.arm.resources if "/publicipaddresses/" in i]:
            found.arm.remove(found.arm.resources[id]["id"])
        found.town.tried.clear()
        verdict = found.verdict("a-token-for-another-audience-refused")
        hosts = {found.town.dns[b.host][0] for b in found.scene.topology.backends}
        ours = {
            found.town.dns[b.host][0] for b in found.scene.topology.backends if "sample" in b.host
        }
        assert hosts - ours
        assert not ours & {address for address, _ in found.town.tried}
    assert verdict.state is WAITS
    assert "is not there" in verdict.reason


def test_an_expired_certificate_counts_also_where_the_gateways_own_is_hidden(
    stages: Stages,
) -> None:
    there = stages(MTLS)
    there.arm.faults.append(refused(r"/service/apim-orders01/certificates/"))
    first = sorted(there.arm.certificates)[0]
    there.arm.certificates[first]["attributes"]["exp"] = 1_790_000_000
    found = there.checks()["certificates"]
    assert (found.state, first in found.observed) == (FAIL, True)


def test_a_comparison_says_how_far_it_is(stages: Stages) -> None:
    told: list[str] = []
    scene = replace(stages(INSIDE).scene(), tell=told.append)
    count = len(designed(scene))
    drift(scene)
    assert told[0] == f"compared 20 of {count} resources"
    assert len(told) == (count - 1) // 20


def test_no_secret_is_in_what_a_debugger_or_a_log_would_print(tmp_path: Path) -> None:
    values = {**VALUES, "subscriptionKey": calls.KEY}
    with walk(tmp_path, "public-services", values=values) as found:
        found.all()
        scene = found.scene
        printed = repr((scene, scene.kept, scene.vantage, through(scene), traces(scene)))
        printed += repr(scene.azure.client.connection.credential)
        done = verify(
            scene.azure.client, scene.design, scene.placement, scene.project, scene.vantage
        )
        printed += json.dumps(asdict(done), default=str)
    secrets = (*(w for v in VALUES.values() for w in v.split()), calls.KEY, calls.GATEWAY_TOKEN)
    assert [s for s in secrets if s in printed] == []
    assert "PRIVATE KEY" not in printed


def test_a_quota_that_is_used_up_is_not_taken_for_a_refused_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API Management ends a quota with 403."""
    monkeypatch.setattr(DeployedOption, "gateway", lambda *_: (403, {"reason": "QuotaExceeded"}))
    with walk(tmp_path, "v2-integration") as found:
        verdict = found.verdict("valid-key-served")
    assert verdict.state is WAITS
    assert "used up" in verdict.reason


def test_a_cluster_without_any_public_address_is_said_to_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = ("GET", calls.ROUTES[2][1], lambda *_: (200, {"value": []}, {}))
    monkeypatch.setattr(arm_server, "ROUTES", (none, *arm_server.ROUTES))
    with walk(tmp_path, "vnet-external") as found:
        verdict = found.verdict("cluster-unreachable-from-internet")
    assert (verdict.state, "no public address" in verdict.seen) == (PASS, True)


def test_a_service_that_fails_on_an_invented_parameter_is_no_broken_promise(
    tmp_path: Path,
) -> None:
    made = estate("contoso-orders")
    with walk(tmp_path, "v2-integration", made=made) as found:
        for host in found.town.inside:
            if not host.startswith("customers"):
                found.town.inside[host] = 1
        verdict = found.verdict("valid-key-served")
    assert (verdict.state, "invented" in verdict.reason) == (WAITS, True)


@pytest.mark.parametrize(
    ("kind", "state", "name"),
    [(SERVICE, "Updating", "tier"), (CLUSTERS, "Upgrading", "cluster")],
)
def test_what_is_being_changed_is_neither_fine_nor_broken(
    stages: Stages, kind: str, state: str, name: str
) -> None:
    """AKS upgrades its nodes by itself, week after week."""
    found = aspect(stages, INSIDE, name, put(kind, provisioningState=state))
    assert (found.state, state in found.reason) == (WAITS, True)
    assert aspect(stages, INSIDE, name, put(kind, provisioningState="Failed")).state is FAIL
