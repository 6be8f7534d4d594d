from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from jsonschema import Draft202012Validator

from apim_aks.apis.draft import write_workload_file
from apim_aks.apis.mapping import map_services
from apim_aks.errors import InputError
from apim_aks.facts import ROOT
from apim_aks.facts.choices import choice_values
from apim_aks.options.choices import CHOSEN
from apim_aks.own_files import save_listed
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.file import (
    bundled_names,
    copy_bundled,
    read_workload,
    said,
    save,
    workload_schema,
)
from apim_aks.workload.file.schema import problems
from apim_aks.workload.kubernetes import folder as folder_of_manifests
from apim_aks.workload.model import Consumer, Pin, Requirements, TokenValidation
from tests.support.effort import calls
from tests.support.scenario import yaml_says
from tests.support.series import SEED

SERVICES = """\
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Service, metadata: {name: orders}, spec: {ports: [{port: 80}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: carts}, spec: {ports: [{port: 80}]}}
  - apiVersion: v1
    kind: Service
    metadata: {name: carts, namespace: test}
    spec: {ports: [{port: 80}]}
"""
OPENAPI = "openapi: 3.0.3\ninfo: {title: Orders}\npaths: {/orders: {get: {operationId: a}}}\n"
HEAD = "name: shop\nmanifests: [k8s]\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with manifests, an OpenAPI document and the smallest workload.yaml."""
    folder = tmp_path / "shop"
    (folder / "k8s").mkdir(parents=True)
    (folder / "k8s" / "all.yaml").write_text(SERVICES)
    (folder / "orders.yaml").write_text(OPENAPI)
    (folder / "workload.yaml").write_text(HEAD)
    monkeypatch.chdir(tmp_path)
    return folder


def error(shop: Path, text: str) -> str:
    (shop / "workload.yaml").write_text(text)
    with pytest.raises(InputError) as raised:
        read_workload("shop")
    return str(raised.value)


def test_a_misspelt_region_is_refused_with_the_one_that_was_meant(shop: Path) -> None:
    (shop / "workload.yaml").write_text(f"{HEAD}azure:\n  region: westeuorpe\n")
    with pytest.raises(InputError) as error:
        read_workload(shop)
    assert str(error.value).startswith(
        "shop/workload.yaml line 4: region 'westeuorpe' is not known. Use 'westeurope', the "
        "nearest, or one of australiacentral, "
    )


def test_the_smallest_file_is_enough(shop: Path) -> None:
    workload = read_workload(shop)
    assert workload == read_workload(str(shop / "workload.yaml"))
    assert (workload.name, workload.title, workload.publish) == ("shop", "shop", None)
    assert [s.id for s in workload.services] == ["default/carts", "default/orders", "test/carts"]
    assert workload.azure == Azure()
    assert workload.digests == (
        ("k8s/all.yaml", hashlib.sha256(SERVICES.encode()).hexdigest()),
        ("workload.yaml", hashlib.sha256(HEAD.encode()).hexdigest()),
    )


def test_every_key_reaches_the_workload(shop: Path) -> None:
    (shop / "workload.yaml").write_text(
        """\
name: shop
title: The shop
manifests: [k8s/all.yaml]
openapi: {orders: orders.yaml}
publish: [test/carts, orders]
apis: {all: {title: All, path: all, services: [orders], operations: {orders: [GET /orders]}}}
services_authenticate: {orders: {issuer: https://i, audience: a}}
consumers: [internet, on-premises]
requirements: {private_gateway: true, regions: 2, monthly_budget: 900, tiers_allowed: [premium]}
weights: {security: 2, cost: 1.5}
azure: {environment: rehearsal, region: northeurope, kubernetes_version: "1.30",
  name_suffix: shop1, existing: {cluster: {name: c, resource_group: g}},
  taken_address_ranges: [10.0.0.0/16]}
placements: {vnet-external: {tier: Standard v2, ingress_controller: app-routing-nginx}}
decision: {option: vnet-external, date: 2026-11-23}
""".replace("ingress_controller: app-routing-nginx", "tier: Standard v2").replace(
            "tier: Standard v2, tier: Standard v2", "tier: StandardV2"
        )
    )
    workload = read_workload(shop)
    orders = workload.service("orders")
    assert orders.document is not None
    assert (orders.document.file, orders.document.title) == ("orders.yaml", "Orders")
    assert orders.validates == TokenValidation("https://i", "a")
    assert workload.publish == ("test/carts", "default/orders")
    assert workload.apis["all"]["services"] == ["default/orders"]
    assert workload.apis["all"]["operations"] == {"default/orders": ["GET /orders"]}
    assert workload.consumers == (Consumer.INTERNET, Consumer.ON_PREMISES)
    wanted = workload.requirements
    assert (wanted.private_gateway, wanted.regions, wanted.monthly_budget) == (True, 2, 900)
    assert workload.weights == (("security", 2.0), ("cost", 1.5))
    assert (workload.azure.kubernetes_version, workload.azure.environment) == ("1.30", "rehearsal")
    assert workload.azure.existing == ExistingResources(cluster=Existing("c", "g"))
    assert workload.azure.taken_address_ranges == ("10.0.0.0/16",)
    ((option, pin),) = workload.pins
    assert (option, pin.ingress_controller) == ("vnet-external", "")
    assert pin.tier.replace(" ", "") == "Standardv2"
    assert workload.decided == "vnet-external"
    assert ("orders.yaml", hashlib.sha256(OPENAPI.encode()).hexdigest()) in workload.digests


