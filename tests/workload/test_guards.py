"""What restricts or opens access to pods is read as values with file and line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.workload.guarded import opened_by, pods_behind
from apim_aks.workload.guards.admission import state
from apim_aks.workload.guards.guard import Answer, Guard, every, some
from apim_aks.workload.guards.injection import ISTIO, LINKERD
from tests.support.meshed import INJECTED, LINKED, around, namespace, object_
from tests.support.meshed import ISTIO as SECURITY
from tests.support.meshed import LINKERD as POLICY
from tests.support.series import examples

CILIUM, CALICO = "cilium.io/v2", "projectcalico.org/v3"
ADMIN = "policy.networking.k8s.io/v1alpha1"
ALL, NONE = ("shop/ledger",), ()


def authorization(spec: Any, space: str = "shop", **metadata: Any) -> dict[str, Any]:
    return object_("AuthorizationPolicy", spec, SECURITY, space, **metadata)


def slice_(of: str = "ledger", **more: Any) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": of}
    made = object_("EndpointSlice", {}, "discovery.k8s.io/v1", labels=labels)
    ends = [{"addresses": ["10.0.0.9"]}, {"addresses": ["10.0.0.10"]}]
    ports = [{"name": "web", "port": 8080}]
    return {**made, "endpoints": ends, "ports": ports, **more}


def endpoints(name: str) -> dict[str, Any]:
    subsets = [{"addresses": [{"ip": "10.0.0.9"}], "ports": [{"port": 53, "protocol": "UDP"}]}]
    return {**object_("Endpoints", {}, name=name), "subsets": subsets}


READ: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "modes": (
        object_(
            "PeerAuthentication",
            {"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": "DISABLE"}}},
            SECURITY,
        ),
        "mode STRICT; DISABLE on port 8080",
        ALL,
    ),
    "allow nobody": (authorization({}), "ALLOW nobody: it has no rules", ALL),
    "allow everybody": (authorization({"rules": [{}]}), "ALLOW calls of everybody", ALL),
    "deny by principal": (
        authorization(
            {
                "action": "DENY",
                "rules": [
                    {
                        "from": [{"source": {"notPrincipals": ["a/ns/web/sa/x"]}}],
                        "to": [{"operation": {"ports": ["8080"], "paths": ["/a"]}}],
                        "when": [{"key": "request.headers[x]", "values": ["1"]}],
                    }
                ],
            }
        ),
        "DENY calls of notPrincipals a/ns/web/sa/x to port 8080 that fit paths and "
        "request.headers[x]",
        ALL,
    ),
    "custom and waypoints": (
        authorization({"action": "CUSTOM", "provider": {"name": "x"}, "targetRefs": []}),
        "CUSTOM nobody: it has no rules; not understood: provider and targetRefs",
        ALL,
    ),
    "dry run": (
        authorization({"rules": [{}]}, annotations={"istio.io/dry-run": "true"}),
        "ALLOW calls of everybody; a dry run, which refuses nothing",
        ALL,
    ),
    "other pods": (
        authorization({"selector": {"matchLabels": {"app": "web"}}}),
        "ALLOW nobody: it has no rules",
        NONE,
    ),
    "whole mesh": (authorization({}, "istio-system"), "ALLOW nobody: it has no rules", ALL),
    "injection": (namespace(**INJECTED), "label istio.io/rev: asm-1-28: its pods get a proxy", ALL),
    "injection elsewhere": (namespace("web", **INJECTED), "label istio.io/rev: asm-1-28", NONE),
    "Server": (
        object_("Server", {"podSelector": {}, "port": "web"}, POLICY),
        "port web of its pods: deny what no policy authorizes",
        ALL,
    ),
    "ServerAuthorization": (
        object_(
            "ServerAuthorization",
            {
                "server": {"name": "p"},
                "client": {
                    "unauthenticated": True,
                    "networks": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}],
                },
            },
            POLICY,
        ),
        "lets callers without an identity from 10.0.0.0/8 except some in to Server p",
        NONE,
    ),
    "AuthorizationPolicy of Linkerd": (
        object_(
            "AuthorizationPolicy",
            {
                "targetRef": {"kind": "Server", "name": "p"},
                "requiredAuthenticationRefs": [{"kind": "MeshTLSAuthentication", "name": "web"}],
            },
            POLICY,
        ),
        "Server p asks callers for MeshTLSAuthentication web",
        NONE,
    ),
    "MeshTLSAuthentication": (
        object_(
            "MeshTLSAuthentication",
            {"identities": ["*.web"], "identityRefs": [{"kind": "ServiceAccount", "name": "x"}]},
            POLICY,
        ),
        "callers with the identity *.web and ServiceAccount x",
        NONE,
    ),
    "NetworkAuthentication": (
        object_("NetworkAuthentication", {"networks": [{"cidr": "10.0.0.0/8"}]}, POLICY),
        "callers from 10.0.0.0/8",
        NONE,
    ),
    "a slice beside a selector": (
        slice_(),
        "leads to 10.0.0.9 and 10.0.0.10, port web 8080/TCP, beside the pods",
        ALL,
    ),
    "a slice of nothing": (slice_("other"), "leads to 10.0.0.9 and 10.0.0.10", NONE),
    "Endpoints": (endpoints("other"), "leads to 10.0.0.9, port 53/UDP", NONE),
}


@pytest.mark.parametrize("name", READ)
def test_it_is_a_value_that_says_what_it_does(name: str) -> None:
    object, says, services = READ[name]
    (guard,) = around(object).guards.every
    assert guard.says.startswith(says) and guard.services == services
    assert (
        guard.line and guard.called == f"{object['kind']} {guard.name} (a.json line {guard.line})"
    )


def test_what_a_controller_writes_is_no_guard() -> None:
    managed = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
    made = slice_()
    made["metadata"]["labels"] |= managed
    assert around(made, endpoints("ledger")).guards.every == ()


UNREAD: dict[str, tuple[str, str, Any, tuple[str, ...]]] = {
    "all of a namespace": ("CiliumNetworkPolicy", CILIUM, {"endpointSelector": {}}, ALL),
    "labels": (
        "CiliumNetworkPolicy",
        CILIUM,
        {"endpointSelector": {"matchLabels": {"k8s:app": "ledger"}}},
        ALL,
    ),
    "other labels": (
        "CiliumNetworkPolicy",
        CILIUM,
        {"endpointSelector": {"matchLabels": {"any:app": "web"}}},
        NONE,
    ),
    "another namespace": (
        "CiliumClusterwideNetworkPolicy",
        CILIUM,
        {"endpointSelector": {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "web"}}},
        NONE,
    ),
    "a source nobody knows": (
        "CiliumNetworkPolicy",
        CILIUM,
        {"endpointSelector": {"matchLabels": {"reserved:host": ""}}},
        ALL,
    ),
    "several specs": ("CiliumNetworkPolicy", CILIUM, None, ALL),
    "expression": ("NetworkPolicy", CALICO, {"selector": "app == 'ledger' && a == \"b\""}, NONE),
    "expression that fits": ("GlobalNetworkPolicy", CALICO, {"selector": "app == 'ledger'"}, ALL),
    "expression nobody reads": ("NetworkPolicy", CALICO, {"selector": "has(app)"}, ALL),
    "namespaces by expression": (
        "GlobalNetworkPolicy",
        CALICO,
        {"selector": "app == 'web'", "namespaceSelector": "all()"},
        ALL,
    ),
    "subject": ("AdminNetworkPolicy", ADMIN, {"subject": {"namespaces": {}}}, ALL),
    "subject elsewhere": (
        "AdminNetworkPolicy",
        ADMIN,
        {"subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}}},
        NONE,
    ),
    "pods of namespaces": (
        "BaselineAdminNetworkPolicy",
        ADMIN,
        {"subject": {"pods": {"podSelector": {"matchLabels": {"app": "web"}}}}},
        NONE,
    ),
    "no subject": ("AdminNetworkPolicy", ADMIN, {}, ALL),
    "Antrea": ("NetworkPolicy", "crd.antrea.io/v1beta1", {"appliedTo": []}, ALL),
    "a broken selector": ("CiliumNetworkPolicy", CILIUM, {"endpointSelector": []}, ALL),
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_policy_that_is_not_understood_is_named_with_what_it_selects(name: str) -> None:
    kind, version, spec, services = UNREAD[name]
    found = around(object_(kind, spec, version))
    (guard,) = found.guards.every
    assert guard.services == services and "is not understood" in guard.says
    opened = [(o.cause, o.services) for o in found.openings]
    assert opened == ([("policy-unread", services)] if services else [])


@pytest.mark.parametrize(
    ("object", "field"),
    [
        (authorization({"action": "PERMIT"}), "spec.action"),
        (authorization({"rules": ["all"]}), "spec.rules[0]"),
        (authorization({"rules": [{"from": [{"source": {"namespaces": "a"}}]}]}), "namespaces"),
        (object_("Server", {"podSelector": {}}, POLICY), "spec.port"),
        (object_("Server", {"podSelector": {}, "port": True}, POLICY), "spec.port"),
        (object_("NetworkAuthentication", {"networks": [1]}, POLICY), "networks[0]"),
        (slice_(endpoints=[{"addresses": "10.0.0.9"}]), "endpoints[0].addresses"),
        (slice_(ports=[{"port": "web"}]), "ports[0].port"),
        (namespace(labels=["a"]), "metadata.labels"),
    ],
)
def test_a_field_that_cannot_be_read_is_a_finding(object: dict[str, Any], field: str) -> None:
    found = around(object)
    (finding,) = found.findings
    assert field in finding.found and finding.line and finding.refused
    assert found.guards.every == ()


FIELDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "node port": (
        {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]},
        "opens port 80 on node port 30080 of each node",
        "node-port",
    ),
    "external": ({"externalIPs": ["192.0.2.9"]}, "answers on 192.0.2.9", "external-ip"),
    "no selector": ({"selector": {}}, "has no selector", "no-selector"),
    "IPv6": (
        {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"},
        "may have an IPv6 address (RequireDualStack, IPv4, IPv6)",
        "second-family",
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_a_service_says_what_it_opens(name: str) -> None:
    fields, says, cause = FIELDS[name]
    found = around(service=fields)
    (words,) = opened_by(found.services[0])
    assert words.startswith(says)
    assert [o.cause for o in found.openings] == [cause]


def test_services_before_the_same_pods_name_each_other() -> None:
    second = object_("Service", {"selector": {"app": "ledger"}, "ports": [{"port": 1}]})
    one, other = around(second).services
    assert (one.same_pods, other.same_pods) == (("shop/p",), ("shop/ledger",))


def test_one_family_of_addresses_opens_nothing() -> None:
    found = around(service={"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
    assert found.services[0].ip_families == ("IPv4",)
    assert list(opened_by(found.services[0])) == [] and found.openings == ()


def test_pods_on_their_nodes_are_read_once() -> None:
    port = {"name": "x", "image": "x", "ports": [{"hostPort": 81, "protocol": "UDP"}]}
    found = around(pods={"hostNetwork": True, "initContainers": [port]})
    (guard,) = found.guards.every
    assert "hostNetwork" in guard.says and "81/UDP" in guard.says
    assert sorted(o.cause for o in found.openings) == ["host-network", "host-port"]


STATES: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str, Answer]] = {
    "nothing": ([], {}, ISTIO, Answer.UNKNOWN),
    "namespace": ([namespace(**INJECTED)], {}, ISTIO, Answer.YES),
    "the other mesh": ([namespace(**INJECTED)], {}, LINKERD, Answer.UNKNOWN),
    "pods before namespace": (
        [namespace(**INJECTED)],
        {"template": {"annotations": {"sidecar.istio.io/inject": "false"}}},
        ISTIO,
        Answer.NO,
    ),
    "both at once": (
        [],
        {
            "template": {
                "labels": {"sidecar.istio.io/inject": "true"},
                "annotations": {"sidecar.istio.io/inject": "false"},
            }
        },
        ISTIO,
        Answer.UNKNOWN,
    ),
    "pods of Linkerd": ([], {"template": LINKED}, LINKERD, Answer.YES),
    "ports past the proxy": (
        [namespace(**LINKED)],
        {"template": {"annotations": {"config.linkerd.io/skip-inbound-ports": "22,8000-8100"}}},
        LINKERD,
        Answer.NO,
    ),
    "other ports past the proxy": (
        [namespace(**LINKED)],
        {"template": {"annotations": {"config.linkerd.io/skip-inbound-ports": "22"}}},
        LINKERD,
        Answer.YES,
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_a_proxy_is_credited_only_where_it_is_shown(name: str) -> None:
    objects, known, mesh, expected = STATES[name]
    found = around(*objects, **known)
    guards = found.guards.of("shop/ledger")
    (pods,) = pods_behind(found.services[0], 80, guards)
    assert pods.ports == ("8080", "web")
    assert state(pods, guards, mesh) is expected


def test_answers_of_many() -> None:
    yes, no, unknown = Answer.YES, Answer.NO, Answer.UNKNOWN
    assert [every(()), every((yes, unknown)), every((unknown, no))] == [yes, unknown, no]
    assert [some(()), some((no, unknown)), some((unknown, yes))] == [no, unknown, yes]
    with pytest.raises(NotImplementedError):
        _ = Guard(kind="", name="", namespace="", file="", line=0).says


EVERY = [o for o, *_ in READ.values()] + [object_(k, s, v) for k, v, s, _ in UNREAD.values()]
ODD: list[Any] = [None, "", 0, True, [], {}, [None], {"": None}, {"a": [1]}, 3.5, "*", "x" * 300]


def changed(value: Any, draw: st.DrawFn, odd: Any) -> Any:
    """The value with something odd somewhere in it."""
    if not isinstance(value, (dict, list)) or not value or draw(st.integers(0, 4)) == 0:
        return odd
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    key, part = draw(st.sampled_from(list(inner)))
    other = dict(value) if isinstance(value, dict) else list(value)
    other[key] = changed(part, draw, odd)
    return other


@st.composite
def odd_objects(draw: st.DrawFn) -> dict[str, Any]:
    made = dict(draw(st.sampled_from(EVERY)))
    part = draw(st.sampled_from([k for k in made if k not in ("apiVersion", "kind")]))
    made[part] = changed(made[part], draw, draw(st.sampled_from(ODD)))
    return made


@examples(60)
@given(odd=odd_objects())
def test_odd_fields_become_findings_and_nothing_breaks(odd: dict[str, Any]) -> None:
    found = around(odd, namespace(**INJECTED))
    assert all(f.line for f in found.findings)
    assert all(g.says and g.called for g in found.guards.every)
    assert [s.id for s in found.services] == ["shop/ledger"]
