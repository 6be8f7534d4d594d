from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from apim_aks.workload.documents import parse, read_file
from apim_aks.workload.kubernetes import Manifests, read_manifests, services_in, services_of
from apim_aks.workload.kubernetes.public_routes import NOT_READ
from apim_aks.workload.model import Service, ServiceType
from apim_aks.workload.route import PathMatch, Route
from tests.support.places import CORPORA
from tests.support.scenario import yaml_says
from tests.support.series import examples

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: orders
spec:
  selector: {app: orders}
  ports:
    - port: 80
      targetPort: http
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: orders, tier: api}}
    spec:
      containers:
        - image: shop/orders:1
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /healthz, port: 8080}}
          livenessProbe: {grpc: {port: 9000}}
"""


def read(*texts: str, name: str = "a.yaml") -> Manifests:
    documents = []
    for text in texts:
        reading = parse(text.encode(), name)
        assert not reading.findings
        documents += reading.documents
    return services_of(documents)


def service(text: str) -> Service:
    found = read(text)
    assert not found.findings, found.findings
    return found.services[0]


def sentence(text: str) -> str:
    found = read(text)
    assert not found.services
    (finding,) = found.findings
    assert finding.refused
    return str(finding)


def test_a_service_has_its_place_ports_and_pods() -> None:
    found = read(f"{DEPLOYMENT}---\n{SERVICE}")
    (orders,) = found.services
    assert (orders.id, orders.type, orders.file, orders.line) == (
        "default/orders",
        ServiceType.CLUSTER_IP,
        "a.yaml",
        15,
    )
    assert (orders.ports[0].number, orders.ports[0].target) == (80, "http")
    (pods,) = orders.pods
    assert (pods.kind, pods.name, pods.images, pods.replicas) == (
        "Deployment",
        "orders",
        ("shop/orders:1",),
        3,
    )
    assert pods.labels == (("app", "orders"), ("tier", "api"))
    assert (pods.ports, pods.probes) == ((("http", 8080),), ("httpGet /healthz", "grpc"))
    assert found.objects == (("Deployment", 1), ("Service", 1))


def test_pods_of_another_namespace_or_label_are_not_behind_it() -> None:
    other = DEPLOYMENT.replace("{name: orders}", "{name: orders, namespace: test}")
    third = DEPLOYMENT.replace("app: orders, ", "app: carts, ")
    assert read(f"{SERVICE}---\n{other}---\n{third}").services[0].pods == ()


def test_what_a_deployment_made_is_not_counted_beside_it() -> None:
    replicas = DEPLOYMENT.replace("kind: Deployment", "kind: ReplicaSet").replace(
        "{name: orders}",
        "{name: orders-abc, ownerReferences: [{kind: Deployment, name: orders}]}",
    )
    pod = """\
apiVersion: v1
kind: Pod
metadata:
  name: orders-xyz-1
  labels: {app: orders}
  ownerReferences: [{kind: ReplicaSet, name: orders-xyz}]
