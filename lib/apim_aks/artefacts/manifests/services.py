"""The workload's Services as they become: inside the cluster, or on an internal load balancer."""

from __future__ import annotations

from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.placeholder import guard
from apim_aks.artefacts.manifests.scene import ANNOTATION, ManifestScene, made_by, obj, target_of
from apim_aks.topology import Component, Exposure, Reach
from apim_aks.workload.model import Port, Service, ServiceType

OUTSIDE = (ServiceType.LOAD_BALANCER, ServiceType.NODE_PORT)
RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
OTHER_LISTS = (f"{ANNOTATION}allowed-service-tags", f"{ANNOTATION}allowed-ip-ranges", RANGES)
"""Annotations that list callers too: AKS refuses a Service with one of them and source ranges."""


def created_services(scene: ManifestScene) -> tuple[Object, ...]:
    """The Services that further ports of Services of the workload get, before the same pods."""
    inside = (_own(scene, s, {"type": "ClusterIP"}) for _, s in scene.services(Exposure.CLUSTER))
    private = (
        _own(scene, s, _balanced(scene, c), private_annotations(scene, c))
        for c, s in scene.services(Exposure.PRIVATE)
    )
    return tuple(filter(None, (*inside, *private)))


def _own(
    scene: ManifestScene, service: Service, spec: Object, annotations: dict[str, str] | None = None
) -> Object:
    """The whole object; empty for a Service that is there."""
    if not service.derived_from:
        return {}
    families: Object = {
        "ipFamilies": [*service.ip_families],
        "ipFamilyPolicy": service.ip_family_policy,
    }
    return obj(
        "v1",
        "Service",
        service.name,
        service.namespace,
        made_by(scene.workload),
        annotations,
        spec={
            **spec,
            **{name: said for name, said in families.items() if said},
            "selector": dict(service.selector or ()),
            "ports": [_port(p) for p in service.ports],
        },
    )


def _port(port: Port) -> Object:
    said = {"name": port.name, "appProtocol": port.app_protocol}
    return {
        **{name: value for name, value in said.items() if value},
        "port": port.number,
        "targetPort": target_of(port),
        "protocol": port.protocol,
    }


def changed_services(scene: ManifestScene) -> tuple[Object, ...]:
    """Patches of the Services whose type changes; their other fields stay as they are."""
    inside = (_inside(s) for _, s in scene.services(Exposure.CLUSTER) if s.type in OUTSIDE)
    private = (
        _private(scene, c, s) for c, s in scene.services(Exposure.PRIVATE) if not s.derived_from
    )
    return (*inside, *private)


def lists_to_remove(scene: ManifestScene) -> tuple[str, ...]:
    """What has to go before a Service is patched: a patch leaves others' annotations."""
    found = (
        (service, [name for name in OTHER_LISTS if name in dict(service.annotations)])
        for component, service in scene.services(Exposure.PRIVATE)
        if source_ranges(scene, component)
    )
    inside = (s for _, s in scene.services(Exposure.CLUSTER) if s.type in OUTSIDE)
    refused = "the API server refuses on any type but LoadBalancer and no patch takes away"
    return (
        *(_removal(service, names) for service, names in found if names),
        *(_removal(s, [RANGES], refused) for s in inside if RANGES in dict(s.annotations)),
    )


def lists_lost(scene: ManifestScene) -> tuple[str, ...]:
    """Address lists of Services that end here, since behind the gateway they see only it."""
    held = (*scene.services(Exposure.CLUSTER), *scene.services(Exposure.PRIVATE))
    return tuple(
        f"{service.id} admitted only {', '.join(service.source_ranges)} and admits the gateway "
        f"from now on; {_who_may_call(scene, service)}"
        for _, service in held
        if service.source_ranges and service.type in OUTSIDE
    )


def _who_may_call(scene: ManifestScene, service: Service) -> str:
    operations = scene.drawn.mapping.operations_of(service.id)
    if operations and all(o.handling.admitted for o in operations):
        return "the ip-filter in the policy of its API admits those addresses in its place"
    return (
        "who may still call it is for an ip-filter in the policy of its API, or for what stands "
        "before the gateway"
    )


_BESIDE = "AKS refuses beside source ranges and no patch takes away (empty it still counts)"


def _removal(service: Service, names: list[str], refused: str = _BESIDE) -> str:
    # Empty is not absent: an empty annotation is read as one tag or range without a name.
    removed = " ".join(f"{name}-" for name in names)
    return (
        f"{service.id} lists callers in an annotation, which {refused}; before this file: kubectl "
        f"annotate service {service.name} --namespace {service.namespace} {removed}"
    )


def _inside(service: Service) -> Object:
    # Source ranges are refused on any type but LoadBalancer.
    ranges: Object = {"loadBalancerSourceRanges": []} if service.source_ranges else {}
    spec = {"type": "ClusterIP", **ranges}
    return obj("v1", "Service", service.name, service.namespace, spec=spec)


def _private(scene: ManifestScene, component: Component, service: Service) -> Object:
    return obj(
        "v1",
        "Service",
        service.name,
        service.namespace,
        annotations=private_annotations(scene, component),
        spec=_balanced(scene, component),
    )


def _balanced(scene: ManifestScene, component: Component) -> Object:
    return {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        **source_ranges(scene, component),
    }


def source_ranges(scene: ManifestScene, component: Component) -> Object:
    """The ranges from which alone this component is called, as the Service's own field."""
    ranges = scene.callers(component) if component.reach is Reach.GATEWAY else []
    return {"loadBalancerSourceRanges": ranges} if ranges else {}


def callers_guard(component: Component) -> dict[str, str]:
    """The label for objects that name the gateway's public address where any text would pass."""
    return guard("gateway-address") if component.lists_gateway else {}


def private_annotations(
    scene: ManifestScene, component: Component, full: bool = True
) -> dict[str, str]:
    """An internal load balancer with a fixed address; `full` where the Service is ours to shape."""
    fixed = scene.plan.load_balancer(component.id)
    found = {f"{ANNOTATION}load-balancer-internal": "true"} if full else {}
    if fixed:
        found[f"{ANNOTATION}load-balancer-internal-subnet"] = fixed.subnet
        found[f"{ANNOTATION}load-balancer-ipv4"] = fixed.address
    if full and source_ranges(scene, component):
        found[f"{ANNOTATION}deny-all-except-load-balancer-source-ranges"] = "true"
    return found


def public_annotations(scene: ManifestScene, component: Component) -> dict[str, str]:
    """The public address that was made for it, by name."""
    address = scene.plan.public_address(component.id)
    if address is None:
        return {}
    return {
        f"{ANNOTATION}pip-name": address.name,
        f"{ANNOTATION}load-balancer-resource-group": scene.home,
    }


def region_annotation(scene: ManifestScene, component: Component) -> dict[str, str]:
    """The addresses of the region, where the gateway has none of its own."""
    if component.reach is not Reach.REGION:
        return {}
    return {f"{ANNOTATION}allowed-service-tags": f"AzureCloud.{scene.workload.azure.region}"}
