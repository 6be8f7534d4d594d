"""The sequence walked offline: every object whole and valid at each step, every name resolved."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from kubernetes_validate import utils as published

from apim_aks.artefacts.manifests import Action, Phase
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.artefacts.manifests.file import manifest_file
from apim_aks.decision.design import design
from apim_aks.deployment import Project, WalkStep, project, walk
from apim_aks.deployment.live_objects import Live
from apim_aks.deployment.ownership import reopened, standings
from apim_aks.deployment.walk import OTHERS, walked
from apim_aks.options import OPTIONS
from apim_aks.topology.check import State
from apim_aks.workload.kubernetes.apply import Cluster, place
from apim_aks.workload.model import Workload
from tests.support.azure_scenes import GATEWAY, NETWORK, SUBNET, piece, toy
from tests.support.cluster_model import read, shown
from tests.support.designs import bundled
from tests.support.places import CORPORA
from tests.support.systems import FOLDER, drafted

CASES = [(w, o.id) for w in ("contoso-orders", "contoso-retail") for o in OPTIONS]
SCHEMAS = ("v1", "apps/v1", "policy/v1", "networking.k8s.io/v1")


@cache
def of(name: str, option: str) -> Project:
    made = bundled(name)
    return project(made, made.placement(option), "1")


@cache
def valid(text: str) -> None:
    published.validate(json.loads(text), "1.36", strict=True)


@pytest.fixture(scope="module", autouse=True)
def each_schema_read_once() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "schema_contents", cache(published.schema_contents))
        yield


def require_valid(found: tuple[WalkStep, ...]) -> None:
    """What each step left behind is what Kubernetes' own schema takes, strictly."""
    for step in found:
        for kept in step.cluster.kept.values():
            if kept.data["apiVersion"] in SCHEMAS and kept.held.whole:
                valid(json.dumps(kept.data, sort_keys=True))


@pytest.mark.parametrize(("name", "option"), CASES)
def test_every_step_of_a_new_cluster_holds(name: str, option: str) -> None:
    found = walk(of(name, option))
    assert [(s.name, s.problems) for s in found if s.problems] == []
    require_valid(found)
    names = [s.name for s in found]
    files = [f.name for f in of(name, option).files]
    assert [n for n in names if n in files] == files
    assert names.index("05-workload.yaml") < names.index("services") < names.index(files[0])


@pytest.mark.parametrize(("name", "option"), CASES)
def test_on_a_cluster_of_others_each_change_of_theirs_is_theirs_to_make(
    name: str, option: str
) -> None:
    """And where they put their files back after each step, whatever opens again is said."""
    made = replace(of(name, option), cluster_is_there=True)
    found = walk(made)
    assert [(s.name, s.problems) for s in found if s.problems] == []
    waits = " ".join(w for s in found for w in s.waits)
    files = {f.name: f for f in made.files if f.action is Action.PATCH and f.phase is Phase.CLOSE}
    theirs = {place(o): o for o in made.objects}
    for step in (s for s in found if s.name in files):
        after, file = step.cluster, files[step.name]
        for object in theirs.values():
            after = after.updated(object, OTHERS).cluster
        keys = {place(o) for s in steps((file,)) for o in s.objects} & theirs.keys()
        said = "".join(reopened(standings((file,), live(after, keys))))
        assert keys, "a patch of nothing that is theirs"
        for key in keys:
            assert key[3] in waits
            if after.kept[key].data != step.cluster.kept[key].data:
                assert f"{key[1]} {key[2]}/{key[3]} is no longer as it was applied" in said


def live(cluster: Cluster, keys: Iterable[Any]) -> Live:
    objects = (read(json.dumps(shown(cluster.kept[key])))[0] for key in keys)
    return Live({place(o): o for o in objects}, {})


@pytest.mark.skipif(not (CORPORA / FOLDER).is_dir(), reason=f"{CORPORA / FOLDER} is not there")
@pytest.mark.parametrize(("system", "lacks"), [("bookinfo", True), ("drone-delivery", False)])
def test_systems_of_others_hold_too(system: str, lacks: bool) -> None:
    """But for the mesh that one of them is made for: a new cluster has none without an ingress."""
    workload = drafted(CORPORA / FOLDER / system).workload
    assert isinstance(workload, Workload)
    made = design(workload)
    found = walk(project(made, made.placements[0], "1"))
    said = [p for s in found for p in s.problems]
    assert [p for p in said if "serves no kind" not in p] == [] and bool(said) == lacks
    require_valid(found)


# What a walk finds


WEB = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"


def problems(**changes: Any) -> str:
    values: dict[str, Any] = {"objects": tuple(read(WEB)), "services": ("default/web",)}
    return "; ".join(p for s in walk(toy(**(values | changes))) for p in s.problems)


def files(text: str, action: Action = Action.APPLY) -> Any:
    return (manifest_file("30-x.yaml", [o.data for o in read(text)], "X.", action),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WEB.replace("port: 80", "port: 80, nodePort: 30000"), "nodePort is refused"),
        (WEB.replace("name: web", "name: new, namespace: far"), "namespace far is not there"),
        ("apiVersion: a.b/v1\nkind: C\nmetadata: {name: c}\n", "serves no kind C of a.b"),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\n"
            "spec: {defaultBackend: {service: {name: gone}}}\n",
            "Service default/gone, which 30-x.yaml line 8 refers to, does not exist",
        ),
    ],
)
def test_what_would_stop_a_step_is_said(text: str, said: str) -> None:
    assert said in problems(files=files(text))


def test_a_service_in_no_manifest_and_a_stage_that_comes_too_late_are_said() -> None:
    assert "Service shop/a is in no manifest" in problems(services=("shop/a",), files=())
    pieces = (piece("10-first", SUBNET), piece("20-second", NETWORK))
    assert "before 20-second creates its parent" in problems(pieces=pieces, files=())
    asks = {"a": {"type": "string", "value": _reference("vnet-sample")}}
    pieces = (piece("10-first", GATEWAY, outputs=asks), piece("20-second", NETWORK))
    assert "which 20-second creates later" in problems(pieces=pieces, files=())


def _reference(name: str) -> str:
    return f"[reference(resourceId('Microsoft.Network/virtualNetworks', '{name}')).x]"


def test_outputs_of_one_stage_fill_the_files_of_the_next() -> None:
    outputs = {"gatewayPublicAddresses": {"type": "string", "value": "[concat('192.0.2.', '7')]"}}
    ranges = "{loadBalancerSourceRanges: [<GATEWAY_PUBLIC_IP>/32], type: LoadBalancer}"
    service = WEB.replace("name: web", "name: new").replace("{ports", f"{ranges[:-1]}, ports")
    made = toy(
        pieces=(piece("20-gateway", GATEWAY, outputs=outputs),),
        files=files(service),
        objects=tuple(read(WEB)),
        services=("default/web",),
    )
    last = walk(made)[-1]
    (new,) = (k for key, k in last.cluster.kept.items() if key[3] == "new")
    assert new.data["spec"]["loadBalancerSourceRanges"] == ["192.0.2.7/32"]


def test_the_plan_has_the_walk_as_findings() -> None:
    (whole,) = walked(of("contoso-orders", "vnet-internal"))
    assert whole.state is State.PASS and "steps applied to a model" in whole.seen
    broken = toy(objects=tuple(read(WEB)), services=("default/web",), files=files("5: 6\n"))
    assert walked(broken)[0].state is State.PASS
    stopped = walked(toy(services=("shop/a",), files=()))
    assert [f.state for f in stopped] == [State.FAIL] * 2 and "shop/a" in stopped[1].seen
