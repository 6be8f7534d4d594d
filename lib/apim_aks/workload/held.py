"""What an existing API Management holds already: names and paths that are never taken again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """A child of an existing instance: its type below the service, name, path, and its file.

    Only an API has a `path`, the URL suffix at the gateway, on this `line` of the file.
    """

    kind: str
    name: str
    path: str = ""
    file: str = ""
    line: int = 0
