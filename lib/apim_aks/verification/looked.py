"""Reading answers without trusting them: values by path, words that are the same, what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apim_aks.azure_client import Json, redacted, resource_name
from apim_aks.verification.verdict import Verdict, judged

ABSENT = "nothing"
_MOST = 8


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


def gone(id: str) -> tuple[str, ...]:
    """The sentence for a resource that is not there."""
    return (f"{redacted(resource_name(id))}: nothing is there",)


def looked(wrong: Iterable[str], fine: str) -> Verdict:
    """Passed where nothing is wrong, else failed with what is, the first few in words."""
    found = tuple(dict.fromkeys(wrong))
    rest = (f"{len(found) - _MOST} more",) if len(found) > _MOST else ()
    return judged(not found, redacted("; ".join((*found[:_MOST], *rest)) or fine))
