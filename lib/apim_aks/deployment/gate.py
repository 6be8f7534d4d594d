"""Checks, before any API is published, that a call without a certificate is refused."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.deployment.project import Project
from apim_aks.remote.azure import AzureClient, AzureRefused
from apim_aks.remote.calls import Call, Caller, Ending, Outcome
from apim_aks.topology import Probe, VantagePoint
from apim_aks.topology.check import State

_ANSWER_SECONDS = 10
"""More than for a call of verify, since nothing is published before an answer."""
_REFUSALS = {400: "no certificate sent", 401: "unauthorised", 403: "forbidden", 496: "required"}

Ask = Callable[[str], tuple[State, str]]


class GateOpen(AzureRefused):
    """The entry serves calls without a certificate, or this could not be checked."""


def asked(host: str, port: int = 443, caller: Caller | None = None) -> tuple[State, str]:
    """The result of a call without a client certificate: refused passes, served fails."""
    by = caller or Caller(seconds=_ANSWER_SECONDS)
    return judged(by.ask(Call(host=host, port=port, checked=False)))


def judged(outcome: Outcome) -> tuple[State, str]:
    """The verdict on the entry from a call with a wrong client certificate, or none."""
    if outcome.ending is Ending.REFUSED:
        return State.PASS, outcome.words
    if not outcome.answered:
        return State.NOT_RUN, outcome.words
    if outcome.status in _REFUSALS:
        return State.PASS, f"refused with {outcome.status} ({_REFUSALS[outcome.status]})"
    return State.FAIL, f"answered with {outcome.status}"


def prove_closed(
    client: AzureClient,
    project: Project,
    tell: Callable[[str], None],
    ask: Ask = asked,
) -> str:
    """The evidence that the entry refuses; calls are repeated until it answers.

    Raises:
        GateOpen: the entry serves the call, or never answered.
    """
    gate = project.gate
    if gate is None or not isinstance(gate.test, Probe):
        return "no entry with client certificates"
    if gate.test.vantage is not VantagePoint.INTERNET:
        raise GateOpen(
            f"{gate.id} can only be called from {gate.test.vantage.words}, not from this machine. "
            "Call it from there, then deploy with --gate-checked."
        )
    tries, seen = client.timing.gate_tries, ""
    for attempt in client.attempts(tries, client.timing.gate_pause_seconds):
        state, seen = ask(project.gate_host)
        if state is State.PASS:
            return seen
        if state is State.FAIL:
            raise GateOpen(
                f"{gate.id}: a call without a certificate to {project.gate_host} was {seen}, "
                "but must be refused. No API was published. Check the ingress controller."
            )
        tell(f"{gate.id}: {seen}; calling again ({attempt} of {tries})")
    raise GateOpen(
        f"{gate.id}: {project.gate_host} gave no answer in {tries} tries ({seen}). Without an "
        "answer no API was published. Check the ingress and its address."
    )
