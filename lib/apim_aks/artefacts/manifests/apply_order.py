"""The files in the order in which they are applied, from the certificates to the last deletion."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.manifests.admitting import (
    admitting_policies,
    isolating_policies,
    to_admit,
)
from apim_aks.artefacts.manifests.callers import ADMITS
from apim_aks.artefacts.manifests.file import Action, ManifestFile, Phase, manifest_file
from apim_aks.artefacts.manifests.ingress import Writer, ingress_writer, namespaces
from apim_aks.artefacts.manifests.narrowing import narrowed_policies, ways_back
from apim_aks.artefacts.manifests.network_policy import (
    cut_off,
    shared_pods,
    unguarded,
)
from apim_aks.artefacts.manifests.own_certificates import (
    authorities_to_name,
    certificates_to_renew,
)
from apim_aks.artefacts.manifests.scene import ManifestScene, Routed, obj
from apim_aks.artefacts.manifests.self_hosted import gateway_objects, namespace
from apim_aks.artefacts.manifests.services import (
    answered_elsewhere,
    changed_services,
    gateway_services,
    lists_lost,
    lists_to_remove,
    moved_services,
    port_services,
)
from apim_aks.artefacts.manifests.token_check import (
    CHECK_AUTHORITY,
    own_checks,
    provider_classes,
    token_checks,
)
from apim_aks.artefacts.manifests.way_back import of_made, of_moved, of_theirs
from apim_aks.facts import IngressGateway
from apim_aks.topology import Kind
from apim_aks.workload.kubernetes.ending import endings
from apim_aks.workload.model import Workload

ROUTES = {
    "Ingress": "networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "GRPCRoute": "gateway.networking.k8s.io/v1",
    "IngressRoute": "traefik.io/v1alpha1",
    "VirtualService": "networking.istio.io/v1",
}
CUT_OVER = "Callers of the old address are cut off here: apply it when the gateway can take them."


STAYS = (
    "A policy that selects the same pods already stays in force, and whoever it admits stays "
    "admitted: look at kubectl get networkpolicy --all-namespaces, and narrow or remove it."
)


def files(scene: ManifestScene) -> tuple[ManifestFile, ...]:
    """Every step in the cluster; those without objects or steps by hand are left out."""
    made = (*_checked(scene), *_ingress(scene), *_self_hosted(scene))
    steps = (_of_ports(scene), _for_gateway(scene), *made, _admitted(scene), *_moved(scene))
    found = (*steps, _narrowed(scene), _removed(scene))
    return tuple(sorted((f for f in found if f.objects or f.by_hand), key=lambda file: file.name))


def _checked(scene: ManifestScene) -> Iterator[ManifestFile]:
    yield manifest_file(
        "20-token-certificates.yaml",
        provider_classes(scene),
        "Brings the certificate of each token check from Key Vault. The add-on's rotation has to "
        "be on, so that a renewed certificate is taken over.",
    )
    yield manifest_file(
        "30-token-checks.yaml",
        token_checks(scene),
        "Ends TLS before each Service that cannot check the gateway's own token, and admits calls "
        "with that token only. An app registration for each audience is there before, with access "
        "tokens of version 1, its default: those of version 2 hold another audience.",
        by_hand=(
            *own_checks(scene),
            *authorities_to_name(_hops(scene, Kind.TOKEN_PROXY), CHECK_AUTHORITY),
        ),
    )


def _hops(scene: ManifestScene, kind: Kind) -> Iterator[Routed]:
    return (hop for c in scene.topology.of_kind(kind) for hop in scene.behind(c))


def _of_ports(scene: ManifestScene) -> ManifestFile:
    return manifest_file(
        "15-port-services.yaml",
        port_services(scene),
        "Gives each further port of a Service that callers reach today a Service of its own before "
        "the same pods, so that an API leads to it. The Services that are there keep their ports.",
    )


def _for_gateway(scene: ManifestScene) -> ManifestFile:
    return manifest_file(
        "30-gateway-services.yaml",
        gateway_services(scene),
        "Gives the gateway an internal load balancer before the pods of each Service that it "
        "calls, beside the Services that are there, which nobody touches.",
        by_hand=answered_elsewhere(scene),
    )


def _ingress(scene: ManifestScene) -> Iterator[ManifestFile]:
    ingress = scene.ingress
    if ingress is None:
        return
    writer, row = ingress_writer(scene), scene.gateway
    if row is None:
        return
    steps: tuple[tuple[str, Action, Writer, str], ...] = (
        ("10-namespaces", Action.APPLY, namespaces, "The namespace of the ingress."),
        (
            "20-certificates",
            Action.APPLY,
            writer.certificate_objects,
            _certificates(scene),
        ),
        (
            "30-ingress",
            Action.APPLY,
            writer.entry,
            f"{_entry(scene)} Step before it: {scene.drawn.controller.install}.",
        ),
        (
            "35-ingress-address",
            Action.PATCH,
            writer.address,
            "Gives the ingress its address and says who may call it.",
        ),
        ("40-routes", Action.APPLY, writer.routes, "Leads each path prefix to its Service."),
    )
    for name, action, write, because in steps:
        warning = _warning(scene, row) if write is writer.entry else ""
        made = write(scene, ingress, row)
        routed = scene.behind(ingress) if write is writer.routes else ()
        by_hand = authorities_to_name(routed, writer.authority)
        yield manifest_file(f"{name}.yaml", made, because, action, warning, by_hand)


def _self_hosted(scene: ManifestScene) -> Iterator[ManifestFile]:
    gateway = scene.topology.self_hosted
    if gateway is None:
        return
    yield manifest_file(
        "10-namespaces.yaml", [namespace(scene)], "The namespace of the gateway in the cluster."
    )
    yield manifest_file(
        "30-gateway.yaml",
        gateway_objects(scene, gateway),
        "The gateway's container: it signs in with the identity of its account, reads its "
        "configuration from API Management, keeps a copy, and is reached at its own address. It "
        "answers nobody before it has the certificate of its host name.",
    )


def _certificates(scene: ManifestScene) -> str:
    rotation = "The add-on's rotation has to be on"
    if not scene.asks_certificate:
        return f"Brings the ingress's certificate. {rotation}."
    together = "while the authority is replaced, old and new are trusted together"
    return f"Brings the ingress's certificate and the trusted authority. {rotation}; {together}."


def _entry(scene: ManifestScene) -> str:
    if scene.asks_certificate:
        return (
            "The entry that demands the gateway's client certificate. A call without one must be "
            "refused before anything else is applied."
        )
    return (
        "The entry for all Services. It asks for no certificate, so that who reaches its address "
        "reaches them: a call from outside the gateway's subnet must get no answer."
    )


def _warning(scene: ManifestScene, row: IngressGateway) -> str:
    asked = row.certificate_warning if scene.asks_certificate else ""
    return " ".join(filter(None, (row.first, asked)))


def _admitted(scene: ManifestScene) -> ManifestFile:
    return manifest_file(
        "45-admitting-policies.yaml",
        admitting_policies(scene),
        "Admits the caller in front of pods that a policy selects already, beside whom that admits "
        "today, lets it call them, and guards the pods of the new ingress. Pods that no policy "
        "selects stay open.",
        by_hand=tuple(to_admit(scene)),
    )


def _moved(scene: ManifestScene) -> Iterator[ManifestFile]:
    yield manifest_file(
        "50-services.yaml",
        changed_services(scene),
        "Takes the Services off their old addresses; callers inside the cluster keep their names. "
        f"{CUT_OVER}",
        Action.PATCH,
        by_hand=(
            *certificates_to_renew(scene),
            *lists_to_remove(scene),
            *lists_lost(scene),
        ),
        phase=Phase.CLOSE,
        ways_back=tuple(map(of_moved, moved_services(scene))),
    )
    policies = isolating_policies(scene)
    yield manifest_file(
        "60-network-policies.yaml",
        policies,
        "Admits the caller in front of the pods and the callers inside the cluster that are known, "
        f"which the annotation {ADMITS} names, and with that nobody else, which needs a network "
        "policy engine. A caller that is missing goes under calls in workload.yaml.",
        by_hand=(
            *((STAYS,) if policies else ()),
            *shared_pods(scene),
            *unguarded(scene),
            *cut_off(scene),
        ),
        phase=Phase.CLOSE,
        ways_back=of_made(policies),
    )


def _narrowed(scene: ManifestScene) -> ManifestFile:
    policies = narrowed_policies(scene)
    return manifest_file(
        "85-narrow-policies.yaml",
        policies,
        "Takes from these policies of yours whom they admit: policies add up, and while they let "
        "everybody in, the new ones shut nobody out. What they say of calls outward stays. "
        f"{CUT_OVER}",
        Action.PATCH,
        by_hand=ways_back(scene),
        phase=Phase.CLOSE,
        ways_back=of_theirs(policies),
    )


def _endings(workload: Workload) -> tuple[str, ...]:
    return tuple(ending.step for ending in endings(workload.documents))


def _removed(scene: ManifestScene) -> ManifestFile:
    routes = [c for c in scene.topology.changes if c.kind in ROUTES and c.service]
    objects = tuple(
        obj(
            ROUTES[c.kind],
            c.kind,
            c.name,
            c.namespace or scene.workload.service(c.service).namespace,
        )
        for c in routes
        if c.action == "delete"
    )
    kept = tuple(
        f"{c.kind} {c.name} of {c.service}: {c.reason}" for c in routes if c.action == "change"
    )
    because = f"Takes away the routes that led to the Services around the gateway. {CUT_OVER}"
    ends = scene.workload.once(_endings) if routes else ()
    by_hand = (*kept, *ends)
    return manifest_file(
        "90-delete.yaml",
        objects,
        because,
        Action.DELETE,
        by_hand=by_hand,
        phase=Phase.CLOSE,
        ways_back=of_theirs(objects),
    )
