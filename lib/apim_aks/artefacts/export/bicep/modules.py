"""A stage as a file of Bicep: symbolic names, resources that are there, and files for other groups.

A file of Bicep makes resources in one group alone, so that what a stage makes elsewhere is a file
of its own, which is given the values of its expressions.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apim_aks.artefacts.export.bicep.expressions import (
    INDEX,
    Scope,
    expression,
    quoted,
    written,
)
from apim_aks.artefacts.export.symbols import camel, split, words_of
from apim_aks.artefacts.export.typed_stages import (
    Document,
    Target,
    TypedResource,
    TypedStage,
    Value,
    calls,
    found_target,
    target_of,
)
from apim_aks.facts import api_version
from apim_aks.template_expression import Call, Part

_WIDTH = 100
_LISTS = ("map", "concat", "createArray")
Parameters = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What the files share: symbols and versions of all resources, and paths of documents."""

    symbols: Mapping[Target, str]
    versions: Mapping[Target, str]
    documents: Mapping[Document, Sequence[str]]
    head: str


def module(stage: TypedStage, whole: Whole) -> Iterator[tuple[str, str]]:
    """The file of a stage, and of each resource that it makes in another group: name and text."""
    own = [r for r in stage.resources if r.target.group == stage.group]
    away = {r.target: _away(stage, r) for r in stage.resources if r.target.group != stage.group}
    made = {r.target for r in stage.resources}
    there = _there(stage, {r.target for r in own}, away, whole)
    named = {**{t: whole.symbols[t] for t in made}, **there.symbols}
    known = {t: s for t, s in named.items() if t not in away}
    scope = Scope(stage.group, known, whole.documents)
    parts = [
        comment(whole.head, stage.because),
        *parameters(stage.parameters),
        *there.texts(scope),
        *(
            _module(away[r.target], r, named, scope)
            if r.target in away
            else _resource(r, named, scope, made)
            for r in stage.resources
        ),
        *(f"output {n} string = {expression(p, scope)}" for n, p in stage.outputs.items()),
    ]
    yield f"{stage.name}.bicep", "\n\n".join(parts) + "\n"
    for lifted in away.values():
        yield lifted.file, _file_away(lifted, whole)


def comment(*sentences: str) -> str:
    """Sentences as lines that Bicep does not read; what is not said is left out."""
    wrapped = (textwrap.wrap(s, _WIDTH - 3) for s in sentences if s)
    return "\n//\n".join("\n".join(f"// {line}" for line in lines) for lines in wrapped)


def parameters(declared: Parameters) -> Iterator[str]:
    """Each parameter with what it is for."""
    for name, declaration in declared.items():
        described = f"@description({quoted(declaration['metadata']['description'])})"
        default = declaration.get("defaultValue")
        given = "" if default is None else f" = {written(default, Scope('', {}, {}))}"
        yield f"{described}\nparam {name} {declaration['type']}{given}"


@dataclass(frozen=True, slots=True)
class _There:
    """Resources that a file names and does not make, outer ones first."""

    versions: Mapping[Target, str] = field(default_factory=dict)
    symbols: Mapping[Target, str] = field(default_factory=dict)

    def texts(self, scope: Scope) -> Iterator[str]:
        for target, version in self.versions.items():
            head = f"resource {self.symbols[target]} {quoted(f'{target.type}@{version}')} existing"
            fields = dict(_place(target, scope))
            if "parent" not in fields and target.on is None and target.group != scope.group:
                fields = {"scope": f"resourceGroup({expression(target.group, scope)})", **fields}
            yield f"{head} = {_fields(fields)}"


def _there(
    stage: TypedStage, made: set[Target], away: Mapping[Target, _Lifted], whole: Whole
) -> _There:
    """What the resources of a stage belong to or speak of, without those that it makes itself."""
    wanted: dict[Target, str] = {}
    own = [r for r in stage.resources if r.target in made]
    for resource in own:
        for target in _above(resource.target):
            wanted.setdefault(target, "")
    spoken: list[Value] = [[*r.target.names, dict(r.body)] for r in own]
    spoken += [[*lifted.values.values()] for lifted in away.values()]
    for call in calls([*spoken, dict(stage.outputs)]):
        if call.name == "reference":
            wanted[target_of(call.arguments[0], stage.group)] = str(call.arguments[1])
        elif (found := found_target(call, stage.group)) and found in whole.versions:
            wanted.setdefault(found, "")
    outer_first = [t for w in wanted for t in (*_outer(w), w)]
    new = [t for t in dict.fromkeys(outer_first) if t not in made]
    return _There(
        {t: whole.versions.get(t) or wanted.get(t) or api_version(t.type) for t in new},
        {t: _symbol_there(t, whole) for t in new},
    )


def _symbol_there(target: Target, whole: Whole) -> str:
    return whole.symbols.get(target) or camel((*words_of(target), "there"))


def _above(target: Target) -> Iterator[Target]:
    """What a resource belongs to, outer ones first."""
    yield from _outer(target)
    if target.on is not None:
        yield from (*_above(target.on), target.on)


def _outer(target: Target) -> Iterator[Target]:
    outer, _, _ = target.type.rpartition("/")
    if "/" in outer and target.on is None:
        parent = Target(outer, target.names[:-1], target.group)
        yield from (*_outer(parent), parent)


def _place(target: Target, scope: Scope) -> Iterator[tuple[str, str]]:
    """What it belongs to, and its own name."""
    if target.on is not None:
        yield "scope", scope.symbols[target.on]
    else:
        *_, parent = (None, *_outer(target))
        if parent is not None:
            yield "parent", scope.symbols[parent]
    yield "name", expression(target.names[-1], scope)