spec: {containers: [{image: shop/orders:1}]}
"""
    kinds = [p.kind for p in read(SERVICE, DEPLOYMENT, replicas, pod).services[0].pods]
    assert kinds == ["Deployment"]
    assert [p.kind for p in read(SERVICE, pod).services[0].pods] == ["Pod"]


def test_load_balancers_know_who_may_reach_them() -> None:
    found = service(
        SERVICE.replace(
            "  name: orders\n",
            "  name: orders\n  annotations:\n"
            '    service.beta.kubernetes.io/azure-load-balancer-internal: "true"\n'
            "    service.beta.kubernetes.io/azure-allowed-ip-ranges: 10.0.0.0/8, 10.1.0.0/16\n"
            "    kubectl.kubernetes.io/last-applied-configuration: secret\n",
        ).replace(
            "spec:\n",
            "spec:\n  type: LoadBalancer\n  loadBalancerSourceRanges: [192.0.2.0/24]\n",
        )
    )
    assert found.internal
    assert not found.public
    assert found.source_ranges == ("192.0.2.0/24", "10.0.0.0/8", "10.1.0.0/16")
    assert len(found.annotations) == 2


def test_a_service_may_lack_ports_only_where_kubernetes_lets_it() -> None:
    bare = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec:\n"
    assert service(f"{bare}  clusterIP: None\n").headless
    assert (
        service(f"{bare}  type: ExternalName\n  externalName: x.test\n").external_name == "x.test"
    )
    assert sentence(f"{bare}  type: ClusterIP\n") == (
        "a.yaml line 4 has no port as spec.ports of Service 'x'. Use at least one port."
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "port: 80\n",
            "port: '80'\n",
            "a.yaml line 8 has the text '80' as spec.ports[0].port of Service 'orders'. "
            "Use a whole number from 1 to 65535.",
        ),
        (
            "port: 80\n",
            "port: 70000\n",
            "a.yaml line 8 has the number 70000 as spec.ports[0].port of Service 'orders'. "
            "Use a whole number from 1 to 65535.",
        ),
        (
            "spec:\n",
            "spec:\n  type: Loadbalancer\n",
            "a.yaml line 6 has the text 'Loadbalancer' as spec.type of Service 'orders'. "
            "Use one of ClusterIP, NodePort, LoadBalancer, ExternalName.",
        ),
        (
            "  name: orders\n",
            "  labels: {}\n",
            "a.yaml line 3 has nothing as metadata.name of Service. Use a name.",
        ),
        (
            "  name: orders\n",
            "  name: 7\n",
            "a.yaml line 4 has the number 7 as metadata.name of Service. Use text.",
        ),
        (
            "  name: orders\n",
            '  name: "a\\0b"\n',
            "a.yaml line 4 has the text 'a\\x00b' as metadata.name of Service 'a\\x00b'. "
            "Use a name Kubernetes accepts.",
        ),
        (
            "  name: orders\n",
            '  name: "{{ .Release.Name }}-orders"\n',
            "a.yaml line 4 has a Helm template that is not rendered. "
            "Use the output of `helm template`.",
        ),
        (
            "  name: orders\n",
            "  name: a@(x)\n",
            "a.yaml line 4 has the text 'a@(x)' as metadata.name of Service 'a@(x)'. "
            "Use a name without '@(', which no policy could hold.",
        ),
        (
            "selector: {app: orders}",
            "selector: [app]",
            "a.yaml line 6 has a list as spec.selector of Service 'orders'. Use a mapping.",
        ),
    ],
)
def test_a_wrong_field_is_named(old: str, new: str, expected: str) -> None:
    assert sentence(SERVICE.replace(old, new)) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("just text\n", "the text 'just text'"),
        ("[1, 2]\n", "a list"),
        ("{}\n", "an empty mapping"),
        ("a: 1\nb: 2\n", "a mapping with 'a', 'b'"),
        ("kind: Service\nmetadata: {name: x}\n", "a mapping with 'kind', 'metadata'"),
        ("apiVersion: v1\nkind: [Service]\n", "a mapping with 'apiVersion', 'kind'"),
    ],
)
def test_what_is_not_kubernetes_is_refused(text: str, found: str) -> None:
    assert sentence(text) == (
        f"a.yaml line 1 has {found}. Use a Kubernetes object with apiVersion and kind."
    )


def test_an_openapi_document_among_manifests_says_where_it_belongs(tmp_path: Path) -> None:
    assert sentence("openapi: 3.0.0\npaths: {}\n") == (
        "a.yaml line 1 has an OpenAPI document. Use a Kubernetes object with apiVersion "
        "and kind; OpenAPI documents belong under openapi."
    )
    (tmp_path / "api.yaml").write_text("openapi: 3.0.0\npaths: {}\n")
    assert services_in(read_manifests([tmp_path], tmp_path)).findings == ()


def test_lists_and_lists_of_lists_hold_services() -> None:
    inner = {"metadata": {"name": "b"}, "spec": {"ports": [{"port": 81}]}}
    first = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}
    typed = {"kind": "ServiceList", "apiVersion": "v1", "items": [inner]}
    objects = [first | {"spec": {"ports": [{"port": 80}]}}, typed, 7]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=1)
    found = read(text, name="live.json")
    assert [(s.id, s.line) for s in found.services] == [("default/a", 5), ("default/b", 23)]
    assert [str(f) for f in found.findings] == [
        f"live.json line {text.split(chr(10)).index('  7') + 1} has the number 7. "
        "Use a Kubernetes object with apiVersion and kind."
    ]
    assert read("apiVersion: v1\nkind: List\nitems:\n").findings == ()
    assert sentence("apiVersion: v1\nkind: List\nitems: x\n") == (
        "a.yaml line 3 has the text 'x' as items of List. Use a list."
    )


def test_the_same_service_twice_is_once_and_two_different_ones_are_said() -> None:
    other = SERVICE.replace("port: 80", "port: 81")
    found = read(f"{SERVICE}---\n{SERVICE}---\n{other}")
    assert [s.ports[0].number for s in found.services] == [80]
    assert [str(f) for f in found.findings] == [
        "a.yaml line 21 has a Service 'default/orders' that differs from the one in a.yaml "
        "line 1. Use one definition of each Service."
    ]


def test_the_same_deployment_twice_is_once() -> None:
    other = DEPLOYMENT.replace("orders:1", "orders:2")
    found = read(SERVICE, DEPLOYMENT, DEPLOYMENT, other)
    assert [p.images for p in found.services[0].pods] == [("shop/orders:1",)]
    assert [str(f) for f in found.findings] == [
        "a.yaml line 1 has a second Deployment 'orders' in default, which differs. "
        "Use one definition; the first is taken."
    ]


def test_line_breaks_of_the_input_do_not_break_a_sentence() -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "Po\nd", "metadata": {"labels": {"a\nb": []}}})
    assert read(text).objects == (("Po d", 1),)
    labels = text.replace("Po\\nd", "Service").replace('"labels"', '"name": "x", "labels"')
    assert sentence(labels) == (
        "a.yaml line 1 has a list as metadata.labels.a b of Service 'x'. Use text."
    )


NAMES = ["<script>alert(1)</script>", "a\"b'c", "a -> b; (x|y)", "- a: *b # c", "@x", "a\\N]]>"]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_are_kept_and_said(name: str) -> None:
    found = read(json.dumps(json_service(name)))
    assert found.services[0].name == name
    (finding,) = found.findings
    assert not finding.refused
    assert str(finding) == (
        f"a.yaml line 1 has the Service name {'default/' + name!r}, which Kubernetes would not "
        "take. Use lower-case letters, digits and hyphens."
    )


def json_service(name: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": 80}]},
    }


_AS_TEXT = PathMatch("/o", "/o", text=True)
ROUTES = {
    "networking.k8s.io/v1, Ingress": (
        "{rules: [{host: shop.test, http: {paths: [{path: /o, "
        "backend: {service: {name: orders, port: {number: 80}}}}]}}]}",
        [Route(kind="Ingress", name="r", host="shop.test", path="/o", port="80")],
    ),
    "networking.k8s.io/v1beta1, Ingress": (
        "{backend: {serviceName: orders}, rules: [{http: {paths: [{backend: "
        "{serviceName: orders, servicePort: 80}}]}}]}",
        [
            Route(kind="Ingress", name="r", host="", path="/"),
            Route(kind="Ingress", name="r", host="", path="/", port="80"),
        ],
    ),
    "gateway.networking.k8s.io/v1, HTTPRoute": (
        "{hostnames: [a.test, b.test], rules: [{matches: [{path: {value: /o}}], "
        "backendRefs: [{name: orders, port: 80}]}]}",
        [
            Route(kind="HTTPRoute", name="r", host=h, path="/o", port="80")
            for h in ("a.test", "b.test")
        ],
    ),
    "gateway.networking.k8s.io/v1, GRPCRoute": (
        "{rules: [{matches: [{method: {service: shop.Orders, method: Get}}], "
        "backendRefs: [{name: orders}]}]}",
        [Route(kind="GRPCRoute", name="r", host="", path="/shop.Orders/Get")],
    ),
    "traefik.io/v1alpha1, IngressRoute": (
        "{routes: [{match: \"Host(`shop.test`) && (PathPrefix(`/o`) || Path('/p'))\", "
        "services: [{name: orders, port: 80}]}]}",
        [
            Route(
                kind="IngressRoute",
                name="r",
                host="shop.test",
                path="/o",
                port="80",
                match=_AS_TEXT,
            ),
            Route(
                kind="IngressRoute",
                name="r",
                host="shop.test",
                path="/p",
                port="80",
                match=PathMatch("/p", "/p", True),
            ),
        ],
    ),
    "networking.istio.io/v1, VirtualService": (
        "{hosts: ['*'], gateways: [g], http: [{match: [{uri: {prefix: /o}}], "
        "route: [{destination: {host: orders.default.svc.cluster.local}}]}]}",
        [Route(kind="VirtualService", name="r", host="", path="/o", match=_AS_TEXT)],
    ),
}


@pytest.mark.parametrize("kind", ROUTES)
def test_routes_lead_to_services(kind: str) -> None:
    version, name = kind.split(", ")
    spec, routes = ROUTES[kind]
    text = f"apiVersion: {version}\nkind: {name}\nmetadata: {{name: r}}\nspec: {spec}\n"
    assert service(f"{SERVICE}---\n{text}").routes == tuple(routes)


def test_a_virtual_service_of_the_mesh_is_no_public_route() -> None:
    text = (
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: r}\n"
        "spec: {hosts: [orders], http: [{route: [{destination: {host: orders}}]}]}\n"
    )
    assert service(f"{SERVICE}---\n{text}").routes == ()


def test_a_route_to_a_missing_service_is_said() -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: r, namespace: web}\n"
        "spec: {defaultBackend: {service: {name: front}}}\n"
    )
    (finding,) = read(text).findings
    assert not finding.refused
    assert str(finding) == (
        "a.yaml line 1 has Ingress 'r' that leads to web/front. "
        "Use Services that are among the manifests."
    )


def test_a_route_to_a_namespace_that_objects_lack_says_how_they_get_it() -> None:
    text = (
        f"{SERVICE}---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"
        "metadata: {name: r, namespace: web}\n"
        "spec: {defaultBackend: {service: {name: orders}}}\n"
    ).replace("namespace: shop", "namespace: default")
    (finding,) = read(text).findings
    assert "that leads to web/orders. " in str(finding)
    assert (
        "(default/orders is: `namespace: web` in workload.yaml puts objects that name none there)"
    ) in finding.expected


@pytest.mark.parametrize(
    ("asked", "annotation", "told"),
    [
        ("azure-application-gateway", "nginx.ingress.kubernetes.io/use-regex", True),
        ("azure-application-gateway", "appgw.ingress.kubernetes.io/ssl-redirect", False),
        ("nginx", "nginx.ingress.kubernetes.io/use-regex", False),
        ("nginx", "appgw.ingress.kubernetes.io/ssl-redirect", True),
        ("of-their-own", "appgw.ingress.kubernetes.io/ssl-redirect", False),
        ("nginx", "cert-manager.io/cluster-issuer", False),
    ],
)
def test_an_annotation_of_another_controller_than_that_of_the_class_is_said(
    asked: str, annotation: str, told: bool
) -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
        f"metadata:\n  name: r\n  annotations:\n    {annotation}: 'true'\n"
        f"spec: {{ingressClassName: {asked}, defaultBackend: {{service: {{name: orders}}}}}}\n"
    )
    found = [str(f) for f in read(text).findings if "does not read" in f.found]
    if not told:
        assert not found
        return
    assert len(found) == 1
    assert found[0].startswith(
        f"a.yaml line 6 has Ingress 'r' of class {asked}, whose controller does not read "
        f"{annotation}. Use annotations that begin with "
    )


def test_folders_are_read_in_order_without_what_is_no_manifest(tmp_path: Path) -> None:
    for name, text in {
        "b/two.yml": SERVICE.replace("orders", "two"),
        "a/one.json": json.dumps(json_service("one")),
        ".hidden/x.yaml": "a: 1",
        "a/notes.txt": "a: 1",
        "kustomization.yaml": "resources: [b]",
        "chart/Chart.yaml": "name: x",
        "chart/values.yaml": "a: 1",
        "chart/values-prod.yaml": "a: 1",
        "chart/templates/service.yaml": "a: {{ .x }}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = services_in(read_manifests([tmp_path], tmp_path))
    assert [(s.id, s.file) for s in found.services] == [
        ("default/one", "a/one.json"),
        ("default/two", "b/two.yml"),
    ]
    assert [(f.refused, str(f)) for f in found.findings] == [
        (
            True,
            "chart/Chart.yaml has a Helm chart whose templates are not rendered. "
            "Use the key render for it, or the output of `helm template`.",
        ),
        (
            False,
            "kustomization.yaml has a kustomization, whose overlays and patches are not "
            "applied. Use the key render for it, or the output of `kubectl kustomize`.",
        ),
    ]
    assert [name for name, _ in found.digests] == ["a/one.json", "b/two.yml"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_links_out_of_the_folder_are_refused_and_circles_end(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "s.yaml").write_text(SERVICE)
    (inside / "file.yaml").symlink_to(outside / "s.yaml")
    (inside / "folder").symlink_to(outside)
    (inside / "circle").symlink_to(inside)
    found = services_in(read_manifests([inside], inside))
    assert found.services == ()
    assert [str(f) for f in found.findings] == [
        f"{name} has a symbolic link that leads out of the folder. Use files inside it."
        for name in ("file.yaml", "folder")
    ]
    assert len(services_in(read_manifests([inside], inside, outside=True)).services) == 1


def test_order_of_documents_does_not_matter() -> None:
    texts = [SERVICE, DEPLOYMENT, SERVICE.replace("orders", "carts")]
    forwards, backwards = read(*texts), read(*reversed(texts))
    assert forwards == backwards


COUNTS = {
    "aks-store-demo/aks-store-all-in-one.yaml": 7,
    "bookinfo/bookinfo.yaml": 4,
    "drone-delivery": 4,
    "live-cluster-objects": 1,
    "online-boutique/kubernetes-manifests.yaml": 12,
    "opentelemetry-demo": 25,
    "retail-store": 5,
    "sock-shop/complete-demo.yaml": 14,
    "ingress-nginx/controller-deploy-cloud.yaml": 2,
}


@pytest.mark.parametrize("place", COUNTS)
def test_real_systems_have_their_services(corpora: Path, place: str) -> None:
    root = corpora / "microservices"
    found = services_in(read_manifests([root / place], root))
    assert len(found.services) == COUNTS[place]
    assert not [f for f in found.findings if f.refused]
    assert all(s.ports or s.headless for s in found.services)


def test_every_system_of_the_corpora_is_read(corpora: Path) -> None:
    folders = sorted(p for p in (corpora / "microservices").iterdir() if p.is_dir())
    broken = {
        str(f)
        for folder in folders
        for f in services_in(read_manifests([folder], folder)).findings
        if "not YAML" in f.found
    }
    assert broken == {
        "guestbook/ing-guestbook-other.yaml line 15 has text that is not YAML "
        f"({yaml_says('a: b: c')}). Use YAML or JSON."
    }


def test_pods_and_routes_of_a_real_system_are_found(corpora: Path) -> None:
    root = corpora / "microservices" / "bookinfo"
    files = [root / "bookinfo.yaml", root / "bookinfo-gateway.yaml"]
    services = {s.name: s for s in services_in(read_manifests(files, root)).services}
    assert [p.name for p in services["reviews"].pods] == ["reviews-v1", "reviews-v2", "reviews-v3"]
    exact = PathMatch("/productpage", "/productpage", exact=True)
    route = Route(
        kind="VirtualService",
        name="bookinfo",
        host="",
        path="/productpage",
        port="9080",
        match=exact,
    )
    assert route in services["productpage"].routes


SAMPLES = sorted((CORPORA / "microservices").glob("*/*.*"))


@pytest.mark.skipif(not SAMPLES, reason="no corpora here; set APIM_AKS_CORPORA")
@examples(50, *HealthCheck)
@given(st.data())
def test_mutated_real_documents_never_break_the_reader(data: st.DataObject) -> None:
    content = data.draw(st.sampled_from(SAMPLES)).read_bytes()[:20_000]
    pieces = st.sampled_from(
        [b"\n", b"  ", b"\t", b"---\n", b"- ", b": ", b"{{ x }}", b"[", b"}", b"&a ", b"*a", b"'"]
        + [b"null", b"7", b"kind: List\nitems:\n", b"\xff", b"\x00", b"ports:", b"name:", b"<<: "]
    )
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 40))
        content = content[:at] + data.draw(pieces) + content[at + length :]
    reading = parse(content, "mutated.yaml")
    found = services_of(reading.documents)
    assert all(str(f).endswith(".") and "\n" not in str(f) for f in found.findings)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "spec", "name", "ports", "template", "rules", "http", "items"]
            )
            | st.sampled_from(
                ["paths", "backend", "service", "containers", "labels", "kind", "port"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
KINDS = ["Service", "Deployment", "Pod", "Ingress", "HTTPRoute", "IngressRoute", "VirtualService"]


@examples(100)
@given(st.sampled_from([*KINDS, "List", "ServiceList"]), JSON, JSON, JSON)
def test_any_shape_of_an_object_is_read_or_refused(
    kind: str, metadata: object, spec: object, items: object
) -> None:
    body = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec, "items": items}
    services_of(parse(json.dumps(body).encode(), "any.json").documents)


def test_the_fuzz_starts_from_documents_that_are_fine(corpora: Path) -> None:
    readings = [read_file(p, p.name) for p in SAMPLES]
    assert sum(len(r.documents) for r in readings) > 100


ELSEWHERE = {
    "Ingress, another Service": (
        "{rules: [{http: {paths: [{path: /o, backend: {service: {name: orders}}}, "
        "{path: /b, backend: {service: {name: billing}}}]}}]}",
        "default/billing",
    ),
    "Ingress, the rest": (
        "{defaultBackend: {service: {name: web}}, rules: [{http: {paths: [{path: /o, "
        "backend: {service: {name: orders}}}]}}]}",
        "default/web",
    ),
    "Ingress, a resource": (
        "{rules: [{http: {paths: [{path: /o, backend: {service: {name: orders}}}, "
        "{path: /b, backend: {resource: {kind: StorageBucket, name: b}}}]}}]}",
        NOT_READ,
    ),
    "HTTPRoute, another namespace": (
        "{rules: [{backendRefs: [{name: orders}, {name: orders, namespace: other}]}]}",
        "other/orders",
    ),
    "HTTPRoute, another kind": (
        "{rules: [{backendRefs: [{name: orders}, {kind: ServiceImport, name: orders}]}]}",
        NOT_READ,
    ),
    "HTTPRoute, another group": (
        "{rules: [{backendRefs: [{name: orders}, {group: x.io, kind: Service, name: orders}]}]}",
        NOT_READ,
    ),
    "HTTPRoute, a redirect": (
        "{rules: [{backendRefs: [{name: orders}]}, {filters: [{type: RequestRedirect, "
        "requestRedirect: {hostname: other.test}}]}]}",
        NOT_READ,
    ),
    "HTTPRoute, a copy": (
        "{rules: [{backendRefs: [{name: orders}], filters: [{type: RequestMirror, "
        "requestMirror: {backendRef: {name: audit}}}]}]}",
        "default/audit",
    ),
    "GRPCRoute, another Service": (
        "{rules: [{backendRefs: [{name: orders}]}, {backendRefs: [{name: billing}]}]}",
        "default/billing",
    ),
    "IngressRoute, another kind": (
        "{routes: [{match: 'Host(`a`)', services: [{name: orders}]}, "
        "{match: 'Host(`b`)', services: [{kind: TraefikService, name: orders}]}]}",
        NOT_READ,
    ),
    "IngressRoute, nothing": (
        "{routes: [{match: 'Host(`a`)', services: [{name: orders}]}, {match: 'Host(`b`)'}]}",
        NOT_READ,
    ),
    "VirtualService, a host outside": (
        "{gateways: [g], http: [{route: [{destination: {host: orders}}, "
        "{destination: {host: orders.default.example.com}}]}]}",
        NOT_READ,
    ),
    "VirtualService, a redirect": (
        "{gateways: [g], http: [{route: [{destination: {host: orders}}]}, "
        "{redirect: {authority: other.test}}]}",
        NOT_READ,
    ),
    "VirtualService, a copy": (
        "{gateways: [g], http: [{route: [{destination: {host: orders}}], mirror: {host: audit}}]}",
        NOT_READ,
    ),
    "VirtualService, bytes": (
        "{gateways: [g], http: [{route: [{destination: {host: orders}}]}], "
        "tcp: [{route: [{destination: {host: db}}]}]}",
        NOT_READ,
    ),
    "VirtualService, the mesh too": (
        "{gateways: [g, mesh], http: [{route: [{destination: {host: orders}}]}]}",
        NOT_READ,
    ),
}


def test_a_second_route_of_one_name_is_named_where_it_differs() -> None:
    one, other = (
        "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: r}\n"
        f"spec: {{gateways: [g], hosts: [{host}], http: [{{route: [{{destination: "
        "{host: orders}}]}]}\n"
        for host in ("a", "b")
    )
    assert not read(SERVICE, one, one).findings
    (finding,) = read(SERVICE, one, other).findings
    assert finding.found == "a second VirtualService 'r' in default, which differs"


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_route_says_what_else_it_serves(case: str) -> None:
    kind, (spec, other) = case.partition(",")[0], ELSEWHERE[case]
    group = next(k.partition(", ")[0] for k in ROUTES if k.endswith(f", {kind}"))
    text = f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: r}}\nspec: {spec}\n"
    routes = read(f"{SERVICE}---\n{text}").services[0].routes
    assert routes and all(r.elsewhere == (other,) for r in routes)


def test_an_annotation_that_sends_callers_elsewhere_counts() -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: r, annotations: "
        "{nginx.ingress.kubernetes.io/configuration-snippet: 'proxy_pass http://x;'}}\n"
        "spec: {rules: [{http: {paths: [{backend: {service: {name: orders}}}]}}]}\n"
    )
    assert service(f"{SERVICE}---\n{text}").routes[0].elsewhere == (NOT_READ,)


def test_two_documents_of_one_route_are_taken_together() -> None:
    one = (
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: r}}\n"
        "spec: {{rules: [{{http: {{paths: [{{backend: {{service: {{name: {} }}}}}}]}}}}]}}\n"
    )
    routes = read(SERVICE + one.format("orders") + one.format("billing")).services[0].routes
    assert [r.elsewhere for r in routes] == [("default/billing",)]


def test_a_route_of_another_namespace_says_its_own() -> None:
    text = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
        "metadata: {name: r, namespace: edge}\n"
        "spec: {rules: [{backendRefs: [{name: orders, namespace: default}]}]}\n---\n"
        "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n"
        "metadata: {name: g}\nspec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, "
        "namespace: edge}], to: [{group: '', kind: Service}]}\n"
    )
    (route,) = service(f"{SERVICE}---\n{text}").routes
    assert (route.namespace, route.elsewhere) == ("edge", ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n"
            "spec: {backend: {}}",
            [
                "a.yaml line 1 has Ingress 'a' in extensions/v1beta1, which Kubernetes no "
                "longer serves since 1.22. Use networking.k8s.io/v1, since 1.36 is planned.",
                "a.yaml line 4 has Ingress 'a' without rules and without a default back end. "
                "Use one of them, since without it no call is routed.",
            ],
        ),
        ("apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}", ["since 1.25"]),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    x/y: true",
            [
                "a.yaml line 6 has an annotation of ConfigMap 'a' without quotes (x/y as the "
                "word true). Use text in quotes; Kubernetes refuses the object otherwise."
            ],
        ),
        ("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}", []),
    ],
)
def test_what_the_planned_cluster_would_refuse_is_named(text: str, words: list[str]) -> None:
    found = services_of(parse(text.encode(), "a.yaml").documents, "1.36").findings
    assert [w for w in words if not any(w in str(f) for f in found)] == []
    assert len(found) == len(words)
    assert not any(f.refused for f in found)


def test_a_version_that_is_still_served_is_no_matter() -> None:
    text = b"apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}"
    assert services_of(parse(text, "a.yaml").documents, "1.24").findings == ()
    assert services_of(parse(text, "a.yaml").documents, "1.25").findings


VARIANT = """\
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: shop}
spec: {selector: {app: NAME}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec: {template: {metadata: {labels: {app: NAME}}, spec: {containers: [{name: a, image: TAG}]}}}
---
"""


@pytest.mark.parametrize(
    ("held", "kept", "left_out"),
    [
        ({"d/dev": "a", "d/prod": "a"}, ["d/prod"], ["d/dev/"]),
        ({"d/dev": "a b", "d/prod": "a"}, ["d/dev", "d/dev"], ["d/prod/"]),
        ({"d/x/dev": "a", "d/x/prod": "a", "d/y": "b"}, ["d/x/prod", "d/y"], ["d/x/dev/"]),
        ({"d/x": "a redis", "d/y": "b redis"}, ["d/x", "d/x", "d/y"], []),
    ],
)
def test_of_variants_below_a_named_folder_one_is_read(
    held: dict[str, str], kept: list[str], left_out: list[str], tmp_path: Path
) -> None:
    for folder, names in held.items():
        (tmp_path / folder).mkdir(parents=True)
        objects = "".join(VARIANT.replace("NAME", n) for n in names.split())
        (tmp_path / folder / "all.yaml").write_text(objects.replace("TAG", "x.io/one:1"))
    found = services_in(read_manifests([tmp_path / "d"], tmp_path))
    assert sorted(s.file.removesuffix("/all.yaml") for s in found.services) == kept
    assert [f.file for f in found.findings] == left_out
    assert not any(f.refused for f in found.findings)
    both = services_in(read_manifests([tmp_path / folder for folder in held], tmp_path))
    assert not [f for f in both.findings if "a variant" in f.found], "each was named"
