"""Reads untrusted answers: values by path, comparison of texts, and findings in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from apim_aks.remote.azure import AzureRefused, Json, redacted, resource_name
from apim_aks.verification.verdict import Verdict, judged, not_run

T = TypeVar("T")

ABSENT = "nothing"
_MOST = 8


class Hidden(str):
    """Why something could not be read."""

    __slots__ = ()


def inside(value: Any, path: str) -> Any:
    """The value at a path such as `properties.sku`; None if a part is missing."""
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def rows(value: Any, path: str = "") -> tuple[Json, ...]:
    """The objects of a list at a path, without other members; empty if it is not a list."""
    found = inside(value, path) if path else value
    return tuple(r for r in found if isinstance(r, dict)) if isinstance(found, list) else ()


def words(value: Any) -> tuple[str, ...]:
    """The texts of a list, or of a single text."""
    listed = value if isinstance(value, list) else [value]
    return tuple(str(v) for v in listed if isinstance(v, (str, int)) and v != "")


def same(found: Any, wanted: Any) -> bool:
    """Whether texts are equal in any case; Azure returns ids in other case."""
    return isinstance(found, (str, int)) and str(found).casefold() == str(wanted).casefold()


def said(value: Any) -> str:
    """A value in a few words without secrets; an id as type and name."""
    if value is None or value == "" or value == []:
        return ABSENT
    if isinstance(value, str):
        return redacted(resource_name(value) if value.startswith("/subscriptions/") else value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(said(v) for v in value)
    return redacted(str(value)) if isinstance(value, int) else "something else"


def other(what: str, found: Any, wanted: Any) -> tuple[str, ...]:
    """A sentence if this differs from the design, else nothing."""
    if same(found, wanted):
        return ()
    return (f"{what} is {said(found)}, designed: {said(wanted)}",)


def at_rest(found: Json | None) -> Iterator[str]:
    """Return if a resource is provisioned; raises `Hidden` while it is being changed."""
    state = inside(found, "properties.provisioningState")
    if isinstance(state, str) and state.lower() not in ("", "succeeded", "failed", "canceled"):
        yield Hidden(f"it is being changed ({said(state)}); run this again once that is complete")
    else:
        yield from other("its state", state, "Succeeded")


def gone(id: str) -> tuple[str, ...]:
    """The sentence for a resource that does not exist."""
    return (f"{redacted(resource_name(id))}: it does not exist",)


def each(things: Iterable[T], ask: Callable[[T], Iterable[str]]) -> Iterator[str]:
    """The faults of each; an unreadable one does not affect the others."""
    for thing in things:
        try:
            yield from ask(thing)
        except AzureRefused as refused:
            yield Hidden(refused)


def counted(number: int, one: str, many: str = "") -> str:
    """The number in words: 1 address, 3 addresses, no addresses."""
    return f"{number or 'no'} {one if number == 1 else many or f'{one}s'}"


def few(lines: Iterable[str], most: int = 3) -> str:
    """The first lines in one sentence, and the number of the others."""
    listed = tuple(dict.fromkeys(lines))
    more = (f"{len(listed) - most} more like these",) if len(listed) > most else ()
    return "; ".join((*listed[:most], *more))


def looked(wrong: Iterable[str], fine: str) -> Verdict:
    """Passed without faults, else failed with the first few of them.

    Unread resources prevent a pass, but not a failure.
    """
    told = tuple(dict.fromkeys(wrong))
    hidden = tuple(s for s in told if isinstance(s, Hidden))
    found = tuple(s for s in told if not isinstance(s, Hidden))
    if hidden and not found:
        return not_run(redacted(hidden[0]))
    rest = (f"{len(found) - _MOST} more",) if len(found) > _MOST else ()
    lines = (*found[:_MOST], *rest, *(f"not read: {h}" for h in hidden[:1]))
    return judged(not found, redacted("; ".join(lines) or fine))
