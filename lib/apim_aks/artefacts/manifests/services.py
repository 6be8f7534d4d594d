"""The Services that the gateway calls, made beside the workload's, and what becomes of those."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.artefacts.manifests.file import Object
from apim_aks.artefacts.manifests.placeholder import guard, stands_for
from apim_aks.artefacts.manifests.scene import ANNOTATION, ManifestScene, made_by, obj, target_of
from apim_aks.facts import manifest_defaults
from apim_aks.options.cluster_changes import OUTSIDE, gateway_name
from apim_aks.topology import Component, Exposure, Reach
from apim_aks.workload.model import Port, Service

RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
"""An annotation that lists callers, which the API server refuses on other types."""


def port_services(scene: ManifestScene) -> tuple[Object, ...]:
    """The Services that further ports of Services of the workload get, before the same pods."""
    own = (s for _, s in scene.services(Exposure.CLUSTER) if s.derived_from)
    return tuple(_made(scene, s, s.name, s.ports, {"type": "ClusterIP"}) for s in own)


def gateway_services(scene: ManifestScene) -> tuple[Object, ...]:
    """What the gateway calls: a Service of ours before the same pods, the port alone it calls."""
    return tuple(
        _made(
            scene,
            service,
            gateway_name(scene.workload, service),
            [service.named_port(str(n)) or Port(n) for n in component.ports],
            _balanced(scene, component, service),
            private_annotations(scene, component),
        )
        for component, service in scene.services(Exposure.PRIVATE)
    )


def answered_elsewhere(scene: ManifestScene) -> tuple[str, ...]:
    """The Services without a selector, for whose Service of ours somebody names who answers."""
    return tuple(
        f"{s.id} has no selector: write an EndpointSlice for "
        f"{s.namespace}/{gateway_name(scene.workload, s)} with the addresses that answer for it"
        for _, s in scene.services(Exposure.PRIVATE)
        if not s.guardable
    )


def _made(
    scene: ManifestScene,
    service: Service,
    name: str,
    ports: Iterable[Port],
    spec: Object,
    annotations: dict[str, str] | None = None,
) -> Object:
    """A Service of ours that leads to the pods of one of the workload."""
    families: Object = {
        "ipFamilies": [*service.ip_families],
        "ipFamilyPolicy": service.ip_family_policy,
    }
    selector = _selector(service)
    return obj(
        "v1",
        "Service",
        name,
        service.namespace,
        made_by(scene.workload),
        annotations,
        spec={
            **spec,
            **{key: said for key, said in families.items() if said},
            **({"selector": selector} if selector else {}),
            "ports": [_port(p) for p in ports],
        },
    )


def _selector(service: Service) -> dict[str, str]:
    """The same pods; a placeholder where nobody said which."""
    if service.selector is None:
        return {"app.kubernetes.io/name": stands_for("pod-label", service)}
    return dict(service.selector)


def _port(port: Port) -> Object:
    said = {"name": port.name, "appProtocol": port.app_protocol}
    return {
        **{name: value for name, value in said.items() if value},
        "port": port.number,
        "targetPort": target_of(port),
        "protocol": port.protocol,
    }


def changed_services(scene: ManifestScene) -> tuple[Object, ...]:
    """Patches of the Services that lose their addresses; their other fields stay as they are."""
    return tuple(map(_inside, moved_services(scene)))


def moved_services(scene: ManifestScene) -> tuple[Service, ...]:
    """The Services of the workload that are called from outside today, and no longer then."""
    held = (*scene.services(Exposure.CLUSTER), *scene.services(Exposure.PRIVATE))
    return tuple(s for _, s in held if s.type in OUTSIDE and not s.derived_from)


def lists_to_remove(scene: ManifestScene) -> tuple[str, ...]:
    """What has to go before a Service is patched: a patch leaves others' annotations."""
    return tuple(
        f"{s.id} lists callers in an annotation, which the API server refuses on any type but "
        "LoadBalancer and no patch takes away; before this file: kubectl annotate service "
        f"{s.name} --namespace {s.namespace} {RANGES}-"
        for s in moved_services(scene)
        if RANGES in dict(s.annotations)
    )


def lists_lost(scene: ManifestScene) -> tuple[str, ...]:
    """Address lists of Services that end here, since behind the gateway they see only it."""
    return tuple(
        f"{service.id} admitted only {', '.join(service.source_ranges)} and admits the gateway "
        f"from now on; {_who_may_call(scene, service)}"
        for service in moved_services(scene)
        if service.source_ranges
    )


def _who_may_call(scene: ManifestScene, service: Service) -> str:
    operations = scene.drawn.mapping.operations_of(service.id)
    if operations and all(o.handling.admitted for o in operations):
        return "the ip-filter in the policy of its API admits those addresses in its place"
    return (
        "who may still call it is for an ip-filter in the policy of its API, or for what stands "
        "before the gateway"
    )


def _inside(service: Service) -> Object:
    # Source ranges are refused on any type but LoadBalancer.
    ranges: Object = {"loadBalancerSourceRanges": []} if service.source_ranges else {}
    spec = {"type": "ClusterIP", **ranges}
    return obj("v1", "Service", service.name, service.namespace, spec=spec)


def _balanced(scene: ManifestScene, component: Component, service: Service) -> Object:
    """Under Local nodes lead to nothing that is not on them, such as what has no selector."""
    ports = manifest_defaults().gateway_node_ports
    own: Object = {"externalTrafficPolicy": "Local", "allocateLoadBalancerNodePorts": ports}
    return {
        "type": "LoadBalancer",
        **(own if service.guardable else {}),
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
    return found | (denied_rest(scene, component) if full else {})


def denied_rest(scene: ManifestScene, component: Component) -> dict[str, str]:
    """Azure refuses whoever is in no range, those of the virtual network too; nodes alone do not
    prove it."""
    told = f"{ANNOTATION}deny-all-except-load-balancer-source-ranges"
    return {told: "true"} if source_ranges(scene, component) else {}


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
