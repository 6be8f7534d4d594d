"""A plan on a page: every stage, every resource, nothing secret, sign and word."""

from functools import cache
from html import unescape

from apim_aks import __version__, page
from apim_aks.deployment import (
    ChangeType,
    Plan,
    PropertyChange,
    ResourceChange,
    StagePlan,
    plan,
    project,
)
from tests.support.designs import of_shop

SECRET = "11111111-2222-3333-4444-555555555555"


@cache
def found_of_shop() -> Plan:
    made = of_shop()
    return plan(None, project(made, made.placement("v2-integration"), __version__))


def one(kind: ChangeType, *properties: PropertyChange) -> Plan:
    name = f"/subscriptions/{SECRET}/x"
    change = ResourceChange(
        id=name,
        type="Microsoft.ApiManagement/service",
        name="apim<x>",
        kind=kind,
        properties=properties,
    )
    return Plan(
        "shop",
        "o",
        None,
        (),
        (
            StagePlan(
                stage="20-gateway", deployment="d", group="rg", because="why", changes=(change,)
            ),
        ),
    )


def test_every_stage_and_every_resource_is_there() -> None:
    text = unescape(str(page.plan_summary(found_of_shop()) + page.plan_stages(found_of_shop())))
    for stage in found_of_shop().stages:
        assert stage.stage in text
        assert all(c.name in text for c in stage.changes)
    assert "+ create" in text


def test_an_empty_subscription_loses_nothing() -> None:
    assert "Nothing is lost, nothing interrupted." in str(page.plan_warnings(found_of_shop()))


def test_a_deletion_is_called_out_and_escaped() -> None:
    found = one(ChangeType.DELETE)
    text = str(page.plan_warnings(found) + page.plan_stages(found))
    assert "lost in 20-gateway: Microsoft.ApiManagement/service apim&lt;x&gt;" in text
    assert "- delete" in text
    assert SECRET not in text
