"""Subscription keys: none, an invented one, a valid one, and whether a back end was reached."""

from __future__ import annotations

from apim_aks.azure_client import AzureRefused
from apim_aks.topology import Probe
from apim_aks.verification.probes.places import internet_answers
from apim_aks.verification.probes.telemetry import NOT_ARRIVED, Trace, control, traces
from apim_aks.verification.probes.through import Sent, through
from apim_aks.verification.scene import Scene
from apim_aks.verification.verdict import Verdict, judged, not_run

_UNPROVEN = "that the back end was not reached is not proven"


def without_key(scene: Scene, probe: Probe) -> Verdict:
    """A call without a key."""
    return _refused(scene, through(scene).missing)


def with_wrong_key(scene: Scene, probe: Probe) -> Verdict:
    """A call with a key that nobody was given."""
    return _refused(scene, through(scene).wrong)


def _refused(scene: Scene, sent: Sent | None) -> Verdict:
    if sent is None:
        return not_run(through(scene).lacking)
    how, seen = f"asked {sent.asked.words}", sent.outcome.words
    if not sent.outcome.answered:
        return not_run("nobody answered, and silence is no refusal", how, seen)
    if sent.outcome.status != 401:
        return judged(False, seen, how)
    held = control(scene, scene.topology.backends[_place(scene)])
    how = f"{how}; control: {held.words}"
    if not held.served:
        because = f"refused with 401; {_UNPROVEN}, as there is no control"
        return not_run(because, how, seen) if not _leaked(scene, sent) else _leak(seen, how)
    return _proven(traces(scene)[sent.id], seen, how)


def _place(scene: Scene) -> int:
    """Which back end the calls without a right key were meant for: the first with a control."""
    controls = through(scene).controls
    ids = [b.id for b in scene.topology.backends]
    return next((n for n, id in enumerate(ids) if id in controls), 0)


def _leaked(scene: Scene, sent: Sent) -> bool:
    """The call reached a back end: that needs no control."""
    if not through(scene).controls:
        return False
    try:
        return traces(scene)[sent.id].reached
    except AzureRefused:
        return False


def _leak(seen: str, how: str) -> Verdict:
    return judged(False, f"{seen}, yet a back end was reached", how)


def _proven(trace: Trace, seen: str, how: str) -> Verdict:
    if trace.reached:
        return _leak(seen, how)
    if not trace.arrived:
        return not_run(f"refused with 401; {_UNPROVEN}: {NOT_ARRIVED}", how, seen)
    return judged(True, f"{seen}; its telemetry shows no call to a back end", how)


def with_valid_key(scene: Scene, probe: Probe) -> Verdict:
    """A call with everything that a consumer needs."""
    sent = through(scene).first
    if sent is None:
        return not_run(through(scene).lacking)
    how, seen = f"asked {sent.asked.words}", sent.outcome.words
    if not sent.outcome.answered:
        return _silent(scene, how, seen)
    status, reason = sent.outcome.status, sent.outcome.reason
    if status < 400:
        return judged(True, seen, how)
    if status >= 500 or reason.startswith("SubscriptionKey"):
        return judged(False, seen, how)
    if status == 429:
        return not_run("the limit of calls is used up; ask again later", how, seen)
    return _by_whom(scene, status, how, seen)


def _by_whom(scene: Scene, status: int, how: str, seen: str) -> Verdict:
    """An answer that is no success: it counts as served where the Service itself gave it."""
    held = control(scene, scene.topology.backends[_place(scene)])
    how = f"{how}; {held.words}"
    if held.served:
        return judged(True, f"{seen}, by the Service itself", how)
    if held.refused:
        return judged(False, f"{seen}, by the back end", how)
    if status in (401, 403):
        return not_run("the caller's token was refused; give a fresh one", how, seen)
    return not_run("nothing shows that this is the Service's answer", how, seen)


def _silent(scene: Scene, how: str, seen: str) -> Verdict:
    alive, words = internet_answers(scene)
    how = f"{how}; control: {words}"
    if alive:
        return judged(False, seen, how)
    return not_run("nothing answers from here, so silence says nothing", how, seen)
