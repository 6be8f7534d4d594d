"""The entries of the smallest workload, run for real, attacked, and broken on purpose."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from apim_aks.decision.design import Placement, design
from apim_aks.facts.testbed import testbed_checks as rows
from apim_aks.options import option
from apim_aks.testbed.found import HOW
from apim_aks.testbed.trial import OPERATIONS, Trial, trial
from apim_aks.topology.check import State
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin
from tests.support.broken_entries import BROKEN, MTLS, TOKENS, Broken
from tests.support.designs import bundled
from tests.support.programs import needs_proxies
from tests.support.series import at_length

pytestmark = needs_proxies
IN_EVERY_RUN = ("no name is compared", "no caller's token is checked")


@cache
def placement(id: str, controller: str = "") -> Placement:
    """An option of the smallest workload, with this ingress controller where one is named."""
    if not controller:
        return bundled("contoso-orders").placement(id)
    workload = read_workload("contoso-orders")
    pinned = replace(workload, pins=((id, Pin(ingress_controller=controller)),))
    return design(pinned, (option(id),)).placement(id)


def ended(found: Trial, state: State) -> set[str]:
    return {c.id.split(".testbed-")[1] for c in found.checks if c.state is state}


@pytest.mark.parametrize(
    ("id", "controller", "families"),
    [
        (MTLS, "", {"certificate", "tls", "address", "route", "message", "rotation", "fault"}),
        (MTLS, "traefik", {"certificate", "tls", "address", "route", "message", "rotation"}),
        (TOKENS, "", {"tls", "message", "token", "fault"}),
    ],
)
def test_an_entry_withstands_what_its_manifests_promise(
    id: str, controller: str, families: set[str]
) -> None:
    found = trial(placement(id, controller))
    assert ended(found, State.FAIL) == set()
    not_run = {"other-subject"} if controller == "traefik" else set()
    assert ended(found, State.NOT_RUN) == not_run
    wanted = {r.id for r in rows() if r.family in families | {"key", "caller", "web", "climbing"}}
    if id == TOKENS:
        wanted |= {"certificate-rotated", "expired-server-certificate"}
    assert ended(found, State.PASS) >= wanted - not_run | {OPERATIONS}
    assert {c.how for c in found.checks} == {HOW}
    assert {p.id for p in found.parts} >= {"gateway", "service", "load-balancer"}


def check_broken(broken: Broken) -> None:
    """Exactly the right checks turn red."""
    found = trial(placement(broken.option, broken.controller), broken.files, broken.template)
    assert ended(found, State.FAIL) == broken.red, broken.name
    expected = {"other-subject"} if broken.controller == "traefik" else set()
    assert ended(found, State.NOT_RUN) == expected, broken.name


@pytest.mark.parametrize("name", IN_EVERY_RUN)
def test_what_is_broken_on_purpose_turns_red(name: str) -> None:
    check_broken(next(b for b in BROKEN if b.name == name))


@at_length
@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.name.replace(" ", "-"))
def test_everything_that_is_broken_on_purpose_turns_red(broken: Broken) -> None:
    check_broken(broken)


def test_every_check_is_broken_by_something() -> None:
    """A check that nothing can turn red would prove nothing."""
    never = {r.id for r in rows()} - {id for b in BROKEN for id in b.red}
    assert never == UNBROKEN
    assert len({b.name for b in BROKEN}) == len(BROKEN)


UNBROKEN = {
    "plain-http",
    "oversized-headers",
    "wrong-key",
    "other-products-key",
    "caller-elsewhere",
    "climbing-path",
    "certificate-rotated",
    "client-certificate-rotated",
    "expired-server-certificate",
}