def test_a_service_may_have_several_versions_of_its_document(shop: Path) -> None:
    (shop / "two.yaml").write_text(OPENAPI.replace("/orders", "/v2/orders"))
    names = "[orders.yaml, two.yaml, ./orders.yaml]"
    (shop / "workload.yaml").write_text(f"{HEAD}openapi: {{orders: {names}}}\n")
    orders = read_workload(shop).service("orders")
    assert [d.file for d in orders.documents] == ["orders.yaml", "two.yaml"]
    assert [o.path for o in orders.operations] == ["/orders", "/v2/orders"]
    assert error(shop, f"{HEAD}openapi:\n  orders: [orders.yaml, 7]\n") == (
        "shop/workload.yaml line 4 has the number 7 as orders. Use a path relative to this file."
    )


def test_a_key_without_a_value_is_left_out(shop: Path) -> None:
    (shop / "workload.yaml").write_text(HEAD + "openapi:\npublish:\nweights:\nplacements:\n")
    workload = read_workload(shop)
    assert (workload.publish, workload.preset, workload.pins) == (None, "balanced", ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "name: shop\nmanifest: [k8s]\nmanifests: [k8s]\n",
            "shop/workload.yaml line 2 has the unknown key 'manifest'. Use 'manifests', "
            "the nearest, or one of name, title, manifests, render, namespace, openapi, unpaired, "
            "publish, ports, calls, apis, services_authenticate, tls, consumers, requirements, "
            "owners, traffic, weights, azure, environments, placements, decision.",
        ),
        (
            f"{HEAD}requirements: {{monthly_budget: 1.000,00}}\n",
            "shop/workload.yaml line 3 has the unknown key '00'. Use one of "
            "no_public_cluster_endpoint, private_gateway, private_api_server, static_outbound_ip, "
            "availability_zones, regions, tiers_allowed, monthly_budget, sla_percent, "
            "recovery_minutes, service_mesh, host_names, web_application_firewall, "
            "overlapping_address_ranges.",
        ),
        (
            f"{HEAD}azure:\n  regio: westeurope\n  environment: production\n",
            "shop/workload.yaml line 4 has the unknown key 'regio'. Use 'region', the "
            "nearest, or one of environment, region, kubernetes_version, name_suffix, "
            "resource_group, existing, address_space, taken_address_ranges, gateway_network, "
            "hub_address_space, egress, firewall_address, restrict_outbound, gateway_subnet, "
            "network_policy, authorized_ranges, host_name, close_after_days, publisher_name, "
            "publisher_email.",
        ),
        (
            f"{HEAD}azure:\n  kubernetes_version: 1.30\n",
            "shop/workload.yaml line 4 has the number 1.3 as kubernetes_version. Use a "
            'version in quotes such as "1.36", since YAML reads 1.30 as the number 1.3.',
        ),
        (
            f"{HEAD}azure:\n  egress: tunnel\n",
            "shop/workload.yaml line 4 has the text 'tunnel' as egress. "
            "Use one of direct, firewall.",
        ),
        (
            f"{HEAD}azure:\n  gateway_network: hub\n",
            "shop/workload.yaml line 4 has gateway_network: hub without existing.hub. Use "
            "the two together: name and group of the network, and what is free in it.",
        ),
        (
            f"{HEAD}azure:\n  hub_address_space: 10.0.8.0/24\n",
            "shop/workload.yaml line 4 has hub_address_space without gateway_network: hub. "
            "Use both or neither.",
        ),
        (
            f"{HEAD}azure:\n  egress: firewall\n",
            "shop/workload.yaml line 4 has egress: firewall without firewall_address. Use "
            "the two together: calls are led to that address.",
        ),
        (
            f"{HEAD}azure:\n  firewall_address: 10.0.1.4\n",
            "shop/workload.yaml line 4 has firewall_address without egress: firewall. Use "
            "both or neither.",
        ),
        (
            f"{HEAD}azure:\n  egress: firewall\n  firewall_address: 8.8.8.8\n",
            "shop/workload.yaml line 5 has '8.8.8.8' as firewall_address. Use a private "
            "IPv4 address such as 10.0.1.4.",
        ),
        (
            f"{HEAD}azure:\n  network_policy: calico\n",
            "shop/workload.yaml line 4 has network_policy without existing.cluster. Use "
            "the two together, since a new cluster gets an engine of its own.",
        ),
        (
            f"{HEAD}azure:\n  region: usgovvirginia\n",
            "shop/workload.yaml line 4: the region usgovvirginia (US Gov Virginia) belongs to a "
            "sovereign cloud; tiers, prices and host names here are those of the public cloud, so "
            "choose a region of that one.",
        ),
        (
            f"{HEAD}consumers: [moon]\n",
            "shop/workload.yaml line 3 has the text 'moon' as consumers. Use one of "
            "internet, same-vnet, peered-vnet, on-premises.",
        ),
        (
            f"{HEAD}requirements: {{regions: 0}}\n",
            "shop/workload.yaml line 3 has the number 0 as regions. Use a number from 1 up.",
        ),
        (
            f"{HEAD}requirements: {{private_gateway: 'yes'}}\n",
            "shop/workload.yaml line 3 has the text 'yes' as private_gateway. Use true or false.",
        ),
        (
            f"{HEAD}publish: orders\n",
            "shop/workload.yaml line 3 has the text 'orders' as publish. Use a list.",
        ),
        (
            f"{HEAD}weights: {{preset: balanced, cost: 1}}\n",
            "shop/workload.yaml line 3 has the preset balanced beside weights for cost. "
            "Use either a preset or weights.",
        ),
        (
            f"{HEAD}weights: {{cost: 0}}\n",
            "shop/workload.yaml line 3 has no weight above 0. Use at least one.",
        ),
        (
            "name: Shop\nmanifests: [k8s]\n",
            "shop/workload.yaml line 1 has the text 'Shop' as name. Use lower-case "
            "letters, digits and hyphens, a letter first, at most 39 in all.",
        ),
        (
            "name: shop\n",
            "shop/workload.yaml line 1 has no manifests. Use the key manifests (files or "
            "folders with Kubernetes manifests: multi-document YAML, Lists, JSON, rendered Helm or "
            "kustomize output), or the key render.",
        ),
        (
            "name: shop\nmanifests: [../../etc]\n",
            "shop/workload.yaml line 2 has no Service in the manifests (workload.yaml line 2 "
            "has the path '../../etc', which leads out of the folder. Use a path inside it, "
            "or --allow-outside). Use at least one.",
        ),
        (
            f"{HEAD}publish:\n  - order\n",
            "shop/workload.yaml line 4 has the unknown Service 'order'. Use 'orders', the "
            "nearest, or one of default/carts, default/orders, test/carts.",
        ),
        (
            f"{HEAD}publish: [carts]\n",
            "shop/workload.yaml line 3 has the Service 'carts', of which there are "
            "several. Use one of default/carts, test/carts.",
        ),
        (
            "just text\n",
            "shop/workload.yaml line 1 has no single mapping. "
            "Use one mapping with name, manifests.",
        ),
        (
            "name: shop\nmanifests: [k8s\n",
            f"shop/workload.yaml line 3 has text that is not YAML ({yaml_says('[k8s')}). "
            "Use YAML or JSON.",
        ),
        ("", "shop/workload.yaml has nothing in it. Use a YAML or JSON document."),
        (
            "name: shop\nmanifests: [orders.yaml]\n",
            "shop/workload.yaml line 2 has no Service in the manifests (orders.yaml line 1 "
            "has an OpenAPI document. Use a Kubernetes object with apiVersion and kind; "
            "OpenAPI documents belong under openapi). Use at least one.",
        ),
    ],
)
def test_wrong_input_ends_in_one_sentence(shop: Path, text: str, sentence: str) -> None:
    assert error(shop, text) == sentence


