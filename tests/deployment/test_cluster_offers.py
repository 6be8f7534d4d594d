"""Before anything is planned: the region offers the cluster's Kubernetes and Istio revision."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apim_aks.deployment import preflight
from apim_aks.topology.check import State
from tests.support.arm_server import Arm
from tests.support.azure_scenes import Scene, piece, resource, scene, toy

MESH = {"mode": "Istio", "istio": {"revisions": ["asm-1-30"]}}
CLUSTER = resource(
    "Microsoft.ContainerService/managedClusters",
    "aks-sample",
    properties={"kubernetesVersion": "1.36", "serviceMeshProfile": MESH},
)
FITTING = {
    "revision": "asm-1-30",
    "compatibleWith": [{"name": "kubernetes", "versions": ["1.35", "1.36"]}],
}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, Arm()) as found:
        yield found


@pytest.mark.parametrize(
    ("kubernetes", "revisions", "failed", "seen"),
    [
        ([{"version": "1.36"}], [FITTING], set(), "offered: 1.36"),
        ([{"version": "1.35"}], [FITTING], {"kubernetes-version"}, "offered: 1.35"),
        ([{"version": "1.36", "isPreview": True}], [FITTING], {"kubernetes-version"}, "none"),
        ([{"version": "1.36"}], [{"revision": "asm-1-31"}], {"mesh-revision"}, "asm-1-31"),
        (
            [{"version": "1.36"}],
            [FITTING | {"compatibleWith": [{"name": "kubernetes", "versions": ["1.37"]}]}],
            {"mesh-revision"},
            "it runs on Kubernetes 1.37, not on 1.36",
        ),
    ],
)
def test_what_the_region_does_not_offer_is_said_with_what_it_does(
    live: Scene, kubernetes: list[object], revisions: list[object], failed: set[str], seen: str
) -> None:
    live.arm.kubernetes, live.arm.revisions = kubernetes, revisions  # type: ignore[assignment]
    project = toy(pieces=(piece("10-foundation", CLUSTER),), ours=frozenset())
    found = {f.id: f for f in preflight(live.client, project)}
    looked = [found["kubernetes-version"], found["mesh-revision"]]
    assert {f.id for f in looked if f.state is State.FAIL} == failed
    assert any(seen in f.seen for f in looked)
    assert all(bool(f.next_step) == (f.id in failed) for f in looked)


def test_without_azure_neither_is_looked_at() -> None:
    project = toy(pieces=(piece("10-foundation", CLUSTER),), ours=frozenset())
    found = {f.id: f.state for f in preflight(None, project)}
    assert found["kubernetes-version"] is found["mesh-revision"] is State.NOT_RUN
