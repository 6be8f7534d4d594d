"""What changes in the cluster, object by object: the same list that the manifests write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from apim_aks.apis.mapping import http_port, left_beside, routed_ports
from apim_aks.facts import (
    IngressGateway,
    IngressObject,
    default_controller,
    ingress_gateway,
    ingress_objects,
)
from apim_aks.listing import listed
from apim_aks.options import surroundings as around
from apim_aks.options.beside import beside, selected, shared_labels
from apim_aks.options.entry_pods import admitted_already, entry_pods, shares_pods
from apim_aks.options.option import Setting
from apim_aks.topology import ObjectChange
from apim_aks.workload.model import Port, Service, ServiceType, Workload
from apim_aks.workload.names import fitting, marked
from apim_aks.workload.route import Route

ENTRY_OUT = "apis-out"
"""The policy that lets the pods of the ingress call the Services."""
OUTSIDE = (ServiceType.LOAD_BALANCER, ServiceType.NODE_PORT)

Kinds = tuple[IngressObject, ...]
Left = Mapping[str, tuple[Port, ...]]


def object_name(service: Service) -> str:
    """The name of an object that is added for a Service, distinct from its owners' names."""
    return f"{fitting(service.name, 58)}-apis"


def check_name(service: Service) -> str:
    """The name of everything that checks tokens for this Service."""
    return f"{fitting(service.name, 51)}-token-check"


def gateway_name(workload: Workload, service: Service) -> str:
    """The name of the Service that the gateway calls in the place of this one.

    That of a further port is made for it anyway. No other Service of the namespace has the name.
    """
    if service.derived_from:
        return service.name
    name = f"{fitting(service.name, 55)}-gateway"
    if f"{service.namespace}/{name}" not in workload.once(_ids):
        return name
    return f"{marked(service.name, service.id, 55)}-gateway"


def _ids(workload: Workload) -> frozenset[str]:
    return frozenset(s.id for s in workload.services)


def called_beside(workload: Workload, service: Service) -> tuple[ObjectChange, ...]:
    """A Service of its own for the gateway; the one that is there keeps its name in the cluster."""
    if service.derived_from:
        return of_its_own(service, "for the gateway's subnet")
    name = gateway_name(workload, service)
    reason = "an internal load balancer for the gateway's subnet, before the same pods"
    made = ObjectChange("create", "Service", name, service.id, reason)
    return (made, *moved_inside(service, "nobody but callers in the cluster"))


def behind_ingress(setting: Setting, public: bool) -> tuple[ObjectChange, ...]:
    """The objects that an ingress adds, and what it takes over.

    A controller without manifests is counted like the default one.
    """
    row = ingress_gateway(setting.controller.id)
    counted = row or ingress_gateway(default_controller().id)
    kinds = ingress_objects(counted.api) if counted else ()
    kinds = tuple(k for k in kinds if k.when in _written_when(setting, public, counted))
    left = left_open(setting)
    return (
        *_once(kinds, "ingress"),
        *(_around(row, public) if row else ()),
        *(c for _ in _spaces(setting) for c in _once(kinds, "namespace")),
        *(_address(setting, row, public) if row else ()),
        *(_entry_out(setting.workload, row, public) if row else ()),
        *(c for s in setting.published for c in _routed(setting.workload, s, kinds, left)),
        *routes_taken(setting, "the new ingress takes its routes over"),
    )


def _written_when(setting: Setting, public: bool, row: IngressGateway | None) -> tuple[str, ...]:
    listed = ("callers-listed",) if not public or setting.fixed_address else ()
    asks = "client-certificate" if setting.choices.mutual_tls else "no-certificate"
    shared = ("pods-shared",) if row and shares_pods(setting.workload, row) else ()
    there = row and shared and admitted_already(setting.workload, row, public)
    return ("always", asks, *listed, *shared, *(("policy-there",) if there else ()))


