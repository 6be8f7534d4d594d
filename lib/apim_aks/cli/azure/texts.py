"""Plan, deployment and removal as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from apim_aks.cli import console
from apim_aks.cli.console import Row
from apim_aks.cli.text import contract_text
from apim_aks.columns import Column
from apim_aks.cutover.checklist import PhaseLine
from apim_aks.deployment import Deployed, Plan, Removal, ResourceChange, Revised
from apim_aks.remote.azure import redacted
from apim_aks.topology.check import Check, State
from apim_aks.verification import Drift, DriftState, Verified


def _table(rows: Iterable[Row], *columns: Column[Row, str]) -> str:
    """A table whose cells are redacted before lines are wrapped: a break would hide an id."""
    return console.table(rows, *(Column(c.head, partial(_redacted, c)) for c in columns))


def _redacted(column: Column[Row, str], row: Row) -> str:
    return redacted(column.cell(row))


def plan_text(found: Plan) -> str:
    """The plan for a terminal: losses and interruptions first, then each stage."""
    lines = [found.identity.sentence] if found.identity else []
    lines += [f.line for f in found.findings]
    for words, changes in (("Lost", found.lost), ("Interrupts traffic", found.interrupting)):
        for stage, change in changes:
            lines.append(f"{words}: {stage}: {change.type} {change.name}")
            picked = change.deleted if words == "Lost" else change.interrupting
            lines += [f"    {p.text}{f' ({p.interrupts})' if p.interrupts else ''}" for p in picked]
    for part in found.stages:
        lines.append(f"\n{part.stage} in {part.group}: {part.refusal or part.summary}")
        lines += [f"  {note}" for note in (part.basis, *part.notes) if note]
        lines += [_changes(part.changes)] if part.changes else []
    return "\n".join(redacted(line) for line in lines)


def phases_text(found: Iterable[PhaseLine], price: str) -> str:
    """The phases as a checklist, and what the option costs an hour."""
    listed = _table(
        found,
        Column("state", lambda p: p.standing.value),
        Column("phase", lambda p: p.row.command),
        Column("a person", lambda p: p.row.decides),
        Column("after a lost run", lambda p: p.row.goes_on),
        Column("takes", lambda p: p.row.lasts),
    )
    return f"{listed}\n\n{price}"


def _changes(found: Sequence[ResourceChange]) -> str:
    return _table(
        found,
        Column("", lambda c: c.kind.sign),
        Column("change", lambda c: "no change" if c.only_noise else c.kind.label),
        Column("resource", lambda c: f"{c.type.split('/', 1)[-1]} {c.name}"),
        Column("properties", _properties),
    )


def _properties(change: ResourceChange) -> str:
    shown = "; ".join(p.text for p in change.shown[:6])
    folded = f"; {change.folded} without meaning" if change.folded else ""
    return f"{shown}{folded}{change.because}".strip("; ")


def deployed_text(done: Deployed) -> str:
    """The steps that were taken, and what follows, as text."""
    steps = _table(
        done.steps,
        Column("", lambda s: s.state),
        Column("step", lambda s: s.name),
        Column("result", lambda s: s.seen),
    )
    listed = [steps] if done.steps else []
    return "\n\n".join((*listed, *(redacted(sentence) for sentence in done.closing)))


def revised_text(found: Revised) -> str:
    """The changes of a new revision for callers, and whether it is current, as text."""
    state, seen = found.call
    serves = found.number if found.current else found.serving
    return redacted(
        f"{contract_text(found.difference)}\n\n"
        f"{state.sign} Revision {found.number} of {found.api}: {seen}. "
        f"Callers get revision {serves}."
    )


def removal_text(found: Removal) -> str:
    """The result for each resource, as text."""
    return _table(
        found.items,
        Column("", lambda i: i.fate.sign),
        Column("fate", lambda i: i.fate.value),
        Column("resource", lambda i: i.what),
        Column("because", lambda i: i.because),
    )


def verified_text(found: Verified) -> str:
    """Each check, failed ones first, then the differences from the design, as text."""
    order = (State.FAIL, State.NOT_RUN, State.PASS)
    checks = sorted(found.checks, key=lambda c: order.index(c.state))
    said = ["", *(_seen(c) for c in checks)]
    listed = _table(
        zip(checks, said, said[1:], strict=False),
        Column("", lambda row: row[0].state.sign),
        Column("state", lambda row: row[0].state.label),
        Column("check", lambda row: row[0].id),
        Column("seen", lambda row: "the same" if row[2] == row[1] else row[2]),
    )
    return "\n\n".join(redacted(part) for part in (listed, *_drift(found.drift)))


def _seen(check: Check) -> str:
    return "; ".join(text for text in (check.observed, check.reason) if text)


def _drift(found: tuple[Drift, ...]) -> list[str]:
    if not found:
        return []
    counts = ", ".join(
        f"{n} {state.value}" for state in DriftState if (n := sum(d.state is state for d in found))
    )
    other = [d for d in found if d.state is not DriftState.SAME]
    listed = _table(
        other,
        Column("", lambda d: d.state.sign),
        Column("resource", lambda d: d.resource),
        Column("property", lambda d: d.property),
        Column("difference", _difference),
    )
    return [f"Design against Azure: {counts}.", *([listed] if other else [])]


def _difference(drift: Drift) -> str:
    if drift.state is DriftState.DIFFERS:
        return f"designed {drift.designed}, in Azure {drift.found}"
    return drift.because or drift.found or drift.designed or drift.state.value
