"""Who of the callers inside the cluster keeps its connections under an option."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.page.html import Content, Html, items, mark, some, table
from apim_aks.reachability.because import EACH, out_of
from apim_aks.reachability.reach import Answer
from apim_aks.verification.callers import Access, access

_MARKS = {Answer.OPEN: ("pass", "✓"), Answer.UNKNOWN: ("warn", "?"), Answer.CLOSED: ("fail", "✗")}


def callers_table(design: Design, placement: Placement) -> Html:
    """The calls inside the cluster before and after the option's manifests; else nothing.

    Callers of one port for which the same decides stand in one row.
    """
    found = sorted(access(design, placement), key=lambda a: not a.lost)
    if not found:
        return Html("")
    return table(
        f"Callers inside the cluster under {placement.option.title}",
        _alike(found),
        Column("Caller", lambda alike: some([a.call.caller.called for a in alike])),
        Column("Service", lambda alike: alike[0].call.callee),
        Column("Port", lambda alike: alike[0].port),
        Column("Call", lambda alike: alike[0].call.state.label),
        Column("Before", lambda alike: _marked(alike[0].before.answer)),
        Column("After", lambda alike: _marked(alike[0].after.answer)),
        Column("Why", _why),
    )


def _alike(found: Sequence[Access]) -> list[list[Access]]:
    by_reason: dict[tuple[object, ...], list[Access]] = {}
    for a in found:
        answers = a.before.answer, a.after.answer
        same = (a.call.callee, a.port, a.behind, a.call.state, *answers, _reasons(a, EACH))
        by_reason.setdefault(same, []).append(a)
    return list(by_reason.values())


def _marked(answer: Answer) -> Html:
    return mark(*_MARKS[answer], answer)


def _reasons(access: Access, source: str) -> tuple[str, ...]:
    caller = access.call.caller
    return out_of(access.after.because, f"{caller.id}[{caller.kind}]", source)


def _why(alike: Sequence[Access]) -> Content:
    said = _reasons(alike[0], EACH) if len(alike) > 1 else alike[0].after.because
    return items(said) if len(said) > 1 else "".join(said)
