"""The cluster before anything changes: what is missing, differs, or has another owner."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks.artefacts.manifests import Action, ManifestFile, Phase
from apim_aks.artefacts.manifests.file import manifest_file
from apim_aks.deployment import Project, WorkloadChoice
from apim_aks.deployment.applying import apply_file, require_free, standing_in
from apim_aks.deployment.ground import ground
from apim_aks.deployment.live_objects import FORM, live_objects
from apim_aks.deployment.ownership import WORKLOAD, reopened
from apim_aks.deployment.patches import write_patches
from apim_aks.deployment.sequence import Waits
from apim_aks.deployment.unlisted import FORM as BESIDE_FORM
from apim_aks.errors import InputError
from apim_aks.facts.policy_kinds import policy_kinds
from apim_aks.facts.rendering import planned_resources
from apim_aks.remote.azure import redacted
from apim_aks.remote.azure.listings import Form, listed_here
from apim_aks.topology.check import State
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes.apply import Cluster, place
from tests.support.arm_server import Arm
from tests.support.azure_scenes import GROUP, Scene, piece, resource, scene, toy
from tests.support.cluster_model import ModelCluster, marked, plural, read

WEB = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{name: http, port: 80}]}
"""
ROUTE = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: all, namespace: shop}
spec:
  tls: [{secretName: tls}]
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web}}}]}}]
"""
NAMED = {"name": "web", "namespace": "shop"}
CLOSED = {"apiVersion": "v1", "kind": "Service", "metadata": NAMED, "spec": {"type": "ClusterIP"}}
POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": NAMED,
    "spec": {"podSelector": {"matchLabels": {"app": "web"}}},
}
PATCH = manifest_file("50-services.yaml", (CLOSED,), "Closes.", Action.PATCH, phase=Phase.CLOSE)
DELETE = manifest_file(
    "90-delete.yaml", (read(ROUTE)[0].data,), "Deletes.", Action.DELETE, phase=Phase.CLOSE
)
POLICIES = manifest_file("30-policies.yaml", (POLICY,), "Admits.")
MARKS = {
    "argo": ({"argocd.argoproj.io__instance": "shop"}, "argocd-controller", "Argo CD (shop)"),
    "flux": ({"kustomize.toolkit.fluxcd.io__name": "apps"}, "kustomize-controller", "Flux (apps)"),
    "flux-helm": ({"helm.toolkit.fluxcd.io__name": "web"}, "helm-controller", "Flux (web)"),
    "helm": ({"app.kubernetes.io__managed-by": "Helm"}, "helm", "Helm"),
    "kubectl": ({}, "kubectl-client-side-apply", "the field manager kubectl-client-side-apply"),
}


def objects(text: str) -> tuple[Any, ...]:
    return tuple(read(text))


def made(*files: ManifestFile, text: str = f"{WEB}---\n{ROUTE}", **changes: Any) -> Project:
    values = {"files": files, "objects": objects(text), "cluster_is_there": True}
    return toy(**(values | changes))


def holding(*texts: str, manager: str = "kubectl", labels: dict[str, str] | None = None) -> Arm:
    model = ModelCluster(Cluster(spaces=frozenset({"shop"})))
    arm = Arm(model=model)
    arm.put(
        f"{arm.scope(GROUP)}/providers/Microsoft.ContainerService/managedClusters/aks-sample",
        type="Microsoft.ContainerService/managedClusters",
        properties={"networkProfile": {"networkPolicy": "none"}},
    )
    arm.groups[GROUP.lower()] = {"id": arm.scope(GROUP), "name": GROUP}
    for text in texts:
        model.someone(manager, (marked(o, labels or {}) for o in read(text)))
    return arm


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, holding(WEB, ROUTE)) as found:
        yield found


def owned_by(live: Scene, tool: str) -> ModelCluster:
    labels, manager, _ = MARKS[tool]
    arm = holding(WEB, ROUTE, manager=manager, labels=labels)
    assert arm.model
    live.arm.model = arm.model
    return arm.model


def applied(live: Scene, project: Project, file: ManifestFile, patches: str = "") -> str:
    found = require_free(live.client, project, file, patches)
    return apply_file(live.client, project, file, found)


def states(live: Scene | None, project: Project) -> dict[str, tuple[State, str]]:
    found = ground(live.client if live else None, project)
    return {f.id: (f.state, f"{f.seen}; {f.next_step}") for f in found}


# Owners


@pytest.mark.parametrize("tool", MARKS)
@pytest.mark.parametrize("file", [PATCH, DELETE])
def test_what_another_keeps_is_written_as_a_patch_and_waited_for(
    live: Scene, tmp_path: Path, tool: str, file: ManifestFile
) -> None:
    model, project, folder = owned_by(live, tool), made(file), tmp_path / "patches"
    if tool == "kubectl" and file is DELETE:
        applied(live, project, file)
        assert model.done == ["90-delete.yaml"]
        return
    with pytest.raises(Waits, match="no conflict is forced") as waits:
        applied(live, project, file, str(folder))
    assert MARKS[tool][2] in str(waits.value) and model.done == []
    (patch,) = (p for p in folder.iterdir() if p.suffix == ".yaml")
    data = parse(patch.read_bytes(), patch.name).documents[0].data
    assert data.get("$patch") == ("delete" if file is DELETE else None)
    assert data["spec"] == CLOSED["spec"] if file is PATCH else "spec" not in data
    theirs = read(WEB.replace("LoadBalancer", "ClusterIP"))
    if file is PATCH:
        model.someone(MARKS[tool][1], theirs)
    else:
        model.cluster = model.cluster.deleted(read(ROUTE)[0])
    assert applied(live, project, file) == "0 objects, 1 unchanged"


def test_a_patch_never_overwrites_what_is_not_ours(live: Scene, tmp_path: Path) -> None:
    owned_by(live, "argo")
    found = standing_in(live.client, made(PATCH), (PATCH,))
    (name,) = write_patches(found, str(tmp_path / "p"))
    write_patches(found, str(tmp_path / "p"))
    (tmp_path / "p" / name).write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="did not write this file"):
        write_patches(found, str(tmp_path / "p"))


def test_the_workload_that_we_applied_is_changed_by_its_own_manager(live: Scene) -> None:
    model, project = live.arm.model, made(PATCH)
    assert model
    for object in project.objects:
        model.cluster = Cluster(model.cluster.kept, spaces=model.cluster.spaces)
        model.cluster = model.cluster.deleted(object).applied(object, WORKLOAD).cluster
    assert applied(live, project, PATCH) == "1 object"
    kept = model.cluster.kept[place(read(WEB)[0])]
    assert kept.data["spec"]["type"] == "ClusterIP" and kept.data["spec"]["ports"]
    assert {who.name for who in kept.managers} == {WORKLOAD}


def test_what_another_puts_back_is_said_and_not_taken_again_in_silence(live: Scene) -> None:
    model = live.arm.model
    assert model
    project = made(POLICIES, text=WEB)
    live.deploy(project)
    assert model.done == ["30-policies.yaml"]
    open_again = {**POLICY, "spec": {"podSelector": {"matchLabels": {"app": "none"}}}}
    (theirs,) = read(f"{open_again}")
    model.someone("argocd-controller", (theirs,))
    again = live.deploy(project)
    assert "NetworkPolicy shop/web is no longer as it was applied: spec.podSelector" in "".join(
        live.told
    )
    assert "belongs to Argo CD" in again.waits_for and model.done == ["30-policies.yaml"]
    (standing,) = standing_in(live.client, project, (POLICIES,))
    assert list(reopened([standing]))


# What stands against the files


def test_a_cluster_that_is_as_the_files_say_passes(live: Scene) -> None:
    found = states(live, made(PATCH))
    assert found["stands"] == (State.PASS, "2 objects as the manifests have them; ")
    assert found["owners-later"][0] is State.NOT_RUN
    assert "Service shop/web belongs to the field manager kubectl" in found["owners-later"][1]
    assert live.arm.model and live.arm.model.done == [] and len(live.arm.looks) == 2
    assert found["unlisted"][0] is State.PASS


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("traefik.io/v1alpha1", "IngressRoute"),
        ("traefik.io/v1alpha1", "IngressRouteTCP"),
        ("gateway.networking.k8s.io/v1", "TLSRoute"),
        ("security.istio.io/v1", "AuthorizationPolicy"),
        ("cilium.io/v2", "CiliumNetworkPolicy"),
    ],
)
def test_routes_and_policies_of_every_kind_are_compared(
    live: Scene, version: str, kind: str
) -> None:
    text = f"""apiVersion: {version}
