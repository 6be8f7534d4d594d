"""The ingress with mutual TLS: no certificate, a foreign one, an expired one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from apim_aks.deployment.gate import judged as judged_certificate
from apim_aks.remote.calls import Call, expiry, foreign_certificate
from apim_aks.topology import Backend, Probe
from apim_aks.topology.check import State
from apim_aks.verification.probes.address_lists import LISTED
from apim_aks.verification.probes.telemetry import control
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, not_run

EXPIRED = "expiredCertificate"


def _ingress(scene: LiveScene, probe: Probe) -> Backend:
    return next(b for b in scene.topology.backends if b.component == probe.target)


def without_certificate(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls the ingress without a client certificate."""
    return _asked(scene, probe, b"")


def with_foreign_certificate(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls the ingress with a self-signed certificate."""
    return _asked(scene, probe, foreign_certificate())


def with_expired_certificate(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls the ingress with an expired certificate of the right authority."""
    given = scene.vantage.values.get(EXPIRED, "")
    if not given:
        return not_run(f"needs the file of an expired certificate with its key (value {EXPIRED})")
    try:
        held = Path(given).read_bytes()
        until = expiry(held)
    except (OSError, ValueError):
        return not_run(f"the file given as {EXPIRED} holds no certificate in PEM")
    if until > datetime.now(UTC):
        return not_run(f"the certificate given as {EXPIRED} is valid until {until.date()}")
    return _asked(scene, probe, held)


def _asked(scene: LiveScene, probe: Probe, certificate: bytes) -> Verdict:
    ingress = _ingress(scene, probe)
    call = Call(host=ingress.host, port=ingress.port, certificate=certificate, checked=False)
    outcome = scene.vantage.caller.ask(call)
    state, seen = judged_certificate(outcome)
    how = f"asked {call.words}"
    if state is State.FAIL:
        return Verdict(state, seen, how)
    if outcome.answered and outcome.status in _SERVICES_OWN:
        return not_run(_AMBIGUOUS, how, seen)
    if state is State.NOT_RUN:
        return not_run(LISTED if outcome.nobody else _VAGUE, how, seen)
    return _controlled(scene, ingress, seen, how)


_SERVICES_OWN = (401, 403)
_AMBIGUOUS = (
    "TLS admitted the call, and the refusal may have had another reason than the certificate"
)
_VAGUE = "the connection ended without an answer, which is not a refusal"


def _controlled(scene: LiveScene, ingress: Backend, seen: str, how: str) -> Verdict:
    held = control(scene, ingress)
    how = f"{how}; control: {held.words}"
    if held.served:
        return Verdict(State.PASS, seen, how)
    return not_run("refused, but nothing shows that the ingress serves the gateway", how, seen)
