"""Whether those who reach a Service today still reach it after deploying.

Before and after are evaluated in the same network and with the same engine, so that only the
files that are applied before callers move make the difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from ipaddress import IPv4Address
from typing import Any

from apim_aks.decision.design import Design, Placement
from apim_aks.decision.proved import Deployed, Proofs
from apim_aks.facts.mesh_signs import root_namespaces
from apim_aks.listing import counted, shown
from apim_aks.reachability.axis import Range
from apim_aks.reachability.difference import Changed, around, is_lost, lost
from apim_aks.reachability.outside import Outside
from apim_aks.reachability.proof import surroundings
from apim_aks.reachability.reach import ANY_POD, Answer, Reach
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.verdicts import Verdict as Answered
from apim_aks.reachability.verdicts import callers
from apim_aks.verification.verdict import Verdict, judged, not_run
from apim_aks.workload.kubernetes.apply import Held
from apim_aks.workload.kubernetes.object import WrongField, items, mapping, texts

_HOW = "proved from the manifests: every connection of today works after deploying"
_NO_OBJECTS = "no manifest was read, so that the callers served today are unknown"
_SERVICE = "[Service]"
_RULE = "DestinationRule"
_POLICY, _DEFAULTS = "AuthorizationPolicy", ("TLSOption", "TLSStore")


def nobody_loses_access_by_deploying(design: Design, placement: Placement) -> Verdict:
    """Whether deploying closes a connection or changes an existing object.

    The result is `not_run` for connections that may have been open before, and for a change to
    shared components of an existing cluster, which may serve others.
    """
    kept = design.once(_kept)
    if id(placement) not in kept:
        kept[id(placement)] = placement, taken(design.proofs, placement)
    return kept[id(placement)][1]


def _kept(design: Design) -> dict[int, tuple[Placement, Verdict]]:
    return {}


def taken(proofs: Proofs, placement: Placement) -> Verdict:
    """The verdict computed from these proofs."""
    found = proofs.deployed(placement)
    if isinstance(found, str):
        return not_run(found or _NO_OBJECTS, _HOW)
    lost = tuple(_lost(found))
    if sure := [*(w for was, w in lost if was is Answer.OPEN), *_touched(found)]:
        return judged(False, shown(sure), _HOW)
    scene = found.before.scene
    seen = f"{counted(len(scene.services), 'Service')} and {counted(len(scene.pods), 'workload')}"
    if perhaps := [*(w for _, w in lost), *_shared(placement, found)]:
        return not_run(shown(perhaps), _HOW, seen)
    return judged(True, seen, _HOW)


def _touched(found: Deployed) -> Iterator[str]:
    """The existing objects that are changed or deleted."""
    for held in found.outcome.objects:
        if held.whole and not held.made and len(held.origins) > 1:
            yield f"{_named(held)} is changed ({_place(held)})"
    for held, asked in found.outcome.removed:
        yield f"{_named(held)} is deleted ({asked.document.file} line {asked.line})"


def _named(held: Held) -> str:
    return f"{held.object.kind} {held.object.namespace}/{held.object.name}"


def _place(held: Held) -> str:
    changed = held.origins[-1]
    return f"{changed.document.file} line {changed.line_of(*changed.path)}"


def _shared(placement: Placement, found: Deployed) -> Iterator[str]:
    """Shared components of an existing cluster that may serve others."""
    if placement.workload.azure.existing.cluster:
        objects = found.outcome.objects
        narrowed = {h.object.namespace for h in objects if not h.made and _admits(h)}
        routed = {to for h in objects if not h.made for to in _destinations(h)}
        for held in objects:
            if why := _others_served(held, narrowed, routed):
                yield f"{_named(held)} {why} ({_place(held)})"


def _others_served(held: Held, narrowed: Set[str], routed: Set[str]) -> str:
    """Why an object may change what others are served, as the end of a sentence; else empty.

    `narrowed` are namespaces with a policy of today that admits some and so refuses the others,
    `routed` the Services to which routes of today lead from gateways of Istio.
    """
    if not held.whole:
        return "is in no file and may serve others today"
    if held.made and held.object.kind in _DEFAULTS and held.object.name == "default":
        return "holds for every route of its controller, which may serve others today"
    if held.made and _admits(held) and not {held.object.namespace, *root_namespaces()} & narrowed:
        return "refuses whatever it does not name at pods that may serve others today"
    if held.made and held.object.kind == _RULE and _host(held.data["spec"], held) in routed:
        return "says how gateways call a Service to which routes of today lead too"
    return ""


def _destinations(held: Held) -> Iterator[str]:
    """The Services to which a VirtualService leads from gateways."""
    spec = held.data.get("spec")
    if held.object.kind != "VirtualService" or not isinstance(spec, dict):
        return
    with suppress(WrongField):
        if set(texts(held.data, "spec", "gateways")) - {"mesh"}:
            for _, at in items(held.data, "spec", "http"):
                for route, _ in items(held.data, *at, "route"):
                    yield _host(mapping(route, "destination"), held)


def _host(data: Mapping[str, Any], held: Held) -> str:
    """Namespace and name of the Service that a host of Istio names."""
    name, _, rest = str(data.get("host", "")).partition(".")
    return f"{rest.partition('.')[0] or held.object.namespace}/{name}"


def _admits(held: Held) -> bool:
    """Of Istio's policies those that admit, beside which the pods refuse everybody else."""
    if held.object.kind != _POLICY or not held.object.group.endswith("istio.io"):
        return False
    spec = held.data.get("spec")
    return isinstance(spec, dict) and spec.get("action", "ALLOW") == "ALLOW"


