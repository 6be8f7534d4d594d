"""Parameters of an operation, by place and name; those of the path by their position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from apim_aks.apis.contract.components import OPEN, Components
from apim_aks.apis.contract.finding import Findings, Found, Nested, Pair, text
from apim_aks.workload.url_template import parameter_names

# The specification has these ignored: content negotiation and security say them.
_IGNORED = {"accept", "content-type", "authorization"}
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}

Key = tuple[str, str]
Parameter = Mapping[str, Any]


class Declared(Protocol):
    """An operation as it is declared: its path, path item and operation object."""

    @property
    def template(self) -> str:
        """The path with its parameters in braces."""
        ...

    @property
    def item(self) -> Mapping[str, Any]:
        """The path item."""
        ...

    @property
    def told(self) -> Mapping[str, Any]:
        """The operation object."""
        ...


def parameter_changes(
    before: Components, before_operation: Declared, after: Components, after_operation: Declared
) -> Findings:
    """The changes of every parameter that one of the two operations has."""
    b, a = _parameters(before, before_operation), _parameters(after, after_operation)
    for key in sorted({*b, *a}):
        name = (b.get(key) or a.get(key) or {}).get("name")
        location = f"parameters.{key[0]}.{text(name or key[1])}"
        if key in b and key in a:
            yield from _changes(before, b[key], after, a[key], location)
        elif key in b:
            yield Found("parameter-removed", _requiredness(b[key]), "no such parameter", location)
        else:
            needed = "-required" if _required(a[key]) else ""
            words = ("no such parameter", _requiredness(a[key]))
            yield Found(f"parameter-added{needed}", *words, location)


def _parameters(components: Components, operation: Declared) -> dict[Key, Parameter]:
    """The operation's own over those of the path item; each place in the path has one."""
    positions = {n: str(i) for i, n in enumerate(parameter_names(operation.template))}
    found: dict[Key, Parameter] = {("path", i): {"name": n} for n, i in positions.items()}
    for declared in (operation.item.get("parameters"), operation.told.get("parameters")):
        for value in declared if isinstance(declared, list) else ():
            parameter = components.mapping(value)
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            name = name.removeprefix("*") if place == "path" else name
            if place == "path" and name in positions:
                found[place, positions[name]] = parameter
            elif place == "header" and name.lower() not in _IGNORED:
                found[place, name.lower()] = parameter
            elif place in ("query", "cookie"):
                found[place, name] = parameter
    return found


def _required(parameter: Parameter) -> bool:
    return parameter.get("required") is True


def _requiredness(parameter: Parameter) -> str:
    return "required" if _required(parameter) else "optional"


def _changes(
    before: Components, b: Parameter, after: Components, a: Parameter, location: str
) -> Findings:
    if "parameters.path." not in location and _required(b) != _required(a):
        rule = f"parameter-became-{_requiredness(a)}"
        yield Found(rule, _requiredness(b), _requiredness(a), location)
    yield from _written(b, a, location)
    if (b.get("deprecated") is True) != (a.get("deprecated") is True):
        now = a.get("deprecated") is True
        words = ("not deprecated", "deprecated") if now else ("deprecated", "not deprecated")
        yield Found(f"parameter-{'' if now else 'no-longer-'}deprecated", *words, location)
    one, other = before.parts(_schema(b)), after.parts(_schema(a))
    if (one, other) != (OPEN, OPEN):
        yield Nested(location, Pair(one, other, "request"))


def _written(b: Parameter, a: Parameter, location: str) -> Iterator[Found]:
    """How values are put into the request."""
    if _style(b) != _style(a):
        yield Found("parameter-style-changed", _style(b), _style(a), location)
    for name in ("allowReserved", "allowEmptyValue"):
        was, now = (p.get(name) is True for p in (b, a))
        if was != now:
            words = {True: f"{name} true", False: f"{name} false"}
            yield Found("parameter-encoding-changed", words[was], words[now], location)


def _style(parameter: Parameter) -> str:
    content = parameter.get("content")
    if isinstance(content, Mapping) and content:
        return text(f"content {', '.join(sorted(map(str, content)))}")
    style = parameter.get("style") or _STYLES.get(str(parameter.get("in")), "simple")
    explode = parameter.get("explode", style == "form")
    return text(f"style {style}{', exploded' if explode else ''}")


def _schema(parameter: Parameter) -> Any:
    content = parameter.get("content")
    if isinstance(content, Mapping) and content:
        media = content[min(content, key=str)]
        return media.get("schema") if isinstance(media, Mapping) else None
    return parameter.get("schema")
