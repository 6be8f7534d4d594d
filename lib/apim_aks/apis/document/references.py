"""What the operations of several documents refer to, under names that are theirs alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_aks.apis.document.source import Source, Steps
from apim_aks.apis.document.structure import (
    KIND_OF,
    SECTIONS,
    Change,
    canonical,
    is_reference,
    rebuilt,
    walk,
)

_SIMPLE = re.compile(r"[A-Za-z0-9._-]+")
_BRANCHES = ("oneOf", "anyOf")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where a component stands: its section, its document, and the steps in it."""

    section: str
    file: str
    steps: Steps

    @property
    def own_name(self) -> str:
        """What its document calls it, in the characters that OpenAPI allows."""
        named = len(self.steps) < 3 or (len(self.steps) == 3 and self.steps[0] == "components")
        name = self.steps[-1] if named else "-".join(self.steps[-3:])
        return name if _SIMPLE.fullmatch(name) else _plain(name)


Names = Mapping[Key, str]
Sources = Mapping[str, Source]
Components = dict[Key, Any]


def referred(value: Any, kind: str, source: Source) -> Iterator[Key]:
    """The components that a piece of this document needs, one step away."""
    file = source.document.file
    for _, part, its_kind in walk(value, kind):
        if is_reference(part, its_kind):
            steps = source.steps(part["$ref"])
            found = [(SECTIONS[its_kind], steps)]
        elif its_kind == "operation":
            found = [("securitySchemes", source.scheme(n)) for n in _schemes(part)]
        elif its_kind in ("schema", "extra"):
            found = [("schemas", steps) for steps in _mapped(part, source)]
        else:
            continue
        yield from (Key(section, file, steps) for section, steps in found if steps)


def reachable(sources: Sources, operations: Iterable[tuple[str, Any]]) -> Components:
    """Every component that these operations (file, operation) need, and what those need."""
    found: Components = {}
    waiting = [k for f, o in operations for k in referred(o, "operation", sources[f])]
    while waiting:
        key = waiting.pop()
        if key in found:
            continue
        source = sources[key.file]
        found[key] = source.component(key.section, key.steps)
        kind = KIND_OF[key.section]
        waiting += referred(found[key], kind, source)
        waiting += (Key("schemas", key.file, s) for s in _heirs(found[key], key, source))
    return found


def names(components: Components, sources: Sources, suffixes: Mapping[str, str]) -> Names:
    """A name for each component: its own, shared by equal ones, with a suffix for the others."""
    wanted: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(components):
        wanted.setdefault((key.section, key.own_name), []).append(key)
    groups = _classes(wanted, components, sources)
    taken = set(wanted)
    result: dict[Key, str] = {}
    for (section, name), keys in wanted.items():
        chosen: dict[int, str] = {}
        for key in keys:
            group = groups.get(key, 0)
            if group not in chosen:
                free = _free(section, name, suffixes[key.file], taken) if chosen else name
                chosen[group] = free
            result[key] = chosen[group]
    return result


def renaming(source: Source, names: Names) -> Change:
    """The change that points a piece of this document at the names of the merged one."""
    file = source.document.file

    def named(section: str, steps: Steps | None) -> str:
        return names[Key(section, file, steps or ())]

    def target(steps: Steps) -> str:
        return f"#/components/schemas/{named('schemas', steps)}"

    def change(value: Any, kind: str) -> Any:
        if is_reference(value, kind):
            section = SECTIONS[kind]
            name = named(section, source.steps(value["$ref"]))
            return {**value, "$ref": f"#/components/{section}/{name}"}
        if kind == "operation" and value.get("security"):
            security = [
                {named("securitySchemes", source.scheme(n)): scopes for n, scopes in r.items()}
                for r in value["security"]
            ]
            return {**value, "security": security}
        if kind in ("schema", "extra") and isinstance(value, dict) and "discriminator" in value:
            return {**value, "discriminator": _discriminator(value, source, target)}
        return value

    return change


