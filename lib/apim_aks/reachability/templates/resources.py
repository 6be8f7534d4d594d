"""What Azure would hold after templates are deployed: their resources, values worked out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from apim_aks.reachability.templates.declaring import Declared, Inner, walked
from apim_aks.reachability.templates.evaluation import SUBSCRIPTION, Evaluation, Json, evaluation
from apim_aks.reachability.templates.functions import call_of
from apim_aks.reachability.templates.unknown import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a resource is written: file, path in it such as `resources[3]`, line or 0."""

    file: str
    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else f"{self.file}, {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFile:
    """A template as it is deployed: with its parameters, into a group; `line_of` finds lines."""

    file: str
    template: Json = field(repr=False)
    parameters: Json = field(default_factory=dict, repr=False)
    group: str = "<group>"
    line_of: Callable[..., int] | None = field(default=None, repr=False, compare=False)

    def origin(self, path: str) -> Origin:
        """Where the part of the template at this path is written."""
        parts = re.findall(r"\[(\w+)\]|([^.\[\]]+)", path)
        keys = [int(at) if at.isdecimal() else at or name for at, name in parts]
        return Origin(file=self.file, path=path, line=self.line_of(*keys) if self.line_of else 0)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource as Azure would hold it; `Unknown` stands where a value is not known.

    `maybe` is what decides whether it is made, where that is unknown; `held` works out what it says
    of itself under a key, when somebody asks.
    """

    id: str
    type: str
    name: str
    maybe: Unknown | None
    origin: Origin
    held: Callable[[str], Any] = field(repr=False, compare=False)

    @cached_property
    def api_version(self) -> str:
        """The API version that it is written in."""
        return str(self.held("apiVersion"))

    @cached_property
    def location(self) -> Any:
        """Where it stands."""
        return self.held("location")

    @cached_property
    def sku(self) -> Any:
        """What is paid for; empty where it has none."""
        return self.held("sku") or {}

    @cached_property
    def properties(self) -> Any:
        """Its properties; empty where it has none."""
        return self.held("properties") or {}


def resources(
    files: Iterable[TemplateFile], subscription: str = SUBSCRIPTION
) -> tuple[Resource, ...]:
    """What these templates make, in the order in which they are deployed.

    What a later one writes again counts. Nothing is raised: what cannot be read is unknown.
    """
    told = _Set()
    found: dict[str, tuple[TemplateFile, Declared]] = {}
    for file in files:
        seen = evaluation(
            file.template,
            file.parameters,
            group=file.group,
            subscription=subscription,
            functions={"reference": told.reference},
            forgiving=True,
        )
        for one in told.walked(file.template, seen):
            id = one.id(subscription).lower()
            found.pop(id, None)
            found[id] = file, one
    return tuple(_resource(file, one, subscription) for file, one in found.values())


def _resource(file: TemplateFile, one: Declared, subscription: str) -> Resource:
    return Resource(
        id=one.id(subscription),
        type=one.type,
        name=one.name,
        maybe=one.maybe,
        origin=file.origin(one.path),
        held=one.held,
    )


class _Set:
    """What templates say of each other: `reference` finds what an earlier or the same one makes."""

    def __init__(self) -> None:
        self._made: dict[str, Declared] = {}
        self._inner: dict[str, Json] = {}
        self._open: set[str] = set()

    def walked(self, template: Json, seen: Evaluation) -> Iterator[Declared]:
        """The resources of a template, each of which may be asked about from then on."""
        for found in walked(template, seen, seen.group, "", None):
            if isinstance(found, Inner):
                self._inner[found.id.lower()] = found.said()
                continue
            self._made[found.id(seen.subscription).lower()] = found
            yield found

    def reference(self, of: Any, version: Any = "", full: Any = "") -> Any:
        """What Azure would say of a resource, as far as the templates say it."""
        shown = call_of("reference", [of, full])
        if inner := _found(self._inner, of):
            return inner
        made = _found(self._made, of)
        if made is None or made.path in self._open:
            return shown
        self._open.add(made.path)
        try:
            return self._said(made, bool(full))
        finally:
            self._open.discard(made.path)

    @staticmethod
    def _said(made: Declared, full: bool) -> Any:
        held = {key: made.held(key) for key in made.body if key != "copy"} if full else {}
        return held or made.held("properties") or {}


_Found = TypeVar("_Found")


def _found(held: Mapping[str, _Found], of: Any) -> _Found | None:
    """By id, or by name where one resource alone has it."""
    text = str(of).lower()
    if text.startswith("/"):
        return held.get(text)
    named = [value for id, value in held.items() if id.endswith(f"/{text}")]
    return named[0] if len(named) == 1 else None