kind: {kind}
metadata: {{name: own, namespace: shop}}
spec: {{some: files}}
"""
    model = live.arm.model
    assert model
    model.cluster = replace(model.cluster, serves=frozenset({version.partition("/")[0]}))
    id = f"stands-{kind}-shop-own".lower()
    assert states(live, made(PATCH, text=text))[id][1].startswith("not there")
    model.someone("kubectl", read(text.replace("files", "other")))
    found = states(live, made(PATCH, text=text))[id]
    assert found[0] is State.FAIL and found[1].startswith("spec.some differs")


@pytest.mark.parametrize(
    ("held", "seen"),
    [
        (WEB.replace("port: 80", "port: 81"), "port 81 is in no file"),
        (WEB.replace("{app: web}", "{app: other}"), "spec.selector differs"),
        (WEB.replace("LoadBalancer", "ClusterIP"), "spec.type differs"),
        ("", "not there"),
    ],
)
def test_what_differs_is_an_item_of_the_plan(live: Scene, held: str, seen: str) -> None:
    arm = holding(ROUTE, *([held] if held else []))
    live.arm.model = arm.model
    state, text = states(live, made(PATCH))["stands-service-shop-web"]
    assert state is State.FAIL and seen in text and "bring the manifests up to date" in text


PODS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: a.io/b:1}]}}
"""
BESIDE = """apiVersion: v1
kind: Service
metadata: {name: old, namespace: shop, labels: {app.kubernetes.io/managed-by: Helm}}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: forgotten, namespace: shop}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service:
  {name: old, port: {number: 80}}}}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
---
apiVersion: v1
kind: Service
metadata: {name: by-hand, namespace: shop}
spec: {type: LoadBalancer, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: another, namespace: shop}
spec: {selector: {app: another}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: made-here, namespace: shop, labels: {app.kubernetes.io/managed-by: apim-aks}}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {ports: [{port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: other}
spec: {type: ExternalName, externalName: also.other.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: also, namespace: other}
spec: {type: ExternalName, externalName: web.shop.svc.cluster.local.}
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere, namespace: other}
spec: {type: ExternalName, externalName: web.example.com}
---
apiVersion: k8s.nginx.org/v1
kind: TransportServer
metadata: {name: stream, namespace: shop}
spec: {upstreams: [{name: all, service: web, port: 80}], action: {pass: all}}
---
apiVersion: networking.fleet.azure.com/v1alpha1
kind: ServiceExport
metadata: {name: web, namespace: shop}
---
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: {name: everywhere}
spec: {selector: all()}
"""


