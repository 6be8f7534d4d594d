"""Our manifests applied to the bundled workloads: what the clusters hold afterwards."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from kubernetes_validate import utils as published

from apim_aks.artefacts.manifests import ManifestFile, manifests
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.decision.design import Design, design
from apim_aks.facts import DATA
from apim_aks.options import OPTIONS
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes.apply import Held, Outcome, apply
from apim_aks.workload.kubernetes.manifests import read_manifests
from apim_aks.workload.kubernetes.object import Object, objects_in
from tests.support.designs import bundled
from tests.support.scenario import PUBLIC, service, workload

CASES = [(w, o.id) for w in ("contoso-orders", "contoso-retail") for o in OPTIONS]
OURS = ("v1", "apps/v1", "policy/v1", "networking.k8s.io/v1")
KEPT = ("selector", "ports")


@cache
def designed(name: str) -> Design:
    return bundled(name)


@cache
def written(name: str, option: str) -> tuple[ManifestFile, ...]:
    return manifests(designed(name).placement(option))


@cache
def before(name: str) -> tuple[Object, ...]:
    folder = DATA / "workloads" / name
    return tuple(objects_in(read_manifests([folder / "manifests"], folder).documents, []))


@cache
def applied(name: str, option: str) -> Outcome:
    return apply(before(name), steps(written(name, option)))


def key(object: Object) -> tuple[str, ...]:
    return object.group, object.kind, object.namespace, object.name


def asked(name: str, option: str, *actions: str) -> dict[tuple[str, ...], Object]:
    found = (s for s in steps(written(name, option)) if s.action in actions)
    return {key(o): o for s in found for o in s.objects}


@pytest.fixture(scope="module", autouse=True)
def each_schema_read_once() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "schema_contents", cache(published.schema_contents))
        yield


@pytest.mark.parametrize(("name", "option"), CASES)
def test_the_steps_are_the_files_with_their_lines(name: str, option: str) -> None:
    for step, file in zip(steps(written(name, option)), written(name, option), strict=True):
        reading = parse(file.yaml.encode(), file.name)
        assert not reading.findings or not file.objects
        read = objects_in(reading.documents, [])
        assert [o.data for o in step.objects] == [o.data for o in read]
        for ours, theirs in zip(step.objects, read, strict=True):
            for path in ((), ("kind",), ("metadata", "name"), ("spec", "type")):
                lines = [o.document.line_of(*path) for o in (ours, theirs)]
                assert lines[0] == lines[1], (file.name, path)


@pytest.mark.parametrize(("name", "option"), CASES)
def test_what_the_cluster_holds_is_valid_and_known(name: str, option: str) -> None:
    for held in applied(name, option).objects:
        if held.whole:
            assert held.unclear == (), held.object.called
            if held.object.version in OURS:
                published.validate(held.data, "1.36", strict=True)
        else:
            # The Service of the ingress, which the platform's add-on installs.
            assert held.origin()[0] == "35-ingress-address.yaml"
            assert [u.because for u in held.unclear] == [
                "is patched and stands in no file: nothing is known of it beside the patch"
            ]


@pytest.mark.parametrize(("name", "option"), CASES)
def test_what_we_patch_keeps_what_we_do_not_name(name: str, option: str) -> None:
    patches = asked(name, option, "patch")
    own = {key(o): o for o in before(name)}
    after = {key(h.object): h for h in applied(name, option).objects}
    for name_, patch in patches.items():
        if name_ not in own:
            continue
        held, spec = after[name_], patch.data["spec"]
        was = own[name_].data["spec"]
        _agrees(patch.data, held)
        if patch.kind != "Service":
            continue
        changed = spec["type"] != was["type"]
        assert (held.origin("spec", "type")[0] == "50-services.yaml") is changed
        assert held.data["spec"]["selector"] == was["selector"]
        for i, port in enumerate(was["ports"]):
            there = held.data["spec"]["ports"][i]
            left_out = {"nodePort"} if spec["type"] == "ClusterIP" else set()
            assert {k: v for k, v in port.items() if k not in left_out}.items() <= there.items()
            assert held.origin("spec", "ports", i) == _place(own[name_], "spec", "ports", i)


def _agrees(patch: dict[str, Any], held: Held) -> None:
    for name, value in patch["spec"].items():
        assert held.data["spec"].get(name) == value
    for name, value in patch["metadata"].get("annotations", {}).items():
        assert held.data["metadata"]["annotations"][name] == value


def _place(object: Object, *path: str | int) -> tuple[str, int]:
    return object.document.file, object.document.line_of(*object.path, *path)


@pytest.mark.parametrize(("name", "option"), CASES)
def test_exactly_what_we_delete_is_gone(name: str, option: str) -> None:
    there = {key(o) for o in before(name)}
    after = {key(h.object) for h in applied(name, option).objects}
    deleted = set(asked(name, option, "delete"))
    made = set(asked(name, option, "apply", "patch"))
    assert deleted <= there
    assert after == (there | made) - deleted
    assert {key(held.object) for held, _ in applied(name, option).removed} == deleted


RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
LISTED = f"""
apiVersion: v1
kind: Service
metadata: {{name: orders, namespace: shop, annotations: {{{RANGES}: 203.0.113.0/24}}}}
spec: {{type: LoadBalancer, selector: {{app: orders}}, ports: [{{port: 80}}]}}
"""


def test_an_annotation_that_the_api_server_refuses_goes_by_hand_first() -> None:
    source = workload(
        service("orders", "GET /orders", type=PUBLIC, annotations=((RANGES, "203.0.113.0/24"),))
    )
    files = manifests(design(source).placement("ingress-mtls"))
    (step,) = next(f for f in files if f.name == "50-services.yaml").by_hand
    assert step.endswith(f"kubectl annotate service orders --namespace shop {RANGES}-")
    for text, kind in ((LISTED, "LoadBalancer"), (LISTED.replace(RANGES, "a"), "ClusterIP")):
        objects = objects_in(parse(text.encode(), "orders.yaml").documents, [])
        held = apply(objects, steps(files)).objects[0]
        assert held.data["spec"]["type"] == kind
        assert bool(held.unclear) is (kind == "LoadBalancer")


@pytest.mark.parametrize(("name", "option"), CASES[-1:])
def test_a_second_run_changes_nothing(name: str, option: str) -> None:
    twice = apply(before(name), steps(written(name, option)) * 2)
    assert [h.data for h in twice.objects] == [h.data for h in applied(name, option).objects]
    assert [h.unclear for h in twice.objects] == [h.unclear for h in applied(name, option).objects]
