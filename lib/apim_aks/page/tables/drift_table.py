"""The design against what is there, as a reader sees it: what differs first, the rest folded."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.page.html import Content, Html, code, element, folded, joined, mark, paragraph, table
from apim_aks.page.tables.workload_tables import counted
from apim_aks.remote.azure import redacted
from apim_aks.verification import Drift, DriftState

_KIND = {DriftState.SAME: "pass", DriftState.UNKNOWN: "none", DriftState.ADDED: "warn"}
_FIRST = (DriftState.MISSING, DriftState.DIFFERS, DriftState.ADDED)
_COLUMNS = ("Compared", "Resource", "Property", "Designed", "There")


def drift_table(found: Sequence[Drift]) -> Html:
    """How many are as designed and how many are not, what differs, and the rest folded."""
    if not found:
        return paragraph("Nothing was compared with Azure.")
    differing = [d for state in _FIRST for d in found if d.state is state]
    shown = (
        table(_COLUMNS, (_row(d) for d in differing), "What differs from the design", whole=True)
        if differing
        else paragraph("Nothing differs from the design.")
    )
    return joined((_summary(found), shown, *_rest(found)))


def _summary(found: Sequence[Drift]) -> Html:
    parts = [
        _state(state, f"{count} {state}")
        for state in DriftState
        if (count := sum(d.state is state for d in found))
    ]
    spaced = [p for part in parts for p in (part, Html(" "))]
    return paragraph(element("strong", f"{counted(len(found), 'comparison')}: "), *spaced)


def _rest(found: Sequence[Drift]) -> tuple[Html, ...]:
    hidden = [d for d in found if d.state is DriftState.UNKNOWN]
    same = [d for d in found if d.state is DriftState.SAME]
    listed = (("cannot be compared", hidden), ("as designed", same))
    return tuple(
        folded(
            f"{len(drifts)} {words}",
            table(
                ("Compared", "Resource", "Property", "Because"),
                map(_folded, drifts),
                words,
                whole=True,
            ),
        )
        for words, drifts in listed
        if drifts
    )


def _state(state: DriftState, words: str) -> Html:
    return mark(_KIND.get(state, "fail"), state.sign, words)


def _row(one: Drift) -> tuple[Content, ...]:
    place = code(redacted(one.property)) if one.property else "the whole resource"
    values = (redacted(one.designed), redacted(one.found))
    return _state(one.state, one.state), redacted(one.resource), place, *values


def _folded(one: Drift) -> tuple[Content, ...]:
    because = redacted(one.because) or "–"
    word = _state(one.state, one.state)
    return word, redacted(one.resource), redacted(one.property) or "the whole resource", because
