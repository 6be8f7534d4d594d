"""Who calls whom inside the cluster: what names a Service, and what workload.yaml says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_aks.errors import InputError
from apim_aks.workload.call import CallGraph, CallState
from apim_aks.workload.documents import parse
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes import services_of


def service(id: str, *ports: int, **spec: Any) -> dict[str, Any]:
    space, _, name = id.partition("/")
    numbered = [{"name": f"p{n}", "port": n} for n in ports]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": space},
        "spec": {"selector": {"app": name}, "ports": numbered, **spec},
    }


SERVICES = [
    service("shop/checkout", 80),
    service("shop/inventory", 80, 9090),
    service("shop/catalog", 8080),
    service("shop/notes", 80, 443),
    service("pay/payments", 443, 8443),
    service("data/db", 5432, clusterIP="None"),
    service("shop/money", type="ExternalName", externalName="payments.pay.svc.cluster.local"),
    service("shop/loop", type="ExternalName", externalName="loop.shop.svc.cluster.local"),
]


def checkout(container: dict[str, Any], **pod: Any) -> dict[str, Any]:
    container = {"name": "app", "image": "checkout:1", **container}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "template": {
                "metadata": {"labels": {"app": "checkout"}},
                "spec": {"containers": [container], **pod},
            }
        },
    }


def config(data: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": "settings", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def graph(*objects: dict[str, Any]) -> CallGraph:
    text = yaml.safe_dump_all([*SERVICES, *objects], sort_keys=False)
    found = services_of(parse(text.encode(), "all.yaml").documents)
    assert [f for f in found.findings if f.refused] == []
    return found.graph


def called(*objects: dict[str, Any]) -> list[str]:
    return [f"{c.callee}:{c.port}" for c in graph(*objects).calls]


def env(*pairs: str) -> dict[str, Any]:
    told = (p.partition("=") for p in pairs)
    return checkout({"env": [{"name": name, "value": value} for name, _, value in told]})


@pytest.mark.parametrize(
    ("setting", "calls"),
    [
        ("X=http://inventory", ["shop/inventory:80"]),
        ("X=https://payments.pay", ["pay/payments:443"]),
        ("X=http://catalog/path", ["shop/catalog:8080"]),  # nobody listens on 80
        ("X=payments.pay.svc.cluster.local:8443", ["pay/payments:8443"]),
        ("X=see payments.pay.svc", ["pay/payments:None"]),
        ("X=tcp://inventory.shop.svc:9090", ["shop/inventory:9090"]),
        ("X=HTTP://Inventory.shop:80/a?b=c#d", ["shop/inventory:80"]),
        ("X=postgres://user:p@ss@db-0.db.data:5432/x", ["data/db:5432"]),
        ("X=mongodb://u:p@db.data:1,db.data:2/x", ["data/db:1", "data/db:2"]),
        ("X=jdbc:postgresql://db.data/x", ["data/db:5432"]),
        ("X=a,http://inventory:80;http://catalog:8080", ["shop/catalog:8080", "shop/inventory:80"]),
        ("X=lb://inventory", ["shop/inventory:None"]),
        ("INVENTORY_HOST=inventory", ["shop/inventory:None"]),
        ("inventory.serviceHost=inventory", ["shop/inventory:None"]),
        ("CATALOG_ENDPOINT=catalog", ["shop/catalog:8080"]),
        ("HOST_NAME=catalog", ["shop/catalog:8080"]),
        ("BROKERS=db.data:9092, catalog", ["data/db:9092", "shop/catalog:8080"]),
        ("X_ADDR=inventory:7", ["shop/inventory:7"]),
        ("X=inventory:9090", ["shop/inventory:9090"]),
        ("DSN=Host=db.data;Port=5432;Password=inventory", ["data/db:5432"]),
        ("X=host=inventory port=9090 user=catalog", ["shop/inventory:9090"]),
        ("MONEY_URL=http://money:8443", ["pay/payments:8443"]),
        ("X=http://loop", []),
        ("X=http://payments", []),  # of another namespace
        ("X=http://payments.shop", []),
        ("X=http://inventory.shop.contoso.com", []),
        ("X=http://checkout", []),  # its own address
        ("X=inventory", []),
        ("TOPIC=inventory", []),
        ("SERVICE_NAME=inventory", []),
        ("HOST_USER=inventory", []),
        ("GREETING=read the notes", []),
        ("IMAGE=contoso/inventory:80", []),
        ("IMAGE=inventory:7", []),
        ("X=inventory:80.1", []),
        ("URL_PATTERN=[a-z]+", []),
        ("HOST=inventory,inventory.shop.svc", []),  # names for a certificate
        ("HOST=inventory,catalog.shop.svc", ["shop/catalog:8080", "shop/inventory:None"]),
    ],
)
def test_an_address_is_a_call_and_an_ordinary_word_is_none(setting: str, calls: list[str]) -> None:
    assert called(env(setting)) == calls


@pytest.mark.parametrize(
    ("settings", "calls"),
    [
        (("INVENTORY_HOST=inventory", "INVENTORY_PORT=9090"), ["shop/inventory:9090"]),
        (("A_SERVICE_HOST=inventory", "A_SERVICE_PORT=80"), ["shop/inventory:80"]),
        (
            ("A_HOST=inventory", "A_PORT_GRPC=9090", "A_HTTP_PORT=80", "A_UI_PORT=7"),
            ["shop/inventory:80", "shop/inventory:9090"],
        ),
        (("HOST=inventory", "PORT=9090"), ["shop/inventory:None"]),
        (("NAME=inventory", "X=http://$(NAME):9090"), ["shop/inventory:9090"]),
        (("X=http://$(CATALOG_SERVICE_HOST):$(CATALOG_SERVICE_PORT)",), ["shop/catalog:8080"]),
        (("X=http://$(UNKNOWN):80",), []),
    ],
)
def test_variables_complete_each_other(settings: tuple[str, ...], calls: list[str]) -> None:
    assert called(env(*settings)) == calls


@pytest.mark.parametrize(
    ("container", "calls"),
    [
        ({"args": ["--inventory-url", "inventory"]}, ["shop/inventory:None"]),
        ({"args": ["--catalog.host=catalog"]}, ["shop/catalog:8080"]),
        (
            {"args": ["--host=catalog,catalog.shop.svc", "--x=payments.pay.svc"]},
            ["pay/payments:None"],
        ),
        ({"args": ["-Dinventory.url=http://inventory"]}, ["shop/inventory:80"]),
        ({"command": ["nc", "-z", "-w", "5", "inventory", "9090"]}, ["shop/inventory:9090"]),
        (
            {"command": ["sh", "-c", "until nslookup catalog; do echo for inventory; done"]},
            ["shop/catalog:8080"],
        ),
        ({"command": ["/app/inventory", "catalog", "--name", "inventory"]}, []),
        (
            {"env": [{"name": "TO", "value": "catalog"}], "args": ["curl $TO/health"]},
            ["shop/catalog:8080"],
        ),
    ],
)
@pytest.mark.parametrize("part", ["containers", "initContainers"])
def test_arguments_name_services(container: dict[str, Any], calls: list[str], part: str) -> None:
    waiting = {"name": "wait", "image": "busybox", **container}
    workload = (
        checkout(container) if part == "containers" else checkout({}, initContainers=[waiting])
    )
    assert called(workload) == calls


TEXTS = {
    "app.properties": "# http://catalog\ninventory.host=inventory\ninventory.port=9090\n",
    "app.yaml": "inventory:\n  host: inventory\n  port: 9090\nname: catalog\n",
    "app.json": json.dumps({"back": [{"url": "http://inventory:9090"}], "name": "catalog"}),
    "nginx.conf": "server {\n  server_name catalog;\n  proxy_pass http://inventory:9090/;\n}\n",
    "upstream.conf": "upstream catalog {\n  server inventory:9090;\n}\n",
    "wait.sh": "#!/bin/sh\nnc -z inventory 9090\necho catalog\n",
    "open.env": "A=1\nURL=http://${WHO}:9090\n",
    "broken.yaml": "a: [\nurl: http://inventory:9090\n",
}


@pytest.mark.parametrize("file", TEXTS)
def test_a_mounted_text_is_read_by_its_form_and_cited_by_line(file: str) -> None:
    volume = {"name": "v", "configMap": {"name": "settings"}}
    workload = checkout({"env": [{"name": "WHO", "value": "inventory"}]}, volumes=[volume])
    (call,) = graph(config({file: TEXTS[file]}), workload).calls
    assert (call.callee, call.port) == ("shop/inventory", 9090)
    (evidence,) = call.evidence
    assert evidence.says.startswith(f"Deployment shop/checkout, ConfigMap settings, {file}")


def test_a_line_of_a_text_that_stands_in_the_file_is_cited() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n"
        "data:\n  app.yaml: |\n    a: 1\n    to:\n      url: http://inventory:80\n---\n"
    )
    volume = {"name": "v", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}
    rest = yaml.safe_dump_all([*SERVICES, checkout({}, volumes=[volume])])
    documents = parse((text + rest).encode(), "all.yaml").documents
    (call,) = services_of(documents).graph.calls
    assert [(e.line, e.says) for e in call.evidence] == [
        (8, "Deployment shop/checkout, ConfigMap settings, app.yaml, to.url")
    ]


@pytest.mark.parametrize(
    "container",
    [
        {"envFrom": [{"configMapRef": {"name": "settings"}, "prefix": "MY_"}]},
        {
            "env": [
                {
                    "name": "TO_HOST",
                    "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "CATALOG_HOST"}},
                }
            ]
        },
    ],
)
def test_variables_from_a_config_map_are_cited_there(container: dict[str, Any]) -> None:
    (call,) = graph(config({"CATALOG_HOST": "catalog"}), checkout(container)).calls
    assert call.callee == "shop/catalog"
    assert "_HOST from ConfigMap settings" in call.evidence[0].says


def test_secrets_are_never_read_and_what_is_missing_is_named() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "settings", "namespace": "shop"},
        "stringData": {"CATALOG_URL": "http://catalog:8080"},
    }
    key = {"secretKeyRef": {"name": "settings", "key": "CATALOG_URL"}}
    container = {
        "envFrom": [{"secretRef": {"name": "settings"}}, {"configMapRef": {"name": "gone"}}],
        "env": [{"name": "CATALOG_URL", "valueFrom": key}, {"name": "PASSWORD", "valueFrom": key}],
    }
    volumes = [{"name": "v", "configMap": {"name": "lost"}}]
    found = graph(secret, checkout(container, volumes=volumes))
    assert found.calls == ()
    assert [e.says.removeprefix("Deployment shop/checkout, ") for e in found.unread] == [
        "envFrom Secret settings",
        "envFrom ConfigMap gone",
        "env CATALOG_URL from a Secret",
        "volume from ConfigMap lost",
    ]


def test_a_config_map_that_nobody_can_apply_is_named_itself() -> None:
    broken = config({}) | {"data": ["http://catalog"]}
    workload = checkout({"envFrom": [{"configMapRef": {"name": "settings"}}]})
    text = yaml.safe_dump_all([*SERVICES, broken, workload])
    found = services_of(parse(text.encode(), "all.yaml").documents)
    assert [f.found for f in found.findings] == ["a list as data of ConfigMap 'settings'"]
    assert [e.says for e in found.graph.unread] == [
        "Deployment shop/checkout, envFrom ConfigMap settings"
    ]


def test_a_host_of_no_service_is_kept_with_the_ids_that_it_could_have() -> None:
    """Behind an alias too; a pod's name is one of three words, and an ordinary host is none."""
    told = {"A_URL": "http://billing.money.svc:81", "B_HOST": "ledger", "C_URL": "http://gone"}
    named = [{"name": name, "value": value} for name, value in told.items()]
    alias = service("shop/gone", type="ExternalName", externalName="x.far.svc.cluster.local")
    arguments = ["books.far:90", "http://a.b.example.org"]
    found = graph(alias, checkout({"env": named, "args": arguments}))
    assert {(e.ids, e.port, e.firm) for e in found.elsewhere} == {
        (("money/billing",), 81, True),
        (("shop/ledger",), None, True),
        (("far/x",), None, True),
        (("far/books",), 90, False),
    }
    assert {e.caller.id for e in found.elsewhere} == {"shop/checkout"}


