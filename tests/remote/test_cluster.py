"""What runs in a cluster as files, with a stand-in for kubectl."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from apim_aks.__main__ import main
from apim_aks.errors import InputError, RemoteError
from apim_aks.facts.rendering import cluster_resources
from apim_aks.remote.cluster import write_manifests
from apim_aks.workload.file import read_workload
from apim_aks.workload.rendering import programs
from tests.support.programs import Standin, needs_posix

pytestmark = needs_posix

KNOWN = "services\nsecrets\npods\ndeployments.apps\nendpointslices.discovery.k8s.io\nnamespaces\n"

# By hand, in the form of `kubectl get services -A -o yaml`.
SERVICES = """\
apiVersion: v1
items:
- apiVersion: v1
  kind: Service
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {"password": "hidden"}
      note: "yes"
    creationTimestamp: "2026-11-01T08:00:00Z"
    labels:
      app: orders
    managedFields:
    - manager: kubectl
    name: orders
    namespace: shop
    resourceVersion: "12345"
    uid: 3d0c
  spec:
    clusterIP: 10.0.12.7
    ports:
    - name: http
      port: 80
      protocol: TCP
      targetPort: 8080
    selector:
      app: orders
    type: ClusterIP
  status:
    loadBalancer: {}
- apiVersion: v1
  kind: Service
  metadata:
    name: kube-dns
    namespace: kube-system
  spec:
    ports:
    - port: 53
kind: List
metadata:
  resourceVersion: ""
"""
SLICES = """\
apiVersion: v1
kind: List
items:
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: orders-x, namespace: shop, ownerReferences: [{kind: Service, name: orders}]}
  addressType: IPv4
  endpoints: []
"""
NAMESPACES = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}
- {apiVersion: v1, kind: Namespace, metadata: {name: shop}, status: {phase: Active}}
"""
ANSWERS = {
    "api-resources": KNOWN,
    "services": SERVICES,
    "secrets": "shop          orders-db   Opaque\nkube-system   x           Opaque\n",
    "endpointslices.discovery.k8s.io": SLICES,
    "namespaces": NAMESPACES,
}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(programs.sysconfig, "get_path", lambda _: str(tmp_path / "bin"))
    return tmp_path / "bin"


def test_a_fixed_list_is_read_without_the_data_of_secrets(
    tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "mine")
    kubectl = Standin(tools, "kubectl", ANSWERS)
    folder = tmp_path / "system"
    assert main(["init", str(folder), "--from-cluster", "prod"]) == 2
    assert "Not read: deployments.apps (it ends with status 1)." in capsys.readouterr().err
    asked = [words for words, _ in kubectl.asked]
    assert all(words[-1] == "--context=prod" for words in asked)
    assert kubectl.asked[0][1]["KUBECONFIG"] == "mine"
    assert [w[1] for w in asked[1:]] == [
        "namespaces",
        "services",
        "deployments.apps",
        "endpointslices.discovery.k8s.io",
        "secrets",
    ]
    (of_secrets,) = [w for w in asked if "secrets" in w]
    assert not [w for w in of_secrets if ".data" in w or "yaml" in w or "json" in w]

    files = {f.name: yaml.safe_load_all(f.read_text()) for f in (folder / "cluster").iterdir()}
    assert sorted(files) == ["namespaces.yaml", "secrets.yaml", "services.yaml"]
    (service,) = files["services.yaml"]
    assert service["metadata"] == {
        "labels": {"app": "orders"},
        "name": "orders",
        "namespace": "shop",
        "annotations": {"note": "yes"},
    }
    assert "status" not in service and service["spec"]["ports"][0]["targetPort"] == 8080
    (secret,) = files["secrets.yaml"]
    assert secret == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": "shop", "name": "orders-db"},
        "type": "Opaque",
    }
    found = read_workload(folder)
    assert [s.id for s in found.services] == ["shop/orders"]
    assert found.findings == ()


def test_what_cannot_be_read_of_a_cluster_is_said(tools: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="kubectl is needed"):
        write_manifests(tmp_path, "", print)
    Standin(tools, "kubectl", {"": "Unable to connect to the server: no such host"}, code=1)
    with pytest.raises(RemoteError, match="Unable to connect to the server: no such host"):
        write_manifests(tmp_path, "", print)
    Standin(tools, "kubectl", {"api-resources": KNOWN, "services": "a: {", "secrets": ""})
    told: list[str] = []
    assert write_manifests(tmp_path, "", told.append) == ((), False)
    assert "Not read: services (text that is not YAML" in "".join(told)
    (tmp_path / "cluster").mkdir()
    with pytest.raises(InputError, match="never overwritten"):
        write_manifests(tmp_path, "", print)


def test_secrets_are_not_in_the_list() -> None:
    assert not [r for r in cluster_resources() if "secret" in r.resource]
