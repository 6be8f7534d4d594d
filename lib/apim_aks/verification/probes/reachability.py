"""Probes of what can be reached: the gateway, and the cluster without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from apim_aks.facts import azure_facts
from apim_aks.remote.azure import Json
from apim_aks.remote.calls import Call, Outcome
from apim_aks.topology import Backend, Probe, Protocol
from apim_aks.topology.check import State
from apim_aks.verification.answers import few
from apim_aks.verification.probes.places import control_answers, internet_answers
from apim_aks.verification.probes.resources import (
    asked,
    cluster,
    cluster_addresses,
    cluster_ports,
    gateway,
    gateway_host,
    not_alive,
    public_addresses,
    values,
)
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict, not_run

T = TypeVar("T")
FORBIDDEN = 403
Alive = tuple[bool, str]
Seen = tuple[str, Outcome]


def gateway_answers(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls the gateway's host name and validates its certificate."""
    call = Call(host=gateway_host(scene), path=azure_facts().gateway_status)
    outcome = asked(scene, call)
    how = f"asked {call.words}"
    if outcome.answered:
        return Verdict(State.PASS, outcome.words, how)
    alive, words = internet_answers(scene)
    how = f"{how}; control: {words}"
    if alive:
        return Verdict(State.FAIL, outcome.words, how)
    return not_run("nothing answers here", how, outcome.words)


