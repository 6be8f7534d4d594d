"""Small clusters with what is open, closed or unknown in them: what NetworkPolicies mean, by rows.

The rows are those of kubernetes/api@10b39a3, networking/v1/types.go, and of
kubernetes-sigs/network-policy-api@0eec1b0, apis/v1alpha1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from ipaddress import IPv4Address
from typing import Any

from apim_aks.workload.documents import Parsed, parse

WORLD = """apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other, labels: {team: b}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - {name: c, image: i, ports: [{name: web, containerPort: 8080}]}
        - {name: d, image: i, ports: [{name: dns, containerPort: 53, protocol: UDP}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: site, namespace: shop}
spec:
  template:
    metadata: {labels: {app: site, tier: front}}
    spec: {containers: [{name: c, image: i}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: shop}
spec:
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: night}}
        spec: {containers: [{name: c, image: i}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: peer, namespace: other}
spec:
  template:
    metadata: {labels: {app: site}}
    spec: {containers: [{name: c, image: i, ports: [{name: web, containerPort: 9090}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: stray, namespace: ghost, labels: {app: stray}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: host, namespace: shop, labels: {app: host}}
spec: {hostNetwork: true, containers: [{name: c, image: i}]}
"""
NAMES = {
    "api": "shop/api[Deployment]",
    "site": "shop/site[StatefulSet]",
    "night": "shop/night[CronJob]",
    "peer": "other/peer[DaemonSet]",
    "stray": "ghost/stray[Pod]",
    "host": "shop/host[Pod]",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Objects beside the world, and answers: `source destination protocol port answer`."""

    what: str
    objects: str
    answers: Sequence[str]
    engine: str = "specification"


def policy(spec: str, name: str = "p", namespace: str = "shop") -> str:
    return (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )


def cluster(spec: str, name: str = "a", kind: str = "AdminNetworkPolicy") -> str:
    return (
        f"---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: {kind}\n"
        f"metadata: {{name: {name}}}\nspec: {spec}\n"
    )


def baseline(spec: str) -> str:
    return cluster(spec, "default", "BaselineAdminNetworkPolicy")


def successor(tier: str, rules: str, name: str = "a", priority: int = 3) -> str:
    spec = f"{{tier: {tier}, priority: {priority}, {SUBJECT}, ingress: {rules}}}"
    return cluster(spec, name, "ClusterNetworkPolicy").replace("v1alpha1", "v1alpha2")


def ingress(rules: str, more: str = "") -> str:
    return policy(f"{{podSelector: {{matchLabels: {{app: api}}}}, ingress: {rules}{more}}}")


def from_pods(selector: str) -> str:
    return ingress(f"[{{from: [{{podSelector: {selector}}}]}}]")


SHUT = policy("{podSelector: {}}", "shut")
SUBJECT = "subject: {namespaces: {matchLabels: {team: a}}}"
ALL = "[{namespaces: {}}]"
SITE = "[{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: site}}}}]"

SCENES: tuple[Scene, ...] = (
    Scene(
        "no policy: everything is open",
        "",
        ["site api TCP 1 open", "api 1.2.3.4 SCTP 9 open", "1.2.3.4 api UDP 5 open"],
    ),
    Scene(
        "a policy is for its own namespace",
        policy("{podSelector: {}}", namespace="other"),
        ["site api TCP 80 open", "site peer TCP 80 closed"],
    ),
    Scene(
        "a missing podSelector picks every pod of the namespace",
        policy("{policyTypes: [Ingress]}"),
        ["peer api TCP 80 closed", "peer night TCP 80 closed", "api peer TCP 80 open"],
    ),
    Scene(
        "a podSelector leaves the other pods alone",
        policy("{podSelector: {matchLabels: {app: api}}}"),
        ["peer api TCP 80 closed", "peer site TCP 80 open"],
    ),
    Scene(
        "policies add up: a rule for everything cancels all others",
        SHUT + ingress("[{}]"),
        ["peer api TCP 80 open", "1.2.3.4 api UDP 53 open", "peer site TCP 80 closed"],
    ),
    Scene(
        "both directions must allow",
        policy("{podSelector: {matchLabels: {app: site}}, policyTypes: [Egress]}"),
        ["site api TCP 80 closed", "night api TCP 80 open", "api site TCP 80 open"],
    ),
    Scene(
        "without policyTypes a policy is for ingress",
        policy("{podSelector: {matchLabels: {app: api}}}"),
        ["site api TCP 80 closed", "api site TCP 80 open"],
    ),
    Scene(
        "without policyTypes it is for egress as well where it has egress rules",
        policy("{podSelector: {matchLabels: {app: api}}, egress: [{ports: [{port: 80}]}]}"),
        ["site api TCP 80 closed", "api site TCP 80 open", "api site TCP 81 closed"],
    ),
    Scene(
        "an empty list of egress rules counts as none",
        policy("{podSelector: {matchLabels: {app: api}}, egress: []}"),
        ["site api TCP 80 closed", "api site TCP 81 open"],
    ),
    Scene(
        "with policyTypes it is for exactly those",
        policy("{podSelector: {matchLabels: {app: api}}, policyTypes: [Egress], ingress: []}"),
        ["site api TCP 80 open", "api site TCP 80 closed"],
    ),
    Scene(
        "no rules admit nobody",
        policy("{podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress]}"),
        ["site api TCP 80 closed", "1.2.3.4 api TCP 80 closed", "any api TCP 80 closed"],
    ),
    Scene(
        "an empty rule admits everything",
        ingress("[{}]"),
        ["peer api TCP 80 open", "any api SCTP 7 open", "1.2.3.4 api UDP 5 open"],
    ),
    Scene(
        "an empty from admits every source",
        ingress("[{from: [], ports: [{port: 80}]}]"),
        ["peer api TCP 80 open", "1.2.3.4 api TCP 80 open", "peer api TCP 81 closed"],
    ),
    Scene(
        "an empty to admits every destination",
        policy("{podSelector: {}, policyTypes: [Egress], egress: [{to: [], ports: [{port: 80}]}]}"),
        ["api peer TCP 80 open", "api 1.2.3.4 TCP 80 open", "api peer TCP 81 closed"],
    ),
    Scene(
        "an empty list of ports admits every port",
        ingress("[{from: [{podSelector: {matchLabels: {app: site}}}], ports: []}]"),
        ["site api TCP 80 open", "site api SCTP 9 open", "night api TCP 80 closed"],
    ),
    Scene(
        "peers and ports: one of each list, and both",
        ingress(
            "[{from: [{podSelector: {matchLabels: {app: site}}}, "
            "{podSelector: {matchLabels: {app: night}}}], ports: [{port: 80}, {port: 90}]}]"
        ),
        [
            "site api TCP 80 open",
            "night api TCP 90 open",
            "site api TCP 85 closed",
            "peer api TCP 80 closed",
        ],
    ),
    Scene(
        "two selectors in one entry: pods of those namespaces",
        ingress(
            "[{from: [{namespaceSelector: {matchLabels: {team: b}}, "
            "podSelector: {matchLabels: {app: site}}}]}]"
        ),
        ["peer api TCP 80 open", "site api TCP 80 closed"],
    ),
    Scene(
        "two selectors as two entries: either",
        ingress(
            "[{from: [{namespaceSelector: {matchLabels: {team: b}}}, "
            "{podSelector: {matchLabels: {app: night}}}]}]"
        ),
        ["peer api TCP 80 open", "night api TCP 80 open", "site api TCP 80 closed"],
    ),
    Scene(
        "a lone podSelector means the policy's own namespace",
        from_pods("{matchLabels: {app: site}}"),
        ["site api TCP 80 open", "peer api TCP 80 closed", "1.2.3.4 api TCP 80 closed"],
    ),
    Scene(
        "a lone namespaceSelector means all pods there",
        ingress("[{from: [{namespaceSelector: {matchLabels: {team: b}}}]}]"),
        ["peer api TCP 80 open", "site api TCP 80 closed", "stray api TCP 80 unknown"],
    ),
    Scene(
        "an empty namespaceSelector means every namespace",
        ingress("[{from: [{namespaceSelector: {}}]}]"),
        ["peer api TCP 80 open", "stray api TCP 80 open", "any api TCP 80 open"],
    ),
    Scene(
        "addresses without those that are excepted",
        ingress("[{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]"),
        [
            "10.0.0.0 api TCP 80 open",
            "10.255.255.255 api TCP 80 open",
            "10.1.0.0 api TCP 80 closed",
            "10.2.0.0 api TCP 80 open",
            "9.255.255.255 api TCP 80 closed",
            "site api TCP 80 unknown",
        ],
    ),
    Scene(
        "a block does not stand for pods with Cilium",
        ingress("[{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"),
        ["1.2.3.4 api TCP 80 open", "site api TCP 80 closed"],
        engine="cilium",
    ),
    Scene(
        "a block stands for pods with Azure's engine",
        ingress("[{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"),
        ["1.2.3.4 api TCP 80 open", "site api TCP 80 open"],
        engine="azure",
    ),
    Scene(
        "ports are those of TCP unless another protocol is named",
        ingress("[{ports: [{port: 80}, {protocol: UDP}]}]"),
        [
            "site api TCP 80 open",
            "site api UDP 1 open",
            "site api UDP 65535 open",
            "site api SCTP 80 closed",
            "site api TCP 81 closed",
        ],
    ),
    Scene(
        "a range of ports holds both its ends",
        ingress("[{ports: [{port: 80, endPort: 82}]}]"),
        [
            "site api TCP 79 closed",
            "site api TCP 80 open",
            "site api TCP 82 open",
            "site api TCP 83 closed",
        ],
    ),
    Scene(
        "a port's name is looked up at the pod that is called",
        ingress("[{ports: [{port: web}, {port: dns, protocol: UDP}, {port: none}]}]"),
        [
            "site api TCP 8080 open",
            "site api UDP 53 open",
            "site api TCP 53 closed",
            "site api TCP 9090 closed",
        ],
    ),
    Scene(
        "a port's name counts with its protocol",
        ingress("[{ports: [{port: dns}]}]"),
        ["site api UDP 53 closed", "site api TCP 53 closed"],
    ),
    Scene(
        "a name that the pod does not give matches nothing",
        ingress("[{ports: [{port: none}]}]"),
        ["site api TCP 8080 closed", "site api UDP 53 closed"],
    ),
    Scene(
        "a port's name may mean another number at each pod",
        policy(
            "{podSelector: {matchLabels: {app: site}}, policyTypes: [Egress], "
            "egress: [{ports: [{port: web}]}]}"
        ),
        [
            "site api TCP 8080 open",
            "site peer TCP 9090 open",
            "site peer TCP 8080 closed",
            "site night TCP 8080 closed",
            "site 1.2.3.4 TCP 8080 closed",
            "site any TCP 1234 unknown",
        ],
    ),
    Scene(
        "who uses the network of a node calls as the node, which may always call its pods",
        ingress("[]"),
        ["host api TCP 80 unknown", "site api TCP 80 closed"],
        engine="cilium",
    ),
    Scene(
        "with Cilium a name of several numbers may be one of them",
        ingress("[{ports: [{port: web}]}, {ports: [{port: 80}]}]"),
        ["site api TCP 8080 unknown", "site api TCP 80 open", "site api TCP 9090 closed"],
        engine="cilium",
    ),
    Scene(
        "labels and expressions must all fit",
        from_pods(
            "{matchLabels: {app: site}, matchExpressions: [{key: tier, operator: In, values: [x]}]}"
        ),
        ["site api TCP 80 closed", "night api TCP 80 closed"],
    ),
    Scene(
        "In asks for one of the values",
        from_pods("{matchExpressions: [{key: app, operator: In, values: [x, night]}]}"),
        ["night api TCP 80 open", "site api TCP 80 closed"],
    ),
    Scene(
        "NotIn picks what lacks the key as well",
        from_pods("{matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}"),
        ["night api TCP 80 open", "site api TCP 80 closed"],
    ),
    Scene(
        "Exists asks for the key",
        from_pods("{matchExpressions: [{key: tier, operator: Exists}]}"),
        ["site api TCP 80 open", "night api TCP 80 closed"],
    ),
    Scene(
        "DoesNotExist picks what lacks the key",
        from_pods("{matchExpressions: [{key: tier, operator: DoesNotExist}]}"),
        ["night api TCP 80 open", "site api TCP 80 closed"],
    ),
    Scene(
        "every Namespace has its name as a label, declared or not",
        ingress(
            "[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ghost}}}]}]"
        ),
        ["stray api TCP 80 open", "peer api TCP 80 closed"],
    ),
    Scene(
        "of a Namespace that is not in the input other labels are unknown",
        ingress(
            "[{from: [{namespaceSelector: {matchExpressions: "
            "[{key: team, operator: NotIn, values: [a]}]}}]}]"
        ),
        ["peer api TCP 80 open", "stray api TCP 80 unknown", "site api TCP 80 closed"],
    ),
    Scene(
        "pods in the network of their node are never closed by a policy",
        SHUT,
        ["site host TCP 80 unknown", "1.2.3.4 host TCP 80 unknown", "site api TCP 80 closed"],
    ),
    Scene(
        "the pods of a CronJob have its labels",
        from_pods("{matchLabels: {app: night}}"),
        ["night api TCP 80 open", "site api TCP 80 closed"],
    ),
    Scene(
        "a policy selects the pods of a CronJob",
        policy("{podSelector: {matchLabels: {app: night}}}"),
        ["site night TCP 80 closed", "site api TCP 80 open"],
    ),
    Scene(
        "without an engine policies are ignored",
        SHUT,
        ["peer api TCP 80 open", "1.2.3.4 api TCP 80 open"],
        engine="none",
    ),
    Scene(
        "the first rule that matches decides",
        cluster(
            f"{{priority: 1, {SUBJECT}, ingress: [{{action: Deny, from: {SITE}}}, "
            f"{{action: Allow, from: {ALL}}}]}}"
        )
        + SHUT,
        ["site api TCP 80 closed", "stray api TCP 80 open", "1.2.3.4 api TCP 80 closed"],
    ),
    Scene(
        "of two policies of the cluster the lower number is first",
        cluster(f"{{priority: 9, {SUBJECT}, ingress: [{{action: Deny, from: {ALL}}}]}}", "a")
        + cluster(f"{{priority: 3, {SUBJECT}, ingress: [{{action: Allow, from: {SITE}}}]}}", "b"),
        ["site api TCP 80 open", "stray api TCP 80 closed"],
    ),
    Scene(
        "of equal numbers either may be first",
        cluster(f"{{priority: 3, {SUBJECT}, ingress: [{{action: Deny, from: {ALL}}}]}}", "a")
        + cluster(f"{{priority: 3, {SUBJECT}, ingress: [{{action: Allow, from: {SITE}}}]}}", "b"),
        ["site api TCP 80 unknown", "stray api TCP 80 closed"],
    ),
    Scene(
        "Pass leaves it to NetworkPolicies, and those to nobody",
        cluster(
            f"{{priority: 1, {SUBJECT}, ingress: [{{action: Pass, from: {SITE}}}, "
            f"{{action: Deny, from: {ALL}}}]}}"
        )
        + from_pods("{matchLabels: {app: site}}")
        + baseline(f"{{{SUBJECT}, ingress: [{{action: Allow, from: {ALL}}}]}}"),
        ["site api TCP 80 open", "peer api TCP 80 closed", "stray api TCP 80 closed"],
    ),
    Scene(
        "the baseline is asked where no NetworkPolicy selects",
        baseline(f"{{{SUBJECT}, ingress: [{{action: Deny, from: {SITE}}}]}}"),
        ["peer api TCP 80 closed", "stray api TCP 80 open", "1.2.3.4 api TCP 80 open"],
    ),
    Scene(
        "ports of a rule for the cluster",
        cluster(
            f"{{priority: 1, {SUBJECT}, ingress: [{{action: Deny, from: {ALL}, ports: "
            "[{portNumber: {port: 80}}, {namedPort: dns}, "
            "{portRange: {protocol: SCTP, start: 5, end: 6}}]}]}"
        ),
        [
            "peer api TCP 80 closed",
            "peer api TCP 81 open",
            "peer api UDP 53 closed",
            "peer api SCTP 6 closed",
            "peer api SCTP 7 open",
        ],
    ),
    Scene(
        "networks that are all addresses deny pods as well",
        cluster(
            f"{{priority: 1, {SUBJECT}, egress: "
            "[{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}"
        ),
        ["api peer TCP 80 closed", "api 1.2.3.4 TCP 80 closed", "peer api TCP 80 open"],
    ),
    Scene(
        "a ClusterNetworkPolicy of each tier, around a NetworkPolicy",
        successor("Baseline", f"[{{action: Deny, from: {ALL}}}]", "a")
        + successor("Admin", f"[{{action: Accept, from: {SITE}}}]", "b")
        + policy("{podSelector: {matchLabels: {app: night}}}"),
        ["site api TCP 80 open", "stray api TCP 80 closed", "stray site TCP 80 closed"],
    ),
    Scene(
        "tiers come before numbers, and Pass leaves the baseline for the default",
        successor("Admin", f"[{{action: Deny, from: {SITE}}}]", "a", priority=9)
        + successor("Baseline", f"[{{action: Accept, from: {SITE}}}]", "b", priority=1)
        + successor("Baseline", f"[{{action: Pass, from: {ALL}}}]", "c", priority=2)
        + successor("Baseline", f"[{{action: Deny, from: {ALL}}}]", "d"),
        ["site api TCP 80 closed", "stray api TCP 80 open"],
    ),
    Scene(
        "of equal numbers in the baseline either may be first",
        successor("Baseline", f"[{{action: Accept, from: {SITE}}}]", "a")
        + successor("Baseline", f"[{{action: Deny, from: {ALL}}}]", "b"),
        ["site api TCP 80 unknown"],
    ),
    Scene(
        "protocols of a ClusterNetworkPolicy",
        successor(
            "Admin",
            f"[{{action: Deny, from: {ALL}, protocols: "
            "[{tcp: {destinationPort: {number: 80}}}, {destinationNamedPort: dns},"
            " {sctp: {destinationPort: {range: {start: 5, end: 6}}}}]}]",
        ),
        [
            "peer api TCP 80 closed",
            "peer api TCP 81 open",
            "peer api UDP 53 closed",
            "peer api SCTP 6 closed",
            "peer api SCTP 7 open",
        ],
    ),
    Scene(
        "how both generations act together is not documented",
        successor("Admin", f"[{{action: Deny, from: {ALL}}}]")
        + cluster(f"{{priority: 9, {SUBJECT}, ingress: [{{action: Allow, from: {SITE}}}]}}"),
        ["site api TCP 80 unknown", "stray api TCP 80 unknown"],
    ),
    Scene(
        "on AKS nobody says that policies of the cluster are enforced",
        cluster(f"{{priority: 1, {SUBJECT}, ingress: [{{action: Deny, from: {ALL}}}]}}"),
        ["peer api TCP 80 unknown"],
        engine="cilium",
    ),
    Scene(
        "of what cannot be applied nothing is concluded",
        policy("{podSelector: {matchLabels: {app: api}}, ingress: [{form: []}]}"),
        ["site api TCP 80 unknown", "peer site TCP 80 open"],
    ),
    Scene(
        "a kind that is not understood makes closed unknown",
        SHUT + "---\napiVersion: example.com/v1\nkind: Gate\nmetadata: {name: g}\n",
        ["site api TCP 80 unknown", "site peer TCP 80 open"],
    ),
    Scene(
        "a policy in another language makes open unknown",
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: g}\n",
        ["site api TCP 80 unknown"],
    ),
    Scene(
        "calls to a node may arrive under its address",
        SHUT + "---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: shop}\n"
        "spec: {type: NodePort, selector: {app: api}, ports: [{port: 80, targetPort: web}]}\n",
        ["1.2.3.4 api TCP 8080 unknown", "1.2.3.4 api TCP 80 closed", "peer api TCP 8080 closed"],
    ),
)


@cache
def _world() -> tuple[Parsed, ...]:
    return parse(WORLD.encode(), "world.yaml").documents


def wrong(scene: Scene) -> list[str]:
    """The answers of a scene that the engine does not give, with what it says instead."""
    reading = import_module("apim_aks.reachability.reading")
    reach_module = import_module("apim_aks.reachability.reach")
    engines = import_module("apim_aks.reachability.scene")
    documents = (*_world(), *parse(scene.objects.encode(), "a.yaml").documents)
    read = reading.scene_of(documents)
    reach = reach_module.Reach(read, engines.Engine(scene.engine))
    asked = (line.rsplit(" ", 1) for line in scene.answers)
    found = ((line, said, answer(reach, *line.split())) for line, said in asked)
    return [f"{line}: {got} instead of {said}" for line, said, got in found if got != said]


def answer(reach: Any, source: str, destination: str, protocol: str, port: str) -> str:
    """What the engine says of one connection; ends are short names, addresses, or `any`."""
    sure, may = reach.between(_bit(reach, source), _bit(reach, destination))
    for ports, said in ((sure, "open"), (may, "unknown")):
        if _holds(reach.ports.ranges(ports), protocol, int(port)):
            return said
    return "closed"


def _holds(ranges: Iterable[tuple[str, int, int]], protocol: str, port: int) -> bool:
    return any(p == protocol and first <= port <= last for p, first, last in ranges)


def _bit(reach: Any, end: str) -> int:
    if end == "any":
        return int(reach.ends.any)
    if end in NAMES:
        return int(reach.ends.of_workload(NAMES[end]))
    return int(reach.ends.atom_of(int(IPv4Address(end))))
