"""Entries with an address list: a connection from any address but the gateway's is refused."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.facts import azure_facts
from apim_aks.remote.calls import Call, Outcome
from apim_aks.topology import Backend, EveryService, Probe
from apim_aks.topology.check import State
from apim_aks.verification.answers import few
from apim_aks.verification.probes.resources import gateway_host
from apim_aks.verification.probes.telemetry import control
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, not_run

LISTED = (
    "a missing answer is not a refusal: the address list of the entry admits only the gateway, so "
    "call from an address on it"
)


def from_another_address(scene: LiveScene, probe: Probe) -> Verdict:
    """Connects from another address to each entry that admits only the gateway's."""
    found = [_asked(scene, backend) for backend in _entries(scene, probe)]
    for state in (State.FAIL, State.NOT_RUN):
        if of_state := [v for v in found if v.state is state]:
            first = of_state[0]
            return Verdict(state, few(v.seen for v in of_state), first.how, first.reason)
    return Verdict(State.PASS, few(v.seen for v in found), few(v.how for v in found))


def _entries(scene: LiveScene, probe: Probe) -> Iterator[Backend]:
    for backend in scene.topology.backends:
        every = probe.target is EveryService.LISTED
        listed = scene.topology.component(backend.component).lists_gateway
        if (every and listed) or backend.component == probe.target:
            yield backend


def _asked(scene: LiveScene, backend: Backend) -> Verdict:
    call = Call(host=backend.host, port=backend.port, checked=False)
    outcome = scene.vantage.caller.ask(call)
    how, seen = f"asked {call.words}", outcome.words
    if outcome.alive:
        return Verdict(State.FAIL, seen, how)
    if not outcome.nobody or not scene.vantage.caller.addresses(backend.host):
        return not_run("it cannot be told whether the address list stopped this call", how, seen)
    answered = _gateway_answers(scene)
    how = f"{how}; control: the gateway {answered.words} from here"
    if not answered.answered:
        return not_run("the gateway does not answer from this machine either", how, seen)
    held = control(scene, backend)
    how = f"{how}; control: {held.words}"
    if held.served:
        return Verdict(State.PASS, seen, how)
    return not_run("refused, but nothing shows that the entry serves the gateway", how, seen)


def _gateway_answers(scene: LiveScene) -> Outcome:
    return scene.kept.once("gateway answers", lambda: _gateway(scene))


def _gateway(scene: LiveScene) -> Outcome:
    return scene.vantage.caller.ask(
        Call(host=gateway_host(scene), path=azure_facts().gateway_status)
    )
