"""The first workload.yaml: which document goes to which Service, and what can be read back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from apim_aks.apis.draft import Pairing, pair, write_workload_file
from apim_aks.apis.mapping import About, map_services
from apim_aks.decision.design import design
from apim_aks.errors import InputError
from apim_aks.workload.file import bundled_names, find, read_workload
from apim_aks.workload.model import Document, Operation, Route, Service
from tests.support.scenario import service


def described(file: str, title: str = "", *paths: str) -> Document:
    operations = tuple(Operation("GET", p) for p in paths or ("/x",))
    return Document(
        file=file,
        title=title,
        version="1",
        specification="3.0.3",
        base_path="",
        operations=operations,
    )


def paired(names: str, *documents: Document) -> Pairing:
    return pair([service(n) for n in names.split()], documents)


@pytest.mark.parametrize(
    ("names", "file", "title", "expected"),
    [
        ("chat-v1 chat-v2", "chat-v2.json", "", "chat-v2"),
        ("orders orders-admin", "orders.openapi.json", "", "orders"),
        ("orders stock", "OrderService.yaml", "", "orders"),
        ("orders stock", "services/orders/docs/openapi.yaml", "", "orders"),
        ("catalog-api ordering-api", "src/Catalog.API/swagger.json", "", "catalog-api"),
        ("orders stock", "orders/stock.json", "", "stock"),
        ("orders stock", "swagger.json", "Orders API", "orders"),
        ("edgex-core-data edgex-core-command", "core-data.yaml", "", "edgex-core-data"),
        ("carts stock", "retail-store-carts.json", "", "carts"),
        ("core-data edgex-core-data", "core-data.yaml", "", "core-data"),
    ],
)
def test_a_document_goes_to_the_service_that_its_names_fit(
    names: str, file: str, title: str, expected: str
) -> None:
    found = paired(names, described(file, title))
    assert [(p.service, p.file) for p in found.pairs] == [(f"shop/{expected}", file)]
    assert not found.unpaired


@pytest.mark.parametrize(
    ("names", "file", "words"),
    [
        ("chat-v1 chat-v2", "chat.json", "it fits shop/chat-v1, shop/chat-v2"),
        ("a-data b-data", "data.json", "it fits shop/a-data, shop/b-data"),
        ("orders", "pets.json", "neither its name, nor its folders, nor its title"),
    ],
)
def test_a_document_that_nobody_can_pair_says_why(names: str, file: str, words: str) -> None:
    (found,) = paired(names, described(file)).unpaired
    assert words in found.reason


def test_versions_of_one_document_go_to_one_service() -> None:
    found = paired("orders", described("orders-v1.json"), described("orders-v2.json"))
    assert [p.file for p in found.pairs] == ["orders-v1.json", "orders-v2.json"]


def test_two_documents_of_one_name_are_nobodys_guess() -> None:
    found = paired("orders", described("a/orders.json"), described("b/orders.yaml"))
    assert not found.pairs
    assert {u.reason for u in found.unpaired} == {
        "a/orders.json fits shop/orders as well",
        "b/orders.yaml fits shop/orders as well",
    }


def test_the_weaker_likeness_gives_way() -> None:
    found = paired("orders", described("orders.json"), described("x.json", "Orders"))
    assert [p.file for p in found.pairs] == ["orders.json"]
    assert found.unpaired[0].reason == "shop/orders has orders.json, which fits better"


def test_a_document_goes_to_the_service_that_its_paths_lead_to() -> None:
    pages = service(
        "productpage", routes=(Route(kind="Ingress", name="i", host="", path="/api/v1/products"),)
    )
    document = described("swagger.yaml", "BookInfo", "/api/v1/products", "/api/v1/products/{id}")
    (found,) = pair([pages, service("ratings")], [document]).pairs
    assert found.service == "shop/productpage"


def test_a_document_without_operations_is_paired_with_nothing() -> None:
    (found,) = paired(
        "types",
        Document(
            file="types.json",
            title="",
            version="1",
            specification="3.0.3",
            base_path="",
            operations=(),
        ),
    ).unpaired
    assert found.reason == "it describes no operation"


# What is written is read back


MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {name: %s, namespace: shop}
spec: {selector: {app: %s}, ports: [{name: %s, port: 80}]}
---
"""
OPENAPI = "openapi: 3.0.3\ninfo: {title: X, version: '1'}\npaths: {/x: {get: {}}}\n"


