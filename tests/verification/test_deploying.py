"""Deploying takes no connection from anybody: held for the bundled workloads, and broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from apim_aks.artefacts.manifests import Action, ManifestFile, Phase, manifests
from apim_aks.artefacts.manifests.file import manifest_file
from apim_aks.decision import proved
from apim_aks.decision.proved import Proofs
from apim_aks.facts import ingress_gateways
from apim_aks.options import OPTIONS
from apim_aks.reachability.reach import ANY_POD
from apim_aks.topology.check import State
from apim_aks.verification import check_option, deploying
from apim_aks.verification.deploying import nobody_loses_access_by_deploying, taken
from apim_aks.verification.verdict import Verdict
from apim_aks.workload.azure import Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes.object import objects_in
from apim_aks.workload.model import Pin, Workload
from tests.support.designs import alone, bundled, only
from tests.support.places import REPOSITORY

ORDERS, RETAIL, MTLS = "contoso-orders", "contoso-retail", "ingress-mtls"
Files = tuple[ManifestFile, ...]


@pytest.mark.parametrize("option", [o.id for o in OPTIONS])
@pytest.mark.parametrize("name", [ORDERS, RETAIL])
def test_nobody_loses_anything_before_callers_move(name: str, option: str) -> None:
    made = bundled(name)
    found = nobody_loses_access_by_deploying(made, made.placement(option))
    assert found.state is State.PASS, found.reason or found.seen


def early(*names: str) -> Callable[[Files], Files]:
    """These files of the phase that closes applied with what is new."""

    def moved(files: Files) -> Files:
        assert {f.name for f in files if f.phase is Phase.CLOSE} >= {*names}
        return tuple(replace(f, phase=Phase.DEPLOY) if f.name in names else f for f in files)

    return moved


def labelled(files: Files) -> Files:
    """A patch that takes nothing from anybody, of an object that is not ours."""
    found = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "catalog", "namespace": "shop", "labels": {"ours": "yes"}},
    }
    return (*files, manifest_file("36-label.yaml", (found,), "", Action.PATCH))


def verdict(
    name: str, option: str, changed: Callable[[Files], Files], monkeypatch: pytest.MonkeyPatch
) -> Verdict:
    placement = bundled(name).placement(option)
    monkeypatch.setattr(proved, "manifests", lambda drawn: changed(manifests(drawn)))
    return taken(Proofs(placement.workload), placement)


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        (
            ORDERS,
            early("60-network-policies.yaml"),
            ("orders/customers[Deployment] to orders/getorder[Deployment], TCP 1 to 65535: open",),
        ),
        (
            RETAIL,
            early("50-services.yaml"),
            ("{internet} to Service ", " to the frontend of Service ", "open today, then closed"),
        ),
        (RETAIL, early("90-delete.yaml"), ("is deleted (90-delete.yaml line",)),
        (RETAIL, labelled, ("Service shop/catalog is changed (36-label.yaml line",)),
    ],
)
def test_what_belongs_to_closing_fails_the_check(
    name: str,
    changed: Callable[[Files], Files],
    said: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = verdict(name, "vnet-internal", changed, monkeypatch)
    assert found.state is State.FAIL
    assert [words for words in said if words not in found.seen] == [], found.seen


def test_a_caller_that_stands_in_no_file_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = early("60-network-policies.yaml")
    placement = bundled(ORDERS).placement("vnet-internal")
    monkeypatch.setattr(proved, "manifests", lambda drawn: changed(manifests(drawn)))
    found = Proofs(placement.workload).deployed(placement)
    assert not isinstance(found, str)
    lost = [words for _, words in deploying._lost(found) if words.startswith(ANY_POD)]
    assert len(lost) == 3 and "Service orders/customers, TCP 80" in lost[0]


SERVED = """
apiVersion: v1
kind: Service
metadata: {name: SERVICE, namespace: SPACE}
spec:
  type: LoadBalancer
  selector: {KEY: SERVICE}
  ports: [{name: https, port: 443, targetPort: 443}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: today, namespace: SPACE}
spec:
  selector: {KEY: SERVICE}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [today.example]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: today, namespace: orders}
spec:
  hosts: [today.example]
  gateways: [SPACE/today]
  http: [{route: [{destination: {host: getorder, port: {number: 80}}}]}]
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: today, namespace: orders}
spec:
  routes: [{kind: Rule, match: Host(`today.example`), services: [{name: getorder, port: 80}]}]
  tls: {}
