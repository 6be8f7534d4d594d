"""Operations of any method: one for each, under names that are no other operation's."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from apim_aks.apis.document import operation_name
from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.arm_templates.any_method import method_names, methods
from apim_aks.decision.design import design
from apim_aks.facts import template_limit
from apim_aks.workload.model import Document, Operation, ServiceType
from tests.support import arm_schema
from tests.support.scenario import service, workload

KIND = "Microsoft.ApiManagement/service/apis/operations"


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
    assert written == ["any-get-2", *(f"any-{m}" for m in ("post", "put", "delete"))] + [
        f"any-{m}" for m in ("patch", "head", "options")
    ]
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
    names = [n for own in method_names(ids).values() for n in own.values()]
    assert len(names) == len(set(names)) == len(methods()) * len(method_names(ids))
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
    listed = where.measure("operations-limit")
    assert (imported, alone) == (2, 7)
    assert listed.counted == ("Premium: 75,000, 9 built",)
    assert listed.low == round(75_000 / (imported + alone), 1)
    assert "one for each" in listed.note
