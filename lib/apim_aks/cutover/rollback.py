"""`rollback`: every name leads where it led before; it works from any step of the phases.

Once closing has begun, what served callers is given back first.
"""

from __future__ import annotations

from dataclasses import replace

from apim_aks.cutover.names import Names
from apim_aks.cutover.record import CutoverRecord, HostRecord, HostState
from apim_aks.cutover.reopen import reopen, settled
from apim_aks.cutover.session import Moving, PhaseEnded, Session, collecting
from apim_aks.deployment import StepDone
from apim_aks.deployment.sequence import Waits
from apim_aks.listing import listed
from apim_aks.verification.scene import LiveScene

ROLLBACK = "rollback"
_TOUCHED = frozenset(HostState) - {HostState.WAITING, HostState.BACK}


def would_go_back(record: CutoverRecord, option: str, closed: tuple[str, ...] = ()) -> PhaseEnded:
    """What would be given back and moved back, without changing anything.

    `closed` are the files that closing has begun with.
    """
    given_back = (StepDone(f, "closed", "what it changed comes back") for f in reversed(closed))
    hosts = (_would(h) for h in record.hosts if h.state in _TOUCHED or h.kept)
    session_steps = (*given_back, *hosts)
    words = (
        "nothing was moved back; use --apply to move back" if session_steps else "nothing is moved"
    )
    return PhaseEnded(phase=ROLLBACK, option=option, steps=session_steps, waits_for=(words,))


def _would(host: HostRecord) -> StepDone:
    where = listed([t for k in host.kept for t in k.was]) or "by hand: its callers call it again"
    return StepDone(host.called, host.state.value, where)


def rollback(scene: LiveScene, given: Moving) -> PhaseEnded:
    """Move callers back, the last host first; what was moved by hand goes back by hand.

    Raises:
        AzureRefused: Azure refused; what was put back until then is recorded.
        InputError: the record is damaged or about another subscription.
    """
    session, waits = Session(scene, given, ROLLBACK), list[str]()
    with collecting(waits), session:
        session.require_confirmed()
        lost = reopen(session)
        for host in reversed(session.record.hosts):
            with collecting(waits):
                _back(session, host, lost)
        session.keep(replace(session.record, complete_at=0, began_at=0))
        if not waits:
            settled(session)
    return session.ended(waits, "Callers are served as before the cut-over.")


def _back(session: Session, host: HostRecord, lost: frozenset[str]) -> None:
    if host.state is HostState.BACK or not (host.kept or host.state in _TOUCHED):
        return
    if gone := sorted(lost & {*host.before, *(t for k in host.kept for t in k.was)}):
        raise Waits(
            f"{host.id}: it led to {listed(gone)}, which did not come back with its Service, so "
            "that it still leads to the gateway, which answers"
        )
    names = Names(session)
    # A name that leads nowhere for a moment is worse than one that leads to two places.
    lefts = [names.back(k) for k in sorted(host.kept, key=lambda k: k.properties is None)]
    if left := [words for words in lefts if words]:
        raise Waits(f"{host.id}: {'; '.join(left)}")
    if host.kept:
        before, record = set(host.before), "its record is as it was"
        session.require_resolved(host.id, lambda held: held == before, record)
    session.keep(session.record.with_host(replace(host, state=HostState.BACK)))
    by_hand = "its callers go back by hand: they call it again, and it still answers"
    session.told(host.called, "done", "the name is as it was" if host.kept else by_hand)