def test_what_stands_in_no_file_is_named_with_what_it_means(live: Scene) -> None:
    model, project = live.arm.model, made(PATCH, text=f"{WEB}---\n{ROUTE}---\n{PODS}")
    assert model
    served = frozenset(o.group for o in read(BESIDE))
    model.cluster = replace(model.cluster, serves=served, spaces=frozenset({"shop", "other"}))
    model.someone("people", read(BESIDE))
    kept = dict(model.cluster.kept)
    found = {k: v for k, v in states(live, project).items() if k.startswith("unlisted")}
    assert {k.removeprefix("unlisted-"): s for k, (s, _) in found.items()} == {
        "service-shop-old": State.FAIL,
        "ingress-shop-forgotten": State.FAIL,
        "networkpolicy-shop-shut": State.FAIL,
        "service-shop-by-hand": State.NOT_RUN,
        "service-other-alias": State.FAIL,
        "service-other-also": State.FAIL,
        "transportserver-shop-stream": State.FAIL,
        "serviceexport-shop-web": State.FAIL,
        "globalnetworkpolicy-everywhere": State.FAIL,
    }
    old = "one more Service before the pods of shop/web (LoadBalancer); it belongs to Helm; "
    assert found["unlisted-service-shop-old"][1].startswith(old)
    route = "a route that leads to shop/web; it is left as it is; its callers are on no page"
    assert found["unlisted-ingress-shop-forgotten"][1].startswith(route)
    assert "pods of shop/web: " in found["unlisted-networkpolicy-shop-shut"][1]
    assert found["unlisted-service-other-alias"][1].startswith("another name of shop/web; ")
    assert model.cluster.kept == kept and model.done == []
    model.hidden = {"ingresses.networking.k8s.io"}
    state, said = states(live, project)["unlisted-unread"]
    assert state is State.NOT_RUN and "ingresses.networking.k8s.io (kubectl said Error" in said


