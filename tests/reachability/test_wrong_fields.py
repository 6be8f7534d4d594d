"""A field of the wrong type in what stands before Services costs no report, whoever reads it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from apim_aks.reachability.proof import prove
from apim_aks.reachability.reading import scene_after, scene_of
from apim_aks.reachability.site import Site
from apim_aks.workload.documents import parse
from apim_aks.workload.kubernetes import services_of
from apim_aks.workload.kubernetes.apply import apply
from apim_aks.workload.kubernetes.ending import endings
from apim_aks.workload.kubernetes.object import objects_in
from tests.support.series import seeds

OBJECTS = """\
apiVersion: v1
kind: Service
metadata:
  name: a
  namespace: s
  annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}
spec:
  type: LoadBalancer
  selector: {app: a}
  ports:
  - {port: 80, name: http, targetPort: 8080}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: s}
spec:
  template:
    metadata:
      labels: {app: a}
    spec:
      nodeSelector: {kubernetes.io/os: windows}
      containers:
      - name: c
        ports:
        - {containerPort: 8080}
        envFrom:
        - configMapRef: {name: gw}
      volumes:
      - configMap: {name: envoy}
      - secret: {secretName: t}
      - projected:
          sources:
          - secret: {name: t}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gw, namespace: s}
data: {config.service.endpoint: 'https://x.configuration.azure-api.net', '9000': 's/a:80'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: params, namespace: s}
data: {service: 'spec: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}'}
---
apiVersion: v1
kind: Secret
type: kubernetes.io/tls
metadata: {name: t, namespace: s}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: t, namespace: s}
spec: {secretName: t}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: i
  namespace: s
  annotations: {kubernetes.io/ingress.class: azure/application-gateway, nginx.ingress.kubernetes.io/auth-tls-secret: s/t}
spec:
  ingressClassName: azure-application-gateway
  tls:
  - hosts: [h.x]
    secretName: t
  rules:
  - host: h.x
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: a
            port: {number: 80}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v, namespace: s}
spec:
  hosts: [h.x]
  gateways: [g]
  http:
  - match:
    - uri: {prefix: /}
    route:
    - destination:
        host: a.s.svc.cluster.local
        port: {number: 80}
  tcp:
  - route:
    - destination: {host: a}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: g, namespace: s}
spec:
  selector: {istio: aks-istio-ingressgateway-internal}
  servers:
  - port: {number: 443}
    hosts: [s/h.x]
    tls: {mode: MUTUAL}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gg, namespace: s}
spec:
  gatewayClassName: istio
  infrastructure:
    annotations: {a: b}
    parametersRef: {group: '', kind: ConfigMap, name: params}
  listeners:
  - {name: l, port: 80, protocol: HTTP, hostname: h.x}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: s}
spec:
  parentRefs:
  - {name: gg}
  rules:
  - backendRefs:
    - {name: a, port: 80}
    filters:
    - type: RequestMirror
      requestMirror:
        backendRef: {name: a, port: 80}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: ir, namespace: s}
spec:
  entryPoints: [web]
  routes:
  - match: Host(`h.x`)
    kind: Rule
    services:
    - {name: a, port: 80}
    middlewares:
    - {name: m}
  tls:
    options: {name: o}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: m, namespace: s}
spec:
  errors:
    service: {name: a, port: 80}
---
apiVersion: traefik.io/v1alpha1
kind: TLSOption
metadata: {name: o, namespace: s}
spec:
  clientAuth: {clientAuthType: RequireAndVerifyClientCert}
---
apiVersion: approuting.kubernetes.azure.com/v1alpha1
kind: NginxIngressController
metadata: {name: default}
spec:
  ingressClassName: w
  controllerNamePrefix: nginx
  loadBalancerAnnotations: {a: b}
  loadBalancerSourceRanges: [10.0.0.0/8]
---
apiVersion: v1
kind: Endpoints
metadata: {name: a, namespace: s}
subsets:
- addresses:
  - {ip: 10.0.0.1}
  ports:
  - {port: 80}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e, namespace: s}
spec:
  hosts: [h.y]
  endpoints:
  - {address: 10.0.0.1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: envoy, namespace: s}
data: {e.yaml: "static_resources:\\n  listeners: [{address: {socket_address: {port_value: 8080}},\\
    \\ r: {routes: [{match: {prefix: /}, route: {cluster: c}}]}}]\\n  clusters: [{name: c, load_assignment:\\
    \\ {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: a.s, port_value:\\
    \\ 80}}}}]}]}}]\\n"}
"""  # noqa: E501 (one object on few lines)
WRONG: tuple[Any, ...] = (
    None,
    7,
    True,
    "",
    "x",
    "\x07",
    [],
    {},
    [None],
    [[1]],
    {"a": []},
    "x" * 300,
)
Place = tuple[Any, ...]


def objects() -> list[Any]:
    return list(yaml.safe_load_all(OBJECTS))


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where each field stands; what makes an object one of its kind stays."""
    if isinstance(value, dict):
        inner = list(value.items())
    else:
        inner = list(enumerate(value)) if isinstance(value, list) else []
    for key, part in inner:
        if (*place, key) not in {("kind",), ("apiVersion",)}:
            yield (*place, key)
            yield from places(part, (*place, key))


def read(made: list[Any]) -> int:
    """Everything that reads objects, and how much they found wrong."""
    documents = parse(yaml.safe_dump_all(made).encode(), "a.yaml").documents
    scene, ending = scene_of(documents), endings(documents)
    prove(Site(scene=scene))
    after = scene_after(apply(objects_in(documents, []), []))
    assert ending is not None and after is not None
    return len(scene.findings) + len(services_of(documents).findings)


def changed(at: int, place: Place, value: Any) -> list[Any]:
    made = objects()
    part = made[at]
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = deepcopy(value)
    return made


@seeds(2)
def test_a_field_of_the_wrong_type_is_no_traceback(seed: int) -> None:
    chance = random.Random(seed)
    every = [(at, place) for at, made in enumerate(objects()) for place in places(made)]
    for at, place in chance.sample(every, 25):
        read(changed(at, place, chance.choice(WRONG)))


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("ConfigMap", ("metadata", "name")),
        ("VirtualService", ("spec",)),
        ("VirtualService", ("spec", "gateways")),
        ("Ingress", ("metadata", "name")),
        ("Deployment", ("metadata", "name")),
    ],
)
def test_what_was_one_is_named(kind: str, place: Place) -> None:
    made = objects()
    before = read(made)
    at = next(n for n, each in enumerate(made) if each["kind"] == kind)
    assert read(changed(at, place, 7)) > before
