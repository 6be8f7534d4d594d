"""`close`: what served callers before the gateway is narrowed or removed, a while after they moved.

This is the phase that takes something away; what of it cannot be taken back is said before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from apim_aks.artefacts.manifests import ManifestFile
from apim_aks.artefacts.manifests.file import WayBack, called
from apim_aks.cutover.addresses import keep_addresses
from apim_aks.cutover.change import Change, Stops
from apim_aks.cutover.controls import controls, lacking
from apim_aks.cutover.hosts import hosts
from apim_aks.cutover.names import Names
from apim_aks.cutover.record import HostState, Phase
from apim_aks.cutover.session import Moving, PhaseEnded, Session, Stopped, collecting, moment
from apim_aks.deployment import Project, StepDone
from apim_aks.deployment.applying import apply_each
from apim_aks.deployment.cluster import filled, placeholder_values
from apim_aks.deployment.following import left_out
from apim_aks.deployment.saved_objects import forget_before
from apim_aks.deployment.sequence import Waits
from apim_aks.deployment.unlisted import unlisted
from apim_aks.listing import counted, listed
from apim_aks.remote.azure import Deployments
from apim_aks.topology.check import State
from apim_aks.verification import check_option
from apim_aks.verification.as_built import standing_checks
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.verification.scene import LiveScene

_DAY = 24 * 60 * 60


def irreversible(project: Project) -> tuple[str, ...]:
    """What closing takes away for good, and how it is kept, in sentences."""
    return tuple(way.words for way in _ways(project) if not way.reversible)


def would_close(project: Project, told: Iterable[Change] = ()) -> PhaseEnded:
    """What would be applied to which objects, what of it cannot be taken back, and who of the
    present callers loses a connection, without asking anybody."""
    ways = tuple(_ways(project))
    steps = [StepDone(f.name, f.action.value, _objects(f)) for f in left_out(project)]
    steps += [StepDone(f.name, "by hand", hand) for f in left_out(project) for hand in f.by_hand]
    steps += [StepDone(w.object, "is kept", w.said) for w in ways if w.kept]
    steps += [StepDone(w.object, "needs a word", w.said) for w in ways if not w.reversible]
    steps += dict.fromkeys(_loss(c) for c in told if c.stops is not Stops.NEVER)
    waits = ("nothing was closed; use --apply to close",)
    return PhaseEnded(phase=Phase.CLOSE, option=project.option, steps=tuple(steps), waits_for=waits)


def _objects(file: ManifestFile) -> str:
    return f"{file.because} Objects: {', '.join(map(called, file.objects)) or 'none'}."


def _loss(change: Change) -> StepDone:
    """What becomes of one caller whose connection stops, or may stop."""
    name = f"{change.caller}, to {change.old.words}"
    if change.new and change.stops is Stops.CLOSE:
        return StepDone(name, "moves before", f"it calls {listed(change.new.hosts)} by then")
    state = "is cut off" if change.stops is Stops.CLOSE else "may be cut off"
    return StepDone(name, state, change.why)


def _ways(project: Project) -> Iterator[WayBack]:
    return (way for file in left_out(project) for way in file.ways_back)


def close(scene: LiveScene, given: Moving) -> PhaseEnded:
    """Close what served callers before, file by file, and prove that only the new path is left.

    Raises:
        Stopped: the new path does not answer after a file was applied. Nothing more was applied.
        AzureRefused: Azure or the cluster refused; what was applied until then is recorded.
        InputError: the record is damaged, or a value is missing that only the deployer knows.
    """
    session, waits = Session(scene, given, Phase.CLOSE), list[str]()
    with collecting(waits), session:
        _require_moved(session)
        require_word(scene.project, given.irreversible)
        session.require_confirmed()
        session.require_called()
        _require_listed(session)
        session.require_answers("before")
        _apply(session)
        _lifetimes(session)
        _proved(session)
        session.keep_closed(replace(session.closed, complete_at=given.now()))
    return session.ended(waits, "Only the new path is left, proved on what is there.")


def _require_moved(session: Session) -> None:
    since = session.record.complete_at
    if not since:
        raise Waits("the cut-over is not complete; run cutover --apply until it ends")
    design, placement = session.scene.design, session.scene.placement
    records = {h.id: session.record.host(h.id) for h in hosts(design, placement)}
    if left := [r.called for r in records.values() if r.state is not HostState.WATCHED]:
        raise Waits(f"{listed(left, 4)}: callers have not moved; run cutover --apply until it ends")
    since = max((since, *(r.moved_at for r in records.values())))
    session.require_calls()
    given = (session.given.after_days, session.scene.design.workload.azure.close_after_days)
    days = next((d for d in given if d is not None), session.settings.close_after_days)
    until = since + _DAY * days
    if session.given.now() < until:
        raise Waits(
            f"callers have moved at {moment(since)} and what served them is kept until "
            f"{moment(until)}; run it again then, or give another period with --after"
        )


def require_word(project: Project, said: bool) -> None:
    """Nothing, where nothing is lost for good, or whoever closes has said that it is meant.

    Raises:
        Waits: something is, and nobody has said so.
    """
    if (lost := irreversible(project)) and not said:
        raise Waits(f"{'; '.join(lost)}. Keep what is needed, then say --irreversible")


def _require_listed(session: Session) -> None:
    """Nothing, where every way that callers have today is in a file, or somebody knows of it."""
    beside = unlisted(session.client, session.scene.project)
    if beside.unread:
        session.told(
            "objects in no file", "not_run", f"not read: {listed(tuple(beside.unread), 4)}"
        )
    known = session.given.prepared
    session.tell_unmatched("--prepared", known, (o.called for o in beside.entries))
    left = [o for o in beside.entries if not any(fnmatchcase(o.called, p) for p in known)]
    if left:
        words = "; ".join(f"{o.called} is {o.says}" for o in left[:3])
        raise Waits(
            f"{counted(len(left), 'object')} in no file may be a way of callers that nobody has "
            f"told ({words}). Bring the manifests up to date and plan again, or say --prepared "
            f"'{left[0].called}' where its callers have moved or may be cut off"
        )


def _apply(session: Session) -> None:
    project, given = session.scene.project, session.scene.vantage.values
    values = placeholder_values(dict(_outputs(session)), given)
    files = filled(left_out(project), values)
    apply_each(session.memory, files, partial(_begun, session), partial(_require_served, session))


def _outputs(session: Session) -> Iterator[tuple[str, Any]]:
    """What the stages handed over when they were deployed."""
    deployments = Deployments(session.client)
    for piece in session.scene.project.pieces:
        found = deployments.get(piece.group, piece.deployment) or {}
        held = (found.get("properties") or {}).get("outputs") or {}
        yield from ((name, (value or {}).get("value")) for name, value in held.items())


def _begun(session: Session, file: ManifestFile) -> None:
    """It is written before a file is applied: from here on moving back is no longer enough."""
    if file.name not in session.closed.files:
        # What an earlier closing met was given back, and may have changed since.
        forget_before(session.client, session.scene.project, file.name)
    files = tuple(dict.fromkeys((*session.closed.files, file.name)))
    session.keep_closed(replace(session.closed, files=files))
    keep_addresses(session, file)


def _require_served(session: Session, file: ManifestFile) -> None:
    if why := lacking(controls(session.scene)):
        raise Stopped(
            f"After {file.name} the new path does not answer for every API ({why}). Nothing more "
            "is applied. Look at what the file changed, then run close --apply again."
        )


def _lifetimes(session: Session) -> None:
    """Names that have moved get the lifetime back that they had."""
    names = Names(session)
    for host in session.record.hosts:
        for kept in host.kept if host.state is HostState.WATCHED else ():
            names.settle(kept)


def _proved(session: Session) -> None:
    """The promises about connections hold on what Azure and the cluster hold now."""
    scene = replace(session.scene, azure=AzureReader(session.client))
    counted = check_option(scene.design, scene.placement.option.id)
    checks, _ = standing_checks(scene, tuple(counted))
    open_ = [c for c in checks if c.state is not State.PASS]
    if open_:
        words = "; ".join(_words(open_))
        raise Waits(f"{len(open_)} of {len(checks)} proofs do not hold on what is there: {words}")
    session.told("proofs", "done", f"all {len(checks)} hold on what is there")


def _words(open_: Iterable[Any]) -> Iterator[str]:
    for check in list(open_)[:3]:
        yield f"{check.id} ({check.observed or check.reason})"
