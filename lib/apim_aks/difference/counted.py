"""Lists of what was counted: which items are new, gone, or count otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from apim_aks.listing import shown

_CLAUSES = re.compile(r"[,;] (?![^(]*\))")
_LONG = 4_000
"""How long texts may be together to be cut into clauses: texts of others may have any length."""
_SHOWN = 2
"""How many items of each kind are shown."""


class Moved(NamedTuple):
    """The items that are counted no more, and those that are counted now."""

    gone: tuple[str, ...]
    new: tuple[str, ...]

    @classmethod
    def of(cls, before: str, now: str) -> Moved:
        """What differs between two lists, an item in each line."""
        return cls(*map(tuple, _apart(before.splitlines(), now.splitlines())))

    @property
    def words(self) -> str:
        """What is counted otherwise by its head, then what is counted no more, and now."""
        pairs = dict(_pairs(self))
        gone = [item for item in self.gone if _head(item) not in pairs]
        new = [item for item in self.new if _head(item) not in pairs]
        said = (
            shown([*pairs.values()], _SHOWN),
            f"counted no more: {shown(gone, _SHOWN)}" if gone else "",
            f"counted now: {shown(new, _SHOWN)}" if new else "",
        )
        return "; ".join(filter(None, said))


def _pairs(moved: Moved) -> Iterator[tuple[str, str]]:
    """By the head of an item before its colon, which is on both sides: how it counted, and does."""
    then = {_head(i): i.partition(": ")[2] for i in moved.gone if ": " in i}
    for item in moved.new:
        head, _, now = item.partition(": ")
        if head in then and now:
            was, is_ = apart(then[head], now)
            both = f"{was}, now {is_}" if is_ else f"no longer {was}"
            yield head, f"{head}: {both if was else f'now also {is_}'}"


def apart(was: str, now: str) -> tuple[str, str]:
    """The clauses that differ; of numbers the last, which is the sum of those before it."""
    if len(was) + len(now) > _LONG:
        return was, now
    gone, new = _apart(_CLAUSES.split(was), _CLAUSES.split(now))
    if not (gone or new):
        return was, now
    if len(gone) == len(new) > 1 and gone[-1][:1].isdigit() and new[-1][:1].isdigit():
        return gone[-1], new[-1]
    return ", ".join(gone), ", ".join(new)


def _apart(then: Sequence[str], now: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is in the first alone, and in the second alone."""
    before, after = set(then), set(now)
    return [i for i in then if i not in after], [i for i in now if i not in before]


def _head(item: str) -> str:
    return item.partition(": ")[0]