def renamed_component(key: Key, components: Components, sources: Sources, names: Names) -> Any:
    """A component as the merged document has it."""
    source = sources[key.file]
    value = rebuilt(components[key], KIND_OF[key.section], renaming(source, names))
    if key.section == "schemas":
        _name_heirs(value, key, source, names)
    return value


def _discriminator(value: Any, source: Source, target: Any) -> Any:
    """Its mapping with new names; what was said by a schema's own name is said by a mapping."""
    old = value["discriminator"]
    mapping = {n: target(source.mapped(t)) for n, t in old.get("mapping", {}).items()}
    for branch in (b for word in _BRANCHES for b in value.get(word, ())):
        steps = source.steps(branch["$ref"]) if is_reference(branch, "schema") else None
        if steps:
            _name_implied(mapping, steps, target(steps))
    return {**old, "mapping": mapping} if mapping else old


def _name_heirs(value: Any, key: Key, source: Source, names: Names) -> None:
    for steps in _heirs(value, key, source):
        mapping = dict(value["discriminator"].get("mapping", {}))
        name = names[Key("schemas", key.file, steps)]
        _name_implied(mapping, steps, f"#/components/schemas/{name}")
        if mapping:
            value["discriminator"] = {**value["discriminator"], "mapping": mapping}


def _name_implied(mapping: dict[str, str], steps: Steps, target: str) -> None:
    renamed = not target.endswith(f"/{steps[-1]}")
    if renamed and target not in mapping.values():
        mapping.setdefault(steps[-1], target)


def _heirs(value: Any, key: Key, source: Source) -> list[Steps]:
    if not isinstance(value, dict) or "discriminator" not in value or key.section != "schemas":
        return []
    return [] if value.keys() & set(_BRANCHES) else source.heirs(key.steps)


def _mapped(value: Any, source: Source) -> Iterator[Steps | None]:
    discriminator = value.get("discriminator") if isinstance(value, dict) else None
    if isinstance(discriminator, dict):
        yield from (source.mapped(t) for t in discriminator.get("mapping", {}).values())


def _schemes(operation: Any) -> Iterator[str]:
    for requirement in operation.get("security", ()):
        yield from requirement


def _classes(
    wanted: Mapping[tuple[str, str], list[Key]], components: Components, sources: Sources
) -> dict[Key, int]:
    """Groups of components that share a name and mean the same, references included.

    Components start as equal where their text is, and part where what they refer to has parted.
    """
    contested = [k for keys in wanted.values() if len(keys) > 1 for k in keys]
    own = {k: k.own_name for k in components}
    targets = {k: _targets(k, components, sources[k.file]) for k in contested}
    groups: dict[Key, int] = _numbered(
        {k: (k.section, own[k], _text(k, components, sources, own)) for k in contested}
    )
    while True:
        parted = _numbered(
            {k: (groups[k], *((own[t], groups.get(t)) for t in targets[k])) for k in contested}
        )
        if len(set(parted.values())) == len(set(groups.values())):
            return groups
        groups = parted


def _targets(key: Key, components: Components, source: Source) -> list[Key]:
    value = components[key]
    heirs = sorted(Key("schemas", key.file, s) for s in _heirs(value, key, source))
    return [*referred(value, KIND_OF[key.section], source), *heirs]


def _text(key: Key, components: Components, sources: Sources, own: Names) -> str:
    return canonical(renamed_component(key, components, sources, own))


def _numbered(values: Mapping[Key, Any]) -> dict[Key, int]:
    numbers: dict[Any, int] = {}
    return {k: numbers.setdefault(v, len(numbers)) for k, v in values.items()}


def _free(section: str, name: str, suffix: str, taken: set[tuple[str, str]]) -> str:
    candidate, number = f"{name}-{suffix}", 1
    while (section, candidate) in taken:
        number += 1
        candidate = f"{name}-{suffix}-{number}"
    taken.add((section, candidate))
    return candidate


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-") or "component"
