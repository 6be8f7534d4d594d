"""Operations of any method: one for each, under names that are no other operation's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.apis.document import operation_name
from apim_aks.apis.mapping.operations_held import built
from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.arm_templates.several import several
from apim_aks.decision.design import design
from apim_aks.facts import arm_defaults, template_limit
from apim_aks.workload.model import Document, Operation, ServiceType
from tests.support import arm_schema
from tests.support.scenario import service, workload

KIND = "Microsoft.ApiManagement/service/apis/operations"


PATHS = ["/*", "/{*a}", "/", "/a", "/a/*", "/{b}/*", "/a/{*b}", "/{c}"]


def colliding() -> Document:
    """An operation that is called what the wildcard's GET would be called."""
    body = {
        "openapi": "3.0.3",
        "info": {"title": "Catalog", "version": "1"},
        "paths": {
            "/catalog": {
                "get": {"operationId": "any-get", "responses": {"200": {"description": "all"}}}
            }
        },
    }
    operation = Operation("GET", "/catalog", operation_id="any-get")
    return Document(
        file="catalog.json",
        title="Catalog",
        version="1",
        specification="3.0.3",
        base_path="",
        operations=(operation,),
        body=body,
    )


def test_an_operation_that_is_called_any_get_keeps_its_name_to_itself() -> None:
    small = workload(
        service("web", type=ServiceType.LOAD_BALANCER),
        service("catalog", documents=(colliding(),)),
        apis={"all": {"services": ["web", "catalog"]}},
    )
    made = design(small)
    (stage,) = (
        s for s in arm_templates(made.placement("vnet-external")) if s.name.startswith("30-apis")
    )
    (api,) = (r for r in stage.resources if r["type"] == KIND.rpartition("/")[0])
    paths = json.loads(api["properties"]["value"])["paths"]
    imported = [o["operationId"] for item in paths.values() for o in item.values()]
    written = [arm_schema.parsed(r["name"])[1][3] for r in stage.resources if r["type"] == KIND]
    assert imported == ["any-get"]
    others = ("post", "put", "delete", "patch", "head", "options")
    root = [f"any-root-{m}" for m in others]  # GET is declared there
    assert written == ["any-get-1194859e", *(f"any-{m}" for m in others), *root]
    policies = [
        arm_schema.parsed(r["name"])[1][3]
        for r in stage.resources
        if r["type"] == f"{KIND}/policies"
    ]
    assert set(policies) - {"any-get"} == set(written)


@given(st.lists(st.sampled_from(["any", "any-get", "any-get-2", "any-options", "x" * 80, "y"])))
def test_names_of_methods_are_unique_and_short_enough(found: list[str]) -> None:
    ids = {("GET", f"/{n}"): id for n, id in enumerate(dict.fromkeys(found))}
    ids |= {("*", "/*"): "any", ("*", "/long/*"): "x" * 79 + "z"}
    others = {operation_name(id) for id in ids.values()}
    names = [n for own in several(ids).values() for n in own.values()]
    assert len(names) == len(set(names)) == 4 * len(arm_defaults().any_method)
    assert not set(names) & others
    assert all(len(n) <= template_limit("operation-id").number for n in names)


def test_the_measure_counts_what_the_template_builds() -> None:
    small = workload(
        service("web", type=ServiceType.LOAD_BALANCER),
        service("catalog", "GET /catalog", "GET /catalog/{id}"),
    )
    made = design(small)
    where = made.placement("vnet-external")
    stages = arm_templates(where)
    resources = [r for s in stages for r in s.resources]
    documents = [
        json.loads(r["properties"].get("value", '{"paths": {}}'))["paths"]
        for r in resources
        if r["type"] == KIND.rpartition("/")[0]
    ]
    imported = sum(len(item) for paths in documents for item in paths.values())
    alone = sum(r["type"] == KIND for r in resources)
    listed = where.measure("operations-headroom")
    assert (imported, alone) == (2, 14)
    assert listed.counted == ("Premium: 75,000, 16 built",)
    assert listed.low == round(75_000 / (imported + alone), 1)
    assert "one for each" in listed.note


Written = dict[tuple[str, str], list[dict[str, Any]]]


def beside_the_import(*operations: str) -> Written:
    """Parameters by method and template of what one published Service has beside the import."""
    public = service("files", *operations, type=ServiceType.LOAD_BALANCER)
    stages = arm_templates(design(workload(public)).placement("vnet-external"))
    found = [r["properties"] for s in stages for r in s.resources if r["type"] == KIND]
    return {(p["method"], p["urlTemplate"]): p["templateParameters"] for p in found}


def test_the_parameter_of_a_wildcard_is_called_by_its_name_without_the_star() -> None:
    found = beside_the_import("GET /{shelf}/files/{*path}")
    text = {"type": "string", "required": True}
    both = [{"name": "shelf", **text}, {"name": "path", **text}]
    assert found["GET", "/{shelf}/files/{*path}"] == both
    assert found["GET", "/{shelf}/files"] == both[:1]


@pytest.mark.parametrize("last", ["*", "{*rest}"])
def test_the_path_before_a_wildcard_is_an_operation_of_its_own(last: str) -> None:
    found = beside_the_import(f"GET /{last}", f"PUT /{last}")
    assert set(found) == {(m, path) for m in ("GET", "PUT") for path in ("/", f"/{last}")}


def test_a_path_before_a_wildcard_that_is_declared_is_not_written_again() -> None:
    operations = ("GET /a/{*path}", "PUT /a/{*path}", "GET /a", "POST /b/{id}")
    wanted = {("GET", "/a/{*path}"), ("PUT", "/a/{*path}"), ("PUT", "/a")}
    assert set(beside_the_import(*operations)) == wanted


def test_any_call_is_answered_at_the_root_too() -> None:
    methods = arm_defaults().any_method
    assert set(beside_the_import()) == {(m, p) for m in methods for p in ("/", "/*")}


@given(st.sets(st.tuples(st.sampled_from(["GET", "PUT", "*"]), st.sampled_from(PATHS))))
def test_what_is_built_beside_a_wildcard_is_nothing_that_is_declared(
    keys: set[tuple[str, str]],
) -> None:
    found = built(sorted(keys))
    beside = [k for of, each in found.items() for k in each if k[1] != of[1]]
    assert len(beside) == len(set(beside))
    assert not set(beside) & keys
    for method, path in keys:
        wanted = arm_defaults().any_method if method == "*" else (method,)
        assert {m for m, p in found[method, path] if p == path} == set(wanted)


def test_operations_that_only_their_query_tells_apart_are_written_each() -> None:
    found = beside_the_import("GET /items", "GET /items?view=short", "GET /items?view={view}")
    assert set(found) == {("GET", "/?view=short"), ("GET", "/?view={view}")}
    assert [p["name"] for p in found["GET", "/?view={view}"]] == ["view"]
