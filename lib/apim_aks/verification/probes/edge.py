"""The edge before the gateway: whether it answers, and whether its firewall refuses attacks."""

from __future__ import annotations

from apim_aks.facts import azure_facts
from apim_aks.facts.edge import edge_defaults
from apim_aks.remote.calls import Call, Outcome
from apim_aks.topology import Probe
from apim_aks.verification.probes.places import internet_answers
from apim_aks.verification.probes.reachability import FORBIDDEN
from apim_aks.verification.probes.resources import asked, entry_host
from apim_aks.verification.probes.through import around_edge, through
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, judged, not_run


def edge_answers(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls the gateway's status path by the edge's name; only API Management answers it."""
    call, outcome = _asked(scene)
    how = f"asked {call.words}"
    if outcome.answered:
        return judged(outcome.status == 200, outcome.words, how)
    alive, words = internet_answers(scene)
    how = f"{how}; control: {words}"
    if alive:
        return judged(False, outcome.words, how)
    return not_run("nothing answers calls from this machine", how, outcome.words)


def attack_refused(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls with and without an attack in the query, since a 403 alone proves nothing."""
    call, control = _asked(scene)
    how = f"asked {call.words} with an attack in its query; control: without one {control.words}"
    if control.status != 200:
        return not_run("the call without an attack is not served either", how, control.words)
    outcome = asked(scene, _call(scene, f"?{edge_defaults().attack}"))
    if not outcome.answered:
        return not_run("no answer arrived, which is not a refusal", how, outcome.words)
    return judged(outcome.status == FORBIDDEN, outcome.words, how)


def refused_around_edge(scene: LiveScene, probe: Probe) -> Verdict:
    """Sends a valid call to the gateway's own name; the same call by the edge is the control."""
    control = through(scene).first
    sent = around_edge(scene)
    if control is None or sent is None:
        return not_run(through(scene).lacking)
    how = f"asked {sent.asked.words} at the gateway's own name; control: {control.outcome.words}"
    if not sent.outcome.answered:
        return not_run("no answer arrived, which is not a refusal", how, sent.outcome.words)
    if sent.outcome.status != FORBIDDEN:
        return judged(False, sent.outcome.words, how)
    if control.outcome.status >= 400:
        return not_run("the same call by the edge is refused too", how, sent.outcome.words)
    return judged(True, sent.outcome.words, how)


def _asked(scene: LiveScene) -> tuple[Call, Outcome]:
    call = _call(scene)
    return call, scene.kept.once("edge", lambda: asked(scene, call))


def _call(scene: LiveScene, query: str = "") -> Call:
    return Call(host=entry_host(scene), path=f"{azure_facts().gateway_status}{query}")