@pytest.mark.parametrize("bad", ["\\0", "\\a", "\\uffff"])
def test_a_text_that_no_policy_can_hold_is_refused_with_its_line(shop: Path, bad: str) -> None:
    said = f'services_authenticate: {{orders: {{issuer: "https://i", audience: "a{bad}"}}}}\n'
    assert " line 3 has the text 'a" in error(shop, HEAD + said)


def test_wrong_names_of_rows_are_said_with_the_line(shop: Path) -> None:
    for text, what in {
        "weights: {preset: fast}": "preset 'fast' is unknown; use one of ",
        "placements: {vnet-external: {tier: Gold}}": "tier 'Gold' is unknown; use one of ",
        "placements: {vnet-external: {ingress_controller: x}}": "ingress controller 'x' is unknown",
        "requirements: {tiers_allowed: [Gold]}": "tier 'Gold' is unknown; use one of ",
    }.items():
        assert error(shop, f"{HEAD}{text}\n").startswith(f"shop/workload.yaml line 3: {what}")


def test_paths_may_leave_the_folder_where_that_is_allowed(shop: Path) -> None:
    outside = shop.parent / "elsewhere.yaml"
    outside.write_text(SERVICES)
    (shop / "workload.yaml").write_text("name: shop\nmanifests: [../elsewhere.yaml]\n")
    assert [n for n, _ in read_workload(shop, allow_outside=True).digests] == [
        "../elsewhere.yaml",
        "workload.yaml",
    ]


def test_a_link_does_not_lead_out_of_the_folder(shop: Path) -> None:
    (shop.parent / "secret.yaml").write_text(SERVICES)
    (shop / "link.yaml").symlink_to(shop.parent / "secret.yaml")
    assert "which leads out of the folder" in error(shop, "name: shop\nmanifests: [link.yaml]\n")


def test_windows_separators_are_understood(shop: Path) -> None:
    (shop / "workload.yaml").write_bytes(b"name: shop\r\nmanifests: ['k8s\\all.yaml']\r\n")
    assert len(read_workload(shop).services) == 3


