"""Plan, deployment and removal as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apim_aks.cli import console
from apim_aks.deployment import Deployed, Plan, Removal, ResourceChange
from apim_aks.remote.azure import redacted
from apim_aks.topology.check import Check, State
from apim_aks.verification import Drift, DriftState, Verified


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are redacted before lines are wrapped: a break would hide an id."""
    return console.table(head, [[redacted(cell) for cell in row] for row in rows])


def plan_text(found: Plan) -> str:
    """The plan for a terminal: what is lost and what interrupts first, then stage by stage."""
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
        rows = [_row(c) for c in part.changes]
        lines += [_table(("", "change", "resource", "properties"), rows)] if rows else []
    return "\n".join(redacted(line) for line in lines)


def _row(change: ResourceChange) -> tuple[str, str, str, str]:
    shown = "; ".join(p.text for p in change.shown[:6])
    folded = f"; {change.folded} without meaning" if change.folded else ""
    word = "no change" if change.only_noise else change.kind.label
    name = f"{change.type.split('/', 1)[-1]} {change.name}"
    return change.kind.sign, word, name, f"{shown}{folded}{change.because}".strip("; ")


def deployed_text(done: Deployed) -> str:
    """What was done, step by step, and what follows."""
    rows = [(s.state, s.name, redacted(s.seen)) for s in done.steps]
    listed = [_table(("", "step", "result"), rows)] if rows else []
    return "\n\n".join((*listed, *(redacted(sentence) for sentence in done.closing)))


def removal_text(found: Removal) -> str:
    """What becomes of each resource."""
    rows = [(i.fate.sign, i.fate.value, i.what, redacted(i.because)) for i in found.items]
    return _table(("", "fate", "resource", "because"), rows)


def verified_text(found: Verified) -> str:
    """Each check, failed ones first, then what differs from the design."""
    order = (State.FAIL, State.NOT_RUN, State.PASS)
    checks = sorted(found.checks, key=lambda c: order.index(c.state))
    said = ["", *(_seen(c) for c in checks)]
    rows = [
        (c.state.sign, c.state.label, c.id, "the same" if seen == before else seen)
        for c, before, seen in zip(checks, said, said[1:], strict=False)
    ]
    parts = [_table(("", "state", "check", "seen"), rows), *_drift(found.drift)]
    return "\n\n".join(redacted(part) for part in parts)


def _seen(check: Check) -> str:
    return "; ".join(text for text in (check.observed, check.reason) if text)


def _drift(found: tuple[Drift, ...]) -> list[str]:
    if not found:
        return []
    counts = ", ".join(
        f"{n} {state.value}" for state in DriftState if (n := sum(d.state is state for d in found))
    )
    rows = [
        (d.state.sign, d.resource, d.property, _difference(d))
        for d in found
        if d.state is not DriftState.SAME
    ]
    listed = [_table(("", "resource", "property", "difference"), rows)] if rows else []
    return [f"Design against Azure: {counts}.", *listed]


def _difference(drift: Drift) -> str:
    if drift.state is DriftState.DIFFERS:
        return f"designed {drift.designed}, found {drift.found}"
    return drift.because or drift.found or drift.designed or drift.state.value