def _once(kinds: Kinds, one_for: str) -> tuple[ObjectChange, ...]:
    return tuple(
        ObjectChange("create", k.kind, k.name, "", k.because) for k in kinds if k.one_for == one_for
    )


def _spaces(setting: Setting) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.namespace for s in setting.published))


def _around(row: IngressGateway, public: bool) -> Iterator[ObjectChange]:
    if row.creates_namespace:
        yield ObjectChange("create", "Namespace", row.namespace, "", "holds the ingress")
    if not public:
        admits = "admits the gateway's subnet to the pods of the ingress"
        yield ObjectChange("create", "NetworkPolicy", "apis", "", admits)


def _address(setting: Setting, row: IngressGateway, public: bool) -> tuple[ObjectChange, ...]:
    if row.creates_namespace or shares_pods(setting.workload, row):
        return ()
    name = row.public_service if public else row.private_service
    return (
        ObjectChange("change", "Service", name, "", "gets its address and the list of its callers"),
    )


def _entry_out(workload: Workload, row: IngressGateway, public: bool) -> Iterator[ObjectChange]:
    return _outward(workload, row.namespace, ENTRY_OUT, entry_pods(row, public))


def _outward(
    workload: Workload,
    space: str,
    name: str,
    labels: dict[str, str],
    service: Service | None = None,
) -> Iterator[ObjectChange]:
    """Policies that let pods before Services call them, where another says whom they may call."""
    reason = "lets what stands before the Services call them, beside a policy that is there"
    for one in beside(workload.guards.every, space, labels, "egress"):
        id = service.id if service else ""
        yield ObjectChange("create", "NetworkPolicy", one.named(name), id, reason)


def _routed(
    workload: Workload, service: Service, kinds: Kinds, left: Left
) -> tuple[ObjectChange, ...]:
    https = around.speaks_https(service, http_port(service))
    return (
        *of_its_own(service),
        *_called_after(service, kinds, "service"),
        *policy(workload, service, "admits the ingress pods and known callers only", left),
        *(_called_after(service, kinds, "https-service") if https else ()),
        *moved_inside(service, "the ingress"),
    )


def _called_after(service: Service, kinds: Kinds, one_for: str) -> tuple[ObjectChange, ...]:
    name = object_name(service)
    return tuple(
        ObjectChange("create", k.kind, name, service.id, k.because)
        for k in kinds
        if k.one_for == one_for
    )


def of_its_own(service: Service, address: str = "in the cluster") -> tuple[ObjectChange, ...]:
    """The Service that a further port of one of the input gets; none where that is there."""
    if not service.derived_from:
        return ()
    port = listed([str(p.number) for p in service.ports])
    reason = f"gives port {port} of Service {service.derived_from} an address {address}"
    return (ObjectChange("create", "Service", service.name, service.id, reason),)


def moved_inside(service: Service, caller: str) -> tuple[ObjectChange, ...]:
    """A Service with an address outside the cluster loses it."""
    if service.type not in OUTSIDE:
        return ()
    reason = f"{service.type} becomes ClusterIP: {caller} calls it"
    return (ObjectChange("change", "Service", service.name, service.id, reason),)


def left_open(drawn: Setting) -> Left:
    """By the id of each published Service the ports before its pods to which routes stay.

    They are its own that no API publishes, and those of Services before the same pods.
    """
    published, own = set(drawn.mapping.published), defaultdict[str, list[Service]](list)
    for service in drawn.workload.services:
        own[service.origin].append(service)
    left: dict[str, tuple[Port, ...]] = {}
    for service in drawn.published:
        near = (*own[service.origin], *map(drawn.workload.service, service.same_pods))
        beside = (p for s in near if s.id not in published for p in routed_ports(s))
        left[service.id] = tuple(dict.fromkeys((*(p for _, p in left_beside(service)), *beside)))
    return left


