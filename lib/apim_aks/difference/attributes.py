"""Subjects with attributes, and what of them was added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from apim_aks.difference.change import Change, Gate

Attributes = Mapping[str, str]
"""Name and value; the name is empty where it says nothing, or `UNNAMED` where it is not shown."""

Facet = Mapping[str, Attributes]
"""A subject, and what is said of it, the most important first."""

UNNAMED = "#"
COUNTED = " counts:"
"""How the name of an attribute ends that says what was counted for the one before it."""

_FIRST = 5
"""How many attributes are shown of what is new or gone."""


def changes(old: Facet, new: Facet, gates: Mapping[str, Gate] | None = None) -> Iterator[Change]:
    """What was added, removed and changed, in the order of the old and then the new subjects."""
    for subject in {**old, **new}:
        before, now = old.get(subject), new.get(subject)
        gate = (gates or {}).get(subject)
        if before is None or now is None:
            yield _whole(subject, before, now, gate)
        elif before != now:
            yield _changed(subject, before, now, gate)


def _whole(
    subject: str, before: Attributes | None, now: Attributes | None, gate: Gate | None
) -> Change:
    """A subject that one side alone has, by its first attributes."""
    kind = "added" if before is None else "removed"
    names = [n for n in (now or before or {}) if not n.endswith(COUNTED)][:_FIRST]
    was, is_ = _words(before or {}, names), _words(now or {}, names)
    return Change(subject=subject, kind=kind, before=was, now=is_, gate=gate)


def _changed(subject: str, before: Attributes, now: Attributes, gate: Gate | None) -> Change:
    """The attributes that differ; what was counted for a number that changed is its reason."""
    differing = [n for n in {**before, **now} if before.get(n) != now.get(n)]
    told = [n for n in differing if n.endswith(COUNTED) and n[: -len(COUNTED)] in differing]
    names = [n for n in differing if n not in told]
    return Change(
        subject=subject,
        kind="changed",
        before=_words(before, names),
        now=_words(now, names),
        because=_words(now, told),
        gate=gate,
    )


def _words(attributes: Attributes, names: Iterable[str]) -> str:
    there = (n for n in names if n in attributes)
    return "; ".join(f"{_shown(n)} {attributes[n]}".strip() for n in there)


def _shown(name: str) -> str:
    return "" if name.startswith(UNNAMED) else name