def test_no_value_is_kept() -> None:
    found = graph(env("DATABASE_URL=postgres://root:hunter2@db.data:5432/x?password=hunter2"))
    assert found.calls
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("kind", "spec", "calls"),
    [
        (
            "Sidecar",
            {
                "workloadSelector": {"labels": {"app": "checkout"}},
                "egress": [
                    {
                        "port": {"number": 9090},
                        "hosts": ["./inventory.shop.svc.cluster.local", "pay/*"],
                    }
                ],
            },
            ["shop/inventory:9090"],
        ),
        ("Sidecar", {"egress": [{"hosts": ["./inventory.shop.svc.cluster.local"]}]}, []),
        (
            "VirtualService",
            {
                "hosts": ["inventory"],
                "http": [
                    {
                        "match": [{"sourceLabels": {"app": "checkout"}}],
                        "route": [{"destination": {"host": "catalog"}}],
                    },
                    {"route": [{"destination": {"host": "inventory"}}]},
                ],
            },
            ["shop/catalog:8080"],
        ),
    ],
)
def test_a_mesh_names_callers_where_it_chooses_them(
    kind: str, spec: dict[str, Any], calls: list[str]
) -> None:
    metadata = {"name": "x", "namespace": "shop"}
    mesh = {
        "apiVersion": "networking.istio.io/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
    }
    assert called(checkout({}), mesh) == calls


