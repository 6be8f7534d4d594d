"""The names of a template's resources, worked out without Azure: plain functions only.

What only Azure knows (identities, ids made from hashes) stays a word in angle brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apim_aks.azure_client import Json
from apim_aks.facts import azure_setting
from apim_aks.names import digest

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_]\w*)|(-?\d+)|([(),.\[\]]))")

_EACH = "<each>"

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What expressions may see: parameters, the group, and functions that tests may replace."""

    parameters: Mapping[str, Any]
    group: str
    subscription: str = "<subscription>"
    functions: Mapping[str, Function] = field(default_factory=dict)

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
        if text.startswith("[["):
            return text[1:]
        if not (text.startswith("[") and text.endswith("]")):
            return text
        tokens = list(_tokens(text[1:-1]))
        return self._expression(tokens)

    def _expression(self, tokens: list[str]) -> Any:
        first = tokens.pop(0)
        if first.startswith("'"):
            return first[1:-1].replace("''", "'")
        if first.lstrip("-").isdigit():
            return int(first)
        result = self._called(first, self._arguments(tokens))
        while tokens and tokens[0] in (".", "["):
            if tokens.pop(0) == ".":
                result = _member(result, tokens.pop(0))
            else:
                result = _member(result, self._expression(tokens))
                tokens.pop(0)
        return result

    def _arguments(self, tokens: list[str]) -> list[Any]:
        found: list[Any] = []
        if not tokens or tokens[0] != "(":
            return found
        tokens.pop(0)
        while tokens and tokens[0] != ")":
            found.append(self._expression(tokens))
            if tokens and tokens[0] == ",":
                tokens.pop(0)
        if tokens:
            tokens.pop(0)
        return found

    def _called(self, name: str, arguments: list[Any]) -> Any:
        own = {k.lower(): f for k, f in self.functions.items()}
        if name.lower() in own:
            return own[name.lower()](*arguments)
        if name.lower() == "parameters":
            return self.parameters.get(str(arguments[0]), f"<{arguments[0]}>")
        if name.lower() == "resourcegroup":
            return {"id": self._group_id(), "name": self.group, "location": "<location>"}
        if name.lower() == "subscription":
            id = f"/subscriptions/{self.subscription}"
            return {"id": id, "subscriptionId": self.subscription, "tenantId": "<tenant>"}
        if name.lower() == "resourceid":
            return self._resource_id([str(a) for a in arguments])
        if name.lower() == "subscriptionresourceid":
            type, *names = map(str, arguments)
            return f"/subscriptions/{self.subscription}/providers/{type}/{'/'.join(names)}"
        plain = _PLAIN.get(name.lower())
        return plain(*arguments) if plain else f"<{name}>"

    def _group_id(self, group: str = "") -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{group or self.group}"

    def _resource_id(self, parts: list[str]) -> str:
        at = next((n for n, p in enumerate(parts) if "/" in p and "." in p.split("/")[0]), 0)
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


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            return
        at = found.end()
        yield next(part for part in found.groups() if part)


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(key, f"<{key}>")
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
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
    "environment": lambda: {"suffixes": {"keyvaultDns": f".{azure_setting('key-vault-suffix')}"}},
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
