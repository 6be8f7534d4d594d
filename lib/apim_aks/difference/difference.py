"""Everything that differs between two sides, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from apim_aks.decision.as_json import SCHEMA_VERSION, plain
from apim_aks.difference.attributes import Facet, Subject, changes
from apim_aks.difference.change import Change, Compared, Gate, Part
from apim_aks.difference.checks import checks
from apim_aks.difference.connectivity import connectivity
from apim_aks.difference.contracts import contract
from apim_aks.difference.facets import DECIDING, HOLDS, PRICES
from apim_aks.difference.pods import workloads
from apim_aks.difference.side import Side
from apim_aks.listing import counted


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

    @property
    def between(self) -> str:
        """The sentence that says which states are compared."""
        old, new = self.old, self.new
        if old.digest == new.digest:
            return f"From {old.title} to {new.title}, both of the same files (input {new.digest})."
        return f"From {old.title} (input {old.digest}) to {new.title} (input {new.digest})."

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
                yield f"{gate.value}: {count}; the first is {first.called} ({first.kind})."
            elif part.not_compared:
                yield f"{gate.value}: not compared. {part.not_compared[0]}"


def difference(old: Side, new: Side) -> Difference:
    """Compare two sides; a part that one of them lacks is not compared, and says so."""
    # What was followed or pinned before is looked for as well as what is now.
    new = replace(new, shown=old.shown | new.shown)
    return Difference(old, new, tuple(_compared(old, new, part) for part in Part))


def _compared(old: Side, new: Side, part: Part) -> Compared:
    if part is Part.CONTRACT:
        return contract(old, new)
    if part is Part.CONNECTIVITY:
        return connectivity(old, new)
    if part is Part.CHECKS:
        return checks(old, new)
    gates = _decided(old, new) if part is Part.DECISION else {}
    lacking = tuple(_lacking(old, new, part))
    before, now = (_without(s.facets[part], PRICES if lacking else None) for s in (old, new))
    if part is Part.INPUT and old.proof and new.proof:
        before = {**before, **workloads(old.proof)}
        now = {**now, **workloads(new.proof)}
    found = sorted(changes(before, now, gates), key=partial(_place, new))
    if part is Part.INPUT:
        found = list(_known(found))
    return Compared(part, tuple(found), lacking)


def _known(found: Iterable[Change]) -> Iterator[Change]:
    """The changes without the files of which it is known what in them differs."""
    found = tuple(found)
    files = {c.place.partition(" line ")[0] for c in found if c.place != c.subject}
    yield from (c for c in found if c.place != c.subject or c.subject not in files)


def _place(new: Side, change: Change) -> tuple[bool, ...]:
    """What stops comes first, then what says which option is followed, then that option."""
    deciding = {s.words for s in (*DECIDING, HOLDS)}
    return (
        change.gate is None,
        change.subject not in deciding,
        change.option not in ("", new.followed),
    )


def _without(facet: Facet, subject: Subject | None) -> Facet:
    return {s: value for s, value in facet.items() if s != subject}


def _decided(old: Side, new: Side) -> dict[Subject, Gate]:
    """The rows that stop a pull request: another option is followed, or the decision is lost."""
    rows = (
        *(DECIDING if old.followed != new.followed else ()),
        *((HOLDS,) if new.holds is False else ()),
    )
    return dict.fromkeys(rows, Gate.DECISION)


def _lacking(old: Side, new: Side, part: Part) -> Iterator[str]:
    """What of a part stands on one side alone, because an earlier version did not write it."""
    for name, side in (("old", old), ("new", new)):
        if part is Part.FACTS and PRICES not in side.facets[part]:
            yield f"The {name} side does not say of which day its prices are."
        if part in (Part.DECISION, Part.COST) and not side.options:
            yield f"The {name} side has no option."


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