NO_PATH = "where there is nothing. Use a file or folder that exists."
OUTSIDE = "which leads out of the folder. Use a path inside it, or --allow-outside."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "name: shop\nmanifests:\n  - k8s\n  - nothing.yaml\n",
            f"workload.yaml line 4 has the path 'nothing.yaml', {NO_PATH}",
        ),
        (
            "name: shop\nmanifests: [../../etc, k8s]\n",
            f"workload.yaml line 2 has the path '../../etc', {OUTSIDE}",
        ),
        (
            "name: shop\nmanifests: [k8s, 'C:\\k8s']\n",
            f"workload.yaml line 2 has the path 'C:\\\\k8s', {OUTSIDE}",
        ),
        (
            f"{HEAD}openapi:\n  orders: gone.yaml\n",
            f"workload.yaml line 4 has the path 'gone.yaml', {NO_PATH}",
        ),
        (
            f"{HEAD}openapi:\n  default/carts: [orders.yaml]\n  orders: k8s\n",
            "workload.yaml line 5 has the folder 'k8s'. Use the path of a document.",
        ),
        (
            f"{HEAD}openapi: {{order: orders.yaml}}\n",
            "workload.yaml line 3 has the unknown Service 'order'. Use 'orders', the "
            "nearest, or one of default/carts, default/orders, test/carts.",
        ),
        (
            f"{HEAD}openapi: {{carts: orders.yaml}}\n",
            "workload.yaml line 3 has the Service 'carts', of which there are several. "
            "Use one of default/carts, test/carts.",
        ),
    ],
)
def test_a_path_that_cannot_be_used_is_left_out(shop: Path, text: str, sentence: str) -> None:
    (shop / "workload.yaml").write_text(text)
    workload = read_workload("shop")
    assert len(workload.services) == 3
    assert [(str(f), f.refused) for f in workload.findings] == [(sentence, True)]


def test_manifests_that_are_not_there_may_open_anything(shop: Path) -> None:
    (shop / "workload.yaml").write_text("name: shop\nmanifests: [k8s, gone]\n")
    openings = [(o.cause, o.place) for o in read_workload("shop").openings]
    assert ("unread-document", "workload.yaml line 2") in openings


def test_one_bad_document_does_not_hide_the_rest(shop: Path) -> None:
    bad = {
        "k8s/broken.yaml": "a: b: c\n",
        "k8s/helm.yaml": "kind: {{ .Values.kind }}\n",
        "k8s/other.yaml": "name: compose\n",
        "k8s/empty.yaml": "",
        "k8s/bare.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: lost}\n",
        "api.yaml": "no: openapi\n",
    }
    for name, text in bad.items():
        (shop / name).write_text(text)
    with (shop / "k8s" / "huge.yaml").open("wb") as file:
        file.truncate(50_000_000)
    (shop / "workload.yaml").write_text(f"{HEAD}openapi: {{orders: api.yaml, lost: orders.yaml}}\n")
    workload = read_workload(shop)
    assert len(workload.services) == 3
    assert [(f.file, f.refused) for f in workload.findings] == [
        ("k8s/bare.yaml", True),
        ("k8s/broken.yaml", True),
        ("k8s/empty.yaml", True),
        ("k8s/helm.yaml", True),
        ("k8s/huge.yaml", True),
        ("k8s/other.yaml", True),
        ("api.yaml", True),
        ("workload.yaml", True),
    ]
    assert str(workload.findings[-1]) == (
        "workload.yaml line 3 has the unknown Service 'lost'. "
        "Use a Service that could be read from the manifests."
    )


