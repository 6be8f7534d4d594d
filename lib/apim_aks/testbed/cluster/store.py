"""The objects of a cluster that change while others watch them."""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Name = tuple[str, str, str, str]
"""apiVersion, kind, namespace, name."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change as a watch tells it: `ADDED`, `MODIFIED` or `DELETED`, and the object then."""

    version: int
    type: str
    object: Object


class Store:
    """Objects by name, with what the API server gives each: uid, resourceVersion, generation."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._held: dict[Name, Object] = {}
        self.closed = False
        for object in objects:
            self.put(object)

    @property
    def version(self) -> int:
        """The resourceVersion of the last change."""
        return len(self._events)

    def put(self, object: Object) -> None:
        """Create it, or replace the one of this name."""
        with self._changed:
            name, version = name_of(object), self.version + 1
            before = self._held.get(name)
            kept = copy.deepcopy(object)
            kept["metadata"] |= {
                "uid": _uid(name),
                "resourceVersion": str(version),
                "generation": 1 + int(before["metadata"]["generation"]) if before else 1,
                "creationTimestamp": "2026-01-01T00:00:00Z",
            }
            self._held[name] = kept
            self._events.append(Event(version, "MODIFIED" if before else "ADDED", kept))
            self._changed.notify_all()

    def take(self, object: Object) -> None:
        """Delete the one of this name."""
        with self._changed:
            held = self._held.pop(name_of(object))
            self._events.append(Event(self.version + 1, "DELETED", held))
            self._changed.notify_all()

    @property
    def objects(self) -> tuple[Object, ...]:
        """Everything that is held."""
        with self._changed:
            return tuple(self._held.values())

    def all(self, version: str, kind: str) -> tuple[Object, ...]:
        """The objects of a kind."""
        with self._changed:
            return tuple(o for (v, k, *_), o in self._held.items() if (v, k) == (version, kind))

    def since(self, version: int, seconds: float) -> tuple[Event, ...]:
        """What changed after this version; waited for so long where nothing did."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self.version > version, seconds)
            return tuple(self._events[version:])

    def close(self) -> None:
        """Let every watch end."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()


def name_of(object: Object) -> Name:
    """What tells an object from every other."""
    metadata = object["metadata"]
    return object["apiVersion"], object["kind"], metadata.get("namespace", ""), metadata["name"]


def _uid(name: Name) -> str:
    digest = hashlib.sha256("/".join(name).encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
