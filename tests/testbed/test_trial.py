"""The entries of the smallest workload, run for real, attacked, and broken on purpose."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from apim_aks.facts.testbed import testbed_checks as rows
from apim_aks.testbed.network import free_port
from apim_aks.testbed.own_checks import HOW
from apim_aks.testbed.trial import OPERATIONS, Trial, trial
from apim_aks.topology.check import State
from apim_aks.workload.azure import Existing, ExistingResources
from apim_aks.workload.file import read_workload
from tests.support.broken_entries import BROKEN, MTLS, TOKENS, Broken
from tests.support.designs import alone, bundled
from tests.support.programs import needs_proxies
from tests.support.series import at_length
from tests.support.testbed import (
    FILE,
    MATRICES,
    WORKLOAD,
    Shown,
    document,
    placement,
    signs,
    written,
    written_operations,
)

pytestmark = needs_proxies
IN_EVERY_RUN = ("the name in the certificate is not compared", "no caller's token is checked")


def ended(found: Trial, state: State) -> set[str]:
    return {c.id.split(".testbed-")[1] for c in found.checks if c.state is state}


@pytest.mark.parametrize("shown", [(MTLS, "traefik", ""), (TOKENS, "", "")])
def test_an_entry_withstands_what_its_manifests_promise(shown: Shown) -> None:
    """Istio's is run below, with one thing broken that nothing else feels."""
    check_as_written(shown)


@at_length
def test_the_entry_beside_what_a_shared_gateway_serves_withstands_as_much() -> None:
    """On a port of its own of the add-on's pods, with a policy that refuses on that port alone."""
    read = read_workload(WORKLOAD)
    there = ExistingResources(cluster=Existing("aks-there", "rg"), network=Existing("v", "rg"))
    azure = replace(
        read.azure, existing=there, network_policy="cilium", address_space="10.40.0.0/16"
    )
    found = trial(alone(replace(read, azure=azure), MTLS))
    assert ended(found, State.FAIL) == ended(found, State.NOT_RUN) == set()
    assert len(ended(found, State.PASS)) > 30


@at_length
@pytest.mark.parametrize(
    ("name", "shown"), [(n, s) for n, shown in MATRICES.items() for s in shown]
)
def test_every_entry_withstands_what_its_manifests_promise(name: str, shown: Shown) -> None:
    check_as_written(shown, name)


def check_as_written(shown: Shown, name: str = WORKLOAD) -> None:
    """It ends as docs/testbed.md says, and nothing fails."""
    found = trial(placement(*shown, name))
    assert ended(found, State.FAIL) == set()
    assert signs(found) == written(name, shown)
    assert {c.how for c in found.checks} == {HOW}
    assert {p.id for p in found.parts} >= {"gateway", "service", "load-balancer"}


@pytest.mark.parametrize("missing", ["wheel", "port", "taken"])
def test_what_cannot_run_here_is_not_run_with_the_reason(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing == "wheel":
        monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = {"port": _refused, "taken": lambda: other.getsockname()[1]}.get(missing, free_port)
        monkeypatch.setattr("apim_aks.testbed.entries.entry.free_port", port)
        found = trial(placement(MTLS))
    assert len(found.checks) == len(rows()) + 1
    assert ended(found, State.NOT_RUN) == {r.id for r in rows()} | {OPERATIONS}
    words = {
        "wheel": "brings it as the wheel",
        "port": "no port of loopback can be had (Operation not permitted)",
        "taken": "is taken)",
    }
    assert {words[missing] in c.reason for c in found.checks} == {True}


def _refused() -> int:
    raise PermissionError(1, "Operation not permitted")


def test_the_document_says_what_is_tried_today() -> None:
    """Only how it ended is taken from the document itself."""
    text = FILE.read_text(encoding="utf-8")
    ends = {n: {s: written(n, s) for s in shown} for n, shown in MATRICES.items()}
    assert document(ends, written_operations()) == text


def check_broken(broken: Broken) -> None:
    """Exactly the right checks turn red."""
    meant = placement(broken.option, broken.controller)
    if broken.workload != WORKLOAD:
        meant = bundled(broken.workload).placement(broken.option)
    found = trial(meant, broken.files, broken.template, broken.vault)
    assert ended(found, State.FAIL) == broken.red, broken.name
    assert ended(found, State.NOT_RUN) == NOT_COMPARED.get(meant.controller.id, set()), broken.name


@pytest.mark.parametrize("name", IN_EVERY_RUN)
def test_what_is_broken_on_purpose_turns_red(name: str) -> None:
    check_broken(next(b for b in BROKEN if b.name == name))


@at_length
@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.name.replace(" ", "-"))
def test_everything_that_is_broken_on_purpose_turns_red(broken: Broken) -> None:
    check_broken(broken)


def test_every_check_is_broken_by_something() -> None:
    """A check that nothing can turn red would prove nothing."""
    assert {r.id for r in rows()} <= {id for b in BROKEN for id in b.red}
    assert len({b.name for b in BROKEN}) == len(BROKEN)


NOT_COMPARED = {
    "traefik": {"other-subject"},
    "app-routing-gateway-api": {"other-address", "forged-forwarding"},
}
"""What a controller's manifests cannot name, so that nothing of the kind is tried."""
