"""What the input says of certificates of Services: `tls` in workload.yaml, Secrets, routes."""

from pathlib import Path

import pytest

from apim_aks.apis.mapping import map_services
from apim_aks.errors import InputError
from apim_aks.topology import Authority
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Service
from apim_aks.workload.tls import ServiceTls

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: safebox, namespace: shop}
spec: {selector: {app: safebox}, ports: [{name: https, port: 443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: safebox, namespace: shop}
spec:
  selector: {matchLabels: {app: safebox}}
  template:
    metadata: {labels: {app: safebox}}
    spec:
      containers: [{name: safebox, image: registry.example/safebox}]
      volumes: [VOLUMES]
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: shop}
spec: {ports: [{port: 80}]}
"""
MOUNTED = "{name: tls, secret: {secretName: box-tls}}"
PROJECTED = "{name: tls, projected: {sources: [{secret: {name: box-tls}}]}}"
SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: NAME, namespace: shop}, type: TYPE}"
TYPED = SECRET.replace("NAME", "box-tls").replace("TYPE", "kubernetes.io/tls")
ISSUED = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: box, namespace: shop}
spec: {secretName: box-tls, dnsNames: [box.contoso.com], issuerRef: {name: ca}}
"""
ROUTED = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: box, namespace: shop}
spec:
  tls: [{hosts: [box.contoso.com], secretName: box-tls}]
  rules:
  - host: box.contoso.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: safebox, port: {number: 443}}}}
"""


def read(folder: Path, said: str = "", volumes: str = "", *objects: str) -> Service:
    text = "---\n".join((SERVICE.replace("VOLUMES", volumes), *(f"{o}\n" for o in objects)))
    (folder / "all.yaml").write_text(text)
    (folder / "workload.yaml").write_text(f"name: shop\nmanifests: [all.yaml]\n{said}")
    return read_workload(folder).service("safebox")


@pytest.mark.parametrize(
    ("volumes", "objects", "because"),
    [
        (MOUNTED, (TYPED,), "of type kubernetes.io/tls, all.yaml line 22"),
        (PROJECTED, (ISSUED,), "Certificate box fills it, all.yaml line 22"),
        (MOUNTED, (ROUTED,), "Ingress box shows it for box.contoso.com"),
        ("", (TYPED, ISSUED, ROUTED), ""),
        (MOUNTED, (TYPED.replace("kubernetes.io/tls", "Opaque"),), ""),
        (f"{MOUNTED}, {MOUNTED.replace('box', 'b')}", (TYPED, TYPED.replace("box", "b")), ""),
    ],
)
def test_the_secret_of_a_certificate_is_read_where_it_can_be(
    tmp_path: Path, volumes: str, objects: tuple[str, ...], because: str
) -> None:
    tls = read(tmp_path, "", volumes, *objects).tls
    assert (tls.kept_in, tls.because) == ("box-tls" if because else "", because)


def test_names_and_signers_come_from_the_file(tmp_path: Path) -> None:
    said = "tls: {safebox: {host: Box.Contoso.com, authority: public}}\n"
    tls = read(tmp_path, said, MOUNTED, TYPED).tls
    because = "of type kubernetes.io/tls, all.yaml line 22"
    assert tls == ServiceTls("box.contoso.com", Authority.PUBLIC, "box-tls", because)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("tls: {safebox: {host: a.b}}", "authority"),
        ("tls: {safebox: {host: '*.contoso.com', authority: public}}", "without a wildcard"),
        ("tls: {safebox: {host: a.b, authority: own}}", "public"),
        (
            "tls:\n  safebox: {host: a.b, authority: public}\n"
            "  other: {host: A.b, authority: public}",
            "line 5.*the name of shop/safebox already",
        ),
        (
            "azure: {host_name: a.b}\ntls: {safebox: {host: a.b, authority: private}}",
            "line 4.*the name of the gateway already",
        ),
        (
            "tls: {safebox: {host: a.b, authority: public}, shop/safebox: {host: c.d, "
            "authority: public}}",
            "a second time",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, said)


def test_what_is_said_of_a_service_that_nobody_publishes_is_told(tmp_path: Path) -> None:
    read(tmp_path, "publish: [other]\ntls: {safebox: {host: a.b, authority: public}}\n")
    (found,) = map_services(read_workload(tmp_path)).findings
    assert "has tls.shop/safebox, which is not published" in str(found)
