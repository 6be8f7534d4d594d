"""One Kubernetes object with its place, and careful reading of its fields.

A field of the wrong type is said with its path; nothing here trusts that a key exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.once import Once
from apim_aks.workload.documents import (
    HELM,
    Parsed,
    described,
    is_template,
    printable,
    shortened,
)
from apim_aks.workload.finding import Finding

Path_ = tuple[str | int, ...]
Pairs = tuple[tuple[str, str], ...]

_CORE = re.compile(r"v\d+((alpha|beta)\d+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WORDS = {dict: "a mapping", list: "a list", str: "text", int: "a whole number"}
_LONGEST_NAME = 253

KUBERNETES = "a Kubernetes object with apiVersion and kind"
"""What is expected where a document is none: nobody can apply it to a cluster."""


class WrongField(Exception):
    """A field that cannot be read: its path, what stands there, what should."""

    def __init__(self, path: Path_, found: str, expected: str) -> None:
        self.path, self.found, self.expected = path, found, expected


@dataclass(frozen=True, slots=True)
class Object(Once):
    """A Kubernetes object as it stands in a document, maybe as an item of a List."""

    kind: str
    data: dict[str, Any]
    document: Parsed
    path: Path_ = ()
    version: str = ""

    @property
    def group(self) -> str:
        """The API group of its `apiVersion`; empty for the core of Kubernetes."""
        return self.version.rpartition("/")[0] if "/" in self.version else self._core

    @property
    def _core(self) -> str:
        # The core has versions and no group: v1, v1beta3. Anything else is somebody's own.
        return "" if _CORE.fullmatch(self.version) else self.version

    @property
    def kind_line(self) -> int:
        """The line that says what it is."""
        return self.document.line_of(*self.path, "kind")

    @property
    def line(self) -> int:
        """The line where the object starts."""
        return self.document.line_of(*self.path) if self.path else self.document.line

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self._named("name") or self._nameless()

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, or the one that an object gets without it."""
        return self._named("namespace") or self.document.namespace

    def _named(self, key: str) -> str:
        name: str = at(self.data, str, "metadata", key) or ""
        if len(name) > _LONGEST_NAME or _CONTROL.search(name):
            raise WrongField(("metadata", key), described(name), "a name Kubernetes accepts")
        return printable(name)

    def _nameless(self) -> str:
        raise WrongField(("metadata", "name"), "nothing", "a name")

    @property
    def called(self) -> str:
        """Kind and name for messages, whatever state they are in."""
        metadata = self.data.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return f"{self.kind} {shortened(name)!r}" if isinstance(name, str) else self.kind

    def wrong(self, error: WrongField) -> Finding:
        """The finding that leaves this object out."""
        line = self.document.line_of(*self.path, *error.path)
        field = path_text(error.path)
        found = f"{error.found} as {field} of {self.called}"
        return Finding(self.document.file, line, found, error.expected)

    def refused(self, error: WrongField) -> Finding:
        """The same, or that somebody has to render a template of Helm first."""
        finding = self.wrong(error)
        helm = is_template(self.called) or is_template(error.found)
        return Finding(finding.file, finding.line, *HELM) if helm else finding


def objects_of(document: Parsed) -> Iterator[Object | Finding]:
    """The objects of a document, those in Lists of Lists too, or why it has none."""
    waiting: list[tuple[Any, Path_, str, str]] = [(document.data, (), "", "")]
    while waiting:
        data, path, of_kind, version = waiting.pop()
        kind = data.get("kind") or of_kind if isinstance(data, dict) else ""
        if not isinstance(kind, str) or not kind or not _has_version(data, of_kind):
            yield Finding(document.file, document.line_of(*path), *_not_kubernetes(data))
        elif kind.endswith("List") and "items" in data:
            items = data["items"] if data["items"] is not None else []
            if not isinstance(items, list):
                error = WrongField(("items",), described(items), "a list")
                yield Object(kind, data, document, path).wrong(error)
                continue
            own = str(data.get("apiVersion") or version)
            parts = [(item, (*path, "items", i), kind[:-4], own) for i, item in enumerate(items)]
            waiting += reversed(parts)
        else:
            own = str(data.get("apiVersion") or version)
            yield Object(" ".join(printable(kind).split()), data, document, path, own)


def objects_in(documents: Iterable[Parsed], findings: list[Finding]) -> list[Object]:
    """The objects of these documents; what is none becomes a finding."""
    objects: list[Object] = []
    for document in documents:
        for found in objects_of(document):
            if isinstance(found, Finding):
                findings.append(found)
            else:
                objects.append(found)
    return objects


def _has_version(data: dict[str, Any], of_kind: str) -> bool:
    return isinstance(data.get("apiVersion"), str) or bool(of_kind)


def _not_kubernetes(data: Any) -> tuple[str, str]:
    expected = KUBERNETES
    if not isinstance(data, dict):
        return described(data), expected
    for key in ("openapi", "swagger"):
        if key in data:
            return "an OpenAPI document", f"{expected}; OpenAPI documents belong under openapi"
    keys = ", ".join(repr(shortened(k, 30)) for k in list(data)[:4])
    return f"a mapping with {keys}" if keys else "an empty mapping", expected


def path_text(path: Path_) -> str:
    """A path as people write it: `spec.ports[0].port`."""
    parts = (f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return "".join(parts).removeprefix(".")


def at(data: Any, kind: type, *path: str | int) -> Any:
    """The value at this path if it is of this kind; None where nothing stands there."""
    value = data
    for depth, part in enumerate(path):
        if value is None:
            return None
        if isinstance(part, int):
            value = value[part]
            continue
        if not isinstance(value, dict):
            raise WrongField(path[:depth], described(value), "a mapping")
        value = value.get(part)
    if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
        return value
    raise WrongField(path, described(value), _WORDS[kind])


def mapping(data: Any, *path: str | int) -> dict[str, Any]:
    """The mapping at this path, empty where nothing stands there."""
    return at(data, dict, *path) or {}


def text(data: Any, *path: str | int) -> str:
    """The text at this path, empty where nothing stands there."""
    return printable(at(data, str, *path) or "")


def items(data: Any, *path: str | int) -> Iterator[tuple[dict[str, Any], Path_]]:
    """The mappings in the list at this path, each with its own path."""
    for i, item in enumerate(at(data, list, *path) or []):
        if not isinstance(item, dict):
            raise WrongField((*path, i), described(item), "a mapping")
        yield item, (*path, i)


def texts(data: Any, *path: str | int) -> list[str]:
    """The texts in the list at this path."""
    found = at(data, list, *path) or []
    for i, item in enumerate(found):
        if not isinstance(item, str):
            raise WrongField((*path, i), described(item), "text")
    return [printable(item) for item in found]


def pairs(data: Any, *path: str | int) -> Pairs:
    """The names and texts of the mapping at this path, sorted; numbers become text."""
    found = []
    for key, value in mapping(data, *path).items():
        if isinstance(value, (dict, list)):
            raise WrongField((*path, key), described(value), "text")
        word = str(value).lower() if isinstance(value, bool) else str(value or "")
        found.append((printable(key), printable(word)))
    return tuple(sorted(found))