def _lost(found: Deployed) -> Iterator[tuple[Answer, str]]:
    """Connections that were or may have been open and are closed, each with its evidence."""
    before, after = surroundings(found.before), surroundings(found.after)
    for change in around(found.before, found.after):
        if is_lost((change.was, change.now)):
            yield change.was, _from_zone(change, before, after)
    yield from ((Answer.OPEN, words) for words in _asked_more(before, after))
    engine = found.after.engine or Engine.SPECIFICATION
    inside = lost(found.before.scene, found.after.scene, engine)
    yield from ((c.was, _between(c)) for c in inside)
    now = _open_to_any(after.reach)
    for service, port in _open_to_any(before.reach):
        if (service, port) not in now:
            yield Answer.OPEN, f"{ANY_POD} to Service {service}, {port}: open today, then closed"


def _asked_more(before: Outside, after: Outside) -> Iterator[str]:
    """Sources admitted today that would need a credential."""
    now = {(v.service, v.port, v.source): v for v in _plain(after, asked=True)}
    for then in _plain(before, asked=False):
        if more := now.get((then.service, then.port, then.source)):
            said = f"would have to present {more.credential} ({then.packet})"
            yield f"{then.source} to Service {then.service}, {then.port}: {said}"


def _plain(outside: Outside, asked: bool) -> Iterator[Answered]:
    for service in outside.reach.scene.services:
        for found in outside.verdicts(service):
            if found.answer is Answer.OPEN and bool(found.credential) is asked:
                yield found


def _open_to_any(reach: Reach) -> dict[tuple[str, str], None]:
    """The ports of Services that pods outside the input can reach."""
    rows = (row for service in reach.scene.services for row in callers(reach, service))
    return dict.fromkeys((row.service, row.port) for row in rows if row.open & reach.ends.any)


def _between(change: Changed) -> str:
    protocol, first, last = change.ports[0]
    ports = str(first) if first == last else f"{first} to {last}"
    ends = " to ".join(map(_end, (change.source, change.destination)))
    return f"{ends}, {protocol} {ports}: {change.was.value} today, then {change.now.value}"


def _end(end: str | Range) -> str:
    return end if isinstance(end, str) else str(IPv4Address(end[0]))


def _from_zone(change: Changed, before: Outside, after: Outside) -> str:
    """A packet that is admitted today, and what decides afterwards."""
    id, (protocol, number, _) = str(change.destination).removesuffix(_SERVICE), change.ports[0]
    place = next(p for p in before.places.all if p.name == change.source)
    label = f"{protocol} {number}"
    service = next(s for s in before.reach.scene.services if s.id == id)
    port = next(p for p in service.ports if (p.protocol, p.number) == (protocol, number))
    packet = before.packet(service, port, place, change.addresses or place.may)
    then = next((s for s in after.reach.scene.services if s.id == id), None)
    verdicts = after.verdicts(then, [place]) if then else ()
    why = next((v.because for v in verdicts if v.port == label), ("the Service no longer exists",))
    shown_by = f" ({packet})" if packet else ""
    state = f"{change.was.value} today, then {change.now.value}"
    return f"{change.source} to Service {id}, {label}{shown_by}: {state}: {'; '.join(why)}"
