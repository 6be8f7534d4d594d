"""Deploying takes no connection from anybody: held for the bundled workloads, and broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from apim_aks.artefacts.manifests import Action, ManifestFile, Phase, manifests
from apim_aks.artefacts.manifests.file import manifest_file
from apim_aks.decision import proved
from apim_aks.decision.proved import Proofs
from apim_aks.options import OPTIONS
from apim_aks.reachability.reach import ANY_POD
from apim_aks.topology.check import State
from apim_aks.verification import deploying
from apim_aks.verification.deploying import nobody_loses_access_by_deploying, taken
from apim_aks.verification.verdict import Verdict
from apim_aks.workload.azure import Existing, ExistingResources
from tests.support.designs import bundled

ORDERS, RETAIL = "contoso-orders", "contoso-retail"
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


def test_a_cluster_that_was_there_may_serve_others_through_what_is_patched() -> None:
    made = bundled(ORDERS).placement("ingress-mtls")
    there = ExistingResources(cluster=Existing("aks-shop", "rg-shop"))
    azure = replace(made.workload.azure, existing=there, network_policy="cilium")
    placement = replace(made, workload=replace(made.workload, azure=azure))
    found = taken(Proofs(placement.workload), placement)
    assert found.state is State.NOT_RUN
    assert "is in no file and may serve others today (35-ingress-address.yaml" in found.reason
