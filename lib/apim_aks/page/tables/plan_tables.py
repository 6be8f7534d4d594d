"""What Azure would do, what was done and what would be removed, as sign and as word."""

from __future__ import annotations

from apim_aks.deployment import ChangeType, Deployed, Fate, Plan, Removal, ResourceChange, StagePlan
from apim_aks.page.html import Content, Html, code, folded, items, joined, mark, paragraph, table
from apim_aks.remote.azure import AzureClient, redacted

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
    columns = ("ResourceChange", "Resource", "Name", "Properties")
    listed = table(
        columns, (_row(c) for c in stage.changes), f"{stage.stage}: resources", whole=True
    )
    return joined((*(paragraph(n) for n in notes), listed))


def _row(change: ResourceChange) -> tuple[Content, ...]:
    word = mark(_KIND.get(change.kind, "warn"), change.kind.sign, change.kind.label)
    shown = "; ".join(redacted(p.text) for p in change.shown[:6])
    return word, change.type, code(redacted(change.name)), shown or redacted(change.because) or "–"


def plan_warnings(found: Plan) -> Html:
    """What would be lost and what would interrupt traffic; said too where it is nothing."""
    lost = (f"lost in {s}: {c.type} {c.name}" for s, c in found.lost)
    cut = (f"interrupts traffic in {s}: {c.type} {c.name}" for s, c in found.interrupting)
    sentences = [redacted(text) for text in (*lost, *cut)]
    return items(sentences) if sentences else paragraph("Nothing is lost, nothing interrupted.")


def asked_of(client: AzureClient | None, because: str) -> Html:
    """Who asks, shortened, or why nobody does."""
    return paragraph(redacted(client.identity().sentence if client else because))


def deployed_table(done: Deployed) -> Html:
    """Step by step what was done, and what it waits for or what follows."""
    rows = ((code(s.name), s.state, redacted(s.seen)) for s in done.steps)
    listed = (
        table(("Step", "State", "Result"), rows, "Steps", whole=True) if done.steps else Html("")
    )
    return joined((listed, *(paragraph(redacted(sentence)) for sentence in done.closing)))


def removal_table(found: Removal) -> Html:
    """What would be removed, in order, and what is left because it is not ours."""
    rows = (
        (mark(_FATE.get(i.fate, "none"), i.fate.sign, i.fate.value), i.what, redacted(i.because))
        for i in found.items
    )
    return table(
        ("What becomes of it", "Resource", "Because"), rows, "What would be removed", whole=True
    )


_FATE = {Fate.REMOVE: "warn", Fate.LEFT: "pass"}