def test_an_unknown_workload_names_the_bundled_ones(shop: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_workload("contoso-retial")
    assert str(raised.value) == (
        "Workload 'contoso-retial' is unknown; use 'contoso-retail', the nearest, or one of "
        f"{', '.join(bundled_names())}, or the path of a workload.yaml."
    )
    (shop / "workload.yaml").unlink()
    with pytest.raises(InputError, match="has no workload.yaml"):
        read_workload("shop")
    with pytest.raises(InputError, match="is unknown"):
        read_workload("a\0b" + "x" * 5000)


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_workloads_are_read_without_a_refused_document(name: str) -> None:
    workload = read_workload(name)
    assert workload.name == name
    assert not [f for f in workload.findings if f.refused]
    assert any(s.document for s in workload.services)
    assert hash(workload.services)


def test_the_schema_describes_every_key_and_covers_every_field() -> None:
    schema = workload_schema()
    Draft202012Validator.check_schema(schema)
    known = schema["properties"]
    assert set(known["requirements"]["properties"]) == {f.name for f in fields(Requirements)}
    assert set(known["consumers"]["items"]["enum"]) == set(Consumer)
    azure = known["azure"]["properties"]
    assert set(azure) == {f.name for f in fields(Azure)}
    assert set(azure["existing"]["properties"]) == {f.name for f in fields(ExistingResources)}
    named = {f.name for f in fields(Existing)}
    assert set(schema["$defs"]["existing_gateway"]["properties"]) == named
    assert set(schema["$defs"]["existing"]["properties"]) == named - {"extracted"}
    places = get_args(get_type_hints(Azure)["gateway_network"])
    assert tuple(azure["gateway_network"]["enum"]) == places
    pinned = known["placements"]["additionalProperties"]["properties"]
    assert set(pinned) == {f.name for f in fields(Pin)}
    for choice in CHOSEN:
        told = {v.id for v in choice_values() if v.choice == choice}
        assert set(pinned[choice]["enum"]) == told
    assert not [path for path, part in _keys(schema) if "description" not in part]


def _keys(schema: Any, path: str = "") -> list[tuple[str, Any]]:
    found = []
    for key, part in schema.get("properties", {}).items():
        found += [] if "$ref" in part else [(f"{path}.{key}", part)]
        found += _keys(part, f"{path}.{key}")
    extra = schema.get("additionalProperties")
    return found + (_keys(extra, f"{path}.*") if isinstance(extra, dict) else [])


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{name: a}",
        "{name: a, manifests: []}",
        "{name: a, manifests: [b, '']}",
        "{name: a, manifests: [b], title: ''}",
        "{name: a, manifests: [b], openapi: {c: d, e: [f, g]}}",
        "{name: a, manifests: [b], openapi: {c: []}}",
        "{name: a, manifests: [b], openapi: {c: 7}}",
        "{name: a, manifests: [b], openapi: {c: [7]}}",
        "{name: a, manifests: [b], publish: [c, c]}",
        "{name: a, manifests: [b], publish: [c, 1]}",
        "{name: a, manifests: [b], consumers: []}",
        "{name: a, manifests: [b], apis: {A: {}}}",
        "{name: a, manifests: [b], apis: {a: {operations: {s: [get /]}}}}",
        "{name: a, manifests: [b], apis: {a: {operations: {s: [GET /]}}}}",
        "{name: a, manifests: [b], services_authenticate: {c: {issuer: d}}}",
        "{name: a, manifests: [b], services_authenticate: {c: {issuer: d, audience: e}}}",
        "{name: a, manifests: [b], requirements: {monthly_budget: 0}}",
        "{name: a, manifests: [b], requirements: {monthly_budget: true}}",
        "{name: a, manifests: [b], requirements: {regions: 1.5}}",
        "{name: a, manifests: [b], weights: {cost: -1}}",
        "{name: a, manifests: [b], weights: {speed: 1}}",
        "{name: a, manifests: [b], azure: {existing: {cluster: {name: c}}}}",
        "{name: a, manifests: [b], azure: {taken_address_ranges: [x]}}",
        "{name: a, manifests: [b], azure: {taken_address_ranges: [10.0.0.0/8]}}",
        "{name: a, manifests: [b], placements: {x: {tier: y, units: 2}}}",
        "{name: a, manifests: [b], decision: {date: '2026-1-1'}}",
        "{name: a, manifests: 7}",
        "[]",
    ],
)
def test_our_reading_of_the_schema_agrees_with_jsonschema(text: str) -> None:
    data = yaml.safe_load(text)
    ours = not list(problems(data, workload_schema()))
    assert ours == Draft202012Validator(workload_schema()).is_valid(data)