@pytest.mark.parametrize(
    ("peer", "ports", "selects", "calls"),
    [
        ({"podSelector": {"matchLabels": {"app": "checkout"}}}, [9090], "inventory", [9090]),
        ({"podSelector": {"matchLabels": {"app": "checkout"}}}, [], "inventory", [None]),
        (
            {
                "podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
            },
            [80],
            "inventory",
            [80],
        ),
        ({"podSelector": {}}, [80], "inventory", []),
        ({"namespaceSelector": {}}, [80], "inventory", []),
        ({"podSelector": {"matchLabels": {"app": "other"}}}, [80], "inventory", []),
        ({"podSelector": {"matchLabels": {"app": "checkout"}}}, [80], "", []),
    ],
)
def test_a_policy_names_the_callers_that_it_lets_in_by_their_labels(
    peer: dict[str, Any], ports: list[int], selects: str, calls: list[int | None]
) -> None:
    rule = {"from": [peer], "ports": [{"port": p} for p in ports]}
    selector = {"matchLabels": {"app": selects}} if selects else {}
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "guard", "namespace": "shop"},
        "spec": {"podSelector": selector, "ingress": [rule]},
    }
    inventory = checkout({})
    inventory["metadata"]["name"] = "inventory"
    inventory["spec"]["template"]["metadata"]["labels"] = {"app": "inventory"}
    found = graph(checkout({}), inventory, policy).calls
    assert [c.port for c in found] == calls
    assert {c.callee for c in found} <= {"shop/inventory"}


