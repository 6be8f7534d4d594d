"""The templates of all environments as few as can be: one set for those that differ in values.

Each environment is one deployment of its set, with parameters of its own. What differs in more
than a parameter can say is a set apart, and the sentence says where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apim_aks.artefacts.arm_templates import Stage
from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export.deployments.merging import merged
from apim_aks.artefacts.export.deployments.parameters import Each, Parameters
from apim_aks.artefacts.export.deployments.place import Apart, Place
from apim_aks.artefacts.export.symbols import camel, split
from apim_aks.listing import listed
from apim_aks.workload.names import names_of

__all__ = ["Deployments", "deployments"]

SUFFIX, HOME = "nameSuffix", "resourceGroupName"
_USED = re.compile(r"parameters\('(\w+)'\)")
_MEANINGS = {
    SUFFIX: "What the names of this environment end with",
    HOME: "Resource group of this environment",
}
_LAST = ("resources", "outputs")
Declared = Mapping[str, Mapping[str, Any]]
Built = Mapping[str, Artefacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployments:
    """Stages that serve several deployments; a single one has no name and no parameters of its own.

    `each` is what the stages say in each environment, `values` what its parameters are. `groups`
    declare the parameters that name resource groups. `folder` is where the set stands, `notes`
    say in sentences which environments stand elsewhere, and why.
    """

    stages: tuple[Stage, ...]
    each: Built = field(repr=False)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    groups: Declared = field(default_factory=dict, repr=False)
    folder: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_named(self) -> bool:
        """The deployments are environments of the workload."""
        return "" not in self.each

    def given(self, name: str) -> Mapping[str, Any]:
        """What the parameters of the stages and of their groups are in this environment."""
        if not name:
            return {n: v["value"] for s in self.stages for n, v in _stated(s).items()}
        known = [*(n for s in self.stages for n in s.template["parameters"]), *self.groups]
        return {n: self.values[name][n] for n in dict.fromkeys(known) if n in self.values[name]}

    def asked(self, name: str) -> tuple[str, ...]:
        """The parameters that nobody but the deployer knows in this environment."""
        declared = {n: p for s in self.stages for n, p in s.template["parameters"].items()}
        given = self.given(name)
        return tuple(n for n, p in declared.items() if n not in given and "defaultValue" not in p)

    def deployed(self, name: str) -> tuple[Stage, ...]:
        """The stages with the parameters and the groups of this environment."""
        if not name:
            return self.stages
        own = zip(self.stages, self.each[name].stages, strict=True)
        return tuple(self._given(stage, there, name) for stage, there in own)

    def _given(self, stage: Stage, there: Stage, name: str) -> Stage:
        known = {n: v for n, v in self.given(name).items() if n in stage.template["parameters"]}
        values = {"parameters": {n: {"value": v} for n, v in known.items()}}
        return replace(
            stage,
            parameters=there.parameters | values,
            resource_group=there.resource_group,
        )


def deployments(built: Artefacts) -> tuple[Deployments, ...]:
    """One set for the environments that differ in values, the largest first; then those apart."""
    if not built.environments:
        return (Deployments(stages=built.stages, each={"": built}),)
    sets: list[Deployments] = []
    for name, one in built.environments.items():
        for at, known in enumerate(sets):
            try:
                sets[at] = _together({**known.each, name: one})
                break
            except Apart:
                continue
        else:
            sets.append(_together({name: one}))
    home, *others = sorted(sets, key=lambda s: -len(s.each))
    apart = [_apart(home, other) for other in others]
    return (replace(home, notes=tuple(n for one in apart for n in one.notes)), *apart)


def _apart(home: Deployments, other: Deployments) -> Deployments:
    """The set in a folder of its own, with what keeps it out of the first one."""
    why, folder = "", "-".join(other.each)
    for name, one in other.each.items():
        try:
            _together({**home.each, name: one})
        except Apart as error:
            why = str(error)
            break
    here, there = listed(list(other.each)), listed(list(home.each))
    note = f"In `{folder}/`: {here}, which differs from {there} in more than values. {why}"
    return replace(other, folder=folder, notes=(note,))


def _together(each: Built) -> Deployments:
    """The environments as deployments of one set.

    Raises:
        Apart: they differ in more than a parameter can say.
    """
    names, built = tuple(each), tuple(each.values())
    _require_same_stages(names, built)
    rows = tuple(zip(*(b.stages for b in built), strict=True))
    known = _known(built)
    groups = dict(_groups(rows))
    given = Parameters({**known, **groups}, _declared(built))
    stages = tuple(_stage(names, row, given, groups) for row in rows)
    own = {n: _named(n) for n in (SUFFIX, *groups)}
    declared = _without_own_defaults(_declared(built), built) | own | given.declared
    return Deployments(
        stages=tuple(_with_parameters(stage, declared) for stage in stages),
        each=each,
        values={
            n: dict(_values(given.values, at, built[at], declared)) for at, n in enumerate(names)
        },
        groups={n: declared[n] for n in groups},
    )


def _require_same_stages(names: Sequence[str], built: Sequence[Artefacts]) -> None:
    stages = [[(s.name, s.needs) for s in b.stages] for b in built]
    for one, name in zip(stages, names, strict=True):
        if one != stages[0]:
            other = next((s for s in (*one, *stages[0]) if (s in one) != (s in stages[0])), one[0])
            there = name if other in one else names[0]
            raise Apart(f"{other[0]}: this step is as it is in {there} alone.")


def _stated(stage: Stage) -> Mapping[str, Any]:
    found: Mapping[str, Any] = stage.parameters["parameters"]
    return found


def _declared(built: Sequence[Artefacts]) -> dict[str, Mapping[str, Any]]:
    stages = (s for b in built for s in b.stages)
    return {n: p for s in stages for n, p in s.template["parameters"].items()}


def _known(built: Sequence[Artefacts]) -> dict[str, Each]:
    """The parameters of the templates that every environment gives, and the suffix of names."""
    said = [{n: v["value"] for s in b.stages for n, v in _stated(s).items()} for b in built]
    both = (n for n in said[0] if all(n in one for one in said))
    suffixes = tuple(names_of(b.drawn.workload).suffix for b in built)
    return {**{n: tuple(one[n] for one in said) for n in both}, SUFFIX: suffixes}


def _groups(rows: Sequence[tuple[Stage, ...]]) -> Iterator[tuple[str, Each]]:
    """The resource groups that stages are deployed into, under the name of the first stage."""
    seen: set[Each] = set()
    for row in rows:
        each = tuple(s.resource_group for s in row)
        if each not in seen:
            yield (camel((*split(row[0].name[3:]), "group", "name")) if seen else HOME), each
            seen.add(each)


def _named(name: str) -> Mapping[str, Any]:
    meaning = _MEANINGS.get(name, f"Resource group of {name.removesuffix('GroupName')}")
    return {"type": "string", "metadata": {"description": meaning}}


def _stage(
    names: tuple[str, ...], row: Sequence[Stage], given: Parameters, groups: Mapping[str, Each]
) -> Stage:
    place = Place(names, row[0].name)
    group = next(n for n, each in groups.items() if each == tuple(s.resource_group for s in row))
    plain = [{k: v for k, v in s.template.items() if k != "parameters"} for s in row]
    template = merged(plain, place, given)
    return replace(row[0], template=template, resource_group=f"[parameters('{group}')]")


def _with_parameters(stage: Stage, declared: Declared) -> Stage:
    """The stage with the parameters that its template names."""
    used = set(_USED.findall(json.dumps(stage.template)))
    body = {k: v for k, v in stage.template.items() if k not in _LAST}
    rest = {k: v for k, v in stage.template.items() if k in _LAST}
    found = {n: p for n, p in declared.items() if n in used}
    return replace(stage, template={**body, "parameters": found, **rest})


def _without_own_defaults(declared: Declared, built: Sequence[Artefacts]) -> dict[str, Any]:
    """The declarations without the defaults that are not the same everywhere."""
    each = [_declared([b]) for b in built]

    def default(name: str) -> int:
        return len({json.dumps(one.get(name, {}).get("defaultValue")) for one in each})

    return {
        n: p if default(n) == 1 else {k: v for k, v in p.items() if k != "defaultValue"}
        for n, p in declared.items()
    }


def _values(
    known: Mapping[str, Each], at: int, built: Artefacts, declared: Declared
) -> Iterator[tuple[str, Any]]:
    """What an environment gives each parameter, its own default where there is no common one."""
    for name, own in _declared([built]).items():
        if "defaultValue" in own and "defaultValue" not in declared[name]:
            yield name, own["defaultValue"]
    for stage in built.stages:
        yield from ((n, v["value"]) for n, v in _stated(stage).items())
    yield from ((name, each[at]) for name, each in known.items())
