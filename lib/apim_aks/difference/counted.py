"""Lists of what was counted: which items are new, gone, or count otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from apim_aks.listing import shown

_SHOWN = 2
"""How many items of each kind are shown."""


class Moved(NamedTuple):
    """The items that are counted no more, and those that are counted now."""

    gone: tuple[str, ...]
    new: tuple[str, ...]

    @classmethod
    def of(cls, before: str, now: str) -> Moved:
        """What differs between two lists, an item in each line."""
        then, is_ = before.splitlines(), now.splitlines()
        return cls(tuple(i for i in then if i not in is_), tuple(i for i in is_ if i not in then))

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
    then = {_head(item): item for item in moved.gone if ": " in item}
    for item in moved.new:
        head, _, now = item.partition(": ")
        if head in then and now:
            was, is_ = _differing(then[head].partition(": ")[2], now)
            yield head, f"{head}: {was}, now {is_}"


def _differing(was: str, now: str) -> tuple[str, str]:
    """The clauses that differ; of numbers the last, which is the sum of those before it."""
    pairs = list(zip(was.split(", "), now.split(", "), strict=False))
    found = [(a, b) for a, b in pairs if a != b]
    if len(was.split(", ")) != len(now.split(", ")) or not found:
        return was, now
    if all(clause[:1].isdigit() for clause in found[-1]):
        return found[-1]
    return ", ".join(a for a, _ in found), ", ".join(b for _, b in found)


def _head(item: str) -> str:
    return item.partition(": ")[0]
