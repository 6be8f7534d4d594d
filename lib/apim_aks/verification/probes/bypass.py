"""Around the gateway, straight to a public Service: with no token, or with one that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from apim_aks.azure_client import remember
from apim_aks.azure_client.signing_in import claims
from apim_aks.calls import Call, Outcome, foreign_token
from apim_aks.check import State
from apim_aks.facts import azure_setting
from apim_aks.options.entra import in_tenant
from apim_aks.policies.expressions import name
from apim_aks.topology import Backend, Probe
from apim_aks.verification.probes.built import gateway
from apim_aks.verification.probes.operations import reading
from apim_aks.verification.probes.telemetry import control
from apim_aks.verification.scene import Scene
from apim_aks.verification.verdict import Verdict, not_run

Token = Callable[[Scene, Backend], str]

EXPIRED, OTHER_AUDIENCE, OTHER_IDENTITY = (
    "expiredToken",
    "otherAudienceToken",
    "otherIdentityToken",
)


def public_services(scene: Scene) -> tuple[Backend, ...]:
    """The back ends that anyone on the internet can find."""
    return tuple(b for b in scene.topology.backends if scene.topology.component(b.component).public)


def without_token(scene: Scene, probe: Probe) -> Verdict:
    """Straight to each Service, with nothing."""
    return _asked(scene, lambda *_: "")


def with_foreign_key(scene: Scene, probe: Probe) -> Verdict:
    """Straight to each Service, with a token that somebody else has signed."""
    return _asked(scene, _forged)


def with_given(value: str, meaning: str, scene: Scene, probe: Probe) -> Verdict:
    """Straight to each Service, with a token that only the caller can have."""
    given = scene.vantage.values.get(value, "").removeprefix("Bearer ")
    if not given:
        return not_run(f"needs {meaning}, which was not given (value {value})")
    remember(given)
    return _asked(scene, lambda *_: given)


def _forged(scene: Scene, backend: Backend) -> str:
    """Right in everything but the signature: that alone can be what is refused."""
    connection = scene.azure.client.connection
    tenant = str(claims(connection.credential.get_token(connection.scope).token).get("tid") or "")
    held = {c.id: c for c in scene.topology.credentials}
    audience = held[backend.credential].audience if backend.credential in held else ""
    issuer = f"https://sts.windows.net/{tenant}/"
    holder = str((gateway(scene).get("identity") or {}).get("principalId") or "")
    return foreign_token(in_tenant(audience, tenant), issuer, holder)


def _asked(scene: Scene, token: Token) -> Verdict:
    found = public_services(scene)
    if not found:
        return not_run("no published Service is public")
    with ThreadPoolExecutor(int(azure_setting("calls-at-once"))) as side_by_side:
        outcomes = tuple(side_by_side.map(partial(_call, scene, token), found))
    return _together(scene, tuple(zip(found, outcomes, strict=True)))


def _call(scene: Scene, token: Token, backend: Backend) -> Outcome:
    asked, shown = reading(scene, backend), token(scene, backend)
    path = asked.behind if asked else "/"
    bearer = f"Bearer {shown}"
    # The gateway's token has a header of its own; a Service may look into either.
    headers = {"Authorization": bearer, name("gateway-token-header"): bearer} if shown else {}
    call = Call(backend.host, path, port=backend.port, headers=headers, checked=bool(shown))
    return scene.vantage.caller.ask(call)


def _together(scene: Scene, asked: tuple[tuple[Backend, Outcome], ...]) -> Verdict:
    seen = "; ".join(f"{b.host} {o.words}" for b, o in asked)
    states = {b.host: _state(o) for b, o in asked}
    if State.FAIL in states.values():
        return Verdict(State.FAIL, seen)
    if vague := [host for host, state in states.items() if state is State.NOT_RUN]:
        return not_run(f"neither refused nor served: {', '.join(vague)}", "", seen)
    return _controlled(scene, (b for b, _ in asked), seen)


def _state(outcome: Outcome) -> State:
    """Refused is 401 or 403; a server that fails has neither refused nor served."""
    if not outcome.answered or outcome.status >= 500 or outcome.status == 429:
        return State.NOT_RUN
    return State.PASS if outcome.status in (401, 403) else State.FAIL


def _controlled(scene: Scene, asked: Iterable[Backend], seen: str) -> Verdict:
    """A refusal counts where the same Service has served the gateway in the same run."""
    held = {b.host: control(scene, b) for b in asked}
    how = "; ".join(f"control: {c.words}" for c in held.values())
    if dead := [host for host, c in held.items() if not c.served]:
        because = f"refused, but nothing shows that the Service serves: {', '.join(dead)}"
        return not_run(because, how, seen)
    return Verdict(State.PASS, seen, how)


def served_to_gateway(scene: Scene, probe: Probe) -> Verdict:
    """What only the gateway holds is shown by the gateway: its calls are served."""
    target = {b.component for b in scene.topology.backends} & {probe.target}
    asked = [b for b in scene.topology.backends if b.component in target or not target]
    held = {b.host: control(scene, b) for b in asked}
    seen = "; ".join(c.words for c in held.values())
    if any(c.refused for c in held.values()):
        return Verdict(State.FAIL, seen)
    if lacking := [host for host, c in held.items() if not c.served]:
        return not_run(f"not shown for {', '.join(lacking)}", "", seen)
    return Verdict(State.PASS, seen)