"""
"""What a controller of the cluster serves today: its own address, and routes to a Service."""


def with_manifest(text: str) -> Workload:
    """The workload with a further manifest."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / ORDERS
        copytree(REPOSITORY / "data" / "workloads" / ORDERS, root)
        (root / "manifests" / "today.yaml").write_text(text, encoding="utf-8")
        return read_workload(str(root / "workload.yaml"))


@cache
def there(controller: str) -> Workload:
    """The workload in a cluster that was there, with what this controller serves in it today."""
    traefik = ("traefik", "app.kubernetes.io/name", "traefik")
    mesh = ("aks-istio-ingress", "istio", "aks-istio-ingressgateway-external")
    space, key, name = traefik if controller == "traefik" else mesh
    text = SERVED.replace("SPACE", space).replace("KEY", key).replace("SERVICE", name)
    read = with_manifest(text)
    existing = ExistingResources(cluster=Existing("aks-shop", "rg-shop"))
    azure = replace(read.azure, existing=existing, network_policy="cilium")
    return replace(read, azure=azure)


@pytest.mark.parametrize("controller", [g.controller for g in ingress_gateways()])
def test_what_a_shared_controller_serves_today_it_serves_after_deploying(controller: str) -> None:
    pinned = replace(there(controller), pins=((MTLS, Pin(ingress_controller=controller)),))
    made = only(pinned, MTLS)
    placement = made.placement(MTLS)
    checks = {c.id.partition(".")[2]: c for c in check_option(made, MTLS)}
    for id in ("nobody-loses-access-by-deploying", "gateway-reaches-backends"):
        assert checks[id].state is State.PASS, checks[id].reason or checks[id].observed
    before = {(o.kind, o.namespace, o.name) for o in objects_in(placement.workload.documents, [])}
    ours = {
        (o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"])
        for f in manifests(placement)
        if f.phase is Phase.DEPLOY
        for o in f.objects
    }
    assert not before & ours and {f.action for f in manifests(placement)} & {Action.PATCH} <= {
        f.action for f in manifests(placement) if f.phase is Phase.CLOSE
    }


SAID_WHOM = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: SPACE}
spec: {podSelector: {}, policyTypes: [Egress]}
"""


@pytest.mark.parametrize(
    ("option", "space"), [("public-services", "orders"), (MTLS, "aks-istio-ingress")]
)
def test_a_policy_that_says_whom_pods_may_call_does_not_stop_the_new_path(
    option: str, space: str
) -> None:
    made = only(with_manifest(SAID_WHOM.replace("SPACE", space)), option)
    checks = {c.id.partition(".")[2]: c for c in check_option(made, option)}
    for id in ("nobody-loses-access-by-deploying", "gateway-reaches-backends"):
        assert checks[id].state is State.PASS, checks[id].reason or checks[id].observed


def narrowing(files: Files) -> Files:
    """The policy admits on the shared port, and with that nobody else."""
    return tuple(replace(f, objects=tuple(map(_narrowing, f.objects))) for f in files)


def _narrowing(made: dict[str, Any]) -> dict[str, Any]:
    if made["kind"] != "AuthorizationPolicy":
        return made
    return made | {"spec": made["spec"] | {"action": "ALLOW", "rules": [{}]}}


def default(files: Files) -> Files:
    option = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "TLSOption",
        "metadata": {"name": "default", "namespace": "traefik"},
        "spec": {"minVersion": "VersionTLS13"},
    }
    return (*files, manifest_file("30-default.yaml", (option,), ""))


def called_by_tls(files: Files) -> Files:
    rule = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "getorder-apis", "namespace": "orders"},
        "spec": {"host": "getorder.orders.svc.cluster.local", "exportTo": ["aks-istio-ingress"]},
    }
    return (*files, manifest_file("40-rule.yaml", (rule,), ""))


def address(files: Files) -> Files:
    patched = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "other", "namespace": "aks-istio-ingress"},
        "spec": {"externalTrafficPolicy": "Local"},
    }
    return (*files, manifest_file("35-address.yaml", (patched,), "", Action.PATCH))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (narrowing, "apis-client refuses whatever it does not name at pods that may serve others"),
        (default, "TLSOption traefik/default holds for every route of its controller"),
        (called_by_tls, "getorder-apis says how gateways call a Service to which routes of today"),
        (address, "is in no file and may serve others today (35-address.yaml"),
    ],
)
def test_what_changes_a_shared_controller_is_seen(
    changed: Callable[[Files], Files], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    placement = alone(there("istio-classic"), MTLS)
    monkeypatch.setattr(proved, "manifests", lambda drawn: changed(manifests(drawn)))
    found = taken(Proofs(placement.workload), placement)
    assert found.state is State.NOT_RUN and said in found.reason
