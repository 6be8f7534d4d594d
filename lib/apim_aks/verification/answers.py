"""Reading answers without trusting them: values by path, words that are the same, what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from apim_aks.remote.azure import AzureRefused, Json, redacted, resource_name
from apim_aks.verification.verdict import Verdict, judged, not_run

T = TypeVar("T")

ABSENT = "nothing"
_MOST = 8


class Hidden(str):
    """Why something could not be looked at."""

    __slots__ = ()


def inside(value: Any, path: str) -> Any:
    """What stands at a path such as `properties.sku`; None where it breaks off."""
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def rows(value: Any, path: str = "") -> tuple[Json, ...]:
    """The objects of a list at a path; what is no object is left out, what is no list is empty."""
    found = inside(value, path) if path else value
    return tuple(r for r in found if isinstance(r, dict)) if isinstance(found, list) else ()


def words(value: Any) -> tuple[str, ...]:
    """The texts of a list, or of a single text."""
    listed = value if isinstance(value, list) else [value]
    return tuple(str(v) for v in listed if isinstance(v, (str, int)) and v != "")


def same(found: Any, wanted: Any) -> bool:
    """Equal but for the case of letters; ids come back in other case."""
    return isinstance(found, (str, int)) and str(found).casefold() == str(wanted).casefold()


def said(value: Any) -> str:
    """A value in few words, an id by type and name, nothing secret in it."""
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
    """A sentence where this is not as designed; none where it is."""
    if same(found, wanted):
        return ()
    return (f"{what} is {said(found)}, designed: {said(wanted)}",)


def at_rest(found: Json | None) -> Iterator[str]:
    """Nothing where a resource is done; while it is being changed nothing can be told yet."""
    state = inside(found, "properties.provisioningState")
    if isinstance(state, str) and state.lower() not in ("", "succeeded", "failed", "canceled"):
        yield Hidden(f"it is being changed ({said(state)}); ask again when that is done")
    else:
        yield from other("its state", state, "Succeeded")


def gone(id: str) -> tuple[str, ...]:
    """The sentence for a resource that is not there."""
    return (f"{redacted(resource_name(id))}: nothing is there",)


def each(things: Iterable[T], ask: Callable[[T], Iterable[str]]) -> Iterator[str]:
    """What is wrong with each; what may not be read hides nothing but itself."""
    for thing in things:
        try:
            yield from ask(thing)
        except AzureRefused as refused:
            yield Hidden(refused)


def counted(number: int, one: str, many: str = "") -> str:
    """How many, in words: 1 address, 3 addresses, no addresses."""
    return f"{number or 'no'} {one if number == 1 else many or f'{one}s'}"


def few(lines: Iterable[str], most: int = 3) -> str:
    """The first lines in one sentence, and how many more there are."""
    listed = tuple(dict.fromkeys(lines))
    more = (f"{len(listed) - most} more like these",) if len(listed) > most else ()
    return "; ".join((*listed[:most], *more))


def looked(wrong: Iterable[str], fine: str) -> Verdict:
    """Passed where nothing is wrong, else failed with what is, the first few in words.

    What is hidden is no pass, and no excuse for what was seen.
    """
    told = tuple(dict.fromkeys(wrong))
    hidden = tuple(s for s in told if isinstance(s, Hidden))
    found = tuple(s for s in told if not isinstance(s, Hidden))
    if hidden and not found:
        return not_run(redacted(hidden[0]))
    rest = (f"{len(found) - _MOST} more",) if len(found) > _MOST else ()
    lines = (*found[:_MOST], *rest, *(f"not seen: {h}" for h in hidden[:1]))
    return judged(not found, redacted("; ".join(lines) or fine))
