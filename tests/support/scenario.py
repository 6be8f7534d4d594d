"""Small workloads by hand, for tests that want to see every value."""

import yaml

from apim_aks.options import option
from apim_aks.workload.model import (
    Consumer,
    Document,
    Operation,
    Pods,
    Port,
    Service,
    ServiceType,
    TokenValidation,
    Workload,
)
from apim_aks.workload.route import Route

PUBLIC = ServiceType.LOAD_BALANCER
_NAMED = "public-services ingress-mtls vnet-external vnet-internal v2-integration v2-injection"
COUNTED = tuple(map(option, _NAMED.split()))
"""The options that numbers written by hand are about, in the order of those numbers."""


def document(*operations: str, base_path: str = "") -> Document:
    """`document("GET /orders", "POST /orders")`."""
    parts = [o.split(" ", 1) for o in operations]
    return Document(
        file="api.json",
        title="API",
        version="1",
        specification="3.0.3",
        base_path=base_path,
        operations=tuple(Operation(*p) for p in parts),
    )


def service(name: str, *operations: str, **changes: object) -> Service:
    """A Service `shop/<name>` on port 80, with a document if operations are given."""
    namespace, _, short = name.rpartition("/")
    values: dict[str, object] = {
        "ports": (Port(80, "http"),),
        "documents": (document(*operations),) if operations else (),
    }
    return Service(namespace=namespace or "shop", name=short, **(values | changes))  # type: ignore[arg-type]


def workload(*services: Service, **changes: object) -> Workload:
    return Workload(name="sample", title="Sample", services=services, **changes)  # type: ignore[arg-type]


def shop(**changes: object) -> Workload:
    """Three published Services, one of them ready for option 1, a database and an Ingress route."""
    ready = service(
        "payments",
        "GET /payments/{id}",
        "POST /payments",
        type=PUBLIC,
        ports=(Port(443, "https"),),
        annotations=(("service.beta.kubernetes.io/azure-dns-label-name", "shop-payments"),),
        validates=TokenValidation("entra-id", "api://payments"),
    )
    database = service(
        "db",
        ports=(Port(5432),),
        headless=True,
        pods=(Pods(kind="StatefulSet", name="db", images=("postgres:16",)),),
    )
    return workload(
        service("orders", "GET /orders", "POST /orders", type=PUBLIC),
        ready,
        service(
            "reviews",
            routes=(Route(kind="Ingress", name="shop", host="shop.example", path="/reviews"),),
        ),
        database,
        **changes,
    )


EVERYWHERE = tuple(Consumer)


def yaml_says(text: str) -> str:
    """What the installed YAML parser, whose words differ by version, says of a broken text."""
    try:
        list(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        return str(error.problem)
    raise AssertionError(f"{text!r} is YAML")
