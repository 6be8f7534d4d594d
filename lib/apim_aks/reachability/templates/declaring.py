"""Which resources a template makes: copies, conditions, children, templates inside deployments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apim_aks.facts.imports import template_limit
from apim_aks.reachability.templates.evaluation import Evaluation, Json, evaluation
from apim_aks.reachability.templates.unknown import Later, Unknown

_DEPLOYMENTS = "microsoft.resources/deployments"


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
class Inner:
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
    for found in walked(template, seen, seen.group, "", None):
        if isinstance(found, Declared):
            yield found


def walked(
    template: Mapping[str, Any], seen: Evaluation, group: str, path: str, maybe: Unknown | None
) -> Iterator[Declared | Inner]:
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
        yield from walked(inner.template, inner.seen, inner.group, f"{inner.path}.", inner.maybe)


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


def _inner(one: Declared) -> Inner | None:
    """The template in a deployment; with scope `inner` it sees its own parameters alone.

    None where it is not in the text, or goes to another subscription.
    """
    properties, seen = _object(one.body.get("properties")), one.seen
    template = properties.get("template")
    if one.type.lower() != _DEPLOYMENTS or not isinstance(template, dict):
        return None
    if {"subscriptionId", "scope"} & one.body.keys():
        return None
    group = str(seen.value(one.body.get("resourceGroup") or one.group))
    scope = _object(properties.get("expressionEvaluationOptions")).get("scope")
    return Inner(
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
    if not isinstance(condition, (bool, Unknown)):
        condition = Unknown("condition", place=path)
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