def test_what_is_unpaired_is_in_the_mapping_until_it_is_paired(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(MANIFEST % ("orders", "orders", "http"))
    (tmp_path / "pets.yaml").write_text(OPENAPI)
    file = write_workload_file(tmp_path)
    (note,) = [n for n in map_services(read_workload(file)).notes if n.about is About.UNPAIRED]
    assert note.subject == "pets.yaml"
    text = file.read_text().replace("openapi: {}", "openapi: {orders: pets.yaml}")
    file.write_text(text)
    workload = read_workload(file)
    assert workload.unpaired == ()
    assert map_services(workload).operations[0].document == "pets.yaml"


def test_an_unpaired_document_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(MANIFEST % ("orders", "orders", "http"))
    (tmp_path / "workload.yaml").write_text("name: x\nmanifests: [all.yaml]\nunpaired: [no.yaml]\n")
    (found,) = read_workload(tmp_path).findings
    assert (found.file, found.line, found.refused) == ("workload.yaml", 3, True)


def blocks(text: str) -> Iterator[str]:
    """The text with one block of comments after the other uncommented, then with all of them."""
    found = list(re.finditer(r"^# [a-z_]+:\n(?:#   .*\n)+", text, re.MULTILINE))
    assert found
    for one in found:
        yield text[: one.start()] + bare(one[0]) + text[one.end() :]
    whole = text
    for one in reversed(found):
        whole = whole[: one.start()] + bare(one[0]) + whole[one.end() :]
    yield whole


def bare(block: str) -> str:
    return re.sub("^# ", "", block, flags=re.MULTILINE)


def loads(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for changed in blocks(text):
        file.write_text(changed, encoding="utf-8")
        assert len(yaml.safe_load(changed)) > len(yaml.safe_load(text))
        workload = read_workload(file)
        assert not [f for f in workload.findings if f.file == file.name]
    assert map_services(workload).published


SYSTEMS = (
    "agic-examples",
    "aks-store-demo",
    "bookinfo",
    "drone-delivery",
    "ingress-nginx",
    "live-cluster-objects",
    "online-boutique",
    "opentelemetry-demo",
    "retail-store",
    "sock-shop",
)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_block_of_a_first_file_can_be_uncommented(
    name: str, corpora: Path, tmp_path: Path
) -> None:
    shutil.copytree(corpora / "microservices" / name, tmp_path / name)
    loads(write_workload_file(tmp_path / name))


@pytest.mark.parametrize("name", bundled_names())
def test_every_block_of_a_first_file_for_a_bundled_system_can_be_uncommented(
    name: str, tmp_path: Path
) -> None:
    shutil.copytree(find(name).parent, tmp_path / name)
    (tmp_path / name / "workload.yaml").unlink()
    loads(write_workload_file(tmp_path / name))


def test_a_first_file_for_stores_alone_proposes_nothing(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(MANIFEST % ("redis", "redis", "redis"))
    text = write_workload_file(tmp_path).read_text()
    assert "none of them is known to speak HTTP" in text.replace("\n# ", " ")
    assert "# publish:" not in text
    with pytest.raises(InputError, match="publishes no Service"):
        design(read_workload(tmp_path))


def test_the_reason_of_a_pair_breaks_no_line(tmp_path: Path) -> None:
    odd = Service(namespace="shop", name="x", documents=())
    found = pair([odd], [described("a\nb/x.json")])
    assert found.pairs[0].file == "a\nb/x.json"
