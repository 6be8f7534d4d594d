"""The names of a template's resources, worked out without Azure: plain functions only.

What only Azure knows (identities, ids made from hashes) stays a word in angle brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

from apim_aks.deployment.expression import Call, Part, expression, is_expression, refused
from apim_aks.facts import azure_facts
from apim_aks.remote.azure import Json
from apim_aks.workload.names import digest

_EACH = "<each>"

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What expressions may see: parameters, the group, and functions that tests may replace."""

    parameters: Mapping[str, Any]
    group: str
    subscription: str = "<subscription>"
    functions: Mapping[str, Function] = field(default_factory=dict)
    _own: Mapping[str, Function] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {**self._context(), **self.functions}
        object.__setattr__(self, "_own", {k.lower(): f for k, f in named.items()})

    def value(self, given: Any) -> Any:
        """A value of the template with its expressions worked out."""
        if isinstance(given, str):
            return self._text(given)
        if isinstance(given, Mapping):
            return {str(self.value(k)): self.value(v) for k, v in given.items()}
        if isinstance(given, list):
            return [self.value(v) for v in given]
        return given

    def _text(self, text: str) -> Any:
        if not is_expression(text):
            return text[1:] if text.startswith("[[") else text
        try:
            return self._part(expression(text))
        except _Misfit as misfit:
            raise refused(text, f"calls {misfit} with arguments that do not fit") from None

    def _part(self, part: Part) -> Any:
        if not isinstance(part, Call):
            return part
        result = self._called(part.name, [self._part(a) for a in part.arguments])
        for member in part.members:
            result = _member(result, self._part(member))
        return result

    def _called(self, name: str, arguments: list[Any]) -> Any:
        if function := self._own.get(name.lower()):
            return _applied(name, function, arguments)
        plain = _PLAIN.get(name.lower())
        if plain is None:
            return f"<{name}>"
        try:
            return plain(*arguments)
        except (IndexError, TypeError, ValueError):
            raise _Misfit(name) from None

    def _context(self) -> Mapping[str, Function]:
        """The functions whose results depend on where the template is deployed."""
        above = f"/subscriptions/{self.subscription}"
        about = {"id": above, "subscriptionId": self.subscription, "tenantId": "<tenant>"}
        group = {"id": self._group_id(), "name": self.group, "location": "<location>"}
        return {
            "parameters": lambda name: self.parameters.get(str(name), f"<{name}>"),
            "resourceGroup": lambda: group,
            "subscription": lambda: about,
            "resourceId": lambda *parts: self._resource_id([str(p) for p in parts]),
            "subscriptionResourceId": lambda type, *names: (
                f"{above}/providers/{type}/{'/'.join(map(str, names))}"
            ),
        }

    def _group_id(self, group: str = "") -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{group or self.group}"

    def _resource_id(self, parts: list[str]) -> str:
        at = next((n for n, p in enumerate(parts) if "/" in p and "." in p.split("/")[0]), None)
        if at is None:
            raise _Misfit("resourceId")
        group = parts[at - 1] if at else self.group
        kinds = parts[at].split("/")
        pairs = "/".join(f"{k}/{n}" for k, n in zip(kinds[1:], parts[at + 1 :], strict=False))
        return f"{self._group_id(group)}/providers/{kinds[0]}/{pairs}"


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource that a template makes, in which group, as it is written, and what it may see."""

    type: str
    name: str
    group: str
    scope: str
    body: Json
    seen: Evaluation = field(repr=False, compare=False)

    def id(self, subscription: str) -> str:
        """Its id in this subscription."""
        kinds, names = self.type.split("/"), self.name.split("/")
        pairs = "/".join(f"{k}/{n}" for k, n in zip(kinds[1:], names, strict=False))
        group = f"/subscriptions/{subscription}/resourceGroups/{self.group}"
        above = f"{group}/providers/{self.scope}" if self.scope else group
        return f"{above}/providers/{kinds[0]}/{pairs}"


class _Misfit(Exception):
    """A function cannot take these arguments."""


def _applied(name: str, function: Function, arguments: list[Any]) -> Any:
    try:
        signature(function).bind(*arguments)
    except TypeError:
        raise _Misfit(name) from None
    return function(*arguments)


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(key, str):
        return value.get(key, f"<{key}>")
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return f"<{key}>"


def _format(pattern: Any, *values: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda hole: str(values[int(hole[1])]), str(pattern))


def _concat(*parts: Any) -> Any:
    """Lists or texts; a text beside a list stands for one that only Azure knows."""
    if any(isinstance(p, list) for p in parts):
        plain = all(isinstance(p, list) for p in parts)
        return [m for p in parts for m in p] if plain else "<concat>"
    return "".join(str(p) for p in parts)


def _map(listed: Any, body: Any) -> Any:
    if not isinstance(listed, list):
        return "<map>"
    return [_filled(body, member) for member in listed]


def _filled(body: Any, member: Any) -> Any:
    if isinstance(body, Mapping):
        return {k: _filled(v, member) for k, v in body.items()}
    return member if body == _EACH else body


_PLAIN: Mapping[str, Function] = {
    "format": _format,
    "concat": _concat,
    "createarray": lambda *parts: list(parts),
    "createobject": lambda *parts: dict(zip(parts[::2], parts[1::2], strict=False)),
    "lambdavariables": lambda name: _EACH,
    "lambda": lambda name, body: body,
    "map": _map,
    "guid": lambda *parts: f"<id{digest([str(p) for p in parts])}>",
    "environment": lambda: {"suffixes": {"keyvaultDns": f".{azure_facts().key_vault_suffix}"}},
    "tolower": lambda text: str(text).lower(),
    "length": lambda value: len(value) if isinstance(value, (list, str, dict)) else 0,
}


def declared(template: Json, evaluation: Evaluation) -> Iterator[Declared]:
    """Every resource that a template makes, those of inner deployments in other groups too."""
    for resource in template.get("resources") or ():
        if resource["type"].lower() == "microsoft.resources/deployments":
            group = str(evaluation.value(resource.get("resourceGroup") or evaluation.group))
            inner = (resource.get("properties") or {}).get("template") or {}
            yield from _moved(inner, evaluation, group)
            continue
        yield from _copies(resource, evaluation, evaluation.group)


def _moved(template: Json, evaluation: Evaluation, group: str) -> Iterator[Declared]:
    """Expressions of an inner template keep the outer meaning; only the group is another."""
    for resource in template.get("resources") or ():
        yield from _copies(resource, evaluation, group)


def _copies(resource: Json, evaluation: Evaluation, group: str) -> Iterator[Declared]:
    copy = resource.get("copy") or {}
    count = evaluation.value(copy.get("count", 1))
    for number in range(count if isinstance(count, int) else 1):
        seen = _copy_of(evaluation, number) if copy else evaluation
        name, scope = str(seen.value(resource["name"])), str(seen.value(resource.get("scope", "")))
        yield Declared(resource["type"], name, group, scope, resource, seen)


def _copy_of(evaluation: Evaluation, number: int) -> Evaluation:
    """What the expressions of one copy see: its own index, from the offset they ask for."""

    def index(*asked: Any) -> int:
        return number + sum(a for a in asked if isinstance(a, int))

    return replace(evaluation, functions={**evaluation.functions, "copyIndex": index})


def values_of(template: Json, parameters: Json) -> dict[str, Any]:
    """The values of a template's parameters: given ones, else defaults."""
    given = parameters.get("parameters") or parameters
    return {
        name: (given.get(name) or {}).get("value", declaration.get("defaultValue", f"<{name}>"))
        for name, declaration in (template.get("parameters") or {}).items()
    }