def test_every_kind_of_policy_that_is_known_is_looked_for() -> None:
    known = {f"{plural(kind)}.{group}" for group, kind in policy_kinds()}
    assert known <= set(planned_resources())


def test_a_deployment_without_a_plan_tells_first_how_the_cluster_differs(live: Scene) -> None:
    model, project = live.arm.model, made(POLICIES, text=f"{WEB}---\n{PODS}")
    assert model
    model.someone("people", read(BESIDE.partition("---")[0]))
    with pytest.raises(InputError):
        live.deploy(project, confirm="another")
    assert model.done == []
    told = "\n".join(live.told)
    assert "Service shop/old, in no file: one more Service before the pods of shop/web" in told
    assert "Cluster aks-sample was compared with the files: " in told
    live.deploy(project)
    assert model.done == ["30-policies.yaml"]
    live.told.clear()
    live.deploy(project)
    assert "in no file" not in "".join(live.told), "it is said before anything changes"


def test_objects_that_files_name_are_looked_for_in_the_cluster(live: Scene) -> None:
    state, text = states(live, made())["named-objects"]
    assert state is State.FAIL and "Secret shop/tls (file.yaml line 10)" in text
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: tls, namespace: shop}\n"
    assert live.arm.model
    live.arm.model.someone("people", read(f"{secret}data: {{key: c2VjcmV0}}\n"))
    assert states(live, made())["named-objects"][0] is State.PASS


def test_engine_add_ons_and_revisions_are_those_that_the_files_need(live: Scene) -> None:
    gate = {"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": NAMED}
    file = manifest_file("30-entry.yaml", (gate, POLICY), "Entry.")
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/rev: a-1}}\n"
    project = made(file, text=space)
    live.arm.longest_logs = 0
    found = states(live, project)
    ids = ("add-on-networking.istio.io", "policy-engine", "mesh-revisions")
    assert [found[id][0] for id in ids] == [State.FAIL] * 3
    assert "--network-policy cilium" in found["policy-engine"][1]
    (cluster,) = live.arm.resources.values()
    mesh = {"mode": "Istio", "istio": {"revisions": ["a-1"]}}
    cluster["properties"] = {
        "networkProfile": {"networkPolicy": "azure"},
        "serviceMeshProfile": mesh,
    }
    found = states(live, project)
    assert [found[id][0] for id in ids] == [State.PASS] * 3


def test_what_was_not_read_is_not_run(live: Scene) -> None:
    live.arm.longest_logs = 3
    found = states(live, made(PATCH))
    assert found["stands-service-shop-web"][0] is State.NOT_RUN
    assert "was not read" in found["owners-later"][1]


def test_a_list_that_was_cut_is_not_taken_for_an_empty_one(live: Scene) -> None:
    asked = [read(WEB)[0], read(ROUTE)[0]]
    whole = live_objects(live.client, made(), asked)
    assert len(whole.objects) == 2 and not whole.unread
    live.arm.longest_logs = 5
    cut = live_objects(live.client, made(), asked)
    assert not cut.objects and len(cut.unread) == 2


ENTRY = {"manager": "team", "operation": "Apply"}
SECRET = {
    "kind": "Secret",
    "data": {"key": "c2VjcmV0"},
    "status": {},
    "metadata": {"name": "tls", "managedFields": [ENTRY], "annotations": {"a": "b"}},
}


BALANCER = {"loadBalancer": {"ingress": [{"ip": "20.1.2.3"}]}}
SERVED = {"kind": "Service", "status": {**BALANCER, "conditions": []}, "metadata": {"name": "web"}}


