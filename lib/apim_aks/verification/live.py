"""Live verification: every promise of an option, asked of Azure and of what was built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apim_aks.azure_client import AzureClient, AzureRefused, Identity
from apim_aks.calls import Vantage
from apim_aks.check import Check
from apim_aks.deployment import Project
from apim_aks.design import Design, Placement
from apim_aks.topology import Expectation, InAzure, Probe
from apim_aks.verification.checks import OFFLINE, how, settled
from apim_aks.verification.drift import Drift, drift
from apim_aks.verification.found import Found
from apim_aks.verification.in_azure import ASPECTS
from apim_aks.verification.probes import PROBES
from apim_aks.verification.scene import Scene
from apim_aks.verification.verdict import Verdict, not_run


@dataclass(frozen=True, slots=True)
class Verified:
    """Who asked, from where, how every promise ended, and what differs from the design."""

    option: str
    identity: Identity | None
    vantage: str
    checks: tuple[Check, ...]
    drift: tuple[Drift, ...] = ()

    @property
    def live(self) -> tuple[Check, ...]:
        """The checks that only the built thing can settle."""
        return tuple(c for c in self.checks if c.how.startswith(("read in Azure", "from ")))


def verify(
    client: AzureClient | None,
    design: Design,
    placement: Placement,
    project: Project,
    vantage: Vantage | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Verified:
    """Every promise of this placement; without a client those that need Azure are `not_run`.

    Nothing is changed. What a missing permission hides is `not_run` with that reason, and the
    rest goes on.

    Raises:
        AzureRefused: nobody is signed in.
    """
    place = vantage or Vantage()
    if client is None:
        scene, identity = None, None
    else:
        identity = client.identity()
        tell(identity.sentence)
        scene = Scene(design, placement, project, Found(client), place)
    checks = tuple(
        _verdict(design, placement, scene, e, tell).of(placement.option.id, e)
        for e in placement.topology.expectations
    )
    found = drift(scene) if scene else ()
    return Verified(placement.option.id, identity, place.name, checks, found)


def _verdict(
    design: Design,
    placement: Placement,
    scene: Scene | None,
    expectation: Expectation,
    tell: Callable[[str], None],
) -> Verdict:
    if known := settled(design, placement, expectation):
        return known
    asked = how(expectation.test)
    if scene is None:
        return not_run(OFFLINE, asked)
    tell(f"{expectation.id}: asking")
    try:
        return _asked(scene, expectation, asked)
    except AzureRefused as refused:
        return not_run(str(refused), asked)


def _asked(scene: Scene, expectation: Expectation, asked: str) -> Verdict:
    test = expectation.test
    if isinstance(test, InAzure):
        found = ASPECTS[test.aspect](scene)
    elif isinstance(test, Probe):
        found = PROBES[test.request](scene, test)
    return Verdict(found.state, found.seen, found.how or asked, found.reason)