def gateway_closed(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls the public name from outside: API Management itself must answer 403.

    A time-out is no pass: the name still answers when public access is closed.
    """
    call = Call(host=gateway_host(scene), path=azure_facts().gateway_status)
    outcome = scene.vantage.caller.ask(call)
    alive, words = _runs(scene, gateway(scene))
    how = f"asked {call.words}; control: {words}"
    if outcome.answered and outcome.status != FORBIDDEN:
        return Verdict(State.FAIL, outcome.words, how)
    if not outcome.answered:
        return not_run("no answer arrived, which is not a refusal", how, outcome.words)
    if not alive:
        return not_run(words, how, outcome.words)
    return Verdict(State.PASS, outcome.words, how)


def gateway_silent(scene: LiveScene, probe: Probe) -> Verdict:
    """Calls the gateway's host name, and each public address of the instance by that name."""
    host, instance = gateway_host(scene), gateway(scene)
    named = scene.vantage.caller.addresses(host)
    own = scene.topology.self_hosted is not None
    public = cluster_addresses(scene) if own else public_addresses(instance)
    addresses = dict.fromkeys((*named, *public))
    path = azure_facts().gateway_status
    calls = [Call(host=host, path=path, address=a, checked=False) for a in addresses]
    seen = _side_by_side(scene, calls, lambda c: (f"{c.address}", scene.vantage.caller.ask(c)))
    resolved = f"{host} resolves to {', '.join(named) or 'nothing'}"
    return _silence(seen, resolved, internet_answers(scene), _runs(scene, instance))


def cluster_silent(scene: LiveScene, probe: Probe) -> Verdict:
    """Connects to each published Service's host and to each public address of the cluster."""
    named = _side_by_side(
        scene, list(_named(scene)), lambda c: (c.words, scene.vantage.caller.ask(c))
    )
    resolved = _resolved(scene)
    if any(outcome.alive for _, outcome in named):
        return Verdict(State.FAIL, _words(named), resolved)
    ports = tuple(dict.fromkeys((*azure_facts().public_ports, *cluster_ports(scene))))
    places = [(address, port) for address in cluster_addresses(scene) for port in ports]
    scene.tell(f"trying {len(places)} ports of public addresses, {_seconds(scene)} s each at most")
    tried = _side_by_side(scene, places, lambda place: _tried(scene, *place))
    if not places:
        resolved = f"{resolved}; the cluster has no public address"
    seen = (*named, *tried)
    return _silence(seen, resolved, internet_answers(scene), _runs(scene, cluster(scene)))


def _named(scene: LiveScene) -> Iterator[Call]:
    for backend in scene.topology.backends:
        for address in scene.vantage.caller.addresses(backend.host):
            yield _call(backend, address)


def _call(backend: Backend, address: str, port: int = 0) -> Call:
    https = backend.protocol is Protocol.HTTPS if not port else port == 443
    place = port or backend.port
    return Call(host=backend.host, port=place, address=address, checked=False, tls=https)


def _resolved(scene: LiveScene) -> str:
    found = [b.host for b in scene.topology.backends if scene.vantage.caller.addresses(b.host)]
    count = len({b.host for b in scene.topology.backends})
    return f"{len(found)} of {count} hosts of published Services resolve here"


def _tried(scene: LiveScene, address: str, port: int) -> Seen:
    """Tries each host until one answers; none if no connection is possible."""
    found = scene.vantage.caller.reach(address, port)
    if found.connected:
        for backend in scene.topology.backends:
            found = scene.vantage.caller.ask(_call(backend, address, port))
            if found.alive:
                break
    return f"{address} port {port}", found


def _seconds(scene: LiveScene) -> str:
    return f"{scene.vantage.caller.seconds:g}"


def _runs(scene: LiveScene, resource: Json) -> Alive:
    name, why = str(resource.get("name") or "the resource"), not_alive(resource)
    return not why, f"{name}: {why}" if why else f"{name} runs"


def _silence(seen: Iterable[Seen], before: str, *controls: Alive) -> Verdict:
    """The verdict: no answer counts if the control answers and the resource runs."""
    held = tuple(seen)
    words = "; ".join(filter(None, (before, _words(held))))
    how = "; ".join(f"control: {w}" for _, w in controls)
    if any(outcome.alive for _, outcome in held):
        return Verdict(State.FAIL, words, how)
    if vague := [place for place, outcome in held if not outcome.nobody]:
        return not_run(f"unknown whether anything answers: {', '.join(vague)}", how, words)
    if dead := [w for alive, w in controls if not alive]:
        return not_run(f"no answer without a control proves nothing: {'; '.join(dead)}", how, words)
    return Verdict(State.PASS, words, how)


def _words(seen: Iterable[Seen]) -> str:
    """The results in words, with places that answered first."""
    held = sorted(seen, key=lambda one: (not one[1].alive, not one[1].connected))
    return few((f"{place}: {outcome.words}" for place, outcome in held), 6)


def other_subnet_silent(scene: LiveScene, probe: Probe) -> Verdict:
    """Connects to each Service's private address from a machine outside the gateway's subnet."""
    caller = scene.vantage.caller
    places = [(b, a) for b in scene.topology.backends for a in caller.addresses(b.host)]
    seen = _side_by_side(
        scene, places, lambda p: (f"{p[0].host} port {p[0].port}", caller.reach(p[1], p[0].port))
    )
    if any(outcome.connected for _, outcome in seen):
        return Verdict(State.FAIL, _words(seen))
    if not seen:
        return not_run("no host of a published Service resolves here")
    return _silence(seen, "", _neighbour(scene), _runs(scene, cluster(scene)))


def _neighbour(scene: LiveScene) -> Alive:
    """The control inside the network: the caller's, or else the gateway."""
    if scene.vantage.control:
        return control_answers(scene)
    for address in values(gateway(scene), "privateIPAddresses"):
        call = Call(host=gateway_host(scene), path=azure_facts().gateway_status, address=address)
        found = scene.vantage.caller.ask(call)
        if found.answered:
            return True, f"the gateway {found.words} at its private address"
    return False, "no control was given (--control HOST:PORT) and no gateway answers inside"


def _side_by_side(scene: LiveScene, given: list[T], ask: Callable[[T], Seen]) -> tuple[Seen, ...]:
    with ThreadPoolExecutor(scene.vantage.caller.at_once) as pool:
        return tuple(pool.map(ask, given))
