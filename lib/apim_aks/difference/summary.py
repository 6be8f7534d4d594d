"""The Markdown of a pull request: verdict, what changed, failing and unknown checks, a picture.

Names and texts of others are code, in which nothing is a mention, a link, a reference or HTML; each
line and the number of lines are bounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from apim_aks.decision.prose import quoted, table
from apim_aks.difference.change import NO_LONGER_PROVED, Compared, Gate, Part
from apim_aks.difference.difference import Difference
from apim_aks.difference.rows import Row, is_lost, rows
from apim_aks.difference.side import Side
from apim_aks.listing import counted, listed
from apim_aks.topology.check import Check, State, tally

LINES = 60
"""The most that a summary has."""

_ROWS = 3
"""How many changes of a part, failing checks, and reasons of checks not run are listed."""
_LAST, _LAST_ROWS = (Part.MAPPING, Part.FACTS, Part.INPUT), 2
"""The parts that say least, of which fewer are listed."""
_LONG = 400
_HEADS = ("Part", "What", "Change", "Why")


def summary(
    new: Side,
    found: Difference | None = None,
    stopped: Sequence[str] = (),
    picture: str = "",
    url: str = "",
) -> str:
    """At most 60 lines of Markdown about a side, and about what differs where that is known.

    `stopped` are the gates that are not passed, in sentences; `picture` is the path in the report
    of the picture of the option that is followed, `url` where the report is published.
    """
    parts = (
        [f"## {quoted(new.title)}: {_headline(found)}{_of_another(found)}"],
        [f"- ✗ {quoted(sentence, _LONG)}" for sentence in stopped],
        list(_changed(found)) if found else ["Not compared with an earlier state."],
        [quoted(new.verdict, _LONG)] if new.verdict else [],
        list(_checks(new)),
        _picture(new, picture, url),
    )
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _headline(found: Difference | None) -> str:
    """What changed in one line, the serious first."""
    if found is None:
        return "as it is"
    if found.unchanged:
        return "nothing changed that the workbook reads"
    changes = [c for p in found.parts for c in p.changes]
    gates = {g: n for g in Gate if (n := sum(c.gate is g for c in changes))}
    serious = [f"{number} {gate.counted}" for gate, number in gates.items()]
    if lost := sum(is_lost(c, found.new) for c in changes):
        serious.append(f"{lost} {NO_LONGER_PROVED}")
    total = counted(len(changes), "change")
    return listed([*serious, f"{total} in all" if serious else total])


def _of_another(found: Difference | None) -> str:
    """That two workloads are compared, which may be meant: one was renamed."""
    if found is None or found.old.workload == found.new.workload:
        return ""
    return f" (the state before is of another workload, {quoted(found.old.title)})"


def _changed(found: Difference) -> Iterator[str]:
    """The first changes of each part with what is not compared, then what did not change."""
    lines = [line for part in found.parts for line in _lines(part, found.new)]
    if lines:
        yield from table(_HEADS, lines)
        yield ""
    same = [p.part.label for p in found.parts if not p.changes and not p.not_compared]
    if same:
        yield f"No change: {listed(same)}."


def _lines(part: Compared, new: Side) -> Iterator[Sequence[str]]:
    """The first rows about the option that is followed; others are counted."""
    label = part.part.label
    all = rows(part, new)
    near = [row for row in all if row.near]
    most = _LAST_ROWS if part.part in _LAST else _ROWS
    for row in near[:most]:
        yield label, quoted(row.what, _LONG), _became(row), quoted(row.why, _LONG)
    if rest := listed([*_rest(all, len(near) - most)]):
        yield label, f"and {rest}; see difference.json", "", ""
    for reason in part.not_compared[:1]:
        yield label, "", "**not compared**", quoted(reason, _LONG)


def _rest(all: Sequence[Row], more: int) -> Iterator[str]:
    """How many rows are not shown, and how many options have changes that this one has not."""
    if more > 0:
        yield f"{more:,} more"
    if far := {o for row in all if not row.near for o in row.options}:
        yield f"changes of {counted(len(far), 'other option')}"


def _became(row: Row) -> str:
    """What became of it: the kind where the values do not say it."""
    change = row.change
    kind = f"**{change.kind}**" if row.serious else change.kind
    values = quoted(change.values, _LONG)
    if not values or (change.kind == "changed" and not row.serious):
        return values or kind
    return f"{kind}: {values}"


def _checks(new: Side) -> Iterator[str]:
    """How those of the option that is followed ended: which failed, and why some were not run."""
    if new.checks is None:
        yield "Checks: not known, there is no checks.json."
        return
    own = [c for c in new.checks if c.option == new.followed]
    others = sum(c.state is State.FAIL and c.option != new.followed for c in new.checks)
    more = f" Of other options {counted(others, 'check')} failed." if others else ""
    yield f"**{quoted(new.followed_title) or 'No option'}**: {tally(own)}.{more}"
    yield from _failed([c for c in own if c.state is State.FAIL])
    reasons = Counter(c.reason for c in own if c.state is State.NOT_RUN)
    for reason, number in reasons.most_common(_ROWS):
        yield f"- – {number} not run: {quoted(reason)}"


def _failed(checks: Sequence[Check]) -> Iterator[str]:
    for check in checks[:_ROWS]:
        yield f"- ✗ {quoted(check.id)}: {quoted(check.observed)}"
    if (rest := len(checks) - _ROWS) > 0:
        yield f"- ✗ and {rest:,} more failed"


def _picture(new: Side, picture: str, url: str) -> list[str]:
    """A link; without an address only the name, since a link would lead nowhere in a comment."""
    words = f"Picture of {quoted(new.followed_title)}"
    if not picture:
        return []
    if not url:
        return [f"{words}: `{picture}` in the report."]
    return [f"[{words}]({url.rstrip('/')}/{quote(picture)})"]
