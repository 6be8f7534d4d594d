"""Where back ends are HTTPS: certificate, rotation, change and parameter are one value."""

from dataclasses import replace

import pytest

from apim_aks import page
from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.bundle import artefacts
from apim_aks.artefacts.manifests import manifests
from apim_aks.decision.design import Design, Placement, design
from apim_aks.topology import Authority, Protocol
from apim_aks.workload.model import Pin, Port, Workload
from apim_aks.workload.tls import ServiceTls
from tests.support.scenario import service, workload

PRIVATE = ("vnet-external", "vnet-internal", "v2-integration", "v2-injection")
KEPT = ServiceTls(kept_in="safebox-tls", because="of type kubernetes.io/tls, all.yaml line 3")
REAL = replace(KEPT, host="safebox.contoso.com", authority=Authority.PUBLIC)


def safebox(tls: ServiceTls = KEPT, entry: str = "per-service") -> Workload:
    one = service("safebox", "GET /boxes", ports=(Port(443, "https"),), tls=tls)
    return workload(one, pins=tuple((o, Pin(entry=entry)) for o in PRIVATE))


def parameters(placement: Placement) -> set[str]:
    return {name for stage in arm_templates(placement) for name in stage.asked}


@pytest.fixture(scope="module")
def invented() -> Design:
    return design(safebox())


@pytest.fixture(scope="module")
def real() -> Design:
    return design(safebox(REAL))


@pytest.mark.parametrize("option", PRIVATE)
def test_a_service_that_ends_tls_needs_a_certificate_for_its_new_name(
    invented: Design, option: str
) -> None:
    placement = invented.placement(option)
    (backend,) = placement.topology.backends
    shown = placement.topology.shown_by(backend)
    assert shown and (shown.host, shown.authority) == (backend.host, Authority.PRIVATE)
    (change,) = [c for c in placement.topology.changes if c.action == "renew"]
    assert (change.kind, change.name) == ("Secret", "safebox-tls") and backend.host in change.reason
    counted = placement.measure("certificate-rotations").counted
    assert any("TLS of safebox" in line for line in counted)
    asked = parameters(placement) & {"backendAuthority", "backendAuthorityThumbprint"}
    assert len(asked) == 1
    (file,) = [f for f in manifests(placement) if f.name == "50-services.yaml"]
    assert any("all.yaml line 3" in step and backend.host in step for step in file.by_hand)
    assert not any(c.name.startswith("tls-svc") for c in artefacts(placement).vault_entries)


def test_a_page_says_name_signer_and_who_renews_it(invented: Design) -> None:
    built = artefacts(invented.placement("v2-integration"))
    for text in map(str, (page.expiry_table(built), page.rotation(built))):
        assert "safebox.shop.sample.internal" in text and "in Secret safebox-tls" in text
    assert "a private authority" in str(page.expiry_table(built))


@pytest.mark.parametrize("option", PRIVATE)
def test_a_stated_public_certificate_stays_as_it_is(real: Design, option: str) -> None:
    placement = real.placement(option)
    (backend,) = placement.topology.backends
    assert backend.host == "safebox.contoso.com"
    assert [n.name for n in placement.topology.names if n.component == backend.component] == [
        "safebox.contoso.com"
    ]
    assert not any(c.action == "renew" for c in placement.topology.changes)
    assert not parameters(placement) & {"backendAuthority", "backendAuthorityThumbprint"}


def test_a_gateway_in_the_cluster_needs_the_name_of_the_cluster(real: Design) -> None:
    topology = real.placement("self-hosted-gateway").topology
    (change,) = [c for c in topology.changes if c.action == "renew"]
    assert "safebox.shop.svc.cluster.local, signed by a private authority" in change.reason


def test_what_is_stated_goes_before_the_ports() -> None:
    plain = replace(safebox().services[0], ports=(Port(80, "http"),), tls=REAL)
    topology = design(workload(plain)).placement("vnet-external").topology
    assert topology.backends[0].url == "https://safebox.contoso.com:80"


@pytest.mark.parametrize("authority", Authority)
def test_an_ingress_checks_the_stated_name(authority: Authority) -> None:
    made = design(safebox(replace(REAL, authority=authority), "one-gateway"))
    files = {f.name: f for f in manifests(made.placement("v2-integration"))}
    routes = files["40-routes.yaml"]
    assert "safebox.contoso.com" in routes.yaml and "TLS_NAME" not in routes.yaml
    told = ["caCertificateRefs of its BackendTLSPolicy" in step for step in routes.by_hand]
    assert told == ([True] if authority is Authority.PRIVATE else [])


def test_a_back_end_called_by_tls_without_a_certificate_is_refused(invented: Design) -> None:
    topology = invented.placement("vnet-external").topology
    assert topology.backends[0].protocol is Protocol.HTTPS
    with pytest.raises(ValueError, match="no certificate of svc-shop/safebox holds the name"):
        replace(topology, certificates=())
