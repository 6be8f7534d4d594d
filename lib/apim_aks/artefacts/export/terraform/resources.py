"""Resources as blocks of Terraform: `azapi_resource`, and updates where a later stage says more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apim_aks.artefacts.export.symbols import snake, split, symbols, words_of
from apim_aks.artefacts.export.terraform.changes import (
    changed_by_azure,
    changed_later,
    difference,
    expanded,
    kept_apart,
    made_by_azure,
    merged,
)
from apim_aks.artefacts.export.terraform.expressions import (
    Scope,
    exported_path,
    id_text,
    id_value,
    template,
    written,
)
from apim_aks.artefacts.export.typed_stages import (
    Document,
    Target,
    TypedResource,
    TypedStage,
    Value,
    calls,
    documents,
    target_of,
)
from apim_aks.template_expression import Call

Json = dict[str, Any]
RESOURCE, UPDATE, GATE = "azapi_resource", "azapi_update_resource", "terraform_data"
_ARGUMENTS = ("location", "tags", "identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """All stages with what their expressions see.

    `bodies` hold what a resource is after each stage that says something of it, `exports` what
    expressions ask of resources once they are there.
    """

    stages: Sequence[TypedStage]
    addresses: Mapping[Target, str]
    documents: Mapping[Document, str]
    exports: Mapping[Target, tuple[str, ...]]
    versions: Mapping[Target, str] = field(default_factory=dict)
    """The API version in which a resource is read that no stage makes."""

    def scope(self, stage: TypedStage) -> Scope:
        """What the expressions of this stage see."""
        return Scope(stage.group, self.addresses, self.documents)


def module(stages: Sequence[TypedStage]) -> Module:
    """The stages with the addresses of their resources."""
    named = symbols(stages)
    addresses = {t: f"{_kind(t)}.{snake(words)}" for t, words in named.items()}
    exports: dict[Target, tuple[str, ...]] = {}
    versions: dict[Target, str] = {}
    for stage in stages:
        for call in _references(stage):
            target = target_of(call.arguments[0], stage.group)
            exports[target] = (*exports.get(target, ()), exported_path(call))
            if target not in named:
                addresses[target] = f"data.{RESOURCE}.{snake(words_of(target))}"
                versions[target] = str(call.arguments[1])
    asked = {t: tuple(sorted(set(paths))) for t, paths in exports.items()}
    return Module(
        stages=stages,
        addresses=addresses,
        documents={d: f"{d.folder}/{snake(named[t])}.{d.suffix}" for d, t in documents(stages)},
        exports=asked,
        versions=versions,
    )


def _kind(target: Target) -> str:
    """What Azure makes by itself is changed, anything else is created."""
    return UPDATE if made_by_azure(target) else RESOURCE


def _references(stage: TypedStage) -> Iterator[Call]:
    bodies = [(*r.target.names, dict(r.body)) for r in stage.resources]
    found = calls([*map(list, bodies), dict(stage.outputs)])
    return (call for call in found if call.name == "reference")


def data_sources(module: Module) -> Json:
    """What is read of resources that are there already."""
    found: Json = {}
    for target, version in module.versions.items():
        scope = Scope(target.group, {}, {})
        found[module.addresses[target].rpartition(".")[2]] = {
            "type": f"{target.type}@{version}",
            "resource_id": id_text(target, scope),
            "response_export_values": list(module.exports[target]),
        }
    return found


def blocks(module: Module) -> Iterator[tuple[str, Json]]:
    """For each stage its name and its blocks, resources in the order of the template."""
    known: dict[Target, Mapping[Any, Value]] = {}
    changed = changed_later(module.stages)
    gate = ""
    for stage in module.stages:
        own = _Stage(module, stage, gate_before(stage) if stage.steps else gate, known, changed)
        yield stage.name, own.blocks()
        known = known | {r.target: merged(known.get(r.target), r.body) for r in stage.resources}
        gate = gate_after(stage)


def gate_after(stage: TypedStage) -> str:
    """What stands for the whole stage: it is there when all of the stage is."""
    return f"{GATE}.after_{snake(split(stage.name))}"


def gate_before(stage: TypedStage) -> str:
    """What lets a stage begin once its steps by hand are done."""
    return f"{GATE}.before_{snake(split(stage.name))}"


@dataclass(frozen=True, slots=True)
class _Stage:
    module: Module
    stage: TypedStage
    gate: str
    known: Mapping[Target, Mapping[Any, Value]]
    changed: Mapping[Target, tuple[str, ...]]

    def blocks(self) -> Json:
        made: dict[str, Json] = {}
        for resource in self.stage.resources:
            kind, _, name = self.address(resource.target).partition(".")
            again = resource.target in self.known
            block = self.update(resource) if again else self.resource(resource)
            made.setdefault(kind, {})[name] = block
        made[GATE] = dict(self.gates())
        return made

    def address(self, target: Target) -> str:
        """The address of what this stage makes or changes."""
        address = self.module.addresses[target]
        if target not in self.known:
            return address
        name = address.removeprefix(f"{RESOURCE}.")
        return f"{UPDATE}.{name}_{snake(split(self.stage.name))}"

    def resource(self, resource: TypedResource) -> Json:
        scope = self.module.scope(self.stage)
        body = {k: v for k, v in resource.body.items() if k not in _ARGUMENTS}
        waits = self.waits(resource)
        return {
            **_reason(resource.because),
            **({"count": template(resource.count, scope)} if resource.count is not None else {}),
            "type": f"{resource.target.type}@{resource.version}",
            "name": template(resource.target.names[-1], scope),
            "parent_id": _parent(resource.target, scope),
            **_arguments(resource.body, scope),
            "body": written(body, scope),
            **kept_apart(resource),
            "response_export_values": list(self.module.exports.get(resource.target, ())),
            **({"depends_on": waits} if waits else {}),
            **self.lifecycle(resource),
        }

    def update(self, resource: TypedResource) -> Json:
        """What this stage says anew, said again whenever the whole resource is written."""
        scope = self.module.scope(self.stage)
        address = self.module.addresses[resource.target]
        body = difference(self.known[resource.target], resource.body)
        return {
            **_reason(resource.because),
            "type": f"{resource.target.type}@{resource.version}",
            "resource_id": f"${{{address}.id}}",
            "body": written(body, scope),
            "response_export_values": [],
            "depends_on": self.waits(resource),
            "lifecycle": {"replace_triggered_by": [address]},
        }

    def waits(self, resource: TypedResource) -> list[str]:
        found = [self.address(w) for w in resource.waits]
        return found or ([self.gate] if self.gate else [])

    def gates(self) -> Iterator[tuple[str, Json]]:
        if self.stage.steps:
            yield gate_before(self.stage).partition(".")[2], self.step()
        awaited = {w for r in self.stage.resources for w in r.waits}
        last = [self.address(r.target) for r in self.stage.resources if r.target not in awaited]
        yield gate_after(self.stage).partition(".")[2], {"depends_on": last}

    def step(self) -> Json:
        before = self.module.stages[self.module.stages.index(self.stage) - 1]
        tests = (f'contains(var.steps_done, "{step}")' for step in self.stage.steps)
        condition = {
            "condition": f"${{{' && '.join(tests)}}}",
            "error_message": f"Before {self.stage.name} comes a step by hand "
            f"({', '.join(self.stage.steps)}), see README.md. Apply up to it with "
            f"-target={gate_after(before)}, do it, and name it in steps_done.",
        }
        return {"depends_on": [gate_after(before)], "lifecycle": {"precondition": condition}}

    def lifecycle(self, resource: TypedResource) -> Json:
        """What Azure or a later stage changes, and for what reason it is left alone."""
        rows = [r for r in changed_by_azure(resource) if r.argument == "ignore_changes"]
        kept = (p for r in rows for p in expanded(r.property, resource.body))
        paths = [f"body.{p}" for p in (*kept, *self.changed[resource.target])]
        if not paths:
            return {}
        reasons = [f"{r.property}: {r.because} ({r.source})" for r in rows]
        reasons += [f"{p}: a later stage writes it" for p in self.changed[resource.target]]
        return {"lifecycle": {"//": "; ".join(reasons), "ignore_changes": paths}}


def _reason(because: str) -> Json:
    return {"//": because} if because else {}


def _parent(target: Target, scope: Scope) -> str:
    """The id of what the resource belongs to: another one, or the group."""
    if target.on is not None:
        return id_value(target.on, scope)
    outer, _, _ = target.type.rpartition("/")
    if "/" in outer:
        return id_value(Target(outer, target.names[:-1], target.group), scope)
    return template(Call("resourceGroup", (), ("id",)), Scope(target.group, {}, {}))


def _arguments(body: Mapping[Any, Value], scope: Scope) -> Json:
    """What the provider takes beside the body."""
    found = {name: written(body[name], scope) for name in ("location", "tags") if name in body}
    identity = body.get("identity")
    if identity is None:
        return found
    ids = [template(id, scope) for id in identity.get("userAssignedIdentities") or ()]
    kind = {"type": identity["type"], **({"identity_ids": ids} if ids else {})}
    return found | {"identity": [kind]}
