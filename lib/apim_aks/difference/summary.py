"""The Markdown of a pull request: verdict, what changed, failing and unknown checks, a picture.

Names and texts of others are code, in which nothing is a mention, a link, a reference or HTML; each
line and the number of lines are bounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from os.path import commonprefix
from urllib.parse import quote

from apim_aks.decision.prose import quoted, table
from apim_aks.difference.change import Change, Compared
from apim_aks.difference.difference import Difference
from apim_aks.difference.side import Side
from apim_aks.listing import counted, listed
from apim_aks.topology.check import Check, State, tally

LINES = 60
"""The most that a summary has."""

_ROWS = 3
"""How many changes of a part, failing checks, and reasons of checks not run are listed."""
_LONG = 400
_ALIKE = 40
"""How much is shown of what is alike in two texts."""
_HEADS = ("Part", "What", "Change", "Before", "Now", "Why")


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
        [f"## {quoted(new.title)}: {_headline(found)}"],
        [quoted(new.verdict, _LONG)] if new.verdict else [],
        [f"- ✗ {quoted(sentence, _LONG)}" for sentence in stopped],
        list(_changed(found)) if found else ["Not compared with an earlier state."],
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
    gates = Counter(c.gate for p in found.parts for c in p.changes if c.gate)
    serious = [f"{number} {gate.counted}" for gate, number in sorted(gates.items())]
    total = sum(len(p.changes) for p in found.parts)
    return listed([*serious, counted(total, "change") + (" in all" if serious else "")])


def _changed(found: Difference) -> Iterator[str]:
    """The first changes of each part with what is not compared, then what did not change."""
    rows = [row for part in found.parts for row in _rows(part)]
    if rows:
        yield from table(_HEADS, rows)
        yield ""
    same = [p.part.label for p in found.parts if not p.changes and not p.not_compared]
    if same:
        yield f"No change: {listed(same)}."


def _rows(part: Compared) -> Iterator[Sequence[str]]:
    for change in part.changes[:_ROWS]:
        yield (part.part.label, *_cells(change))
    if (rest := len(part.changes) - _ROWS) > 0:
        yield part.part.label, f"and {rest:,} more", "", "", "", ""
    for reason in part.not_compared[:1]:
        yield part.part.label, "", "**not compared**", "", "", quoted(reason)


def _cells(change: Change) -> Iterator[str]:
    kind = f"**{change.kind}**" if change.gate else change.kind
    yield quoted(change.subject)
    yield kind
    yield from map(quoted, _apart(change.before, change.now))
    sources = f"from {listed(change.sources, _ROWS)}" if change.sources else ""
    yield quoted("; ".join(filter(None, (sources, change.because))))


def _apart(before: str, now: str) -> tuple[str, str]:
    """Both from shortly before they differ, where they are alike for long."""
    alike = len(commonprefix((before, now)))
    start = alike - _ALIKE
    return (before, now) if start <= 0 else (f"…{before[start:]}", f"…{now[start:]}")


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
