"""The stages of a placement as typed values: what every format of resources is written from.

A string of a template is a text or a call, never both; texts that are documents stand beside the
resource as files. Resources are found by `Target`, however an expression spells their id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apim_aks.artefacts.arm_templates import Stage
from apim_aks.artefacts.arm_templates.resource import DEPLOYMENTS
from apim_aks.errors import InputError
from apim_aks.template_expression import Call, Part, expression, is_expression

Value = Any
"""A text, number, truth value, `Call`, `Document`, or a list or mapping of values."""

_BESIDE = {"type", "apiVersion", "name", "comments", "dependsOn", "scope", "copy"}
_BODY = {"location", "tags", "identity", "sku", "kind", "zones", "properties"}


@dataclass(frozen=True, slots=True)
class Target:
    """A resource by where it is: type, names from the outside in, group; or on another one."""

    type: str
    names: tuple[Part, ...]
    group: Part
    on: Target | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A text that is a document of its own, and the kind of file that it is written to."""

    text: str = field(repr=False)
    folder: str
    suffix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedResource:
    """A resource of a stage. `waits` are those of its stage that come first.

    `count` says how many there are where it is one of several, `body` is what Azure is sent.
    """

    target: Target
    version: str
    body: Mapping[str, Value] = field(repr=False)
    waits: tuple[Target, ...] = ()
    count: Part | None = None
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedStage:
    """A stage: its resources, what it takes and gives, and the steps by hand before it.

    `parameters` are declared as in the template, `given` is what this workload says of them.
    """

    name: str
    group: Part
    because: str
    steps: tuple[str, ...]
    resources: tuple[TypedResource, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    given: Mapping[str, Any]
    outputs: Mapping[str, Part]


def typed_stages(stages: Sequence[Stage]) -> tuple[TypedStage, ...]:
    """The stages in order of deployment.

    Raises:
        InputError: a template says something that no format is written for.
    """
    names = {s.name for s in stages}
    return tuple(_stage(s, tuple(n for n in s.needs if n not in names)) for s in stages)


def _stage(stage: Stage, steps: tuple[str, ...]) -> TypedStage:
    group = part_of(stage.resource_group)
    elsewhere = {_target(r, group): _inner(r)[0] for r in stage.resources if _is_nested(r)}
    moved = {outer: _target(inner, outer.group) for outer, inner in elsewhere.items()}
    outputs = stage.template.get("outputs") or {}
    return TypedStage(
        name=stage.name,
        group=group,
        because=stage.because,
        steps=steps,
        resources=tuple(_declaration(r, group, moved) for r in stage.resources),
        parameters=stage.template["parameters"],
        given={n: v["value"] for n, v in stage.parameters["parameters"].items()},
        outputs={n: parsed(o["value"]) for n, o in outputs.items()},
    )


def _is_nested(resource: Mapping[str, Any]) -> bool:
    return bool(resource["type"] == DEPLOYMENTS)


def _inner(resource: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = resource["properties"]["template"]["resources"]
    return found


def _declaration(
    resource: Mapping[str, Any], group: Part, moved: Mapping[Target, Target]
) -> TypedResource:
    """The resource; of a deployment into another group what it makes there."""
    waits = tuple(target_of(parsed(w), group) for w in resource.get("dependsOn") or ())
    inner, place = resource, group
    if _is_nested(resource):
        (inner,), place = _inner(resource), parsed(resource["resourceGroup"])
    unknown = inner.keys() - _BESIDE - _BODY
    if unknown:
        raise InputError(f"{inner['type']} has {', '.join(sorted(unknown))}: no format has it.")
    copy = inner.get("copy")
    return TypedResource(
        target=_target(inner, place),
        version=inner["apiVersion"],
        body={k: parsed(v) for k, v in inner.items() if k in _BODY},
        waits=tuple(moved.get(w, w) for w in waits),
        count=parsed(copy["count"]) if copy else None,
        because=str(parsed(inner.get("comments", ""))),
    )


def _target(resource: Mapping[str, Any], group: Part) -> Target:
    type = resource["type"]
    place = parsed(resource["resourceGroup"]) if "resourceGroup" in resource else group
    on = _relative(parsed(resource["scope"]), place) if "scope" in resource else None
    return Target(type, _names(parsed(resource["name"]), type.count("/")), place, on)


def _names(name: Part, count: int) -> tuple[Part, ...]:
    """The names that a name of a template holds, one for each kind of its type."""
    if isinstance(name, Call) and name.name == "format" and count > 1:
        holes, *parts = name.arguments
        if holes == "/".join(f"{{{n}}}" for n in range(count)):
            return tuple(parts)
    found = tuple(name.split("/", count - 1)) if isinstance(name, str) else (name,)
    if len(found) != count:
        raise InputError(f"The name {name!r} of a resource does not have {count} parts.")
    return found


def _relative(scope: Part, group: Part) -> Target:
    """The resource that a scope inside the group names: provider, then kinds and names in turn."""
    text, parts = scope, tuple[Part, ...]()
    if isinstance(scope, Call):
        text, *rest = scope.arguments
        parts = tuple(rest)
    provider, *pairs = str(text).split("/")
    filled = (parts[int(n[1:-1])] if n.startswith("{") else n for n in pairs[1::2])
    return Target("/".join((provider, *pairs[::2])), tuple(filled), group)


def parsed(value: Any) -> Value:
    """A value of a template with its expressions as calls, in names of fields too."""
    if isinstance(value, str):
        return part_of(value)
    if isinstance(value, Mapping):
        return _document(value) or {part_of(k): parsed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [parsed(v) for v in value]
    return value


def part_of(text: str) -> Part:
    """A string of a template as a text, or as the expression that it is."""
    if is_expression(text):
        return expression(text)
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


DOCUMENTS = {"xml": ("policies", "xml"), "openapi+json": ("openapi", "json")}
"""The folder and the ending of a document, by what a resource says of its format."""


def _document(value: Mapping[str, Any]) -> Mapping[Part, Value] | None:
    """The same with its text as a document, where a format says that it is one."""
    kind = DOCUMENTS.get(str(value.get("format")))
    if kind is None or not isinstance(value.get("value"), str):
        return None
    text = _filled(part_of(value["value"]), kind)
    return {k: text if k == "value" else parsed(v) for k, v in value.items()}


def _filled(part: Part, kind: tuple[str, str]) -> Value:
    """The document, where words of it are filled in too."""
    if isinstance(part, Call) and part.name == "replace":
        return Call(part.name, (_filled(part.arguments[0], kind), *part.arguments[1:]))
    return Document(str(part), *kind)


def document_of(value: Value) -> Document | None:
    """The document that a value is, or that it fills in."""
    while isinstance(value, Call) and value.name == "replace":
        value = value.arguments[0]
    return value if isinstance(value, Document) else None


def target_of(id: Part, group: Part) -> Target:
    """The resource of this id, as an expression of a stage that is deployed into `group`.

    Raises:
        InputError: the expression is no id.
    """
    found = found_target(id, group)
    if found is None:
        raise InputError(f"The expression {id!r} of a template is not the id of a resource.")
    return found


def found_target(id: Value, group: Part) -> Target | None:
    """As `target_of`; None where the value is no id of a resource in a group."""
    if not isinstance(id, Call) or id.members:
        return None
    if id.name == "resourceId":
        parts = id.arguments
        at = next(n for n, p in enumerate(parts) if isinstance(p, str) and "/" in p)
        place = parts[at - 1] if at else group
        return Target(str(parts[at]), parts[at + 1 :], place)
    if id.name == "extensionResourceId":
        on, type, *names = id.arguments
        return Target(str(type), tuple(names), group, found_target(on, group))
    return None


def calls(value: Value) -> Iterator[Call]:
    """Every call in a value, the outer one before those in it."""
    if isinstance(value, Call):
        yield value
        inner: Iterable[Value] = (*value.arguments, *value.members)
    elif isinstance(value, Mapping):
        inner = (*value.keys(), *value.values())
    else:
        inner = value if isinstance(value, (list, tuple)) else ()
    for each in inner:
        yield from calls(each)


def documents(stages: Sequence[TypedStage]) -> Iterator[tuple[Document, Target]]:
    """Each document with the first resource that has it."""
    seen: set[Document] = set()
    for stage in stages:
        for resource in stage.resources:
            for value in (resource.body.get("properties") or {}).values():
                document = document_of(value)
                if document and document not in seen:
                    seen.add(document)
                    yield document, resource.target
