"""`azure.restrict_outbound`: what a gateway needs is let out, all else denied, as is proved."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from apim_aks.decision.design import Design, Placement, design
from apim_aks.decision.proved import Proofs
from apim_aks.options import option
from apim_aks.topology import Derived, DesignRule
from apim_aks.topology.check import State
from apim_aks.verification.backends import gateway_reaches_backends
from apim_aks.verification.derived import derived
from apim_aks.workload.file import read_workload

OPTIONS = ("vnet-internal", "v2-integration", "vnet-external")
ISSUER = "https://login.example.com/"


@cache
def restricted() -> Design:
    """Contoso's orders with another issuer than Entra ID, and a denial of the rest."""
    read = read_workload("contoso-orders")
    services = tuple(
        replace(s, validates=replace(s.validates, issuer=ISSUER)) if s.validates else s
        for s in read.services
    )
    azure = replace(read.azure, restrict_outbound=True)
    workload = replace(read, services=services, azure=azure)
    return design(workload, tuple(map(option, OPTIONS)))


def ended(placement: Placement) -> tuple[State, str]:
    found = gateway_reaches_backends(restricted(), placement)
    return found.state, found.seen or found.reason


@pytest.mark.parametrize("id", OPTIONS)
def test_the_rest_is_denied_and_the_gateway_gets_through(id: str) -> None:
    placement = restricted().placement(id)
    last = max(
        (r for r in placement.topology.rules if r.direction == "Outbound"), key=lambda r: r.priority
    )
    assert (last.access, last.destination, last.port) == ("Deny", "*", "*")
    assert ended(placement)[0] is State.PASS
    rules = derived(restricted(), placement, Derived(DesignRule.REQUIRED_RULES))
    assert rules.state is State.PASS


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("out.443-key-vault", "Key Vault: outbound"),
        ("out.ingress", "orders/"),
        ("out.443-entra-id", "Entra ID: outbound"),
    ],
)
def test_without_a_rule_of_its_own_a_dependency_is_cut_off(row: str, said: str) -> None:
    placement = restricted().placement("v2-integration")
    # The rule for an issuer lets calls to all of the internet out on port 443.
    gone = (row, "out.443-issuer") if "443" in row else (row,)
    rules = (r for r in placement.topology.rules if not r.row.endswith(gone))
    topology = replace(placement.topology, rules=tuple(rules))
    changed = replace(placement, topology=topology)
    proved = Proofs(placement.workload).of(changed)
    state, seen = ended(replace(changed, proved=proved))
    assert state is not State.PASS and said in seen
