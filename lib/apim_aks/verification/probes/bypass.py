"""Calls that bypass the gateway to a public Service, without a token or with a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from apim_aks.artefacts.policies.expressions import name
from apim_aks.remote.calls import Call, Outcome, foreign_token
from apim_aks.topology import Backend, Probe
from apim_aks.topology.check import State
from apim_aks.verification.answers import few
from apim_aks.verification.probes.address_lists import LISTED
from apim_aks.verification.probes.given_tokens import Flaw, fitting, given, not_ours, right
from apim_aks.verification.probes.operations import reading
from apim_aks.verification.probes.telemetry import control
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, not_run

Token = Callable[[LiveScene, Backend], str]


def public_services(scene: LiveScene) -> tuple[Backend, ...]:
    """The back ends with a public address."""
    return tuple(b for b in scene.topology.backends if scene.topology.component(b.component).public)


def without_token(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls each Service directly without a token."""
    return _asked(scene, lambda *_: "", public_services(scene))


def with_foreign_key(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls each Service directly with a token of another issuer's signature."""
    return _asked(scene, _forged, public_services(scene))


def with_given(flaw: Flaw, scene: LiveScene, probe: Probe) -> Verdict:
    """Calls each Service directly with a token that the caller supplies.

    The token must have this flaw alone, or it might be refused for another one.
    """
    tokens, services = given(scene, flaw), public_services(scene)
    if not tokens:
        return not_run(f"needs {flaw.meaning}, which was not given (value {flaw.value})")
    chosen = {b.id: _chosen(scene, b, tokens, flaw) for b in services}
    asked = tuple(b for b in services if chosen[b.id][0])
    lacking = few(f"for {b.host} {why}" for b in services if (why := chosen[b.id][1]))
    if services and not asked:
        return not_run(lacking)
    found = _asked(scene, lambda _, backend: chosen[backend.id][0], asked)
    passed = found.state is State.PASS
    return not_run(lacking, found.how, found.seen) if lacking and passed else found


def _chosen(
    scene: LiveScene, backend: Backend, tokens: tuple[str, ...], flaw: Flaw
) -> tuple[str, str]:
    """The token for this back end; otherwise empty, with the reason."""
    if lost := not_ours(scene, backend):
        return "", lost
    token, why = fitting(tokens, flaw, right(scene, backend))
    return token, f"the token given as {flaw.value} {why}" if why else ""


def _forged(scene: LiveScene, backend: Backend) -> str:
    """A token that is wrong only in its signature."""
    wanted = right(scene, backend)
    issuer = f"https://sts.windows.net/{wanted.tenant}/"
    return foreign_token(wanted.audience, issuer, wanted.holder)


def _asked(scene: LiveScene, token: Token, found: tuple[Backend, ...]) -> Verdict:
    if not found:
        return not_run("no published Service is public")
    with ThreadPoolExecutor(scene.vantage.caller.at_once) as side_by_side:
        outcomes = tuple(side_by_side.map(partial(_call, scene, token), found))
    return _together(scene, tuple(zip(found, outcomes, strict=True)))


def _call(scene: LiveScene, token: Token, backend: Backend) -> Outcome:
    asked, shown = reading(scene, backend), token(scene, backend)
    path = asked.behind if asked else "/"
    bearer = f"Bearer {shown}"
    # The gateway's token has a header of its own; a Service may look into either.
    headers = {"Authorization": bearer, name("gateway-token-header"): bearer} if shown else {}
    call = Call(
        host=backend.host, path=path, port=backend.port, headers=headers, checked=bool(shown)
    )
    return scene.vantage.caller.ask(call)


def _together(scene: LiveScene, asked: tuple[tuple[Backend, Outcome], ...]) -> Verdict:
    states = {b.host: _state(o) for b, o in asked}
    seen = few(f"{b.host} {o.words}" for b, o in asked)
    if served := [f"{b.host} {o.words}" for b, o in asked if states[b.host] is State.FAIL]:
        return Verdict(State.FAIL, few(served))
    if vague := [host for host, state in states.items() if state is State.NOT_RUN]:
        if all(_listed(scene, b, o) for b, o in asked if states[b.host] is State.NOT_RUN):
            return not_run(LISTED, "", seen)
        return not_run(f"neither refused nor served: {', '.join(vague)}", "", seen)
    return _controlled(scene, (b for b, _ in asked), seen)


def _listed(scene: LiveScene, backend: Backend, outcome: Outcome) -> bool:
    return outcome.nobody and scene.topology.component(backend.component).lists_gateway


def _state(outcome: Outcome) -> State:
    """The state: 401 and 403 are refusals; a server error is neither refusal nor success."""
    if not outcome.answered or outcome.status >= 500 or outcome.status == 429:
        return State.NOT_RUN
    return State.PASS if outcome.status in (401, 403) else State.FAIL


def _controlled(scene: LiveScene, asked: Iterable[Backend], seen: str) -> Verdict:
    """The verdict: a refusal counts only if the Service served the gateway in the same run."""
    held = {b.host: control(scene, b) for b in asked}
    how = few(f"control: {c.words}" for c in held.values())
    if dead := [host for host, c in held.items() if not c.served]:
        because = f"refused, but nothing shows that the Service serves: {', '.join(dead)}"
        return not_run(because, how, seen)
    return Verdict(State.PASS, seen, how)


def served_to_gateway(scene: LiveScene, probe: Probe) -> Verdict:
    """Whether calls of the gateway with its own credential are served."""
    target = {b.component for b in scene.topology.backends} & {probe.target}
    asked = [b for b in scene.topology.backends if b.component in target or not target]
    held = {b.host: control(scene, b) for b in asked}
    seen = few(c.words for c in held.values())
    if refused := [c.words for c in held.values() if c.refused]:
        return Verdict(State.FAIL, few(refused))
    if lacking := [host for host, c in held.items() if not c.served]:
        return not_run(f"not shown for {', '.join(lacking)}", "", seen)
    return Verdict(State.PASS, seen)
