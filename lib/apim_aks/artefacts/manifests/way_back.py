"""What closing takes from the cluster, object by object, and whether it can be given back."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.artefacts.manifests.file import Object, WayBack, called
from apim_aks.facts import manifest_defaults
from apim_aks.facts.load_balancers import meaning_of
from apim_aks.workload.model import Service, ServiceType

_KEPT = (
    "close --apply keeps what it is beside the record, and rollback --apply asks for it again, "
    "which it gets unless somebody takes it meanwhile"
)
_AGAIN = "as it stands in your manifests; to go back, apply it again"


def of_moved(service: Service) -> WayBack:
    """A Service that becomes ClusterIP: whether its old address comes back with its old type."""
    name = f"Service {service.id}"
    if service.type is ServiceType.NODE_PORT:
        return _of_node_ports(name, service)
    resource, address = _said(service, "public-address"), _said(service, "address")
    if service.public:
        return _of_public(name, service, resource or address)
    if address:
        because = f"{address} is written in it and comes back unless somebody takes it meanwhile"
        return WayBack(name, True, because)
    because = f"Azure chose its private address; {_KEPT}"
    return WayBack(name, True, because, f"{_note(service)} azure-load-balancer-ipv4")


def _of_public(name: str, service: Service, own: str) -> WayBack:
    if own:
        return WayBack(name, True, f"its public address {own} is yours and stays")
    because = (
        "AKS made its public address and deletes it with the load balancer; close --apply makes it "
        "yours before, so that it stays"
    )
    owner = manifest_defaults().address_owner_tag
    found = f'"[?tags.\\"{owner}\\"==\'{service.id}\'].id"'
    keep = (
        f"to keep it by hand: az network public-ip list --query {found} --output tsv finds it, and "
        f"az network public-ip update --ids <ID> --remove tags.{owner} makes it yours (a Standard "
        "address is static already); to go back, name it in azure-pip-name"
    )
    return WayBack(name, True, because, keep, owned_by_aks=True)


def _of_node_ports(name: str, service: Service) -> WayBack:
    if service.ports and all(p.node_port for p in service.ports):
        numbers = ", ".join(str(p.node_port) for p in service.ports)
        because = f"the ports of the nodes are written in it ({numbers})"
        return WayBack(name, True, because)
    because = f"Kubernetes chose the ports of the nodes; {_KEPT}"
    return WayBack(name, True, because, f"{_note(service)} nodePort")


def _note(service: Service) -> str:
    show = f"kubectl get service {service.name} --namespace {service.namespace} --output yaml"
    return f"to keep it by hand: {show} shows it; write it in your manifest as"


def _said(service: Service, meaning: str) -> str:
    return next((v for k, v in service.annotations if v and meaning_of(k) == meaning), "")


def of_made(objects: Iterable[Object]) -> tuple[WayBack, ...]:
    """Objects of ours, which are deleted again."""
    return tuple(WayBack(called(o), True, "it is ours; to go back, delete it") for o in objects)


def of_theirs(objects: Iterable[Object]) -> tuple[WayBack, ...]:
    """Objects of the reader's that are changed or deleted and hold no address."""
    return tuple(WayBack(called(o), True, f"it comes back {_AGAIN}") for o in objects)
