"""What the API server holds: each object with the files and lines that its parts come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from apim_aks.workload.documents import Parsed
from apim_aks.workload.kubernetes.object import Object, Path_

Action = Literal["apply", "patch", "delete"]


@dataclass(frozen=True, slots=True)
class Step:
    """One file that is applied: `patch` takes fields over from whoever set them, not `apply`."""

    action: Action
    objects: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """A part of an object, and the place in a document that says it."""

    path: Path_
    document: Parsed
    source: Path_

    def line_of(self, *path: str | int) -> int:
        """The line of the part at this path of the object, which lies in this part."""
        return self.document.line_of(*self.source, *path[len(self.path) :])


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why it is not known what the API server holds, as the end of a sentence about the object."""

    because: str
    file: str
    line: int


@dataclass(frozen=True, kw_only=True)
class _HeldDocument(Parsed):
    """An object as a document; lines are those of the file that it comes from first."""

    origin: Origin

    def line_of(self, *path: str | int) -> int:
        return self.origin.line_of(*path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An object in the cluster.

    `origins` are in the order in which they were applied, the first for the whole object, each
    later one for a part that it changed. `given` are the fields that our files have set; they
    `made` the object where none was there. Where not `whole`, our files patch what stands in no
    file: nothing is known beside the patch.
    """

    object: Object
    origins: tuple[Origin, ...]
    given: frozenset[Path_] = frozenset()
    made: bool = False
    whole: bool = True
    unclear: tuple[Unclear, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """The object as the API server would answer it, without what it allocates."""
        return self.object.data

    def origin(self, *path: str | int) -> tuple[str, int]:
        """File and line of what said the part at this path last, or the nearest part around it."""
        for origin in reversed(self.origins):
            if path[: len(origin.path)] == origin.path:
                break
        return origin.document.file, origin.line_of(*path)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the cluster holds afterwards, in the order of the files.

    `removed` is what it no longer holds, each with the object of our files that asked for it.
    """

    objects: tuple[Held, ...]
    removed: tuple[tuple[Held, Object], ...] = ()

    @property
    def documents(self) -> tuple[Parsed, ...]:
        """The objects for whoever reads documents."""
        return tuple(held.object.document for held in self.objects)


def as_object(object: Object, data: dict[str, Any]) -> Object:
    """The object with other data, in a document of its own that keeps the lines of the first."""
    document = object.document
    if not isinstance(document, _HeldDocument):
        document = _HeldDocument(
            file=document.file,
            line=object.line,
            data=data,
            namespace=document.namespace,
            origin=Origin((), document, object.path),
        )
    return replace(object, data=data, document=replace(document, data=data), path=())


def unclear(object: Object, because: str, path: Iterable[str | int] = ()) -> Unclear:
    """Why, with file and line of the part at this path."""
    line = object.document.line_of(*object.path, *path)
    return Unclear(because, object.document.file, line)