def policy(
    workload: Workload, service: Service, admits: str, left: Left
) -> tuple[ObjectChange, ...]:
    """Policies for the Service's pods; none where it has no selector to find them by."""
    if not service.guardable:
        return ()
    labels, guards = shared_labels(service), workload.guards.of(service.id)
    parts = (b for b in beside(guards, service.namespace, labels, "ingress") if b.of)
    name, why = (
        object_name(service),
        "admits the same to pods that a policy of yours selects",
    )
    further = (
        ObjectChange("create", "NetworkPolicy", one.named(name), service.id, why) for one in parts
    )
    if ports := sorted({p.number for p in left[service.id]}):
        admits = f"{admits}; everybody on port {listed([*map(str, ports)])}, to which a route stays"
    return (ObjectChange("create", "NetworkPolicy", name, service.id, admits), *further)


def check_labels(service: Service) -> dict[str, str]:
    """The label that picks the pods of the token check before a Service."""
    return {"app.kubernetes.io/name": check_name(service)}


def check_out(service: Service) -> str:
    """The name of the policy that lets the token check call."""
    return f"{check_name(service)}-out"


def check_is_isolated(workload: Workload, service: Service) -> bool:
    """A policy of the reader's selects the pods of its token check, and lets nobody in to them."""
    labels, guards = check_labels(service), workload.guards.every
    return selected(guards, service.namespace, labels, "ingress")


def before_service(workload: Workload, service: Service, left: Left) -> tuple[ObjectChange, ...]:
    """The objects of a token check before this Service."""
    name = check_name(service)
    made: tuple[tuple[str, str, str], ...] = (
        ("SecretProviderClass", name, "brings the certificate from Key Vault"),
        ("ConfigMap", name, "says which token is admitted"),
        ("Deployment", name, "ends TLS and checks the token"),
        ("PodDisruptionBudget", name, "keeps one of its pods while nodes are replaced"),
        ("Service", name, "the public address"),
    )
    if check_is_isolated(workload, service):
        made += (("NetworkPolicy", name, "admits callers to the token check"),)
    return (
        *of_its_own(service),
        *(ObjectChange("create", kind, name, service.id, why) for kind, name, why in made),
        *_outward(workload, service.namespace, check_out(service), check_labels(service), service),
        *policy(workload, service, "admits the token check and known callers only", left),
        *moved_inside(service, "only the token check"),
    )


def routes_taken(
    setting: Setting, reason: str, services: tuple[Service, ...] | None = None
) -> tuple[ObjectChange, ...]:
    """Each object once that routes to these Services: deleted, or changed where others need it.

    An object that leads to a Service or port nobody publishes stays; its other paths go by hand.
    """
    taken = setting.published if services is None else services
    ids = {s.id for s in taken}
    shared = {_key(s, r) for s in setting.workload.services for r in s.routes if s.id not in ids}
    ports = {(s.id, r): p for s in taken for r, p in left_beside(s)}
    kept = {_key(s, r): p for s in taken for r, p in left_beside(s)}
    kept |= {_key(s, r): s.ports[0] for s in setting.left_ports for r in s.routes}
    found: dict[tuple[str, str, str], ObjectChange] = {}
    for service in taken:
        for route in service.routes:
            if (service.id, route) in ports:
                continue
            key = _key(service, route)
            stays = key in shared or key in kept or bool(route.elsewhere)
            why = _kept(route, kept.get(key)) if stays else reason
            action = "change" if stays else "delete"
            named = route.kind, route.name, service.id
            found.setdefault(key, ObjectChange(action, *named, why, route.namespace))
    return tuple(found.values())


def _key(service: Service, route: Route) -> tuple[str, str, str]:
    return route.namespace or service.namespace, route.kind, route.name


def _kept(route: Route, port: Port | None) -> str:
    if port:
        also = f"to port {port.number}, which no API publishes"
        return f"it stays open, since it also leads {also}: only its other paths go"
    if not route.elsewhere:
        return "its paths to this Service are removed, the others stay"
    also = ", ".join(route.elsewhere)
    only = "only its paths to this Service are removed"
    return f"it stays open, since it also leads to {also}: {only}"
