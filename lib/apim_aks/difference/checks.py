"""How each check ends now that ended otherwise before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from apim_aks.difference.attributes import Subject, changes
from apim_aks.difference.change import NO_LONGER_PROVED, Change, Compared, Gate, Part
from apim_aks.difference.side import Side
from apim_aks.difference.states import NOBODY
from apim_aks.listing import listed
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.zones import Zone
from apim_aks.topology.check import Check, State

_KINDS = {State.FAIL: "fails now", State.NOT_RUN: NO_LONGER_PROVED, State.PASS: "passes now"}
_OUTSIDE = (Zone.INTERNET.value, Zone.REGION.value)
_THROUGH = (
    "has a public address, but with this option policies let nobody from the internet through it"
)


def checks(old: Side, new: Side) -> Compared:
    """The checks of every option that ended otherwise: new failures come first."""
    if not (old.checks and new.checks):
        side = "new" if old.checks else "old"
        lacks = (
            "has no check" if (new if old.checks else old).checks == () else "has no checks.json"
        )
        return Compared(Part.CHECKS, not_compared=(f"The {side} side {lacks}.",))
    before, now = ({_subject(c): c for c in side.checks or ()} for side in (old, new))
    lacking = tuple(_lacking(old, new))
    then, is_ = ({s: {"": _ended(c)} for s, c in all.items()} for all in (before, now))
    found = (_told(c, before, now, new) for c in changes(then, is_))
    return Compared(Part.CHECKS, tuple(sorted(found, key=lambda c: c.gate is None)), lacking)


def _lacking(old: Side, new: Side) -> Iterator[str]:
    """A side without any check of the option that the other one follows, or this one."""
    for name, side in (("old", old), ("new", new)):
        if new.followed and all(check.option != new.followed for check in side.checks or ()):
            yield f"The {name} side has no check of {new.followed}."


def _subject(check: Check) -> Subject:
    return Subject(check.id.removeprefix(f"{check.option}."), check.option)


def _ended(check: Check) -> str:
    """How it ended; of one that failed, also with what."""
    return f"fail: {check.observed}" if check.state is State.FAIL else check.state.label


def _told(
    change: Change, before: Mapping[Subject, Check], now: Mapping[Subject, Check], new: Side
) -> Change:
    """The change with what was seen; a new failure of the option that is followed stops."""
    subject = Subject(change.subject, change.option)
    check, was = now.get(subject), before.get(subject)
    if check is None:
        return change
    fails = check.state is State.FAIL and not (was and was.state is State.FAIL)
    stops = fails and check.option == new.followed
    return replace(
        change,
        kind=_kind(was, check) or change.kind,
        because="; ".join(_reasons(check, new)),
        gate=Gate.CHECK if stops else None,
    )


def _kind(was: Check | None, check: Check) -> str:
    """What became of its state; empty where it is the same, or was never proved."""
    if was is None or was.state is check.state:
        return ""
    if check.state is State.NOT_RUN and was.state is State.FAIL:
        return ""
    return _KINDS[check.state]


def _reasons(check: Check, new: Side) -> Iterator[str]:
    if check.state is not State.FAIL:
        yield check.reason or check.observed
        return
    yield f"expected: {check.expected}"
    if closed := [*_closed(check, new)]:
        yield f"{listed(closed)} {_THROUGH}"


def _closed(check: Check, new: Side) -> Iterator[str]:
    """The Services that it counts, which nobody on the internet reaches with its option."""
    told = (new.states or {}).get(check.option)
    for (service, port), answers in told.ports.items() if told else ():
        number = port.rpartition(" ")[2]
        counted = re.search(rf"(?<![\w/.-]){re.escape(service)}: {number}\b", check.observed)
        if counted and all(answers.get(zone, NOBODY).answer is Answer.CLOSED for zone in _OUTSIDE):
            yield f"Service {service}"
