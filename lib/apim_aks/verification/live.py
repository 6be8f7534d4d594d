"""Live verification: checks every promise of an option on the deployed resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from apim_aks.decision.design import Design, Placement
from apim_aks.deployment import Project
from apim_aks.remote.azure import AzureClient, AzureRefused, Identity
from apim_aks.remote.calls import Vantage
from apim_aks.topology import Expectation, InAzure, Probe, VantagePoint
from apim_aks.topology.check import Check
from apim_aks.verification.as_built import standing_checks
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.verification.azure_resources import ASPECTS
from apim_aks.verification.checks import OFFLINE, how, settled, unasked
from apim_aks.verification.drift import Drift, drift
from apim_aks.verification.probe_cache import ProbeCache
from apim_aks.verification.probes import PROBES
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.standing import standing_not_run
from apim_aks.verification.verdict import Verdict, not_run

_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Verified:
    """The caller, its place, the result of every promise, and the drift from the design.

    `counted` are checks of the design alone, `live` those that need the deployed option.
    """

    option: str
    identity: Identity | None
    vantage: VantagePoint
    counted: tuple[Check, ...]
    live: tuple[Check, ...]
    drift: tuple[Drift, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks."""
        return (*self.counted, *self.live)


def verify(
    client: AzureClient | None,
    design: Design,
    placement: Placement,
    project: Project,
    vantage: Vantage | None = None,
    tell: Callable[[str], None] = lambda _: None,
    because: str = OFFLINE,
    kept: ProbeCache | None = None,
) -> Verified:
    """Checks every promise of this option; without a client those that need Azure are `not_run`.

    Nothing is changed; AKS runs a pod of its own for a moment to read the cluster. What a missing
    permission hides is `not_run` with that reason; other checks continue. `because` says why there
    is no client, `kept` is the cache that the probes of one run share.

    Raises:
        SignInMissing: the sign-in has expired.
        AzureRefused: Azure cannot be reached.
    """
    option, asking = placement.option.id, vantage or Vantage()
    counted, waiting = _apart(design, placement)
    if client is None:
        live = tuple(_unasked(placement, waiting, because))
        return Verified(option, None, asking.place, counted, live)
    identity = client.identity()
    client.connection.tell = tell
    tell(identity.sentence)
    scene = LiveScene(
        design=design,
        placement=placement,
        project=project,
        azure=AzureReader(client),
        vantage=asking,
        tell=tell,
        kept=kept or ProbeCache(),
    )
    live, differences = _asked_of(scene, waiting, counted)
    return Verified(option, identity, asking.place, counted, live, differences)


def _apart(
    design: Design, placement: Placement
) -> tuple[tuple[Check, ...], tuple[Expectation, ...]]:
    """The checks that the design decides, and those that need the deployed option."""
    promised = placement.topology.expectations
    known = {e.id: settled(design, placement, e) for e in promised}
    counted = tuple(v.of(placement.option.id, e) for e in promised if (v := known[e.id]))
    return counted, tuple(e for e in promised if known[e.id] is None)


def _unasked(placement: Placement, waiting: Iterable[Expectation], because: str) -> Iterator[Check]:
    """The checks that need the deployed option, as `not_run` or as proved from the files."""
    option = placement.option.id
    yield from (unasked(placement, e, because).of(option, e) for e in waiting)
    yield from standing_not_run(placement, because)


def _asked_of(
    scene: LiveScene, waiting: tuple[Expectation, ...], counted: tuple[Check, ...]
) -> tuple[tuple[Check, ...], tuple[Drift, ...]]:
    option, group = scene.placement.option.id, scene.project.home
    if not _there(scene, group):
        missing = f"nothing is deployed: there is no resource group {group}"
        return tuple(_unasked(scene.placement, waiting, missing)), ()
    live = tuple(_verdict(scene, e).of(option, e) for e in waiting)
    proved, opened = standing_checks(scene, counted)
    scene.tell("comparing the design with Azure")
    return (*live, *proved), (*opened, *drift(scene))


def _there(scene: LiveScene, group: str) -> bool:
    """Whether something is deployed; without access to the group its resources may be readable."""
    try:
        return scene.azure.client.group(group) is not None
    except AzureRefused as refused:
        if refused.fault.status != _FORBIDDEN:
            raise
        return True


def _verdict(scene: LiveScene, expectation: Expectation) -> Verdict:
    """The verdict on one promise; a refusal of Azure affects only this promise."""
    scene.tell(f"{expectation.id}: asking")
    asked = how(expectation.test)
    try:
        found = _asked(scene, expectation)
    except AzureRefused as refused:
        return not_run(str(refused), asked)
    return Verdict(found.state, found.seen, found.how or asked, found.reason)


def _asked(scene: LiveScene, expectation: Expectation) -> Verdict:
    test = expectation.test
    if isinstance(test, InAzure):
        return ASPECTS[test.aspect](scene)
    if isinstance(test, Probe):
        return PROBES[test.request](scene, test)
    return not_run("the workbook has no check for this")
