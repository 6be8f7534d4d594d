"""What changes in the cluster, object by object: the same list that the manifests write."""

from __future__ import annotations

from apim_aks.apis.mapping import http_port
from apim_aks.facts import IngressGateway, ingress_gateway
from apim_aks.options import surroundings as around
from apim_aks.options.option import Setting
from apim_aks.topology import ObjectChange
from apim_aks.workload.model import Service, ServiceType
from apim_aks.workload.names import fitting
from apim_aks.workload.route import Route

OUTSIDE = (ServiceType.LOAD_BALANCER, ServiceType.NODE_PORT)

Made = tuple[tuple[str, str, str], ...]

_SYNC = ("Deployment", "apis-tls-sync", "keeps the certificate in step with Key Vault")
_TLS = ("SecretProviderClass", "apis-tls", "brings certificate and authority from Key Vault")
_SHARED: dict[str, Made] = {
    "istio": (
        ("Gateway", "apis", "demands the client certificate on 443 and pins its name"),
        _TLS,
        _SYNC,
        ("AuthorizationPolicy", "apis-client", "admits the gateway's addresses and one host name"),
    ),
    "gateway-api": (
        ("Gateway", "apis", "demands the client certificate on 443"),
        ("ConfigMap", "apis-gateway", "says who may call the load balancer"),
        ("ConfigMap", "client-authority", "holds the authority that signed the certificate"),
        ("SecretProviderClass", "apis-tls", "brings the certificate from Key Vault"),
        _SYNC,
    ),
    "traefik": (
        ("TLSOption", "default", "demands the client certificate on every route"),
        ("TLSStore", "default", "holds the ingress's certificate"),
        _TLS,
        _SYNC,
    ),
}
_ROUTE = {
    "istio": ("VirtualService", "DestinationRule"),
    "gateway-api": ("HTTPRoute", "BackendTLSPolicy"),
    "traefik": ("IngressRoute", "ServersTransport"),
}


def object_name(service: Service) -> str:
    """The name of what is added for a Service, apart from what its owners called after it."""
    return f"{fitting(service.name, 58)}-apis"


def check_name(service: Service) -> str:
    """The name of everything that checks tokens for this Service."""
    return f"{fitting(service.name, 51)}-token-check"


def behind_ingress(setting: Setting, public: bool) -> tuple[ObjectChange, ...]:
    """The objects that an ingress with mutual TLS adds, and what it takes over."""
    row = ingress_gateway(setting.controller.id)
    api = row.api if row else "istio"
    shared = (*_SHARED[api], *(_around(setting, row, public) if row else ()))
    return (
        *(ObjectChange("create", kind, name, "", why) for kind, name, why in shared),
        *(_address(row, public) if row else ()),
        *(c for s in setting.published for c in _routed(s, api)),
        *routes_taken(setting, "the new ingress takes its routes over"),
    )


def _around(setting: Setting, row: IngressGateway, public: bool) -> Made:
    spaces = dict.fromkeys(s.namespace for s in setting.published)
    own = (("Namespace", row.namespace, "holds the ingress"),) if row.creates_namespace else ()
    open_ = () if public or row.source_ranges else (_POLICY,)
    parts = (("apis-prefix", "cuts the path prefix off"), ("apis-callers", "lists the callers"))
    listed = parts if not public or setting.fixed_address else parts[:1]
    middlewares = tuple(("Middleware", name, why) for _ in spaces for name, why in listed)
    return (*own, *open_, *(middlewares if row.api == "traefik" else ()))


_POLICY = ("NetworkPolicy", "apis", "admits the gateway's subnet to the pods of the ingress")


def _address(row: IngressGateway, public: bool) -> tuple[ObjectChange, ...]:
    if row.creates_namespace:
        return ()
    name = row.public_service if public else row.private_service
    return (
        ObjectChange("change", "Service", name, "", "gets its address and the list of its callers"),
    )


def _routed(service: Service, api: str) -> tuple[ObjectChange, ...]:
    route, tls = _ROUTE[api]
    made = [(route, "routes host and path to the Service")]
    if service.guardable:
        made.append(("NetworkPolicy", "admits the ingress pods only"))
    if around.speaks_https(service, http_port(service)):
        made.append((tls, "checks the certificate that the Service shows"))
    return (
        *(
            ObjectChange("create", kind, object_name(service), service.id, why)
            for kind, why in made
        ),
        *moved_inside(service, "the ingress"),
    )


def moved_inside(service: Service, caller: str) -> tuple[ObjectChange, ...]:
    """A Service with an address outside the cluster loses it."""
    if service.type not in OUTSIDE:
        return ()
    reason = f"{service.type} becomes ClusterIP: {caller} calls it"
    return (ObjectChange("change", "Service", service.name, service.id, reason),)


def policy(service: Service, admits: str) -> tuple[ObjectChange, ...]:
    """A policy for the Service's pods; none where it has no selector to find them by."""
    if not service.guardable:
        return ()
    return (ObjectChange("create", "NetworkPolicy", object_name(service), service.id, admits),)


def before_service(service: Service) -> tuple[ObjectChange, ...]:
    """The objects of a token check before this Service."""
    name = check_name(service)
    made = (
        ("SecretProviderClass", name, "brings the certificate from Key Vault"),
        ("ConfigMap", name, "says which token is admitted"),
        ("Deployment", name, "ends TLS and checks the token"),
        ("PodDisruptionBudget", name, "keeps one of its pods while nodes are replaced"),
        ("Service", name, "the public address"),
    )
    return (
        *(ObjectChange("create", kind, name, service.id, why) for kind, name, why in made),
        *policy(service, "admits the token check only"),
        *moved_inside(service, "only the token check"),
    )


def routes_taken(
    setting: Setting, reason: str, services: tuple[Service, ...] | None = None
) -> tuple[ObjectChange, ...]:
    """Each object once that routes to these Services: deleted, or changed where others need it.

    An object that leads to a Service nobody publishes stays; its other paths go by hand.
    """
    taken = setting.published if services is None else services
    ids = {s.id for s in taken}
    shared = {_key(s, r) for s in setting.workload.services for r in s.routes if s.id not in ids}
    found: dict[tuple[str, str, str], ObjectChange] = {}
    for service in taken:
        for route in service.routes:
            key = _key(service, route)
            stays = key in shared or bool(route.elsewhere)
            why = _kept(route) if stays else reason
            action = "change" if stays else "delete"
            named = route.kind, route.name, service.id
            found.setdefault(key, ObjectChange(action, *named, why, route.namespace))
    return tuple(found.values())


def _key(service: Service, route: Route) -> tuple[str, str, str]:
    return route.namespace or service.namespace, route.kind, route.name


def _kept(route: Route) -> str:
    if not route.elsewhere:
        return "its paths to this Service go, others stay"
    also = ", ".join(route.elsewhere)
    return f"it stays open, since it also leads to {also}: only its paths to this Service go"