def assert_jq_agrees(form: Form, text: str, kept: tuple[Any, ...]) -> None:
    assert listed_here(text, form) == kept
    if not shutil.which("jq"):
        pytest.skip("there is no jq")
    asked = ["jq", "-cn", "-f", str(form.file)]
    ran = subprocess.run(asked, input=text, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == {"items": list(kept)}


def test_jq_and_python_leave_what_an_object_in_no_file_leads_to() -> None:
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "a"}, "spec": {"x": 1}}
    owned = {"metadata": {"name": "a", "managedFields": [ENTRY]}, "status": {}}
    text = json.dumps({"items": [SERVED, policy | owned]})
    assert_jq_agrees(BESIDE_FORM, text, (SERVED | {"status": BALANCER}, policy))


@pytest.mark.parametrize("given", [SECRET, {"kind": "List", "items": [SECRET, SERVED]}, None])
def test_jq_and_python_leave_the_object_without_what_a_secret_holds(given: Any) -> None:
    text = json.dumps(given) if given else ""
    left = (
        {key: SECRET[key] for key in ("kind", "metadata")},
        {**SERVED, "status": BALANCER},
    )
    kept = left[: len(given.get("items", "1"))] if given else ()
    assert_jq_agrees(FORM, text, kept)


# A new cluster

CLUSTER = resource("Microsoft.ContainerService/managedClusters", "aks-sample", properties={"a": 1})


def new(**changes: Any) -> Project:
    pieces = (piece("10-foundation", CLUSTER),)
    return made(POLICIES, pieces=pieces, cluster_is_there=False, **changes)


def test_without_azure_files_alone_say_what_is_lacking() -> None:
    found = states(None, new())
    assert found["workload"][0] is found["named-objects"][0] is State.NOT_RUN
    assert "--with-workload" in found["workload"][1]
    assert "Secret shop/tls (file.yaml line 10)" in found["named-objects"][1]


def test_images_are_said_by_reason_with_the_first_of_them() -> None:
    pods = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: a.io/b:1}]}\n"
    )
    state, text = states(None, new(text=pods))["images"]
    assert state is State.NOT_RUN and redacted(text) == text, "no name of an image is a secret"
    assert (
        "not known of 1 image from a.io without a pull secret (a.io/b:1 (file.yaml line 1))" in text
    )


def test_kinds_that_nothing_brings_are_said_with_file_and_line() -> None:
    gate = "apiVersion: a.example/v1\nkind: Gate\nmetadata: {name: g}\n"
    state, text = states(None, new(text=f"{WEB}---\n{gate}"))["kinds"]
    assert state is State.FAIL and "Gate of a.example (file.yaml line 6)" in text


def test_a_new_cluster_starts_only_once_it_is_said_how_the_workload_gets_there(
    tmp_path: Path,
) -> None:
    with scene(tmp_path, Arm(model=ModelCluster())) as live:
        assert "Nothing was started" in live.deploy(new()).waits_for
        assert live.arm.resources == {} and not live.arm.count("PUT", ".")
        later = live.deploy(new(), workload=WorkloadChoice.LATER).waits_for
        assert "does not hold 1 of the 1 Services" in later and live.arm.resources
        waits = live.deploy(new(), workload=WorkloadChoice.WITH).waits_for
        assert "Secret shop/tls (file.yaml line 10)" in waits
        model = live.arm.model
        assert model and model.done == ["00-workload-namespaces.yaml"]
        secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: tls, namespace: shop}\n"
        model.someone("people", read(secret))
        assert live.deploy(new(), workload=WorkloadChoice.WITH).finished
        assert model.done[1:] == ["05-workload.yaml", "30-policies.yaml"]
        assert live.deploy(new()).finished and len(model.done) == 3


def test_a_workload_that_was_there_before_is_never_applied(live: Scene) -> None:
    project = replace(made(POLICIES), services=("shop/web", "shop/other"))
    waits = live.deploy(project, workload=WorkloadChoice.WITH).waits_for
    assert "does not hold 1 of the 2" in waits
    assert live.arm.model and live.arm.model.done == []
