"""What `close` took is given back: each object as it was, from what was kept in Azure before.

Only our own changes are undone, and nothing is forced over another owner. What came into being by a
file of ours is deleted where it is ours still.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apim_aks.artefacts.manifests import MANAGER, Action, ManifestFile
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.artefacts.manifests.file import called, manifest_file
from apim_aks.cutover.record import Phase
from apim_aks.cutover.session import Session
from apim_aks.deployment.applying import apply_file, require_free
from apim_aks.deployment.following import left_out
from apim_aks.deployment.live_objects import Live, live_objects, named
from apim_aks.deployment.ownership import WORKLOAD, owner_of
from apim_aks.deployment.saved_objects import HeldBefore, addresses_of, held_before
from apim_aks.deployment.sequence import Waits
from apim_aks.facts.load_balancers import annotation_for
from apim_aks.listing import listed
from apim_aks.remote.azure import AzureRefused
from apim_aks.workload.kubernetes.apply import managers
from apim_aks.workload.kubernetes.object import Object

Json = dict[str, Any]


def reopen(session: Session) -> frozenset[str]:
    """Give back what was closed, the last file first; the addresses that did not come back.

    Raises:
        AzureRefused: Azure or the cluster refused; what was given back until then is recorded.
        Waits: an object belongs to somebody else, or was not kept whole.
    """
    closed = session.closed
    if not closed.files and not closed.reopened:
        return frozenset()
    session.require_allowed(Phase.CLOSE)
    files = {f.name: f for f in left_out(session.scene.project)}
    for name in reversed(closed.files):
        if file := files.get(name):
            _give_back(session, file)
        _forget(session, name)
    return _lost(session)


def settled(session: Session) -> None:
    """Everybody is back: nothing of closing is left to be looked at."""
    if Phase.CLOSE in session.state.phases:
        session.keep_state(session.state.with_phase(Phase.CLOSE, {}))


def _forget(session: Session, name: str) -> None:
    """The next run of close applies the file again."""
    held, state = session.closed, session.state
    files = tuple(n for n in held.files if n != name)
    left = replace(held, files=files, reopened=(*held.reopened, name), complete_at=0)
    kept = {step: mark for step, mark in state.steps.items() if step != name}
    session.keep_closed(left, replace(state, steps=kept))


@dataclass
class _Back:
    """What is done with the objects of one file, and what is left as it is, in sentences."""

    changed: list[Json] = field(default_factory=list)
    gone: list[Json] = field(default_factory=list)
    made: list[Json] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)


def _give_back(session: Session, file: ManifestFile) -> None:
    client, project = session.client, session.scene.project
    held = held_before(client, project, file.name)
    if held is None:  # it was killed before anything was applied
        return
    (step,) = steps((file,))
    live = live_objects(client, project, step.objects)
    if unread := next(iter(live.unread.values()), ""):
        raise AzureRefused(f"{file.name}: what the cluster holds of it is not known: {unread}.")
    back = _back(step.objects, held, live, session.closed.addresses)
    for part in _parts(file, back, project.cluster_is_there):
        found = require_free(client, project, part, session.given.patches)
        apply_file(client, project, part, found)
    if back.by_hand:
        raise Waits(f"{file.name}: {'; '.join(back.by_hand)}")
    session.told(file.name, "done", "what it changed is as it was before")


def _back(
    objects: tuple[Object, ...], held: HeldBefore, live: Live, kept: Mapping[str, str]
) -> _Back:
    before, back = {called(o): o for o in held.objects}, _Back()
    for object in objects:
        name, there = called(object.data), live.of(object)
        if name in held.absent:
            if there and _is_ours(there):
                back.made.append(_named(object.data))
            elif there:
                back.by_hand.append(f"{name} was not there before and is not ours: remove it")
        elif name in held.partly:
            back.by_hand.append(f"{name} was not kept whole: apply your own manifest of it again")
        elif there is None:
            back.gone.append(before[name])
        else:
            was = before[name]
            noted = _addresses(name, was, held, kept)
            back.changed.append(_addressed(_as_before(was, object.data), was, noted))
    return back


def _is_ours(there: Object) -> bool:
    return MANAGER in {m.name for m in managers(there.data)} and owner_of(there.data) is None


def _named(data: Mapping[str, Any]) -> Json:
    where = {k: v for k, v in data["metadata"].items() if k in ("name", "namespace")}
    return {"apiVersion": data["apiVersion"], "kind": data["kind"], "metadata": where}


def _as_before(held: Json, changed: Json) -> Json:
    """Of the fields that were changed, those that were there, with what was in them.

    The others are ours alone: the API server drops what its manager no longer applies.
    """
    return _named(held) | {
        k: _named(held)["metadata"] | v if k == "metadata" else v
        for k, v in _restricted(held, changed).items()
        if k not in ("apiVersion", "kind")
    }


def _restricted(held: Any, changed: Any) -> Any:
    if isinstance(held, dict) and isinstance(changed, dict):
        return {k: _restricted(held[k], v) for k, v in changed.items() if k in held}
    return held


def _addressed(back: Json, held: Json, noted: Json) -> Json:
    """A Service that gets its type back gets the ports of the nodes and its address back too."""
    if held["kind"] != "Service" or "type" not in back.get("spec", {}):
        return back
    ports = [_of_nodes(p) for p in held["spec"].get("ports") or () if p.get("nodePort")]
    notes = {**noted, **(back["metadata"].get("annotations") or {})}
    metadata = back["metadata"] | ({"annotations": notes} if notes else {})
    return back | {"metadata": metadata, "spec": back["spec"] | ({"ports": ports} if ports else {})}


def _of_nodes(port: Json) -> Json:
    """The port with nothing but what it is told apart by and its port of the nodes."""
    told_apart = {"protocol": port["protocol"]} if port.get("protocol", "TCP") != "TCP" else {}
    return {"port": port["port"], "nodePort": port["nodePort"], **told_apart}


def _addresses(name: str, was: Json, held: HeldBefore, kept: Mapping[str, str]) -> Json:
    """The annotations by which a Service asks for the address that it had."""
    notes = was["metadata"].get("annotations") or {}
    own = [a for a in held.addresses.get(name, ()) if ":" not in a]
    if str(notes.get(annotation_for("internal"))).lower() == "true":
        return {annotation_for("address"): own[0]} if own else {}
    return {annotation_for("public-address"): kept[name]} if name in kept else {}


def _parts(file: ManifestFile, back: _Back, theirs: bool) -> Iterator[ManifestFile]:
    """What exists again comes first, so that nobody is without it for longer than needed."""
    because = f"Gives back what {file.name} changed."
    named = f"back-{file.name}"
    if back.gone:
        whole = manifest_file(named, back.gone, because)
        yield whole if theirs else replace(whole, manager=WORKLOAD)
    if back.changed:
        yield manifest_file(named, back.changed, because)
    if back.made:
        yield manifest_file(named, back.made, because, Action.DELETE)


def _lost(session: Session) -> frozenset[str]:
    """The addresses that Services had before and do not have again, after a while."""
    client, project = session.client, session.scene.project
    held = (held_before(client, project, name) for name in session.closed.reopened)
    before = {name: own for found in held if found for name, own in found.addresses.items()}
    lost = frozenset[str]()
    for _ in session.attempts() if before else ():
        lost = _lacking(session, before)
        if not lost:
            break
        session.scene.tell(f"{listed(sorted(lost))}: not there again yet")
    return lost


def _lacking(session: Session, before: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The addresses that their Services do not have at this moment."""
    names = (name.removeprefix("Service ").split("/") for name in before)
    asked = (named(("", "Service", space, name)) for space, name in names)
    live = live_objects(session.client, session.scene.project, asked).objects.values()
    now = {called(o.data): addresses_of(o.data) for o in live}
    return frozenset(a for name, own in before.items() for a in own if a not in now.get(name, ()))
