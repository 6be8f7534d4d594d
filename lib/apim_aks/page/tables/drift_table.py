"""The design against what is there, as a reader sees it: what differs first, the rest folded."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.columns import Column
from apim_aks.listing import counted
from apim_aks.page.html import Content, Html, code, element, folded, joined, mark, paragraph, table
from apim_aks.remote.azure import redacted
from apim_aks.verification import Drift, DriftState

_KIND = {DriftState.SAME: "pass", DriftState.UNKNOWN: "none", DriftState.ADDED: "warn"}
_WHOLE = "the whole resource"
_FIRST = (DriftState.MISSING, DriftState.DIFFERS, DriftState.ADDED)


def drift_table(found: Sequence[Drift]) -> Html:
    """How many are as designed and how many are not, what differs, and the rest folded."""
    if not found:
        return paragraph("Nothing was compared with Azure.")
    differing = [d for state in _FIRST for d in found if d.state is state]
    nothing = paragraph("Nothing differs from the design.")
    shown = _differences(differing) if differing else nothing
    return joined((_summary(found), shown, *_rest(found)))


def _differences(drifts: Sequence[Drift]) -> Html:
    return table(
        "What differs from the design",
        drifts,
        *_ABOUT,
        Column("Property", lambda d: code(redacted(d.property)) if d.property else _WHOLE),
        Column("Designed", lambda d: redacted(d.designed)),
        Column("In Azure", lambda d: redacted(d.found)),
        whole=True,
    )


def _summary(found: Sequence[Drift]) -> Html:
    parts = [
        _state(state, f"{count} {state}")
        for state in DriftState
        if (count := sum(d.state is state for d in found))
    ]
    spaced = [p for part in parts for p in (part, Html(" "))]
    return paragraph(element("strong", f"{counted(len(found), 'comparison')}: "), *spaced)


def _rest(found: Sequence[Drift]) -> tuple[Html, ...]:
    folds = (("cannot be compared", DriftState.UNKNOWN), ("as designed", DriftState.SAME))
    return tuple(
        folded(f"{len(drifts)} {words}", _listed(words, drifts))
        for words, state in folds
        if (drifts := [d for d in found if d.state is state])
    )


def _listed(words: str, drifts: Sequence[Drift]) -> Html:
    return table(
        words,
        drifts,
        *_ABOUT,
        Column("Property", lambda d: redacted(d.property) or _WHOLE),
        Column("Because", lambda d: redacted(d.because) or "–"),
        whole=True,
    )


def _state(state: DriftState, words: str) -> Html:
    return mark(_KIND.get(state, "fail"), state.sign, words)


_ABOUT: tuple[Column[Drift, Content], ...] = (
    Column("Compared", lambda d: _state(d.state, d.state)),
    Column("Resource", lambda d: redacted(d.resource)),
)
