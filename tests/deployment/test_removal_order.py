"""Removing from an instance that somebody else made: our children one by one, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apim_aks.deployment import Fate
from apim_aks.facts.deployments import removal_ranks
from tests.support.arm_server import Arm, Fault, error
from tests.support.azure_scenes import (
    GATEWAY,
    GROUP,
    Scene,
    again,
    id_of,
    piece,
    resource,
    scene,
    toy,
    with_cluster,
)

SERVICE = "Microsoft.ApiManagement/service"
CHILDREN = (
    ("namedValues", "key"),
    ("backends", "orders"),
    ("apis", "orders"),
    ("apis/policies", "orders/policy"),
    ("products", "shop"),
    ("products/apiLinks", "shop/orders"),
    ("subscriptions", "first"),
)
"""In the order in which they are made: what is referred to first."""


def child(kind: str, name: str) -> dict[str, Any]:
    return resource(f"{SERVICE}/{kind}", f"apim-sample/{name}", False)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, with_cluster(Arm())) as found:
        found.arm.groups[GROUP] = {"id": found.arm.scope(GROUP), "name": GROUP, "tags": {}}
        # Even with our tags it is not ours: the workload names it as existing.
        found.arm.put(id_of(GATEWAY), type=GATEWAY["type"], tags=toy().tags, properties={})
        found.arm.put(id_of(child("apis", "theirs")), type=f"{SERVICE}/apis", properties={})
        yield found


MADE = toy(
    pieces=(piece("30-apis-01", *(child(*c) for c in CHILDREN)),),
    files=(),
    services=(),
    ours=frozenset({"vault"}),
)
GONE = [
    "subscriptions/first",
    "apiLinks/orders",
    "products/shop",
    "apis/orders",
    "backends/orders",
    "namedValues/key",
]


def gone(live: Scene) -> list[str]:
    return ["/".join(id.split("/")[-2:]) for id in live.arm.gone if "lease" not in id]


def test_our_children_go_one_by_one_and_the_instance_stays(live: Scene) -> None:
    live.deploy(MADE)
    found = live.remove(MADE)
    assert gone(live) == GONE
    assert id_of(GATEWAY).lower() in live.arm.resources
    assert id_of(child("apis", "theirs")).lower() in live.arm.resources
    assert not [id for id in gone(live) if "policies" in id], "what it guards would stand open"
    assert not found.waits_for and not found.of(Fate.REMOVE)
    wanted = {q for line, q in live.arm.queries if line.startswith("DELETE") and "/apis/" in line}
    assert wanted == {"deleteRevisions=true If-Match=*"}


def test_a_removal_that_was_refused_goes_on_in_the_same_order(live: Scene) -> None:
    live.deploy(MADE)
    live.arm.faults = [Fault("DELETE", "/products/shop$", 403, error("AuthorizationFailed"))]
    first = live.remove(MADE)
    assert first.waits_for == "1 resources could not be removed"
    assert not again(live).remove(MADE).waits_for
    assert sorted(gone(live)) == sorted(GONE)


def test_an_instance_in_the_state_is_left_where_it_was_there_before(live: Scene) -> None:
    live.deploy(toy(pieces=(piece("20-gateway", GATEWAY),), files=(), services=()))
    found = live.remove(toy(pieces=MADE.pieces, files=(), services=(), ours=frozenset({"vault"})))
    left = {i.what: i.because for i in found.of(Fate.LEFT)}
    assert "it existed before" in left["Microsoft.ApiManagement/service apim-sample"]


def test_what_refers_to_another_type_has_a_smaller_rank() -> None:
    ranks = {row.id.removeprefix(f"{SERVICE}/"): row.rank for row in removal_ranks()}
    for first, then in (
        ("subscriptions", "products"),
        ("products/apiLinks", "products"),
        ("products", "apis"),
        ("apis", "apiVersionSets"),
        ("apis", "backends"),
        ("backends", "certificates"),
        ("loggers", "namedValues"),
        ("policyFragments", "namedValues"),
    ):
        assert ranks[first] < ranks[then]
    assert max(ranks, key=lambda kind: ranks[kind]) == "namedValues"
