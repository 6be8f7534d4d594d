"""Whether what closing takes away can be given back."""

from __future__ import annotations

import pytest

from apim_aks.artefacts.manifests import Phase
from apim_aks.artefacts.manifests.way_back import of_moved
from apim_aks.workload.model import Port, Service, ServiceType
from tests.artefacts.test_manifests import written_for
from tests.support.scenario import service, workload

AZURE = "service.beta.kubernetes.io/azure-"
BALANCED, NODE = ServiceType.LOAD_BALANCER, ServiceType.NODE_PORT


def given(type: ServiceType, internal: bool = False, node_port: int = 0, **notes: str) -> Service:
    annotations = tuple((f"{AZURE}{k.replace('_', '-')}", v) for k, v in notes.items())
    port = Port(80, node_port=node_port or None)
    named = {"namespace": "shop", "name": "orders", "ports": (port,)}
    return Service(**named, type=type, internal=internal, annotations=annotations)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moved", "reversible", "because", "keep"),
    [
        (given(BALANCED), True, "AKS made its public address", "--remove tags.k8s-azure-service"),
        (given(BALANCED, pip_name="mine"), True, "mine is yours", ""),
        (given(BALANCED, True), True, "Azure chose its private address; close", "balancer-ipv4"),
        (given(BALANCED, True, load_balancer_ipv4="10.0.0.9"), True, "10.0.0.9 is written", ""),
        (given(NODE), True, "Kubernetes chose the ports", "--output yaml shows it"),
        (given(NODE, node_port=30080), True, "written in it (30080)", ""),
    ],
)
def test_an_address_comes_back_where_it_is_the_readers(
    moved: Service, reversible: bool, because: str, keep: str
) -> None:
    way = of_moved(moved)
    assert way.object == "Service shop/orders" and way.reversible is reversible
    assert because in way.because and keep in way.keep and bool(keep) is bool(way.keep)
    assert ("not reversible" in way.words) is not reversible


def test_every_object_that_closing_touches_says_how_it_comes_back() -> None:
    source = workload(service("orders", "GET /o", type=BALANCED), service("b", "GET /b"))
    files = written_for(source, "vnet-internal")
    for file in files:
        assert len(file.ways_back) == (len(file.objects) if file.phase is Phase.CLOSE else 0)
    (moved,) = [f for f in files if f.name == "50-services.yaml"]
    assert f"# Before: {moved.ways_back[0].words}\n" in moved.yaml
