"""Everything that differs between two sides, as one value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from apim_aks.decision.as_json import SCHEMA_VERSION, plain
from apim_aks.difference.attributes import Facet, changes
from apim_aks.difference.change import Change, Compared, Gate, Part
from apim_aks.difference.connectivity import connectivity
from apim_aks.difference.contracts import contract
from apim_aks.difference.facets import DECIDING, HOLDS, PRICES
from apim_aks.difference.side import Side
from apim_aks.listing import counted
from apim_aks.topology.check import Check, State


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes from the old side to the new one, part by part."""

    old: Side = field(repr=False)
    new: Side = field(repr=False)
    parts: tuple[Compared, ...]

    @property
    def unchanged(self) -> bool:
        """Everything was compared, and nothing differs."""
        return not any(p.changes or p.not_compared for p in self.parts)

    def part(self, part: Part) -> Compared:
        """What was found of this part."""
        return next(p for p in self.parts if p.part is part)

    def stopped_by(self, gates: Sequence[Gate]) -> Iterator[str]:
        """A sentence for each of these gates that is not passed; what was not compared is none."""
        for gate in gates:
            part = self.part(gate.part)
            found = [c for c in part.changes if c.gate is gate]
            if found:
                first = found[0]
                count = counted(len(found), "change")
                yield f"{gate.value}: {count}; the first is {first.subject} ({first.kind})."
            elif part.not_compared:
                yield f"{gate.value}: not compared. {part.not_compared[0]}"


def difference(old: Side, new: Side) -> Difference:
    """Compare two sides; a part that one of them lacks is not compared, and says so."""
    return Difference(old, new, tuple(_compared(old, new, part) for part in Part))


def _compared(old: Side, new: Side, part: Part) -> Compared:
    if part is Part.CONTRACT:
        return contract(old, new)
    if part is Part.CONNECTIVITY:
        return connectivity(old, new)
    if part is Part.CHECKS:
        return _checks(old, new)
    gates = _decided(old, new) if part is Part.DECISION else {}
    lacking = tuple(_lacking(old, new, part))
    before, now = (_without(s.facets[part], PRICES if lacking else "") for s in (old, new))
    found = sorted(changes(before, now, gates), key=partial(_place, new))
    return Compared(part, tuple(found), lacking)


def _place(new: Side, change: Change) -> tuple[bool, ...]:
    """What stops comes first, then what says which option is followed, then that option."""
    deciding = (*DECIDING, HOLDS)
    return change.gate is None, change.subject not in deciding, change.subject != new.followed


def _without(facet: Facet, subject: str) -> Facet:
    return {s: value for s, value in facet.items() if s != subject}


def _decided(old: Side, new: Side) -> dict[str, Gate]:
    """The rows that stop a pull request: another option is followed, or the decision is lost."""
    rows = (
        *(DECIDING if old.followed != new.followed else ()),
        *((HOLDS,) if new.holds is False else ()),
    )
    return dict.fromkeys(rows, Gate.DECISION)


def _lacking(old: Side, new: Side, part: Part) -> Iterator[str]:
    """What of a part stands on one side alone, because an earlier version did not write it."""
    if part is Part.FACTS:
        for name, side in (("old", old), ("new", new)):
            if PRICES not in side.facets[part]:
                yield f"The {name} side does not say of which day its prices are."


def _checks(old: Side, new: Side) -> Compared:
    if old.checks is None or new.checks is None:
        side = "old" if old.checks is None else "new"
        return Compared(Part.CHECKS, not_compared=(f"The {side} side has no checks.json.",))
    now = {c.id: c for c in new.checks}
    failed = {c.id for c in old.checks if c.state is State.FAIL}
    then, is_ = ({c.id: {"": _ended(c)} for c in checks} for checks in (old.checks, new.checks))
    found = (_of_check(c, now.get(c.subject), failed, new.followed) for c in changes(then, is_))
    return Compared(Part.CHECKS, tuple(sorted(found, key=lambda c: c.gate is None)))


def _ended(check: Check) -> str:
    """How it ended; of one that failed, also with what."""
    return f"fail: {check.observed}" if check.state is State.FAIL else check.state.label


def _of_check(change: Change, check: Check | None, failed: set[str], followed: str) -> Change:
    """The change with what was seen; a new failure of the option that is followed stops."""
    if check is None:
        return change
    new = check.state is State.FAIL and check.id not in failed
    stops = new and check.option == followed
    expected = f"expected: {check.expected}"
    reason = expected if check.state is State.FAIL else check.reason or check.observed
    return replace(change, because=reason, gate=Gate.CHECK if stops else None)


def difference_data(found: Difference) -> dict[str, Any]:
    """All of it as JSON, as data/schemas/difference.schema.json describes it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "old": _side(found.old),
        "new": _side(found.new),
        "parts": [_part(part) for part in found.parts],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "workload": side.workload,
        "title": side.title,
        "inputs": side.digest,
        "followed": side.followed or None,
        "decision_holds": side.holds,
        "verdict": side.verdict or None,
    }


def _part(compared: Compared) -> dict[str, Any]:
    return {
        "part": compared.part.value,
        "not_compared": list(compared.not_compared),
        "changes": plain(compared.changes),
    }
