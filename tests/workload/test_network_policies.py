"""NetworkPolicies as values, and what the API server would refuse, by field and line."""

from __future__ import annotations

import pytest

from apim_aks.workload.documents import parse
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.network_policies import read_network_policies
from apim_aks.workload.kubernetes.object import Object, objects_of
from apim_aks.workload.network_policy import NetworkPolicy, Peer

HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: n}\n"


def read(text: str) -> tuple[tuple[NetworkPolicy, ...], list[Finding]]:
    findings: list[Finding] = []
    documents = parse(text.encode(), "a.yaml").documents
    objects = [o for d in documents for o in objects_of(d) if isinstance(o, Object)]
    return read_network_policies(objects, findings), findings


def policy(spec: str) -> NetworkPolicy:
    (found,), findings = read(f"{HEAD}spec:\n{spec}")
    assert findings == []
    return found


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        ("  podSelector: {}", (), None),
        ("  podSelector: {}\n  egress: []", (), None),
        ("  egress: [{}]", (), 1),
        ("  policyTypes: [Egress]\n  ingress: [{}]", None, ()),
        ("  policyTypes: [Ingress]\n  egress: [{}]", (), None),
        ("  policyTypes: [Ingress, Egress]\n  ingress: [{}]", 1, ()),
    ],
)
def test_which_directions_a_policy_is_for(spec: str, ingress: object, egress: object) -> None:
    found = policy(spec)
    for rules, wanted in ((found.ingress, ingress), (found.egress, egress)):
        assert (len(rules) if wanted == 1 and rules else rules) == wanted


def test_peers_and_ports_stand_in_the_value_with_their_lines() -> None:
    found = policy(
        "  podSelector: {matchLabels: {app: a}}\n"
        "  ingress:\n"
        "    - from:\n"
        "        - podSelector: {}\n"
        "          namespaceSelector: {matchExpressions: [{key: t, operator: Exists}]}\n"
        "        - ipBlock: {cidr: 10.1.2.3/16, except: [10.1.4.0/24]}\n"
        "      ports:\n"
        "        - {port: 80, endPort: 90}\n"
        "        - {protocol: UDP}\n"
        "        - {port: web}\n"
        "    - from: []\n"
        "      ports: []\n"
    )
    first, everything = found.ingress or ()
    pods, block = first.peers
    assert (found.id, found.selects.equal, found.line) == ("n/p", (("app", "a"),), 1)
    assert pods == Peer(line=0, pods=found.selects.__class__(), namespaces=pods.namespaces)
    assert pods.namespaces and pods.namespaces.picks({"t": "1"}) and not pods.namespaces.picks({})
    assert block.block and str(block.block.addresses) == "10.1.0.0/16"
    assert [str(e) for e in block.block.excepted] == ["10.1.4.0/24"]
    assert [(p.protocol, p.first, p.last, p.name) for p in first.ports] == [
        ("TCP", 80, 90, ""),
        ("UDP", 1, 65535, ""),
        ("TCP", 1, 65535, "web"),
    ]
    assert [pods.line, block.line, *(p.line for p in first.ports)] == [8, 10, 12, 13, 14]
    assert (everything.peers, everything.ports) == ((), ())


INGRESS = "  podSelector: {}\n  ingress:\n    - "
REFUSED = {
    "no addresses": (f"{INGRESS}from:\n        - ipBlock: {{cidr: 10.0.0.0}}", "cidr", 8),
    "bits": (f"{INGRESS}from:\n        - ipBlock: {{cidr: 10.0.0.0/40}}", "cidr", 8),
    "a mask": (f"{INGRESS}from:\n        - ipBlock: {{cidr: 10.0.0.0/255.0.0.0}}", "cidr", 8),
    "no range": (f"{INGRESS}from: [{{ipBlock: {{}}}}]", "cidr", 7),
    "outside": (
        f"{INGRESS}from: [{{ipBlock: {{cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}}}]",
        "except[0]",
        7,
    ),
    "all of it": (
        f"{INGRESS}from: [{{ipBlock: {{cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}}}]",
        "except[0]",
        7,
    ),
    "both": (
        f"{INGRESS}from: [{{podSelector: {{}}, ipBlock: {{cidr: 10.0.0.0/8}}}}]",
        "ipBlock",
        7,
    ),
    "nobody": (f"{INGRESS}from: [{{}}]", "from[0]", 7),
    "a word that is none": (f"{INGRESS}form: []", "form", 7),
    "port 0": (f"{INGRESS}ports: [{{port: 0}}]", "port", 7),
    "port 65536": (f"{INGRESS}ports: [{{port: 65536}}]", "port", 7),
    "an end before": (f"{INGRESS}ports:\n        - port: 9\n          endPort: 8", "endPort", 9),
    "an end of a name": (f"{INGRESS}ports: [{{port: web, endPort: 8}}]", "endPort", 7),
    "an end alone": (f"{INGRESS}ports: [{{endPort: 8}}]", "endPort", 7),
    "a long name": (f"{INGRESS}ports: [{{port: sixteen-letters-}}]", "port", 7),
    "a number as name": (f"{INGRESS}ports: [{{port: '80'}}]", "port", 7),
    "ICMP": (f"{INGRESS}ports: [{{protocol: ICMP}}]", "protocol", 7),
    "an operator": (
        "  podSelector:\n    matchExpressions: [{key: a, operator: Is, values: [b]}]",
        "operator",
        6,
    ),
    "no values": ("  podSelector: {matchExpressions: [{key: a, operator: In}]}", "values", 5),
    "values": (
        "  podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
        "values",
        5,
    ),
    "a key": ("  podSelector: {matchLabels: {'a b': c}}", "matchLabels.a b", 5),
    "a label's value": ("  podSelector: {matchLabels: {a: 'b c'}}", "matchLabels.a", 5),
    "no text": ("  podSelector: {matchLabels: {a: true}}", "matchLabels.a", 5),
    "a direction": ("  podSelector: {}\n  policyTypes: [ingress]", "policyTypes[0]", 6),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_api_server_refuses_is_named(name: str) -> None:
    spec, field, line = REFUSED[name]
    policies, (finding,) = read(f"{HEAD}spec:\n{spec}\n")
    assert policies == ()
    assert (finding.file, finding.line, finding.refused) == ("a.yaml", line, True)
    assert f"{field} of NetworkPolicy 'p'" in finding.found


def test_a_second_policy_of_a_name_is_named_unless_it_says_the_same() -> None:
    one, other = f"{HEAD}spec: {{}}\n", f"{HEAD}spec: {{ingress: [{{}}]}}\n"
    assert [len(part) for part in read(f"{one}---\n{one}")] == [1, 0]
    policies, (finding,) = read(f"{one}---\n{other}")
    assert [p.ingress for p in policies] == [()]
    assert (finding.line, "a.yaml line 1" in finding.found) == (8, True)


def test_other_groups_speak_another_language() -> None:
    text = HEAD.replace("networking.k8s.io/v1", "projectcalico.org/v3") + "spec: {order: 1}\n"
    assert read(text) == ((), [])
