"""Both workloads as they are called today: entries, callers inside, one that stands in no file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from apim_aks.workload.azure import Existing, ExistingResources
from apim_aks.workload.call import CallState
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes.object import Object
from apim_aks.workload.model import Consumer, Workload
from tests.support.cluster_model import read
from tests.support.places import REPOSITORY

THERE = "rg-there"
"""The group of a cluster that was there, and of its network."""
HOSTS = {"contoso-orders": "orders.contoso.example", "contoso-retail": "content.contoso.example"}
"""The name of each that leads to the gateway later."""
_PUBLIC = ("type: ClusterIP", "type: LoadBalancer")
_EDITED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "contoso-orders": {"manifests/getorder.yaml": _PUBLIC},
    "contoso-retail": {},
}
_ADDED = {
    "contoso-orders": """
apiVersion: v1
kind: Namespace
metadata: {name: traefik}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: traefik}
spec: {controller: traefik.io/ingress-controller}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik, namespace: traefik, labels: {app.kubernetes.io/name: traefik}}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: traefik}}
  template:
    metadata: {labels: {app.kubernetes.io/name: traefik}}
    spec:
      containers:
        - name: traefik
          image: docker.io/traefik:v3.6
          ports: [{name: web, containerPort: 8000}]
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: traefik}
spec:
  type: LoadBalancer
  selector: {app.kubernetes.io/name: traefik}
  ports: [{name: web, port: 80, targetPort: web}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: orders}
spec:
  ingressClassName: traefik
  rules:
    - host: orders.contoso.example
      http:
        paths:
          - path: /customers
            pathType: Prefix
            backend: {service: {name: customers, port: {number: 80}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: desk, namespace: orders, labels: {app.kubernetes.io/name: desk}}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: desk}}
  template:
    metadata: {labels: {app.kubernetes.io/name: desk}}
    spec:
      containers:
        - name: desk
          image: contosoorders.azurecr.io/desk:1.0.0
          env:
            - {name: CUSTOMERS_URL, value: "http://customers.orders.svc.cluster.local"}
            - {name: PLACEORDER_URL, value: "http://placeorder.orders.svc.cluster.local"}
""",
    "contoso-retail": "",
}
NOWHERE = """
apiVersion: v1
kind: Namespace
metadata: {name: ops}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: report, namespace: ops, labels: {app: report}}
spec:
  selector: {matchLabels: {app: report}}
  template:
    metadata: {labels: {app: report}}
    spec: {containers: [{name: report, image: "contoso.azurecr.io/report:1"}]}
"""
"""Somebody's pod in the cluster, of which no file of the workload knows."""


@cache
def today(name: str, there: bool) -> Workload:
    """The workload with its entries of today and its calls confirmed; `there` is its cluster."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / name
        shutil.copytree(REPOSITORY / "data" / "workloads" / name, root)
        for file, (old, new) in _EDITED[name].items():
            text = (root / file).read_text(encoding="utf-8")
            (root / file).write_text(text.replace(old, new), encoding="utf-8")
        if added := _ADDED[name]:
            (root / "manifests" / "today.yaml").write_text(added, encoding="utf-8")
        found = read_workload(str(root / "workload.yaml"))
    calls = tuple(replace(c, state=CallState.CONFIRMED) for c in found.graph.calls)
    azure = replace(found.azure, host_name=HOSTS[name])
    if there:
        place = {"existing": _existing(), "address_space": "10.60.0.0/20"}
        azure = replace(azure, **place, network_policy="cilium")
    # Whether other networks are connected with one that was there stands in no file.
    consumers = tuple(Consumer) if there else (Consumer.INTERNET, Consumer.SAME_VNET)
    graph = replace(found.graph, calls=calls)
    return replace(found, azure=azure, graph=graph, consumers=consumers)


def _existing() -> ExistingResources:
    return ExistingResources(
        cluster=Existing("aks-there", THERE), network=Existing("vnet-there", THERE)
    )


def nowhere() -> list[Object]:
    """The objects of the caller that stands in no file."""
    return read(NOWHERE)
