"""Compares a designed value with a found one, property by property."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.reachability.templates import Unknown
from apim_aks.verification.azure_resources.policy_text import same_policy

_NAMES = ("name", "category", "service", "serviceName", "hostName", "value", "ipv4Address", "id")
_EXACT = frozenset({"url", "path", "value", "displayName", "description", "title"})
_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One property: its path, the designed and the actual value.

    `plain` is the path without list indexes, `known` whether the designed value is known.
    """

    path: str
    plain: str
    designed: Any
    found: Any

    @property
    def known(self) -> bool:
        """Whether the designed value can be compared."""
        listed = self.designed if isinstance(self.designed, list) else [self.designed]
        return not any(isinstance(value, Unknown) for value in listed)

    @property
    def same(self) -> bool:
        """Whether the actual value is the designed one."""
        return alike(self.plain.rpartition(".")[2], self.designed, self.found)


def leaves(designed: Any, found: Any, path: str = "", plain: str = "") -> Iterator[Leaf]:
    """Every designed property with the value found for it."""
    if isinstance(designed, Mapping) and designed:
        for key, value in designed.items():
            short = key.rpartition("/")[2] if key.startswith("/subscriptions/") else key
            names = (f"{above}.{short}" if above else short for above in (path, plain))
            yield from leaves(value, member(found, key), *names)
    elif _objects(designed):
        for number, value in enumerate(designed):
            label, other = _counterpart(value, designed, found, number)
            yield from leaves(value, other, f"{path}[{label}]", plain)
    else:
        yield Leaf(path, plain, designed, found)


def _objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(v, Mapping) for v in value)


def member(found: Any, key: str) -> Any:
    """The value of a name in any case; Azure returns some as a list of one, in the plural."""
    if not isinstance(found, Mapping):
        return None
    names = {str(k).lower(): v for k, v in found.items()}
    direct = names.get(key.lower())
    if direct not in _EMPTY:
        return direct
    for plural in (f"{key}s", f"{key}es"):
        many = names.get(plural.lower())
        if isinstance(many, list) and len(many) == 1:
            return many[0]
    return direct


def _counterpart(value: Any, designed: Sequence[Any], found: Any, number: int) -> tuple[str, Any]:
    """The name of a member, and the member of the other list with that name.

    Without one, the member at the same index, if it matches no other.
    """
    listed: Sequence[Any] = found if isinstance(found, list) else ()
    label, match = str(number), None
    if name := naming(value):
        label = str(value[name]).rpartition("/")[2]
        match = next((f for f in listed if alike(name, value[name], member(f, name))), None)
    in_place = listed[number] if number < len(listed) else None
    spare = not name or _unclaimed(in_place, designed, name) and len(designed) == len(listed)
    return label, in_place if match is None and spare else match


def _unclaimed(found: Any, designed: Sequence[Any], name: str) -> bool:
    wanted = [v.get(name) for v in designed if isinstance(v, Mapping)]
    return not any(alike(name, w, member(found, name)) for w in wanted)


def further(designed: Any, found: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Members of designed lists that are not in the design, each with its path."""
    if isinstance(designed, Mapping):
        for key, value in designed.items():
            yield from further(value, member(found, key), f"{path}.{key}" if path else key)
    elif _objects(designed) and isinstance(found, list):
        name = next((n for v in designed if (n := naming(v))), "")
        more = [f for f in found if name and _unclaimed(f, designed, name)]
        for extra in more[: max(len(found) - len(designed), 0)]:
            if isinstance(extra, Mapping):
                yield f"{path}[{str(member(extra, name)).rpartition('/')[2]}]", extra


def naming(value: Any) -> str:
    """The property that identifies members of a list; empty without one."""
    if not isinstance(value, Mapping):
        return ""
    return next((n for n in _NAMES if isinstance(value.get(n), str)), "")


def alike(key: str, designed: Any, found: Any) -> bool:
    """Whether the values are equal apart from Azure's changes to case, order and format."""
    if designed == {} and isinstance(found, Mapping) or designed in _EMPTY and found in _EMPTY:
        return True
    if isinstance(designed, list):
        return isinstance(found, list) and _members(key, designed) == _members(key, found)
    if isinstance(designed, str) and designed.lstrip().startswith("<"):
        return isinstance(found, str) and same_policy(found, designed)
    return not isinstance(found, (Mapping, list)) and plain(key, designed) == plain(key, found)


def _members(key: str, listed: Sequence[Any]) -> list[str]:
    return sorted(plain(key, v) for v in listed)


def plain(key: str, value: Any) -> str:
    """A value as text without Azure's changes: case of ids and words, spaces in regions."""
    if value is None:
        return ""
    text = str(value).strip()
    if key in _EXACT and not text.startswith("/subscriptions/"):
        return text.rstrip("/") if key == "url" else text
    return text.replace(" ", "").casefold() if key == "location" else text.casefold()


def apart(found: tuple[Leaf, ...], test: Callable[[Leaf], bool]) -> tuple[list[Leaf], list[Leaf]]:
    """The properties that pass a test, and the others."""
    return [f for f in found if test(f)], [f for f in found if not test(f)]
