"""Properties of a resource, read case-insensitively; unread ones can be listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apim_aks.reachability.templates.unknown import Unknown


class Properties:
    """One object among a resource's properties; `read` are the paths read so far of all of them."""

    def __init__(self, value: Any, path: str = "", read: set[str] | None = None) -> None:
        self._value, self._path = value, path
        self._read: set[str] = set() if read is None else read

    def get(self, path: str) -> Any:
        """The value at a path such as `a.b`; None where there is none, unknown where that is."""
        self._read.add(_below(self._path, path))
        return self._at(path)

    def _at(self, path: str) -> Any:
        value = self._value
        for name in path.split("."):
            value = _held(value, name)
        return value

    def texts(self, *paths: str) -> tuple[Any, ...]:
        """The values of properties that hold one or a list of them, all together."""
        found: list[Any] = []
        for value in map(self.get, paths):
            found += value if isinstance(value, list) else [] if value in (None, "") else [value]
        return tuple(found)

    def link(self, path: str) -> str:
        """The id that is held at this path; empty where there is none."""
        held = self.get(f"{path}.id")
        return "" if held is None else str(held)

    def links(self, path: str) -> tuple[str, ...]:
        """The ids of a list of objects that hold one each."""
        return tuple(str(item.get("id")) for item in self.items(path))

    def items(self, path: str) -> tuple[Properties, ...]:
        """The objects of a list; one that is unknown where the list is."""
        value, own = self._at(path), _below(self._path, path)
        members = value if isinstance(value, list) else [] if value is None else [value]
        return tuple(Properties(member, own, self._read) for member in members)

    def named(self, path: str) -> Iterator[tuple[str, Properties]]:
        """The members of a list of parts that have a name and properties of their own."""
        for item in self.items(path):
            yield str(item.get("name") or "<name>"), item.inner("properties")

    def inner(self, path: str) -> Properties:
        """The object at this path."""
        return Properties(self._at(path), _below(self._path, path), self._read)

    def names(self) -> tuple[str, ...]:
        """The names in this object."""
        return tuple(self._value) if isinstance(self._value, Mapping) else ()

    def unread(self) -> tuple[str, ...]:
        """The paths of what is there and was not read, each to its end."""
        read = {path.lower() for path in self._read}
        return tuple(dict.fromkeys(_unread(self._value, self._path, read)))


def _held(value: Any, name: str) -> Any:
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, Mapping):
        return None
    if name in value:
        return value[name]
    return next((v for k, v in value.items() if str(k).lower() == name.lower()), None)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def _unread(value: Any, path: str, read: set[str]) -> Iterator[str]:
    if path.lower() in read:
        return
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _unread(part, _below(path, str(key)), read)
    elif isinstance(value, list) and any(isinstance(m, Mapping) for m in value):
        for member in value:
            yield from _unread(member, path, read)
    elif path and value not in (None, "", [], {}):
        yield path
