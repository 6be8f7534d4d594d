"""Subscription keys: none, an invented one, a valid one, and whether a back end was reached."""

from __future__ import annotations

from apim_aks.remote.azure import AzureRefused
from apim_aks.topology import Probe
from apim_aks.verification.answers import few
from apim_aks.verification.probes.places import internet_answers
from apim_aks.verification.probes.telemetry import NOT_ARRIVED, Trace, control, traces
from apim_aks.verification.probes.through import Sent, through
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, judged, not_run

_USED_UP = "the limit of calls is used up; run this again later"
_LIMITS = ("QuotaExceeded", "RateLimitExceeded")
"""API Management's message on its own limits; a quota answers 403."""
_UNPROVEN = "it is not proved that the back end was not reached"


def without_key(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls without a subscription key."""
    return _refused(scene, through(scene).missing)


def with_wrong_key(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls with an invented subscription key."""
    return _refused(scene, through(scene).wrong)


def _refused(scene: LiveScene, sent: Sent | None) -> Verdict:
    if sent is None:
        return not_run(through(scene).lacking)
    how, seen = f"asked {sent.asked.words}", sent.outcome.words
    if not sent.outcome.answered:
        return not_run("no answer arrived, which is not a refusal", how, seen)
    if sent.outcome.status == 429:
        return not_run(_USED_UP, how, seen)
    if sent.outcome.status != 401:
        return judged(False, seen, how)
    held = control(scene, scene.topology.backends[_place(scene)])
    how = f"{how}; control: {held.words}"
    if not held.served:
        because = f"refused with 401; {_UNPROVEN}, as there is no control"
        return not_run(because, how, seen) if not _leaked(scene, sent) else _leak(seen, how)
    return _proven(traces(scene)[sent.id], seen, how)


def _place(scene: LiveScene) -> int:
    """The back end of the calls without a valid key: the first with a control."""
    controls = through(scene).controls
    ids = [b.id for b in scene.topology.backends]
    return next((n for n, id in enumerate(ids) if id in controls), 0)


def _leaked(scene: LiveScene, sent: Sent) -> bool:
    """The failure of a call that reached a back end; it needs no control."""
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


def with_valid_key(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls with all credentials of a consumer."""
    sent = through(scene).first
    if sent is None:
        return not_run(through(scene).lacking)
    how, seen = f"asked {sent.asked.words}", sent.outcome.words
    if not sent.outcome.answered:
        return _silent(scene, how, seen)
    status, reason = sent.outcome.status, sent.outcome.reason
    if status < 400:
        return _others(scene, how, seen)
    if reason.startswith("SubscriptionKey") or (status >= 500 and not sent.asked.invented):
        return judged(False, seen, how)
    if status == 429 or reason in _LIMITS:
        return not_run(_USED_UP, how, seen)
    return _by_whom(scene, status, how, seen)


def _others(scene: LiveScene, how: str, seen: str) -> Verdict:
    """The verdict on the other Services, since one success does not cover them."""
    sent = tuple(through(scene).controls.values())
    amiss = [s for s in sent if s.outcome.status >= 500 or not s.outcome.answered]
    lines = few((seen, *(f"{s.asked.words} {s.outcome.words}" for s in amiss)), 6)
    if any(s.outcome.answered and not s.asked.invented for s in amiss):
        return judged(False, lines, how)
    if amiss:
        because = "not every Service answered: in time, or to an invented parameter"
        return not_run(because, how, lines)
    count = len(sent)
    more = f"; {count} back ends asked, none failed" if count > 1 else ""
    return judged(True, f"{seen}{more}", how)


def _by_whom(scene: LiveScene, status: int, how: str, seen: str) -> Verdict:
    """The verdict on an error status, which counts as served if the Service itself returned it."""
    held = control(scene, scene.topology.backends[_place(scene)])
    how = f"{how}; {held.words}"
    if held.served:
        return judged(True, f"{seen}, by the Service itself", how)
    if held.refused:
        return judged(False, f"{seen}, by the back end", how)
    if status in (401, 403):
        return not_run("the caller's token was refused; supply a new one", how, seen)
    return not_run("nothing shows that this is the Service's answer", how, seen)


def _silent(scene: LiveScene, how: str, seen: str) -> Verdict:
    alive, words = internet_answers(scene)
    how = f"{how}; control: {words}"
    if alive:
        return judged(False, seen, how)
    return not_run("nothing answers here, so a missing answer proves nothing", how, seen)
