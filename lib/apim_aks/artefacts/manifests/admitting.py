"""Policies that only admit: for pods of ours, and beside policies that select pods already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.network_policy import (
    dns,
    ingress_labels,
    network_policies,
    pod_labels,
    towards,
)
from apim_aks.artefacts.manifests.scene import HTTPS, ManifestScene, made_by, obj
from apim_aks.artefacts.manifests.token_check import checks
from apim_aks.listing import listed
from apim_aks.options.beside import Beside, beside, selected, shared_labels
from apim_aks.options.cluster_changes import ENTRY_OUT, check_labels, check_out, object_name
from apim_aks.workload.guards.pods import NotUnderstood
from apim_aks.workload.model import Service
from apim_aks.workload.network_policy import Selector


def admitting_policies(scene: ManifestScene) -> tuple[Object, ...]:
    """Those for pods that a policy selects already, and for pods of ours: they only admit."""
    early = tuple(p for p in network_policies(scene) if _only_admits(scene, p))
    return (*early, *_in_part(scene), *_outward(scene))


def isolating_policies(scene: ManifestScene) -> tuple[Object, ...]:
    """The others: until now nothing keeps anybody from the pods that they select."""
    return tuple(p for p in network_policies(scene) if not _only_admits(scene, p))


def _only_admits(scene: ManifestScene, policy: Object) -> bool:
    """Whatever pods it selects are ours, or are selected by a policy of the reader's."""
    space, row = policy["metadata"]["namespace"], scene.gateway
    if row and row.creates_namespace and space == row.namespace:
        return True
    labels = policy["spec"]["podSelector"]["matchLabels"]
    return selected(scene.workload.guards.every, space, labels, "ingress")


def _in_part(scene: ManifestScene) -> Iterator[Object]:
    """What isolates a Service's pods at last, for those of them that somebody isolates today."""
    whole = {_place(p): p for p in isolating_policies(scene)}
    for service in scene.drawn.published:
        policy = whole.get((service.namespace, object_name(service)))
        for one in in_part(scene, service) if policy else ():
            yield _for(policy, one, pod_labels(service))


def in_part(scene: ManifestScene, service: Service) -> tuple[Beside, ...]:
    """The policies that select some of a Service's pods, as far as is known."""
    labels, guards = shared_labels(service), scene.workload.guards.of(service.id)
    found = beside(guards, service.namespace, labels, "ingress")
    return tuple(one for one in found if one.of)


def to_admit(scene: ManifestScene) -> Iterator[str]:
    """The policies whose kinds nobody here understands, and what is left to do about each."""
    published = {service.id for service in scene.drawn.published}
    for guard in scene.workload.guards.every:
        about = published.intersection(guard.services)
        if isinstance(guard, NotUnderstood) and about:
            yield (
                f"{guard.called} is of {guard.version}, which is not understood, and may stop the "
                f"new way to {listed(sorted(about), 4)}: let it admit whom the policies of 45- and "
                "60- admit, and let it allow what they call, before callers move; verify shows "
                "whether calls arrive"
            )


def _place(policy: Object) -> tuple[str, str]:
    return policy["metadata"]["namespace"], policy["metadata"]["name"]


def _for(policy: Object | None, one: Beside, labels: Mapping[str, str]) -> Object:
    """The same policy for the pods that both select."""
    assert policy is not None
    metadata = policy["metadata"] | {"name": one.named(policy["metadata"]["name"])}
    spec = policy["spec"] | {"podSelector": written(labels, one.theirs)}
    return policy | {"metadata": metadata, "spec": spec}


def _outward(scene: ManifestScene) -> Iterator[Object]:
    """What stands before Services may call them, where a policy says whom its pods may call."""
    keys = {"ports": [{"protocol": "TCP", "port": HTTPS}]}
    for _, hop in checks(scene):
        labels, name = check_labels(hop.service), check_out(hop.service)
        rules = [towards(hop), *dns(), keys]
        yield from _out(scene, hop.service.namespace, name, labels, rules)
    if scene.ingress and scene.gateway:
        rules = [towards(hop) for hop in scene.behind(scene.ingress)]
        space, labels = scene.gateway.namespace, ingress_labels(scene)
        yield from _out(scene, space, ENTRY_OUT, labels, rules)


def _out(
    scene: ManifestScene, space: str, name: str, labels: dict[str, str], rules: list[Object]
) -> Iterator[Object]:
    for one in beside(scene.workload.guards.every, space, labels, "egress"):
        yield obj(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            one.named(name),
            space,
            made_by(scene.workload),
            spec={
                "podSelector": written(labels, one.theirs),
                "policyTypes": ["Egress"],
                "egress": rules,
            },
        )


def written(labels: Mapping[str, str], more: Selector) -> Object:
    """A selector of pods as a manifest holds it: these labels, and what another one asks for."""
    found: Object = {}
    if equal := {**dict(more.equal), **labels}:
        found["matchLabels"] = equal
    if more.expressions:
        found["matchExpressions"] = [
            {"key": e.key, "operator": e.operator, **({"values": [*e.values]} if e.values else {})}
            for e in more.expressions
        ]
    return found
