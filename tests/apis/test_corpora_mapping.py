"""Other people's systems: what an architect would and would not publish of them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from apim_aks.apis.document import api_documents, import_findings
from apim_aks.apis.mapping import About, Mapping, Role, map_services
from apim_aks.decision.design import design
from apim_aks.errors import InputError
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Document, Port, Service, Workload
from apim_aks.workload.openapi import read_openapi
from tests.support.real_documents import real_document


@dataclass(frozen=True)
class System:
    """What is read of a system, and what must come of it."""

    manifests: tuple[str, ...]
    services: int
    published: set[str]
    openapi: dict[str, str] = field(default_factory=dict)


SYSTEMS = {
    "agic-examples": System(("aspnetapp.yaml",), 1, {"aspnetapp"}),
    "aks-store-demo": System(
        ("aks-store-all-in-one.yaml",),
        7,
        {"makeline-service", "order-service", "product-service"},
    ),
    "bookinfo": System(
        ("bookinfo.yaml", "bookinfo-ingress.yaml"),
        4,
        {"productpage"},
        {"productpage": "openapi/swagger.yaml"},
    ),
    "drone-delivery": System(("helm-rendered/",), 4, {"delivery-v010", "ingestion-v010"}),
    "online-boutique": System((".",), 12, set()),
    "opentelemetry-demo": System(("helm-rendered/",), 25, {"shipping"}),
    "retail-store": System(
        ("helm-rendered/",),
        5,
        {"demo-carts", "demo-catalog", "demo-checkout", "demo-orders"},
        {
            "demo-carts": "openapi/cart.yml",
            **{f"demo-{n}": f"openapi/{n}.yml" for n in ("catalog", "checkout", "orders")},
        },
    ),
    "sock-shop": System(
        ("complete-demo.yaml",),
        14,
        {"carts", "catalogue", "orders", "payment", "queue-master", "shipping", "user"},
    ),
}
each = pytest.mark.parametrize("name", list(SYSTEMS))


def read(corpora: Path, folder: Path, name: str) -> Workload:
    import json

    system = SYSTEMS[name]
    shutil.copytree(corpora / "microservices" / name, folder / name)
    said = {"name": name, "manifests": list(system.manifests), "openapi": system.openapi}
    (folder / name / "workload.yaml").write_text(json.dumps(said), encoding="utf-8")
    return read_workload(folder / name)


def published(found: Mapping) -> set[str]:
    return {id.rpartition("/")[2] for id in found.published}


@each
def test_what_is_proposed_is_what_an_architect_would_propose(
    name: str, corpora: Path, tmp_path: Path
) -> None:
    workload = read(corpora, tmp_path, name)
    found = map_services(workload)
    assert len(workload.services) == SYSTEMS[name].services
    assert published(found) == SYSTEMS[name].published
    assert not found.collisions


@each
def test_databases_caches_queues_and_grpc_are_never_apis(
    name: str, corpora: Path, tmp_path: Path
) -> None:
    found = map_services(read(corpora, tmp_path, name))
    never = {Role.DATABASE, Role.CACHE, Role.QUEUE, Role.GRPC, Role.MONITORING, Role.INGRESS}
    assert not [d for d in found.decisions if d.publish and d.role in never]
    stores = ("db", "redis", "rabbitmq", "kafka", "valkey", "mongo", "sql", "opensearch")
    assert not [s for s in published(found) if any(w in s for w in stores)]


def test_the_grpc_services_of_online_boutique_say_why_not(corpora: Path, tmp_path: Path) -> None:
    found = map_services(read(corpora, tmp_path, "online-boutique"))
    assert sum(d.role is Role.GRPC for d in found.decisions) == 9
    notes = [n for n in found.notes if n.about is About.NOT_REST and "gRPC" in n.sentence]
    assert len(notes) == 9


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("online-boutique", "publish: [frontend]"),
        ("online-boutique", "gRPC: adservice, cartservice"),
    ],
)
def test_a_system_without_an_api_says_what_could_be_one(
    name: str, words: str, corpora: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        InputError, match="publishes no Service: no Service is known to serve"
    ) as found:
        design(read(corpora, tmp_path, name))
    assert words in str(found.value)


def test_the_example_of_the_readme_asks_which_services_are_for_consumers(
    corpora: Path, tmp_path: Path
) -> None:
    found = map_services(read(corpora, tmp_path, "aks-store-demo"))
    assert found.notes[0].about is About.CHOICE
    assert "(web front end: store-admin and store-front)" in found.notes[0].sentence


def test_an_address_by_http_tells_what_a_nameless_port_speaks(
    corpora: Path, tmp_path: Path
) -> None:
    found = map_services(read(corpora, tmp_path, "opentelemetry-demo"))
    web = {d.service.rpartition("/")[2] for d in found.decisions if d.role is Role.WEB}
    assert web == {"email", "quote", "shipping"}
    assert "API gateway in the cluster: frontend-proxy" in found.notes[0].sentence
    assert "shipping speaks HTTP and awaits your choice" in found.notes[0].sentence


def test_paths_that_say_internal_open_nothing(corpora: Path, tmp_path: Path) -> None:
    found = map_services(read(corpora, tmp_path, "drone-delivery"))
    prefix = "v0.1.0/api/"
    assert {a.path for a in found.apis} == {f"{prefix}deliveries", f"{prefix}deliveryrequests"}
    (said,) = (n.sentence for n in found.notes if n.about is About.ROUTE)
    assert said == (
        "Ingress delivery-v010-internal-ingress leads fabrikam.example/v0.1.0/api/internal/"
        "deliveries(.*) to it; a path with a part `internal` is not published"
    )


def test_retail_store_pairs_its_documents_by_itself(corpora: Path, tmp_path: Path) -> None:
    from apim_aks.apis.draft import write_workload_file

    shutil.copytree(corpora / "microservices" / "retail-store", tmp_path / "retail")
    file = write_workload_file(tmp_path / "retail")
    paired = {s.name: s.documents[0].file for s in read_workload(file).services if s.documents}
    assert paired == SYSTEMS["retail-store"].openapi
    assert read_workload(file).unpaired == ("openapi/recommendations.yml",)


def eshop(corpora: Path) -> tuple[Document, Document]:
    folder = corpora / "microservices" / "eshop" / "openapi"
    names = ("Catalog.API.json", "Catalog.API_v2.json")
    one, two = (read_openapi(folder / n, n)[0] for n in names)
    assert one
    assert two
    return one, two


def test_the_documents_of_eshop_are_two_versions_of_one_api(corpora: Path) -> None:
    one, two = eshop(corpora)
    ports = (Port(80, "http"),)
    listed = (Service(namespace="shop", name="catalog-api", ports=ports, documents=(one, two)),)
    apart = (
        Service(namespace="shop", name="catalog-api", ports=ports, documents=(one,)),
        Service(namespace="shop", name="catalog-api-v2", ports=ports, documents=(two,)),
    )
    for services in (listed, apart):
        found = map_services(Workload(name="eshop", title="eShop", services=services))
        said = [(a.id, a.title, a.path, a.version, len(a.operations)) for a in found.apis]
        assert said == [
            ("catalog-api-v1", "Catalog api", "catalog", "v1", 13),
            ("catalog-api-v2", "Catalog api", "catalog", "v2", 10),
        ]
        assert not found.collisions
        about = [About.VERSION, *[About.PERMISSION] * 2, *[About.LIMIT] * 2]
        assert sorted(n.about for n in found.notes) == sorted(about)


REAL = ("large", "messy", "swagger2")


def test_every_real_document_becomes_apis_with_all_its_operations(corpora: Path) -> None:
    files = sorted(f for folder in REAL for f in (corpora / "openapi" / folder).glob("*.*"))
    assert len(files) == 9
    for file in files:
        document, findings = real_document(file)
        assert document, [str(f) for f in findings]
        service = Service(
            namespace="real", name="one", ports=(Port(80, "http"),), documents=(document,)
        )
        workload = Workload(name="real", title="Real", services=(service,))
        found = map_services(workload)
        assert len(found.operations) == len(document.operations)
        assert not {a.path for a in found.apis} & {"v1", "v2", "api"}
        made = api_documents(workload, found)
        count = sum(len(item) for m in made for item in m.body["paths"].values())
        assert count == len(document.operations)
        assert import_findings(document)
