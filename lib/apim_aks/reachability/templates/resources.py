"""What Azure would hold after templates are deployed: their resources, values worked out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from apim_aks.facts.imports import template_limit
from apim_aks.reachability.templates.evaluation import SUBSCRIPTION, Evaluation, Json, evaluation
from apim_aks.reachability.templates.functions import call_of
from apim_aks.reachability.templates.unknown import Later, Unknown

_DEPLOYMENTS = "microsoft.resources/deployments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a resource is written: file, path in it such as `resources[3]`, line or 0."""

    file: str
    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else f"{self.file}, {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A resource that a template makes, in which group, as it is written, and what it may see.

    `maybe` is what decides whether it is made, where that is unknown; `path` is where that is
    written.
    """

    type: str
    name: str
    group: str
    scope: str = ""
    path: str = ""
    maybe: Unknown | None = None
    body: Json
    seen: Evaluation = field(repr=False, compare=False)

    def id(self, subscription: str) -> str:
        """Its id in this subscription."""
        kinds, names = self.type.split("/"), self.name.split("/")
        pairs = "/".join(f"{k}/{n}" for k, n in zip(kinds[1:], names, strict=False))
        group = f"/subscriptions/{subscription}/resourceGroups/{self.group}"
        above = f"{group}/providers/{self.scope}" if self.scope else group
        return f"{above}/providers/{kinds[0]}/{pairs}"

    def held(self, key: str) -> Any:
        """What it says of itself under this key, worked out."""
        return self.seen.value(self.body.get(key), f"{self.path}.{key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inner:
    """A template inside a deployment: its own expressions may mean what they mean outside."""

    id: str
    template: Json
    seen: Evaluation
    group: str
    path: str
    maybe: Unknown | None

    def said(self) -> Json:
        """What a reference to the deployment gives: its outputs."""
        path = f"{self.path}.outputs"

        def output(name: str, held: Any) -> Any:
            return {"value": self.seen.value(_object(held).get("value"), f"{path}.{name}")}

        return {"outputs": Later(_object(self.template.get("outputs")), output)}


def declared(template: Mapping[str, Any], seen: Evaluation) -> Iterator[Declared]:
    """Every resource that a template makes, those of inner deployments in other groups too."""
    for found in _walked(template, seen, seen.group, "", None):
        if isinstance(found, Declared):
            yield found


def _walked(
    template: Mapping[str, Any], seen: Evaluation, group: str, path: str, maybe: Unknown | None
) -> Iterator[Declared | _Inner]:
    """Inner deployments come first, so that what is said of their outputs can be worked out."""
    resources = template.get("resources") or ()
    keyed = resources.items() if isinstance(resources, Mapping) else enumerate(resources)
    level = [
        (one, _inner(one))
        for key, resource in keyed
        for one in _copies(_object(resource), seen, group, f"{path}resources[{key}]", maybe)
    ]
    yield from (inner for _, inner in level if inner)
    for one, inner in level:
        if inner is None:
            yield from _with_children(one)
            continue
        yield from _walked(inner.template, inner.seen, inner.group, f"{inner.path}.", inner.maybe)


def _with_children(one: Declared) -> Iterator[Declared]:
    yield one
    for at, child in enumerate(one.body.get("resources") or ()):
        held = _object(child)
        within = held | {"type": f"{one.type}/{held.get('type')}"}
        path = f"{one.path}.resources[{at}]"
        for below in _copies(within, one.seen, one.group, path, one.maybe):
            yield from _with_children(replace(below, name=f"{one.name}/{below.name}"))


def _object(given: Any) -> Json:
    return given if isinstance(given, dict) else {}


def _inner(one: Declared) -> _Inner | None:
    """The template in a deployment; with scope `inner` it sees its own parameters alone."""
    properties, seen = _object(one.body.get("properties")), one.seen
    template = properties.get("template")
    if one.type.lower() != _DEPLOYMENTS or not isinstance(template, dict):
        return None
    group = str(seen.value(one.body.get("resourceGroup") or one.group))
    scope = _object(properties.get("expressionEvaluationOptions")).get("scope")
    return _Inner(
        id=one.id(seen.subscription),
        template=template,
        seen=_own_scope(one, template, group) if str(scope).lower() == "inner" else seen,
        group=group,
        path=f"{one.path}.properties.template",
        maybe=one.maybe,
    )


def _own_scope(one: Declared, template: Json, group: str) -> Evaluation:
    seen, path = one.seen, f"{one.path}.properties.parameters"
    given = Later(
        _object(one.body["properties"].get("parameters")),
        lambda name, held: seen.value(held, f"{path}.{name}"),
    )
    return evaluation(
        template,
        given,
        group=group,
        subscription=seen.subscription,
        functions=seen.functions,
        forgiving=seen.forgiving,
    )


def _copies(
    resource: Json, seen: Evaluation, group: str, path: str, maybe: Unknown | None
) -> Iterator[Declared]:
    copy = _object(resource.get("copy"))
    count = seen.value(copy.get("count", 1), f"{path}.copy.count")
    if not isinstance(count, int) or count > template_limit("resources").number:
        maybe = count if isinstance(count, Unknown) else Unknown("copy", place=path)
        count = 1
    for number in range(count):
        own = seen.copy(str(copy.get("name", "")), number) if copy else seen
        if found := _made(resource, own, group, path, maybe):
            yield found


def _made(
    resource: Json, seen: Evaluation, group: str, path: str, maybe: Unknown | None
) -> Declared | None:
    condition = seen.value(resource.get("condition", True), f"{path}.condition")
    if condition is False or resource.get("existing") is True:
        return None
    return Declared(
        type=str(resource.get("type") or "<type>"),
        name=str(seen.value(resource.get("name") or "<name>")),
        group=group,
        scope=str(seen.value(resource.get("scope", ""))),
        path=path,
        maybe=condition if isinstance(condition, Unknown) else maybe,
        body=resource,
        seen=seen,
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource as Azure would hold it; `Unknown` stands where a value is not known.

    `maybe` is what decides whether it is made, where that is unknown.
    """

    id: str
    type: str
    api_version: str
    name: str
    sku: Any
    properties: Any = field(repr=False)
    depends_on: tuple[str, ...]
    maybe: Unknown | None
    origin: Origin


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
        api_version=str(one.held("apiVersion")),
        name=one.name,
        sku=one.held("sku") or {},
        properties=one.held("properties") or {},
        depends_on=tuple(map(str, one.held("dependsOn") or ())),
        maybe=one.maybe,
        origin=file.origin(one.path),
    )


class _Set:
    """What templates say of each other: `reference` finds what an earlier or the same one makes."""

    def __init__(self) -> None:
        self._made: dict[str, Declared] = {}
        self._inner: dict[str, Json] = {}
        self._open: set[str] = set()

    def walked(self, template: Json, seen: Evaluation) -> Iterator[Declared]:
        """The resources of a template, each of which may be asked about from then on."""
        for found in _walked(template, seen, seen.group, "", None):
            if isinstance(found, _Inner):
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