def _fields(fields: Mapping[str, str]) -> str:
    return "{" + "".join(f"\n  {name}: {text}" for name, text in fields.items()) + "\n}"


def _resource(
    resource: TypedResource, named: Mapping[Target, str], scope: Scope, made: Iterable[Target]
) -> str:
    type = quoted(f"{resource.target.type}@{resource.version}")
    fields = dict(_place(resource.target, scope))
    fields |= {str(k): written(v, scope, 1) for k, v in resource.body.items()}
    implied = {t for t in _spoken_of(resource, scope.group) if t in scope.symbols}
    fields |= _depends(named[w] for w in resource.waits if w not in implied)
    body = _looped(resource.count, _fields(fields), scope)
    text = f"resource {named[resource.target]} {type} = {body}"
    return "\n".join(filter(None, (comment(resource.because), text)))


def _spoken_of(resource: TypedResource, group: Part) -> Iterator[Target]:
    """The resources that its text names, so that Bicep waits for them unasked."""
    *_, parent = (None, *_outer(resource.target))
    yield from (t for t in (parent, resource.target.on) if t is not None)
    for call in calls([*resource.target.names, dict(resource.body)]):
        if found := found_target(replace(call, members=()), group):
            yield found


def _depends(symbols: Iterable[str]) -> dict[str, str]:
    lines = "".join(f"\n    {symbol}" for symbol in dict.fromkeys(symbols))
    return {"dependsOn": f"[{lines}\n  ]"} if lines else {}


def _looped(count: Part | None, body: str, scope: Scope) -> str:
    if count is None:
        return body
    return f"[for {INDEX} in range(0, {expression(count, scope)}): {body}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lifted:
    """A resource for another group: its own file, and the values that the file is given."""

    file: str
    resource: TypedResource
    values: Mapping[str, Part]
    parameters: Parameters


def _away(stage: TypedStage, resource: TypedResource) -> _Lifted:
    lift = _Lift(stage.parameters)
    target = resource.target
    kinds = target.type.split("/")[1:]
    names = tuple(lift.value(n, (k, "name")) for n, k in zip(target.names, kinds, strict=True))
    on = target.on
    if on is not None:
        held = zip(on.names, on.type.split("/")[1:], strict=True)
        on = replace(on, names=tuple(lift.value(n, (k, "name")) for n, k in held))
    moved = replace(
        resource,
        target=Target(target.type, names, target.group, on),
        body={k: lift.value(v, (str(k),)) for k, v in resource.body.items()},
        waits=(),
        count=None,
    )
    name = f"{stage.name}-{'-'.join(words_of(target))}.bicep"
    return _Lifted(file=name, resource=moved, values=lift.values, parameters=lift.parameters)


class _Lift:
    """Gathers the expressions of a resource as parameters, each under a name from its place."""

    def __init__(self, declared: Parameters) -> None:
        self.declared = declared
        self.values: dict[str, Part] = {}
        self.parameters: dict[str, Mapping[str, Any]] = {}

    def value(self, value: Value, place: tuple[str, ...]) -> Value:
        """The value with parameters in place of its expressions."""
        if isinstance(value, Call):
            return Call("parameters", (self._named(value, place),))
        if isinstance(value, Mapping):
            return {self.value(k, place): self.value(v, (*place, str(k))) for k, v in value.items()}
        if isinstance(value, list):
            return [self.value(v, place) for v in value]
        return value

    def _named(self, call: Call, place: tuple[str, ...]) -> str:
        known = next((n for n, held in self.values.items() if held == call), "")
        if known:
            return known
        plain = call.name == "parameters" and not call.members
        name = str(call.arguments[0]) if plain else camel(w for p in place[-2:] for w in split(p))
        while name in self.values:
            name += "Too"
        kind = "array" if call.name in _LISTS else "string"
        described = {"description": f"{'.'.join(place)} of the resource"}
        self.parameters[name] = (
            self.declared[name] if plain else {"type": kind, "metadata": described}
        )
        self.values[name] = call
        return name


def _module(
    lifted: _Lifted, resource: TypedResource, named: Mapping[Target, str], scope: Scope
) -> str:
    """The call of the file that makes a resource in another group."""
    target = resource.target
    id = Call("resourceId", (target.group, target.type, *target.names))
    if target.on is not None:
        on = Call("resourceId", (target.on.group, target.on.type, *target.on.names))
        id = Call("extensionResourceId", (on, target.type, *target.names))
    params = "".join(f"\n    {n}: {expression(v, scope)}" for n, v in lifted.values.items())
    fields = {
        "name": expression(Call("format", ("in-{0}", Call("uniqueString", (id,)))), scope),
        "scope": f"resourceGroup({expression(target.group, scope)})",
        **({"params": f"{{{params}\n  }}"} if params else {}),
        **_depends(named[w] for w in resource.waits),
    }
    body = _looped(resource.count, _fields(fields), scope)
    text = f"module {named[target]} {quoted(lifted.file)} = {body}"
    return "\n".join(filter(None, (comment(resource.because), text)))


def _file_away(lifted: _Lifted, whole: Whole) -> str:
    resource = lifted.resource
    stage = TypedStage(
        name="",
        group=resource.target.group,
        because="",
        steps=(),
        resources=(resource,),
        parameters=lifted.parameters,
        given={},
        outputs={},
    )
    symbols = {resource.target: camel(words_of(resource.target))}
    alone = replace(whole, symbols=symbols, versions={})
    _, text = next(module(stage, alone))
    return text
