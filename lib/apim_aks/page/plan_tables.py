"""A plan as a reader sees it: stage by stage what Azure would do, as sign and as word."""

from __future__ import annotations

from apim_aks.azure_client import redacted
from apim_aks.deployment import Change, ChangeType, Plan, StagePlan
from apim_aks.page.html import Content, Html, code, folded, items, joined, mark, paragraph, table

_KIND = {ChangeType.DELETE: "fail", ChangeType.CREATE: "pass", ChangeType.NO_CHANGE: "none"}


def plan_summary(found: Plan) -> Html:
    """One row a stage: where it goes, how much it changes, and why it comes there."""
    rows = (
        (code(s.stage), code(redacted(s.group)), redacted(s.refusal or s.summary), s.because)
        for s in found.stages
    )
    return table(("Stage", "Resource group", "Changes", "Why"), rows, "The plan, in order")


def plan_stages(found: Plan) -> Html:
    """Every resource of every stage, folded by stage."""
    return joined(folded(s.stage, _stage(s)) for s in found.stages)


def _stage(stage: StagePlan) -> Html:
    notes = (redacted(n) for n in (stage.basis, *stage.notes) if n)
    columns = ("Change", "Resource", "Name", "Properties")
    listed = table(columns, (_row(c) for c in stage.changes), f"{stage.stage}: resources")
    return joined((*(paragraph(n) for n in notes), listed))


def _row(change: Change) -> tuple[Content, ...]:
    word = mark(_KIND.get(change.kind, "warn"), change.kind.sign, change.kind.label)
    shown = "; ".join(redacted(p.text) for p in change.shown[:6])
    return word, change.type, code(redacted(change.name)), shown or redacted(change.because) or "–"


def plan_warnings(found: Plan) -> Html:
    """What would be lost and what would interrupt traffic; said too where it is nothing."""
    lost = (f"lost in {s}: {c.type} {c.name}" for s, c in found.lost)
    cut = (f"interrupts traffic in {s}: {c.type} {c.name}" for s, c in found.interrupting)
    sentences = [redacted(text) for text in (*lost, *cut)]
    return items(sentences) if sentences else paragraph("Nothing is lost, nothing interrupted.")