def test_reading_needs_no_slow_library() -> None:
    code = (
        "import sys; from apim_aks.workload.file import read_workload; "
        "read_workload('contoso-orders'); "
        "print([m for m in ('jsonschema', 'pandas') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_saving_keeps_comments_quotes_and_line_endings(shop: Path) -> None:
    file = shop / "workload.yaml"
    file.write_bytes(
        b"# ours\r\nname: shop  # short\r\nmanifests: [k8s]\r\n\r\n"
        b'azure: {kubernetes_version: "1.30"}  # keep\r\nweights: {preset: balanced}\r\n'
    )
    save("shop", {"decision": {"option": "vnet-external"}, "weights": {"preset": "cost-first"}})
    assert file.read_bytes() == (
        b"# ours\r\nname: shop  # short\r\nmanifests: [k8s]\r\n\r\n"
        b'azure: {kubernetes_version: "1.30"}  # keep\r\nweights: {preset: cost-first}\r\n'
        b"decision:\r\n  option: vnet-external\r\n"
    )
    assert read_workload("shop").decided == "vnet-external"
    save(file, {"decision": None, "weights": {"preset": None, "cost": 1}, "publish": ("orders",)})
    workload = read_workload("shop")
    assert (workload.decided, workload.weights) == ("", (("cost", 1.0),))
    assert workload.publish == ("default/orders",)
    assert sorted(p.name for p in shop.iterdir()) == ["k8s", "orders.yaml", "workload.yaml"]


def test_saving_what_is_not_allowed_changes_nothing(shop: Path) -> None:
    before = (shop / "workload.yaml").read_bytes()
    with pytest.raises(InputError, match="has the unknown key 'decisions'"):
        save("shop", {"decisions": {"option": "x"}})
    assert (shop / "workload.yaml").read_bytes() == before


def test_a_bundled_workload_is_not_changed() -> None:
    (name, *_) = bundled_names()
    file = ROOT / "data" / "workloads" / name / "workload.yaml"
    for way in (name, str(file)):
        with pytest.raises(InputError) as raised:
            save(way, {"title": "Mine"})
        assert str(raised.value) == (
            f"Workload '{name}' comes with the workbook and is not changed; "
            "copy its folder first and use the path of the copy."
        )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_cannot_be_written_is_said(shop: Path) -> None:
    shop.chmod(0o500)
    with pytest.raises(InputError, match="the file cannot be written"):
        save("shop", {"title": "x"})


def test_a_first_file_pairs_documents_with_services(shop: Path) -> None:
    (shop / "workload.yaml").unlink()
    (shop / "specs").mkdir()
    (shop / "specs" / "carts-api.yaml").write_text(OPENAPI.replace("Orders", "Carts"))
    (shop / "orders.yaml").rename(shop / "specs" / "OrderService.yaml")
    file = write_workload_file(shop)
    text = file.read_text()
    assert yaml.safe_load(text)["manifests"] == ["k8s/"]
    assert yaml.safe_load(text)["openapi"] == {"orders": "specs/OrderService.yaml"}
    assert yaml.safe_load(text)["unpaired"] == ["specs/carts-api.yaml"]
    assert "but several Services fit: default/carts, test/carts\n" in text
    assert "#   - orders\n" in text
    workload = read_workload(shop)
    assert (workload.name, len(workload.services)) == ("shop", 3)
    with pytest.raises(InputError) as raised:
        write_workload_file(shop)
    assert str(raised.value) == (
        "shop/workload.yaml exists already and is never overwritten. "
        "Edit it, move it away to answer again with init --ask, or name another folder."
    )


def test_a_first_file_takes_one_of_several_variants(shop: Path) -> None:
    (shop / "workload.yaml").unlink()
    small = SERVICES[: SERVICES.index("  - apiVersion")].replace("port: 80", "port: 81")
    (shop / "quickstart.yaml").write_text(small)
    (shop / "tools").mkdir()
    (shop / "tools" / "compose.yaml").write_text("kind: compose\n")
    (shop / "broken.yaml").write_text("a: b: c")
    (shop / "tools" / "account.yaml").write_text(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x}\n"
    )
    text = write_workload_file(shop).read_text()
    assert yaml.safe_load(text)["manifests"] == ["k8s/", "tools/account.yaml"]
    assert "quickstart.yaml (Services that k8s/ has too)" in text
    assert '#   "broken.yaml (text that is not YAML (' in text
    assert "tools/compose.yaml (a mapping with 'kind')" in text
    assert not [f for f in read_workload(shop).findings if f.refused]


