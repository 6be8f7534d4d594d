"""Which operation a probe calls to reach a back end."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from apim_aks.decision.design import design
from apim_aks.deployment import project
from apim_aks.verification import LiveScene
from apim_aks.verification.probes.operations import Asked, reading
from apim_aks.workload.model import ServiceType
from tests.support.scenario import service, workload

ORDER = ("GET /a", "* /*", "HEAD /a", "GET /a/{id}", "OPTIONS /a/{id}")
"""The operations that a probe may call, the most telling first: one that changes nothing and needs
no value, then whatever an undescribed Service answers, then one with an invented value."""


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("best", "other"), list(combinations(ORDER, 2)))
def test_the_operation_that_tells_most_is_called(best: str, other: str, first: bool) -> None:
    asked = called(best, other) if first else called(other, best)
    method, path = best.split(" ")
    behind = path.replace("{id}", "0").replace("/*", "/")
    assert (asked.method, asked.behind) == (method.replace("*", "GET"), behind)
    assert asked.invented == ("{id}" in path)


@pytest.mark.parametrize("valued", ["GET /a/{id} /a", "GET /a /a/{id}"])
def test_a_value_is_needed_where_only_one_of_both_paths_has_a_parameter(valued: str) -> None:
    assert called(valued).invented
    asked = called(valued, "HEAD /b")
    assert (asked.method, asked.behind, asked.invented) == ("HEAD", "/b", False)


def called(*operations: str) -> Asked:
    """What is called of one Service whose API has these operations in this order.

    A third word is the path at the Service, where it differs from the one at the gateway.
    """
    made = design(workload(service("one", "POST /a", type=ServiceType.LOAD_BALANCER)))
    (api,) = made.mapping.apis
    parts = [o.split(" ") for o in operations]
    listed = (
        replace(api.operations[0], method=method, template=path, backend_path=(behind or [path])[0])
        for method, path, *behind in parts
    )
    changed = replace(api, operations=(*api.operations, *listed))
    made = replace(made, mapping=replace(made.mapping, apis=(changed,)))
    placement = made.placement("vnet-external")
    scene = LiveScene(
        design=made,
        placement=placement,
        project=project(made, placement, "test"),
        azure=None,
        vantage=None,
    )  # type: ignore
    (backend,) = placement.topology.backends
    found = reading(scene, backend)
    assert found is not None
    return found