HEAD = "name: x\nmanifests: [all.yaml]\n"


def said(tmp_path: Path, block: str) -> tuple[CallGraph, list[str]]:
    worker = checkout({})
    worker["metadata"]["name"] = "worker"
    objects = [*SERVICES, env("A_HOST=inventory", "B_HOST=catalog"), worker]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(objects))
    (tmp_path / "workload.yaml").write_text(HEAD + block)
    workload = read_workload(tmp_path)
    return workload.graph, [str(f) for f in workload.findings if f.file == "workload.yaml"]


@pytest.mark.parametrize(
    ("block", "calls"),
    [
        ("catalog: {confirm: [checkout]}", {"shop/catalog:8080": CallState.CONFIRMED}),
        ("catalog: {strike: [Deployment shop/checkout]}", {"shop/catalog:8080": CallState.STRUCK}),
        (
            "shop/inventory: {confirm: [{caller: shop/checkout, port: p9090}]}",
            {"shop/inventory:9090": CallState.CONFIRMED},
        ),
        ("inventory: {strike: [checkout]}", {"shop/inventory:None": CallState.STRUCK}),
        (
            "payments: {add: [{caller: checkout, port: 443}, {caller: worker, port: 443}]}",
            {"pay/payments:443": CallState.DECLARED},
        ),
        ("db: {add: [{caller: checkout, port: 6000}]}", {"data/db:6000": CallState.DECLARED}),
        ("catalog: {add: [worker]}", {"shop/catalog:8080": CallState.DECLARED}),
    ],
)
def test_the_file_confirms_strikes_and_adds_one_workload_and_port(
    block: str, calls: dict[str, CallState], tmp_path: Path
) -> None:
    found, findings = said(tmp_path, f"calls:\n  {block}\n")
    assert findings == []
    states = {
        f"{c.callee}:{c.port}": c.state for c in found.calls if c.state is not CallState.FOUND
    }
    assert states == calls


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (
            "inventory: {confirm: [checkout]}",
            "has the caller shop/checkout of shop/inventory without a port. Use a port, one "
            "of 80 p80, 9090 p9090.",
        ),
        (
            "catalog: {confirm: [worker]}",
            "has shop/worker calling shop/catalog under confirm, which was not found. Use "
            "add, or a call that a field of the input names.",
        ),
        (
            "catalog: {strike: [{caller: checkout, port: 81}]}",
            "has the port 81, which shop/catalog does not have. Use a port, one of 8080 p8080.",
        ),
    ],
)
def test_what_the_file_says_of_no_call_is_named(block: str, sentence: str, tmp_path: Path) -> None:
    found, findings = said(tmp_path, f"calls:\n  {block}\n")
    assert findings == [f"workload.yaml line 4 {sentence}"]
    assert {c.state for c in found.calls} == {CallState.FOUND}


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (
            "katalog: {}",
            "has the unknown Service 'katalog'. Use 'catalog', the nearest, or one of ",
        ),
        (
            "catalog: {confirm: [shop/chekout]}",
            "has the unknown workload 'shop/chekout'. Use 'shop/checkout', the nearest, or "
            "one of shop/checkout, shop/worker.",
        ),
        ("catalog: {confirm: [checkout], strike: [checkout]}", "each call under one of them."),
        ("catalog: {confirmed: []}", "has the unknown key 'confirmed'. Use 'confirm', "),
        ("catalog: {add: [{port: 1}]}", "Use the key caller "),
    ],
)
def test_a_name_or_key_that_is_not_there_ends_in_one_sentence(
    block: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        said(tmp_path, f"calls:\n  {block}\n")
    assert "workload.yaml line 4" in str(caught.value)
    assert sentence in str(caught.value)


def test_checkout_of_the_bundled_shop_calls_inventory_and_payments() -> None:
    calls = read_workload("contoso-retail").graph.calls
    found = {(c.caller.id, c.callee, c.port) for c in calls}
    assert ("shop/checkout", "fulfilment/inventory", 80) in found
    assert ("shop/checkout", "payments/payments", 443) in found
    assert len(found) == 25


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://inventory:9090/stock", {"shop/inventory": 9090}),
        ("https://notes", {"shop/notes": 443}),
        ("inventory:9090", {}),
        ("grpc://inventory:9090", {}),
        ("http://elsewhere:80", {}),
    ],
)
def test_addresses_by_http_are_told_with_their_port(address: str, expected: dict[str, int]) -> None:
    found = graph(checkout({"env": [{"name": "ADDRESS", "value": address}]})).by_http
    assert {id: port for id, port, _ in found} == expected
    assert all(e.says == "Deployment shop/checkout, env ADDRESS" for _, _, e in found)
