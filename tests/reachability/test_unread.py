"""Whatever is not modelled, or broken, turns closed into unknown, by name; nothing is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from apim_aks.reachability.because import because, witness
from apim_aks.reachability.files import read_scene
from apim_aks.reachability.reach import Answer, Reach
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.verdicts import callers, verdicts
from tests.support.reach_scenes import SHUT, WORLD, policy


def object_(kind: str, version: str, rest: str = "spec: {}") -> str:
    head = f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: x, namespace: shop}}\n"
    return f"{head}{rest}\n"


def api(spec: str) -> str:
    return policy(f"{{podSelector: {{matchLabels: {{app: api}}}}, {spec}}}", "odd")


def passing(note: str) -> str:
    """The policy that closes everything, with something that says that it may be gone."""
    return SHUT.replace("{name: shut,", f"{{name: shut, {note},")


SERVICE = "spec: {type: %s, selector: {app: api}, ports: [{port: 80, targetPort: web}]%s}"
UNREAD = {
    "a policy of Cilium": (object_("CiliumNetworkPolicy", "cilium.io/v2"), "CiliumNetworkPolicy"),
    "a policy of Cilium for the cluster": (
        object_("CiliumClusterwideNetworkPolicy", "cilium.io/v2"),
        "CiliumClusterwideNetworkPolicy",
    ),
    "a policy of Calico": (object_("NetworkPolicy", "projectcalico.org/v3"), "projectcalico.org"),
    "a policy of Calico's own store": (
        object_("GlobalNetworkPolicy", "crd.projectcalico.org/v1"),
        "GlobalNetworkPolicy",
    ),
    "a ClusterNetworkPolicy without subject": (
        object_("ClusterNetworkPolicy", "policy.networking.k8s.io/v1alpha2"),
        "ClusterNetworkPolicy 'x' cannot be applied",
    ),
    "an operator's own kind": (object_("Gate", "example.com/v1"), "Gate"),
    "a Service of Knative": (object_("Service", "serving.knative.dev/v1"), "serving.knative.dev"),
    "another network for pods": (
        object_("NetworkAttachmentDefinition", "k8s.cni.cncf.io/v1"),
        "NetworkAttachmentDefinition",
    ),
    "a virtual machine": (object_("VirtualMachine", "kubevirt.io/v1"), "VirtualMachine"),
    "an older NetworkPolicy": (object_("NetworkPolicy", "extensions/v1beta1"), "extensions"),
    "an unknown field of a rule": (api("ingress: [{form: []}]"), "'odd' cannot be applied"),
    "an unknown field of a policy": (api("order: 1"), "'odd' cannot be applied"),
    "an unknown operator": (
        policy("{podSelector: {matchExpressions: [{key: app, operator: Like}]}}", "odd"),
        "'odd' cannot be applied",
    ),
    "a peer that names nobody": (api("ingress: [{from: [{}]}]"), "'odd' cannot be applied"),
    "an address that is none": (
        api("ingress: [{from: [{ipBlock: {cidr: all}}]}]"),
        "'odd' cannot be applied",
    ),
    "a protocol that is none": (api("ingress: [{ports: [{protocol: ICMP}]}]"), "'odd' cannot"),
    "a port that is none": (api("ingress: [{ports: [{port: 70000}]}]"), "'odd' cannot be applied"),
    "a direction that is none": (api("policyTypes: [Inbound]"), "'odd' cannot be applied"),
    "a label that is no text": (
        policy("{podSelector: {matchLabels: {app: 1}}}", "odd"),
        "'odd' cannot be applied",
    ),
    "two policies of one name": (
        api("ingress: []") + api("ingress: [{ports: [{port: 80}]}]"),
        "'odd' cannot be applied",
    ),
    "an AdminNetworkPolicy without subject": (
        "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\n"
        "metadata: {name: odd}\nspec: {priority: 1}\n",
        "'odd' cannot be applied",
    ),
    "a document that is not YAML": ("---\nkind: [\n", "not YAML"),
    "a template of Helm": ("---\n{{ if .Values.on }}\nkind: Pod\n{{ end }}\n", "Helm template"),
    "a namespace without labels in the input": (
        api("ingress: [{from: [{namespaceSelector: {matchLabels: {team: c}}}]}]"),
        "labels of a namespace are not in the input",
    ),
    "a block that may stand for pods": (
        api("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]"),
        "whether addresses stand for pods",
    ),
    "a label that controllers set, of callers": (
        api("ingress: [{from: [{podSelector: {matchLabels: {pod-template-hash: abc}}}]}]"),
        "controllers set labels",
    ),
    "a label that controllers set, of the pods": (
        policy("{podSelector: {matchLabels: {app: api, pod-template-hash: abc}}}", "odd"),
        "selects by pod-template-hash",
    ),
    "a node port": (object_("Service", "v1", SERVICE % ("NodePort", "")), "calls to nodes"),
    "a load balancer": (object_("Service", "v1", SERVICE % ("LoadBalancer", "")), "calls to nodes"),
    "an external address": (
        object_("Service", "v1", SERVICE % ("ClusterIP", ", externalIPs: [203.0.113.9]")),
        "calls to nodes",
    ),
}
"""Objects beside a policy that closes everything, and what the reason says."""


@pytest.mark.parametrize("name", UNREAD)
def test_closed_becomes_unknown_with_the_name(tmp_path: Path, name: str) -> None:
    objects, words = UNREAD[name]
    (tmp_path / "a.yaml").write_text(WORLD + SHUT, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(objects.removeprefix("---\n"), encoding="utf-8")
    reach = Reach(read_scene([tmp_path]))
    sources = reach.ends.inside | reach.ends.outside
    target = reach.ends.of_workload("shop/api[Deployment]")
    web = reach.ports.of("TCP", 8080, 8080)
    found = witness(reach, sources & ~target, target, web, Answer.UNKNOWN)
    assert found
    assert words in " ".join(because(reach, *found))
    assert not witness(reach, reach.ends.inside & ~target, target, web, Answer.OPEN)


@pytest.mark.parametrize("engine", Engine)
def test_without_those_it_is_closed_or_open_by_the_engine(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "a.yaml").write_text(WORLD + SHUT, encoding="utf-8")
    reach = Reach(read_scene([tmp_path]), engine)
    source, target = (
        reach.ends.of_workload(f"shop/{n}") for n in ("site[StatefulSet]", "api[Deployment]")
    )
    sure, may = reach.between(source, target)
    assert bool(sure) is bool(may) is (engine is Engine.NONE)


def test_a_kustomization_beside_the_manifests_leaves_everything_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WORLD, encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text("resources: [a.yaml]\n", encoding="utf-8")
    reach = Reach(read_scene([tmp_path]))
    sure, may = reach.between(1, 2)
    assert (sure, may) == (0, reach.ports.everything)


@pytest.mark.parametrize("engine", [Engine.SPECIFICATION, Engine.CILIUM, Engine.AZURE])
def test_pods_on_windows_are_unknown_where_their_engine_leaves_something_out(
    tmp_path: Path, engine: Engine
) -> None:
    windows = WORLD.replace(
        "    spec:\n      containers:\n        - {name: c, image: i, ports: [{name: web",
        "    spec:\n      nodeSelector: {kubernetes.io/os: windows}\n"
        "      containers:\n        - {name: c, image: i, ports: [{name: web",
        1,
    )
    assert windows != WORLD
    (tmp_path / "a.yaml").write_text(windows + SHUT, encoding="utf-8")
    reach = Reach(read_scene([tmp_path]), engine)
    names = ("shop/site[StatefulSet]", "shop/api[Deployment]")
    sure, may = reach.between(*map(reach.ends.of_workload, names))
    assert (sure, bool(may)) == (0, engine is not Engine.SPECIFICATION)


def test_a_service_whose_answering_pods_somebody_wrote_is_unknown(tmp_path: Path) -> None:
    slice_ = object_("EndpointSlice", "discovery.k8s.io/v1", "endpoints: []").replace(
        "{name: x, namespace: shop}",
        "{name: x, namespace: shop, labels: {kubernetes.io/service-name: s}}",
    )
    service = object_("Service", "v1", SERVICE % ("ClusterIP", "")).replace("name: x", "name: s")
    (tmp_path / "a.yaml").write_text(WORLD + SHUT + service + slice_, encoding="utf-8")
    reach = Reach(read_scene([tmp_path]))
    (found,) = callers(reach, reach.scene.services[0])
    (verdict,) = verdicts(reach, reach.scene.services[0])
    assert (found.open, found.unknown) == (0, reach.ends.everything)
    assert verdict.answer is Answer.UNKNOWN
    assert "somebody wrote who answers" in found.because


def test_a_workload_that_cannot_be_read_is_there_and_unknown(tmp_path: Path) -> None:
    odd = object_("Deployment", "apps/v1", "spec: {template: {spec: {containers: all}}}")
    (tmp_path / "a.yaml").write_text(WORLD + SHUT + odd, encoding="utf-8")
    reach = Reach(read_scene([tmp_path]))
    names = ("shop/site[StatefulSet]", "shop/x[Deployment]")
    assert reach.between(*map(reach.ends.of_workload, names)) == (0, reach.ports.everything)
    assert any("containers" in f.found for f in reach.scene.findings)


def test_ports_that_no_cluster_takes_are_none(tmp_path: Path) -> None:
    odd = WORLD.replace("containerPort: 53, protocol: UDP", "containerPort: 65589, protocol: UDP")
    odd = odd.replace("containerPort: 9090", "containerPort: 9090, protocol: tcp")
    (tmp_path / "a.yaml").write_text(odd, encoding="utf-8")
    ports = {pod.owner: pod.ports for pod in read_scene([tmp_path]).pods}
    assert (ports["api"], ports["peer"]) == ((("web", "TCP", 8080),), ())


@pytest.mark.parametrize("name", ["infra/main.bicep", "network.TF"])
def test_a_file_in_another_language_beside_leaves_nothing_closed(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WORLD + SHUT, encoding="utf-8")
    ends = ("shop/site[StatefulSet]", "shop/api[Deployment]")
    reach = Reach(read_scene([tmp_path]))
    assert reach.between(*map(reach.ends.of_workload, ends)) == (0, 0)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("resource", encoding="utf-8")
    reach = Reach(read_scene([tmp_path]))
    assert reach.between(*map(reach.ends.of_workload, ends)) == (0, reach.ports.everything)
    (found,) = reach.scene.findings
    assert (found.file, found.refused) == (name, True)


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("hook of Helm", "annotations: {helm.sh/hook: test}"),
        ("hook of Argo CD", "annotations: {argocd.argoproj.io/hook: Sync}"),
        ("is being deleted", "deletionTimestamp: '2026-11-28T00:00:00Z'"),
    ],
)
def test_a_policy_that_may_be_gone_closes_nothing(tmp_path: Path, words: str, note: str) -> None:
    _unknown(tmp_path, WORLD + passing(note), words)


API = "    metadata: {labels: {app: api}}\n    spec:\n"


@pytest.mark.parametrize(
    ("words", "where", "line"),
    [
        ("further networks", "{labels", "{annotations: {k8s.v1.cni.cncf.io/networks: a}, labels"),
        (
            "a network other than",
            "{labels",
            "{annotations: {v1.multus-cni.io/default-network: a}, labels",
        ),
        ("virtual nodes", "spec:\n", "spec:\n      nodeSelector: {type: virtual-kubelet}\n"),
        ("virtual nodes", "spec:\n", "spec:\n      nodeSelector: {virtualization: virtualnode2}\n"),
        ("virtual nodes", "spec:\n", "spec:\n      tolerations: [{key: azure.com/aci}]\n"),
        (
            "virtual nodes",
            "spec:\n",
            "spec:\n      tolerations: [{key: virtual-kubelet.io/provider}]\n",
        ),
    ],
)
def test_pods_that_no_policy_is_enforced_for_are_unknown(
    tmp_path: Path, words: str, where: str, line: str
) -> None:
    _unknown(tmp_path, WORLD.replace(API, API.replace(where, line)) + SHUT, words)


def _unknown(folder: Path, text: str, words: str) -> None:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    reach = Reach(read_scene([folder]))
    names = ("shop/site[StatefulSet]", "shop/api[Deployment]")
    source, target = map(reach.ends.of_workload, names)
    web = reach.ports.of("TCP", 8080, 8080)
    found = witness(reach, source, target, web, Answer.UNKNOWN)
    assert found
    assert words in " ".join(because(reach, *found))
