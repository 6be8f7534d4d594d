"""Which objects others name, and which of them no file holds."""

from __future__ import annotations

import pytest

from apim_aks.workload.kubernetes.images import doubts
from apim_aks.workload.kubernetes.references import missing
from tests.support.cluster_model import read

POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: web}
spec:
  template:
    spec:
      serviceAccountName: shop
      imagePullSecrets: [{name: pull}]
      volumes:
        - {name: a, configMap: {name: settings}}
        - {name: b, secret: {secretName: maybe, optional: true}}
        - {name: c, persistentVolumeClaim: {claimName: disk}}
      containers:
        - name: shop
          image: a.azurecr.io/shop
          envFrom: [{secretRef: {name: keys}}]
"""
ROUTES = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: all, namespace: web}
spec:
  tls: [{secretName: tls}]
  rules: [{http: {paths: [{path: /, backend: {service: {name: shop, port: {number: 80}}}}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: all, namespace: web}
spec:
  parentRefs: [{name: entry, namespace: edge}]
  rules:
    - backendRefs:
        - {name: far, namespace: other}
        - {name: pool, kind: InferencePool, group: x.io}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: all, namespace: web}
spec:
  gateways: [mesh, edge/gate]
  http:
    - route:
        - destination: {host: near}
        - destination: {host: a.b.svc.cluster.local}
        - destination: {host: a.example}
"""


def names(text: str) -> list[str]:
    return [found.called for found in missing(read(text))]


def test_a_pod_names_what_it_cannot_start_without() -> None:
    assert names(POD) == [
        "ConfigMap web/settings",
        "PersistentVolumeClaim web/disk",
        "Secret web/keys",
        "Secret web/pull",
        "ServiceAccount web/shop",
    ]


def test_routes_name_secrets_gateways_and_services() -> None:
    assert names(ROUTES) == [
        "Secret web/tls",
        "Service web/shop",
        "Service other/far",
        "InferencePool web/pool",
        "Gateway edge/entry",
        "Service web/near",
        "Service b/a",
        "Gateway edge/gate",
    ]


def test_what_a_controller_makes_is_there() -> None:
    certificate = (
        "apiVersion: cert-manager.io/v1\nkind: Certificate\n"
        "metadata: {name: x, namespace: web}\nspec: {secretName: tls}\n"
    )
    assert "Secret web/tls" not in names(f"{ROUTES}---\n{certificate}")
    assert "Secret web/tls" in names(f"{ROUTES}---\n{certificate.replace('web', 'other')}")


def test_the_file_and_line_are_those_of_the_name() -> None:
    assert missing(read(POD))[0].where == ("file.yaml", 11)


@pytest.mark.parametrize("text", ["5", "[1]", "{a: {}}", "{containers: [5], volumes: {a: 1}}"])
def test_no_data_breaks_it(text: str) -> None:
    kind = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: "
    assert names(f"{kind}{text}\n") == []


@pytest.mark.parametrize(
    ("image", "because"),
    [
        ("a.azurecr.io/shop:1", "from a.azurecr.io without a pull secret"),
        ("shop", "without a version"),
        ("ghcr.io/a/shop:latest", "without a version"),
        ("ghcr.io/a/shop:1", ""),
        ("ghcr.io/a/shop@sha256:00", ""),
        ("localhost:5000/shop:1", "from localhost:5000 without a pull secret"),
    ],
)
def test_images_of_which_it_is_not_known_whether_they_can_be_pulled(
    image: str, because: str
) -> None:
    spec = f"{{containers: [{{image: '{image}'}}]}}"
    pods = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n"
    assert [doubt.because for doubt in doubts(read(pods))] == ([because] if because else [])
    assert doubts(read(POD))[0].because == "without a version"
