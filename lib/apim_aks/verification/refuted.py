"""Probes that the files alone refute, since they admit a source that must be refused.

That no source is admitted must still be shown by the probe on the deployed option.
"""

from __future__ import annotations

from apim_aks.decision.design import Placement
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.zones import Zone
from apim_aks.topology import EveryService, Probe, ProbeOutcome, VantagePoint
from apim_aks.verification.verdict import Verdict, judged

_ZONES = {VantagePoint.INTERNET: Zone.INTERNET, VantagePoint.SAME_VNET: Zone.NETWORK}
_HOW = "proved from the files, read back: no source there can connect"


def refuted(placement: Placement, probe: Probe) -> Verdict | None:
    """A failure with the packet that the files admit; None if they admit none."""
    zone, proof = _ZONES.get(probe.vantage), placement.proved.proof
    silent = probe.target is EveryService.PUBLISHED and probe.outcome is ProbeOutcome.SILENCE
    if proof is None or zone is None or not silent:
        return None
    services = {s.id: s for s in proof.site.scene.services}
    published = (services[id] for id in placement.mapping.published if id in services)
    for verdict in (v for service in published for v in proof.of(service)):
        if verdict.source == zone and verdict.answer is Answer.OPEN and not verdict.credential:
            return judged(False, f"{verdict.packet} ({'; '.join(verdict.because)})", _HOW)
    return None