def test_a_first_file_needs_services(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no Kubernetes Service"):
        write_workload_file(tmp_path)
    with pytest.raises(InputError, match="there is no such folder"):
        write_workload_file(tmp_path / "no")


def test_a_first_file_survives_any_folder_name(shop: Path) -> None:
    odd = shop.rename(shop.parent / "7 <b>'\"#: &x")
    (odd / "workload.yaml").unlink()
    (odd / "k8s").rename(odd / "- {k8s}: *x")
    write_workload_file(odd)
    assert read_workload(odd).name == "workload-7-b-x"


@pytest.mark.parametrize(
    "system", ["retail-store", "aks-store-demo", "agic-examples", "sock-shop/policy"]
)
def test_a_first_file_for_a_real_system_is_valid(
    corpora: Path, tmp_path: Path, system: str
) -> None:
    source = corpora / "microservices" / system
    for file in (p for p in source.rglob("*") if p.is_file()):
        target = tmp_path / "system" / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    if system == "sock-shop/policy":
        with pytest.raises(InputError, match="has no Kubernetes Service"):
            write_workload_file(tmp_path / "system")
        return
    write_workload_file(tmp_path / "system")
    workload = read_workload(tmp_path / "system")
    assert not [f for f in workload.findings if f.refused]
    if system == "retail-store":
        described = {s.name: s.document.file for s in workload.services if s.document}
        assert described == {
            "demo-carts": "openapi/cart.yml",
            "demo-catalog": "openapi/catalog.yml",
            "demo-checkout": "openapi/checkout.yml",
            "demo-orders": "openapi/orders.yml",
        }


@pytest.mark.series
def test_ten_times_the_services_with_documents_take_ten_times_the_work(tmp_path: Path) -> None:
    few = 50 if SEED else 15
    large, small = (written(tmp_path / str(n), n) for n in (10 * few, few))
    workload = read_workload(large)
    assert sum(len(s.operations) for s in workload.services) == 200 * few
    assert all(len(s.pods) == 1 for s in workload.services)
    assert calls(lambda: read_workload(large)) < 12 * calls(lambda: read_workload(small))


def written(folder: Path, count: int) -> Path:
    """A workload of so many Services, each with a Deployment and a document of 20 operations."""
    paths = "".join(
        f'"/r/{n}/{{id}}": {{"get": {{"operationId": "get{n}", "summary": "Reads {n}", '
        '"parameters": [{"name": "id", "in": "path", "required": true, "schema": '
        '{"type": "string"}}], "responses": {"200": {"description": "The thing"}}}}, '
        for n in range(20)
    ).rstrip(", ")
    folder.mkdir()
    lines = ["name: big", "manifests: [all.yaml]", "openapi:"]
    documents = []
    for n in range(count):
        (folder / f"{n}.json").write_text(
            f'{{"openapi": "3.0.3", "info": {{"title": "S{n}"}}, "paths": {{{paths}}}}}'
        )
        lines.append(f"  s{n}: {n}.json")
        documents.append(
            "apiVersion: apps/v1\nkind: Deployment\n"
            f"metadata: {{name: s{n}}}\nspec:\n  template:\n    metadata:\n"
            f"      labels: {{app: s{n}, part: big}}\n    spec:\n"
            f"      containers: [{{name: a, image: 'big/s{n}:1'}}]\n---\n"
            f"apiVersion: v1\nkind: Service\nmetadata:\n  name: s{n}\nspec:\n"
            f"  selector:\n    app: s{n}\n    part: big\n  ports:\n    - port: 80\n"
        )
    (folder / "all.yaml").write_text("---\n".join(documents))
    (folder / "workload.yaml").write_text("\n".join(lines))
    return folder


def test_the_file_names_the_port_to_publish(shop: Path) -> None:
    (shop / "k8s/a.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: two}\nspec: {ports: "
        "[{name: rest, port: 1}, "
        "{name: web, port: 2}, {name: dns, port: 53, protocol: UDP}]}\n"
    )
    for named, number in (("rest", 1), ("2", 2), ('"2"', 2)):
        (shop / "workload.yaml").write_text(f"{HEAD}ports: {{two: {named}}}\n")
        assert read_workload(shop).service("two").published_port == number
    for named in ("53", "dns", "9", "https"):
        (shop / "workload.yaml").write_text(f"{HEAD}ports: {{two: {named}}}\n")
        workload = read_workload(shop)
        (finding,) = [f for f in workload.findings if f.refused]
        assert (finding.file, finding.line) == ("workload.yaml", 3)
        assert f"has the port {named.strip()}" in str(finding).replace("'", "")
        assert "which default/two does not have. Use" in str(finding)
        assert str(finding).endswith("one of 1 rest, 2 web.")
        assert workload.service("two").published_port == 0


def test_init_shows_how_a_port_is_named(shop: Path) -> None:
    (shop / "workload.yaml").unlink()
    (shop / "k8s/a.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: two}\nspec: {ports: "
        "[{name: rest, port: 1}, "
        "{name: web, port: 2}]}\n"
    )
    file = write_workload_file(shop)
    assert "# ports:\n#   two: 1\n" in file.read_text()
    file.write_text(file.read_text().replace("# ports:\n#   two", "ports:\n  two"))
    assert read_workload(shop).service("two").published_port == 1


def test_what_somebody_changed_meanwhile_is_not_lost(shop: Path) -> None:
    file = shop / "workload.yaml"
    read = said(file, read_workload("shop"))
    file.write_text(file.read_text() + "title: Theirs\n", encoding="utf-8")
    save(file, {"weights": {"preset": "cost-first"}}, read)
    with pytest.raises(InputError, match="has another 'title' than the one that was read"):
        save(file, {"title": "Mine"}, read)
    assert "title: Theirs" in file.read_text()
    assert "preset: cost-first" in file.read_text()
    assert said(file, replace(read_workload("shop"), digests=())) == {}


SERVICE = """apiVersion: v1
kind: Service
metadata: {name: orders}
spec: {ports: [{port: 80}]}
"""
NAMES = (
    "a: b.yaml",
    "C:drive.yaml",
    " - dash #x.yaml",
    "yes.yaml",
    "1.yaml",
    "line\nbreak.yaml",
    'quote".yaml',
    "back\\slash.yaml",
    "ünï \U0001f600.yaml",
    "\x7f\x85\u2028.yaml",
)


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_init_writes_odd_names_so_that_they_are_read_back(tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        service = SERVICE.replace("orders", f"service-{number}")
        (tmp_path / name).write_text(service, encoding="utf-8")
    assert len(read_workload(write_workload_file(tmp_path)).services) == len(NAMES)


@pytest.mark.skipif(sys.platform != "linux", reason="no names of other bytes there")
def test_init_passes_over_loops_environments_and_names_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text(SERVICE, encoding="utf-8")
    (tmp_path / "self.yaml").symlink_to("self.yaml")
    (tmp_path / "loop").symlink_to(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")).write_text(SERVICE)
    (tmp_path / "env" / "lib").mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "env" / "lib" / "bad.yaml").write_text("a: [", encoding="utf-8")
    text = write_workload_file(tmp_path).read_text(encoding="utf-8")
    assert yaml.safe_load(text)["manifests"] == ["orders.yaml"]
    assert "?.yaml (a name that is not UTF-8)" in text
    assert "self.yaml (no content that can be read" in text
    assert "env" not in yaml.safe_load(text)["manifests"]
    assert "bad.yaml" not in text


def test_init_of_an_empty_folder_is_not_told_to_name_a_smaller_one(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    with pytest.raises(InputError, match="has no Kubernetes Service"):
        write_workload_file(tmp_path, lambda done, count: told.append((done, count)))
    assert not told


def test_init_of_a_tree_that_is_too_large_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text(SERVICE, encoding="utf-8")
    for number in range(30):
        (tmp_path / f"{number}.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(folder_of_manifests, "MAX_FILES", 31)
    told: list[tuple[str, int]] = []
    file = write_workload_file(tmp_path, lambda done, count: told.append((done, count)))
    assert ("read", 31) in told
    file.unlink()
    monkeypatch.setattr(folder_of_manifests, "MAX_FILES", 20)
    with pytest.raises(InputError, match="Name the smaller folder"):
        write_workload_file(tmp_path)
    assert not file.exists()


def test_a_report_among_the_manifests_is_not_read(shop: Path) -> None:
    (shop / "k8s" / "out").mkdir()
    save_listed(shop / "k8s" / "out", "manifests/web.yaml", SERVICE.replace("orders", "web"))
    workload = read_workload("shop")
    assert "web" not in {s.name for s in workload.services}
    assert [f.found for f in workload.findings] == ["a report of the workbook, which is not read"]


def test_a_copy_of_a_bundled_workload_is_whole(tmp_path: Path) -> None:
    (name, *_) = bundled_names()
    (tmp_path / "mine").mkdir()
    for target in ("mine", "deep/er"):
        assert read_workload(copy_bundled(name, tmp_path / target)).services
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep", "mine"]


B2C = "https://fabrikam.b2clogin.com/1111/v2.0/"


@pytest.mark.parametrize("issuer", [B2C, "https://keycloak.login.svc/realms/shop"])
def test_an_issuer_without_metadata_of_its_own_is_named(shop: Path, issuer: str) -> None:
    token = f"{{issuer: '{issuer}', audience: a}}"
    (shop / "workload.yaml").write_text(f"{HEAD}services_authenticate: {{orders: {token}}}\n")
    (found,) = read_workload("shop").findings
    assert found.refused
    assert (found.file, found.line) == ("workload.yaml", 3)
    assert "without metadata" in found.found
    assert "/.well-known/openid-configuration" in found.expected


def test_metadata_of_an_issuer_can_be_named(shop: Path) -> None:
    address = "https://fabrikam.b2clogin.com/x/p/v2.0/.well-known/openid-configuration?p=1"
    token = f"{{issuer: '{B2C}', audience: a, metadata: '{address}'}}"
    (shop / "workload.yaml").write_text(f"{HEAD}services_authenticate: {{orders: {token}}}\n")
    workload = read_workload("shop")
    assert not workload.findings
    validates = workload.service("orders").validates
    assert validates
    assert validates.metadata == address


def test_permissions_are_words_without_spaces(shop: Path) -> None:
    entry = "apis: {orders: {permissions: {read: ['a b']}}}\n"
    assert "a permission such as orders.read" in error(shop, HEAD + entry)


@pytest.mark.parametrize(
    "text",
    [
        "ports: {orders: 80, default/orders: 80}\n",
        "services_authenticate:\n"
        "  orders: {issuer: entra-id, audience: a}\n"
        "  default/orders: {issuer: entra-id, audience: b}\n",
    ],
)
def test_nothing_is_said_twice_of_a_service_by_its_two_names(shop: Path, text: str) -> None:
    (shop / "workload.yaml").write_text(HEAD + text)
    line = (HEAD + text).splitlines().index(next(t for t in text.splitlines() if "default/" in t))
    with pytest.raises(InputError) as error:
        read_workload(shop)
    found = "'default/orders', which is default/orders a second time"
    assert str(error.value) == (
        f"shop/workload.yaml line {line + 1} has {found}. Use each Service once."
    )


def test_unpaired_documents_are_files_and_told_by_where_they_lie(shop: Path) -> None:
    (shop / "other.yaml").write_text(OPENAPI)
    paired = "openapi: {orders: ./orders.yaml}\n"
    unpaired = "unpaired: [orders.yaml, other.yaml, ./other.yaml, k8s]\n"
    (shop / "workload.yaml").write_text(HEAD + paired + unpaired)
    workload = read_workload(shop)
    assert workload.unpaired == ("other.yaml",)
    (folder,) = [str(f) for f in workload.findings if f.refused]
    assert folder == ("workload.yaml line 4 has the folder 'k8s'. Use the path of a document.")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{nope: {title: X}}", "apis.nope is not an API of this mapping"),
        ("{x: {operations: {orders: [GET /no]}}}", "apis.x names 'GET /no' of default/orders"),
        ("{x: {services: [test/carts]}}", "apis.x names test/carts, which is not published"),
    ],
)
def test_an_entry_of_apis_that_cannot_be_is_named_with_its_line(
    shop: Path, entry: str, said: str
) -> None:
    text = f"{HEAD}openapi: {{orders: orders.yaml}}\npublish: [orders]\napis: {entry}\n"
    (shop / "workload.yaml").write_text(text)
    with pytest.raises(InputError) as error:
        map_services(read_workload(shop))
    assert str(error.value).startswith(f"workload.yaml line 5: {said}")
