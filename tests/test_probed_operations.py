"""Which operation a probe calls to reach a back end."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from apim_aks.deployment import project
from apim_aks.design import design
from apim_aks.verification import Scene
from apim_aks.verification.probes.operations import reading
from apim_aks.workload import ServiceType
from scenario import service, workload

ORDER = ("GET /a", "* /*", "HEAD /a", "GET /a/{id}", "OPTIONS /a/{id}")
"""The operations that a probe may call, the most telling first: one that changes nothing and needs
no value, then whatever an undescribed Service answers, then one with an invented value."""


@pytest.mark.parametrize("found", [p for n in range(1, 6) for p in combinations(ORDER, n)])
def test_the_operation_that_tells_most_is_called(found: tuple[str, ...]) -> None:
    described = [o for o in found if not o.startswith("*")]
    single = service("one", *reversed(described), "POST /a", type=ServiceType.LOAD_BALANCER)
    made = design(workload(single))
    (api,) = made.mapping.apis
    if "* /*" in found:
        wild = replace(api.operations[0], method="*", template="/*", backend_path="/*")
        apis = (replace(api, operations=(*api.operations, wild)),)
        made = replace(made, mapping=replace(made.mapping, apis=apis))
    placement = made.placement("vnet-external")
    scene = Scene(made, placement, project(made, placement, "test"), None, None)  # type: ignore
    (backend,) = placement.topology.backends
    asked = reading(scene, backend)
    assert asked is not None
    method, path = found[0].split(" ")
    expected = path.replace("{id}", "0").replace("/*", "/")
    assert (asked.method, asked.behind) == (method.replace("*", "GET"), expected)
    assert asked.invented == ("{id}" in path)
