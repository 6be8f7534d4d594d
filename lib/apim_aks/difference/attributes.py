"""Subjects with attributes, and what of them was added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from apim_aks.difference.change import Change, Gate
from apim_aks.difference.counted import Moved, apart


class Subject(NamedTuple):
    """What is compared, by its words, and the option that it is about, if it is about one."""

    words: str
    option: str = ""


Attributes = Mapping[str, str]
"""Name and value; the name is empty where it says nothing, or `UNNAMED` where it is not shown."""

Facet = Mapping[Subject, Attributes]
"""A subject, and what is said of it, the most important first."""

UNNAMED = "#"
PLACE = "@"
"""The attribute that says in which file and line the subject stands: where it is is no change."""
DIGEST = f"{UNNAMED}digest"
"""The attribute that says no more than that something differs."""
COUNTED = " counts:"
"""How the name of an attribute ends that has what was counted for the one before it, in lines."""

_LONG = 60
_FIRST = 4
"""How many attributes are shown of what is new or gone."""


def changes(
    old: Facet, new: Facet, gates: Mapping[Subject, Gate] | None = None
) -> Iterator[Change]:
    """What was added, removed and changed, in the order of the old and then the new subjects."""
    for subject in {**old, **new}:
        before, now = _said(old.get(subject)), _said(new.get(subject))
        if before == now:
            continue
        told = _whole(before, now) if before is None or now is None else _differing(before, now)
        yield Change(
            subject=", ".join(filter(None, (subject.words, told.name))),
            option=subject.option,
            kind="added" if before is None else "removed" if now is None else "changed",
            place=(new.get(subject) or old[subject]).get(PLACE, ""),
            before=told.before,
            now=told.now,
            because=told.because,
            gate=(gates or {}).get(subject),
        )


class _Told(NamedTuple):
    """What is said of a subject before and now, and why; the name of all that is said, if any."""

    before: str
    now: str
    because: str = ""
    name: str = ""


def _said(attributes: Attributes | None) -> Attributes | None:
    """What is compared of a subject."""
    return attributes and {n: value for n, value in attributes.items() if n != PLACE}


def _whole(before: Attributes | None, now: Attributes | None) -> _Told:
    """A subject that one side alone has, by its first attributes."""
    said = before or now or {}
    items = {i for n, value in said.items() if n.endswith(COUNTED) for i in value.splitlines()}
    names = [n for n in said if not (n.endswith(COUNTED) or n in items)]
    names = [n for n in names if n != DIGEST or len(said) == 1]
    return _Told(*(_words(side or {}, names[:_FIRST]) for side in (before, now)))


def _differing(before: Attributes, now: Attributes) -> _Told:
    """The attributes that differ before and now, and what is counted otherwise as their reason.

    What is new or gone of a counted list says enough: what else is said of it is not shown.
    """
    names = [n for n in {**before, **now} if before.get(n) != now.get(n)]
    lists = [Moved.of(before.get(n, ""), now.get(n, "")) for n in names if n.endswith(COUNTED)]
    counted = {item for moved in lists for item in (*moved.gone, *moved.new)}
    plain = [n for n in names if not n.endswith(COUNTED) and n not in counted]
    plain = [n for n in plain if n != DIGEST or len(names) == 1]
    why = "; ".join(filter(None, (moved.words for moved in lists)))
    if len(plain) == 1 and (name := _shown(plain[0])):
        was, is_ = (side.get(name, "none") for side in (before, now))
        if min(len(was), len(is_)) > _LONG:
            was, is_ = apart(was, is_)
        return _Told(was, is_, why, name)
    return _Told(_words(before, plain), _words(now, plain), why)


def _words(attributes: Attributes, names: Iterable[str]) -> str:
    there = (n for n in names if n in attributes)
    return "; ".join(f"{_shown(n)} {attributes[n]}".strip() for n in there)


def _shown(name: str) -> str:
    return "" if name.startswith(UNNAMED) else name
