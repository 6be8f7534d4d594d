"""What Azure would do, what was done and what would be removed, as sign and as word."""

from __future__ import annotations

from apim_aks.columns import Column
from apim_aks.deployment import ChangeType, Deployed, Fate, Plan, Removal, ResourceChange, StagePlan
from apim_aks.page.html import Html, code, folded, items, joined, mark, paragraph, table
from apim_aks.remote.azure import AzureClient, redacted

_KIND = {ChangeType.DELETE: "fail", ChangeType.CREATE: "pass", ChangeType.NO_CHANGE: "none"}


def plan_summary(found: Plan, refused: str = "") -> Html:
    """One row a stage: where it goes, how much it changes, and why it comes there.

    What is `refused` takes the place of the table.
    """
    if refused:
        return paragraph(mark("fail", "✗", "not planned"), f" {redacted(refused)}")
    return table(
        "The plan, in order",
        found.stages,
        Column("Stage", lambda s: code(s.stage)),
        Column("Resource group", lambda s: code(redacted(s.group))),
        Column("Changes", lambda s: redacted(s.refusal or s.summary)),
        Column("Why", lambda s: s.because),
    )


def plan_stages(found: Plan) -> Html:
    """Every resource of every stage, folded by stage."""
    return joined(folded(s.stage, _stage(s)) for s in found.stages)


def _stage(stage: StagePlan) -> Html:
    notes = (redacted(n) for n in (stage.basis, *stage.notes) if n)
    listed = table(
        f"{stage.stage}: resources",
        stage.changes,
        Column("ResourceChange", _kind),
        Column("Resource", lambda c: c.type),
        Column("Name", lambda c: code(redacted(c.name))),
        Column("Properties", _properties),
        whole=True,
    )
    return joined((*(paragraph(n) for n in notes), listed))


def _kind(change: ResourceChange) -> Html:
    return mark(_KIND.get(change.kind, "warn"), change.kind.sign, change.kind.label)


def _properties(change: ResourceChange) -> str:
    shown = "; ".join(redacted(p.text) for p in change.shown[:6])
    return shown or redacted(change.because) or "–"


def plan_warnings(found: Plan) -> Html:
    """What would be lost and what would interrupt traffic; said too where it is nothing."""
    lost = (f"lost in {s}: {c.type} {c.name}" for s, c in found.lost)
    cut = (f"interrupts traffic in {s}: {c.type} {c.name}" for s, c in found.interrupting)
    sentences = [redacted(text) for text in (*lost, *cut)]
    return items(sentences) if sentences else paragraph("Nothing is lost, nothing interrupted.")


def asked_of(client: AzureClient | None, because: str) -> Html:
    """The signed-in identity, shortened, or why Azure was not contacted."""
    reason = f"{because[:1].upper()}{because[1:].rstrip('.')}."
    return paragraph(redacted(client.identity().sentence if client else reason))


def deployed_table(done: Deployed) -> Html:
    """Step by step what was done, and what it waits for or what follows."""
    listed = table(
        "Steps",
        done.steps,
        Column("Step", lambda s: code(s.name)),
        Column("State", lambda s: s.state),
        Column("Result", lambda s: redacted(s.seen)),
        whole=True,
    )
    listed = listed if done.steps else Html("")
    return joined((listed, *(paragraph(redacted(sentence)) for sentence in done.closing)))


def removal_table(found: Removal) -> Html:
    """What would be removed, in order, and what is left because it is not ours."""
    return table(
        "What would be removed",
        found.items,
        Column(
            "What becomes of it", lambda i: mark(_FATE.get(i.fate, "none"), i.fate.sign, i.fate)
        ),
        Column("Resource", lambda i: i.what),
        Column("Because", lambda i: redacted(i.because)),
        whole=True,
    )


_FATE = {Fate.REMOVE: "warn", Fate.LEADS: "warn", Fate.LEFT: "pass"}
