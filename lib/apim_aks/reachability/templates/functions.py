"""Functions of Resource Manager whose results their arguments decide alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from apim_aks.facts import azure_facts
from apim_aks.reachability.templates.unknown import Unknown, first_unknown
from apim_aks.workload.names import digest

Function = Callable[..., Any]
LONGEST = 1_000_000
"""Characters of a text and members of a list that are worked out; more is unknown."""


class Misfit(Exception):
    """A function cannot take these arguments."""


def call_of(name: str, arguments: list[Any]) -> Unknown:
    """The unknown result of a call: of the same function and arguments it is the same.

    A reference shows the id that it is about.
    """
    if name.lower() == "reference" and arguments and str(arguments[0]).startswith("/"):
        return Unknown(name, f"<{arguments[0]}>")
    key = f" {digest([str(a) for a in arguments])}" if arguments else ""
    return Unknown(name, f"<{name}{key}>")


def _text(parts: list[Any], whole: str) -> Any:
    """The text, unknown where a part of it is."""
    unknown = first_unknown(parts)
    return Unknown(unknown.name, whole, unknown.place) if unknown else whole


def _format(pattern: Any, *values: Any) -> Any:
    whole = re.sub(r"\{(\d+)\}", lambda hole: str(values[int(hole[1])]), str(pattern))
    return _text([pattern, *values], whole)


def _concat(*parts: Any) -> Any:
    """Lists or texts; what stands beside a list and is unknown may be a list of any length."""
    if not any(isinstance(p, list) for p in parts):
        return _text(list(parts), "".join(str(p) for p in parts))
    if all(isinstance(p, list) for p in parts):
        return [m for p in parts for m in p]
    return call_of("concat", list(parts))


def _lower(text: Any) -> Any:
    return Unknown(text.name, str(text).lower(), text.place) if _is(text) else str(text).lower()


def _is(value: Any) -> bool:
    return isinstance(value, Unknown)


def _equals(one: Any, other: Any) -> Any:
    """A text whose beginning is known differs from those that begin in another way."""
    if _is(one) or _is(other):
        unknown, known = (one, other) if _is(one) else (other, one)
        begins = str(unknown).partition("<")[0]
        apart = isinstance(known, str) and not known.startswith(begins)
        return False if apart else call_of("equals", [one, other])
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _not(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return not value


def _and(*values: Any) -> Any:
    return _logical(values, decisive=False)


def _or(*values: Any) -> Any:
    return _logical(values, decisive=True)


def _logical(values: tuple[Any, ...], decisive: bool) -> Any:
    """One value that decides is enough, whatever the unknown ones are."""
    if any(v is decisive for v in values):
        return decisive
    if unknown := next(filter(_is, values), None):
        return unknown
    if not all(isinstance(v, bool) for v in values):
        raise TypeError
    return not decisive


def _length(value: Any) -> int:
    if not isinstance(value, (list, str, Mapping)):
        raise TypeError
    return len(value)


def _union(*parts: Any) -> Any:
    """Of objects, a later one wins and objects inside are joined; of lists, each member once."""
    if all(isinstance(p, Mapping) for p in parts):
        found: dict[str, Any] = {}
        for part in parts:
            for key, value in part.items():
                both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
                found[key] = _union(found[key], value) if both else value
        return found
    members = [m for p in parts if isinstance(p, list) for m in p]
    if not all(isinstance(p, list) for p in parts):
        raise TypeError
    return [m for at, m in enumerate(members) if m not in members[:at]]


def _range(start: int, count: int) -> Any:
    return list(range(start, start + count)) if count <= LONGEST else Unknown("range")


def _split(text: str, at: Any) -> list[str]:
    marks = at if isinstance(at, list) else [at]
    return re.split("|".join(re.escape(m) for m in marks), text)


def _join(listed: Any, between: Any) -> str:
    if not isinstance(listed, list):
        raise TypeError
    return str(between).join(str(m) for m in listed)


def _environment() -> Mapping[str, Any]:
    """Of Azure's public cloud, as far as it stands in `data/`."""
    suffixes = {"keyvaultDns": f".{azure_facts().key_vault_suffix}"}
    return {"name": "AzureCloud", "suffixes": suffixes}


TAKES_UNKNOWN: Mapping[str, Function] = {
    "format": _format,
    "concat": _concat,
    "tolower": _lower,
    "and": _and,
    "or": _or,
    "equals": _equals,
    "createarray": lambda *parts: list(parts),
    "createobject": lambda *parts: dict(zip(parts[::2], parts[1::2], strict=False)),
    "guid": lambda *parts: call_of("guid", list(parts)),
    "uniquestring": lambda *parts: call_of("uniqueString", list(parts)),
}
"""What is known of a result though an argument is not."""

PLAIN: Mapping[str, Function] = {
    "environment": _environment,
    "join": _join,
    "length": _length,
    "not": _not,
    "null": lambda: None,
    "range": _range,
    "split": _split,
    "true": lambda: True,
    "false": lambda: False,
    "union": _union,
}
"""An unknown argument makes the result of these unknown."""


def called(name: str, arguments: list[Any]) -> Any:
    """What a function gives; unknown by its name where it is not modelled.

    Raises:
        Misfit: it cannot take these arguments.
    """
    takes, plain = TAKES_UNKNOWN.get(name.lower()), PLAIN.get(name.lower())
    function = takes or plain
    if function is None or (plain and any(map(_is, arguments))):
        unknown = next(filter(_is, arguments), None) if plain else None
        return (
            Unknown(unknown.name, str(call_of(name, arguments)), unknown.place)
            if unknown
            else (call_of(name, arguments))
        )
    try:
        result = function(*arguments)
    except (AttributeError, IndexError, TypeError, ValueError):
        raise Misfit(name) from None
    long = isinstance(result, (str, list)) and len(result) > LONGEST
    return call_of(name, arguments) if long else result
