"""Calls through the gateway with their own ids: without a key, with a wrong key, served.

Served calls are the controls for refusals by the same back end in the same run.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_aks.artefacts.policies.expressions import name
from apim_aks.facts import api_version
from apim_aks.remote.azure import AzureRefused, remember
from apim_aks.remote.calls import Call, Outcome
from apim_aks.topology import Backend, Probe, ProbeRequest, VantagePoint
from apim_aks.verification.probes.operations import Asked, reading
from apim_aks.verification.probes.places import misplaced
from apim_aks.verification.probes.resources import (
    SUBSCRIPTIONS,
    designed_id,
    entry_host,
    gateway,
    gateway_host,
)
from apim_aks.verification.probes.resources import asked as at_entry
from apim_aks.verification.scene import LiveScene

KEY, TOKEN = "subscriptionKey", "callerToken"


@dataclass(frozen=True)
class Sent:
    """A call through the gateway, its id, and the id that the gateway gave it."""

    id: str
    asked: Asked
    outcome: Outcome

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids by which its telemetry is found."""
        given = self.outcome.headers.get(name("correlation-header"), "")
        return (self.id, given) if given and _harmless(given) else (self.id,)


@dataclass(frozen=True)
class Through:
    """All calls of a run through the gateway; `lacking` says why there is no control."""

    missing: Sent | None = None
    wrong: Sent | None = None
    controls: Mapping[str, Sent] = field(default_factory=dict)
    lacking: str = ""

    @property
    def first(self) -> Sent | None:
        """The control for the first back end."""
        return next(iter(self.controls.values()), None)

    def __iter__(self) -> Iterator[Sent]:
        yield from (s for s in (self.missing, self.wrong, *self.controls.values()) if s)


def through(scene: LiveScene) -> Through:
    """All calls through the gateway, made once."""
    return scene.kept.once("through the gateway", lambda: _made(scene))


def _made(scene: LiveScene) -> Through:
    if why := unable(scene):
        return Through(lacking=why)
    found = [(b, a) for b in scene.topology.backends if (a := reading(scene, b))]
    if not found:
        return Through(lacking="no published operation only reads")
    first = found[0][1]
    invented = secrets.token_hex(16)
    remember(invented)
    missing, wrong = sent(scene, first), sent(scene, first, invented)
    key, lacking = key_of(scene)
    if not key:
        return Through(missing, wrong, {}, lacking)
    # If the gateway does not answer one call, the others would wait in vain.
    asked = found if missing.outcome.answered else found[:1]
    return Through(missing, wrong, {b.id: sent(scene, a, key) for b, a in asked})


def unable(scene: LiveScene) -> str:
    """Why calls cannot go through the gateway from this place; empty if they can."""
    return _misplaced(scene) or _not_ours(scene)


def _misplaced(scene: LiveScene) -> str:
    """Why this place cannot call the gateway; a public one can be called from anywhere."""
    probes = (e.test for e in scene.topology.expectations if isinstance(e.test, Probe))
    probe = next((p for p in probes if p.request is ProbeRequest.VALID_KEY), None)
    if probe is None:
        return "no consumer calls the gateway"
    return "" if probe.vantage is VantagePoint.INTERNET else misplaced(scene, probe)


def _not_ours(scene: LiveScene) -> str:
    """Why no key is sent: another tenant's instance has a valid certificate too."""
    try:
        gateway(scene)
    except AzureRefused as refused:
        why = str(refused).rstrip(".")
        return f"keys and tokens are sent only to a gateway in this subscription: {why}"
    return ""


def around_edge(scene: LiveScene) -> Sent | None:
    """Repeats the first control at the gateway's own name; None without a control."""
    first = through(scene).first
    return sent(scene, first.asked, key_of(scene)[0], gateway_host(scene)) if first else None


def sent(scene: LiveScene, asked: Asked, key: str = "", host: str = "") -> Sent:
    """Sends one call through the gateway with its own id, optionally at another host."""
    scene.tell(f"calling {asked.words} through the gateway")
    id = scene.kept.new_id()
    headers = {
        name("correlation-header"): id,
        # Answers are cached for a minute by this header, so its value must be unique.
        "Accept-Language": f"en, x-{id[:8]};q=0.1",
    }
    if token := scene.vantage.values.get(TOKEN, "").strip().removeprefix("Bearer ").strip():
        remember(token)
        # With the token, a missing key is the only fault.
        headers["Authorization"] = f"Bearer {token}"
    if key:
        headers[name("subscription-key-header")] = key
    place = host or entry_host(scene)
    call = Call(host=place, path=asked.path, method=asked.method, headers=headers)
    return Sent(id, asked, scene.vantage.caller.ask(call) if host else at_entry(scene, call))


def key_of(scene: LiveScene) -> tuple[str, str]:
    """A valid key, or why there is none."""
    if not scene.vantage.values.get(TOKEN, "").strip():
        return "", f"no token of a caller was given (value {TOKEN})"
    if given := scene.vantage.values.get(KEY, "").strip():
        remember(given)
        return given, ""
    try:
        return _listed(scene), ""
    except AzureRefused as refused:
        return "", f"no key: {str(refused).rstrip('.')}"


def _listed(scene: LiveScene) -> str:
    id = designed_id(scene, SUBSCRIPTIONS)
    if not id:
        raise AzureRefused("the design has no subscription of its own")
    version, doing = api_version(SUBSCRIPTIONS), "Reading the keys of the first subscription"
    _, found = scene.azure.client.send("POST", f"{id}/listSecrets", version, doing=doing)
    if not isinstance(found, dict):
        raise AzureRefused(f"{doing}: the answer does not have the documented form")
    for value in found.values():
        remember(str(value))
    key: Any = found.get("primaryKey")
    if not key:
        raise AzureRefused("the first subscription has no key")
    return str(key)


def _harmless(id: str) -> bool:
    return len(id) <= 64 and id.replace("-", "").isalnum() and id.isascii()


def control_of(scene: LiveScene, backend: Backend) -> Sent | None:
    """The call that reaches this back end through the gateway with a valid key and token."""
    return through(scene).controls.get(backend.id)
