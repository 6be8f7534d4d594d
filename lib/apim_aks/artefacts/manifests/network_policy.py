"""Who may reach which pods: the ingress, the token check or the gateway's subnet, and callers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.artefacts.manifests.callers import NAMESPACE, admitting, left_out, named
from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.placeholder import stands_for
from apim_aks.artefacts.manifests.scene import (
    ManifestScene,
    Routed,
    made_by,
    obj,
    pod_port,
    target_of,
)
from apim_aks.artefacts.manifests.token_check import checks
from apim_aks.facts import RuleRow, network_rules
from apim_aks.facts.self_hosted import self_hosted_defaults
from apim_aks.options.beside import selected, shared_labels
from apim_aks.options.cluster_changes import check_is_isolated, check_name, object_name
from apim_aks.options.entry_pods import entry_pods
from apim_aks.options.self_hosted_gateway import NAME
from apim_aks.topology import Exposure
from apim_aks.workload.model import Service
from apim_aks.workload.network_policy import LAST_PORT, PROTOCOLS

RULES = "self-hosted-gateway"
"""The rules of a gateway in the cluster in data/network_rules.csv."""
_NAMES: Object = {"namespaceSelector": {"matchLabels": {NAMESPACE: "kube-system"}}}


def network_policies(scene: ManifestScene) -> tuple[Object, ...]:
    """One policy for the pods of each published Service, and one for an ingress on the network."""
    return (
        *_ingress_pods(scene),
        *_before_checks(scene),
        *_behind_checks(scene),
        *_behind_ingress(scene),
        *_behind_gateway(scene),
        *_exposed(scene),
    )


def _before_checks(scene: ManifestScene) -> tuple[Object, ...]:
    """The list of addresses stands in the Service of a token check, which asks for the token."""
    return tuple(
        obj(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            check_name(hop.service),
            hop.service.namespace,
            made_by(scene.workload),
            spec=_spec(
                {"app.kubernetes.io/name": check_name(hop.service)},
                [{"ports": [{"protocol": "TCP", "port": "https"}]}],
            ),
        )
        for _, hop in checks(scene)
        if check_is_isolated(scene.workload, hop.service)
    )


def _behind_checks(scene: ManifestScene) -> tuple[Object, ...]:
    return tuple(
        _policy(scene, hop.service, hop.port, [_pods(check_name(hop.service))])
        for _, hop in checks(scene)
        if hop.service.guardable
    )


def _pods(name: str) -> Object:
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}


def _behind_ingress(scene: ManifestScene) -> tuple[Object, ...]:
    if scene.ingress is None or scene.gateway is None:
        return ()
    source = {
        "namespaceSelector": {"matchLabels": {NAMESPACE: scene.gateway.namespace}},
        "podSelector": {"matchLabels": ingress_labels(scene)},
    }
    hops = scene.behind(scene.ingress)
    return tuple(
        _policy(scene, hop.service, hop.port, [source]) for hop in hops if hop.service.guardable
    )


GATEWAY_PODS = {"app.kubernetes.io/name": NAME}
"""The label that picks the pods of a gateway in the cluster."""


def _behind_gateway(scene: ManifestScene) -> tuple[Object, ...]:
    gateway = scene.topology.self_hosted
    if gateway is None:
        return ()
    source = {
        "namespaceSelector": {"matchLabels": {NAMESPACE: self_hosted_defaults().namespace}},
        "podSelector": {"matchLabels": GATEWAY_PODS},
    }
    hops = scene.behind(gateway)
    return tuple(
        _policy(scene, hop.service, hop.port, [source]) for hop in hops if hop.service.guardable
    )


def _exposed(scene: ManifestScene) -> tuple[Object, ...]:
    return tuple(
        _policy(scene, s, port, _blocks(scene.callers(c)))
        for c, s in scene.services(Exposure.PRIVATE)
        for port in c.ports[:1]
        if s.guardable
    )


def unguarded(scene: ManifestScene) -> tuple[str, ...]:
    """The Services whose pods no policy can select, and what is left to do about it."""
    return tuple(
        f"{s.id} has no selector, so no NetworkPolicy can guard what answers for it, and none is "
        "written: guard it where it runs (its own firewall or security group), or give the Service "
        "a selector"
        for s in _called(scene)
        if not s.guardable
    )


def cut_off(scene: ManifestScene) -> tuple[str, ...]:
    """The callers inside the cluster that no policy can admit, and what is left to do about it."""
    found = (w for s in _called(scene) if s.guardable for w in left_out(scene.workload, s))
    return tuple(dict.fromkeys(found))


def _called(scene: ManifestScene) -> Iterator[Service]:
    for exposure in (Exposure.CLUSTER, Exposure.PRIVATE):
        yield from (s for _, s in scene.services(exposure))


def _blocks(ranges: Sequence[str]) -> list[Object]:
    return [{"ipBlock": {"cidr": cidr}} for cidr in ranges]


def ingress_labels(scene: ManifestScene) -> dict[str, str]:
    """The label that picks the pods of the ingress."""
    row, ingress = scene.gateway, scene.ingress
    if row is None or ingress is None:
        return {}
    return entry_pods(row, ingress.public)


def _ingress_pods(scene: ManifestScene) -> tuple[Object, ...]:
    """Source ranges guard the load balancer alone, and not the ports of the nodes beside it."""
    row, ingress = scene.gateway, scene.ingress
    if row is None or ingress is None or ingress.public:
        return ()
    sources = _blocks(scene.callers(ingress))
    rules: list[Object] = [{"from": sources}] if sources else []
    if scene.shares_pods:
        rules = [rule | {"ports": [_tcp(scene.listens)]} for rule in rules]
        there = selected(
            scene.workload.guards.every, row.namespace, ingress_labels(scene), "ingress"
        )
        rules += [] if there else [_others(scene)]
    spec = _spec(ingress_labels(scene), rules)
    labels = made_by(scene.workload)
    return (obj("networking.k8s.io/v1", "NetworkPolicy", "apis", row.namespace, labels, spec=spec),)


def _others(scene: ManifestScene) -> Object:
    """Every other port of these pods, open to everybody as before: others are served there."""
    below, above = _tcp(1, scene.listens - 1), _tcp(scene.listens + 1, LAST_PORT)
    rest = [{"protocol": p, "port": 1, "endPort": LAST_PORT} for p in PROTOCOLS if p != "TCP"]
    return {"ports": [below, above, *rest]}


def _tcp(first: int, last: int = 0) -> Object:
    return {"protocol": "TCP", "port": first, **({"endPort": last} if last else {})}


def shared_pods(scene: ManifestScene) -> tuple[str, ...]:
    """What is looked at before a policy for pods that serve others is applied."""
    row, ingress = scene.gateway, scene.ingress
    if row is None or ingress is None or ingress.public or not scene.shares_pods:
        return ()
    if selected(scene.workload.guards.every, row.namespace, ingress_labels(scene), "ingress"):
        return ()
    return (
        f"apis is for pods that serve others too: it closes their port {scene.listens} but for the "
        "gateway and leaves every other port open. Policies add up, so look at kubectl get "
        f"networkpolicy --namespace {row.namespace}: where one selects these pods, take the rule "
        "without sources out of apis",
    )


def _policy(scene: ManifestScene, service: Service, port: int, sources: list[Object]) -> Object:
    ports = [{"protocol": "TCP", "port": pod_port(service, port)}]
    gateway: list[Object] = [{"from": sources, "ports": ports}] if sources else []
    callers = admitting(scene.workload, service)
    return obj(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        object_name(service),
        service.namespace,
        made_by(scene.workload),
        named(scene.workload, service),
        spec=_spec(pod_labels(service), [*gateway, *callers, *_left_open(scene, service)]),
    )


def _left_open(scene: ManifestScene, service: Service) -> Iterator[Object]:
    """The ports to which routes stay, open to everybody as before: nobody else leads there."""
    left = sorted(scene.left_open[service.id], key=lambda p: p.number)
    targets = dict.fromkeys(target_of(p) for p in left)
    if targets:
        yield {"ports": [{"protocol": "TCP", "port": port} for port in targets]}


def _spec(labels: dict[str, str], rules: list[Object]) -> Object:
    return {
        "podSelector": {"matchLabels": labels},
        "policyTypes": ["Ingress"],
        # A rule without sources would admit everybody; no rule admits nobody.
        "ingress": rules,
    }


def pod_labels(service: Service) -> dict[str, str]:
    """The labels that all pods of this Service share, or those that its selector asks for.

    A placeholder where nobody said what it selects.
    """
    name = "app.kubernetes.io/name"
    return shared_labels(service) or {name: stands_for("pod-label", service)}


def towards(hop: Routed) -> Object:
    """The pods of a Service, and of those that share its calls; anybody's where none is known."""
    service = hop.service
    if not service.guardable:
        return {"ports": [_tcp(hop.port)]}
    target = {
        "namespaceSelector": {"matchLabels": {NAMESPACE: service.namespace}},
        "podSelector": {"matchLabels": pod_labels(service)},
    }
    return {"to": [target], "ports": [{"protocol": "TCP", "port": pod_port(service, hop.port)}]}


def dns() -> list[Object]:
    """Where names are asked for, as the rules of the gateway in the cluster have it."""
    return [{"to": [_NAMES], **at(row)} for row in network_rules(RULES) if "dns-" in row.id]


def at(row: RuleRow) -> Object:
    """The port of a row."""
    return {"ports": [{"protocol": row.protocol, "port": int(row.port)}]}
