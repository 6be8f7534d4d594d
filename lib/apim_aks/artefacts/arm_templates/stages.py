"""A stage: one template with its parameters, and a list of resources cut into several of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from apim_aks.artefacts.arm_templates.expressions import Code, Json
from apim_aks.artefacts.arm_templates.parameters import Parameter
from apim_aks.artefacts.arm_templates.resource import SCHEMA, Resource, awaited, written
from apim_aks.facts import template_limit

PARAMETERS = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
_USED = re.compile(r"parameters\('(\w+)'\)")


@dataclass(frozen=True, slots=True)
class Stage:
    """One deployment: its template, the parameters this workload gives, why, and what comes first.

    `resource_group` is where it is deployed, `outputs` name what the next steps take from it.
    """

    name: str
    template: Json = field(repr=False)
    parameters: Json = field(repr=False)
    because: str
    needs: tuple[str, ...] = ()
    resource_group: str = ""

    @property
    def resources(self) -> tuple[Json, ...]:
        """The resources of the template."""
        return tuple(self.template["resources"])

    @property
    def asked(self) -> tuple[str, ...]:
        """Parameters that nobody but the deployer knows."""
        given = self.parameters["parameters"]
        declared = self.template["parameters"].items()
        return tuple(n for n, p in declared if n not in given and "defaultValue" not in p)

    def files(self, environment: str = "") -> tuple[tuple[str, str], ...]:
        """Template and parameters as files: name and text."""
        return (
            (f"arm/{self.name}.json", _written(self.template)),
            (f"arm/{self.parameters_file(environment)}", _written(self.parameters)),
        )

    def parameters_file(self, environment: str = "") -> str:
        """The name of the file of parameters, of one environment where several share the stage."""
        return ".".join(filter(None, (self.name, "parameters", environment, "json")))


@dataclass(frozen=True, slots=True)
class Draft:
    """What becomes a stage, or several where one template is too small for it.

    `steps` are those without a template that have to be done before.
    """

    name: str
    resources: tuple[Resource, ...]
    because: str
    steps: tuple[str, ...] = ()
    outputs: tuple[tuple[str, Code], ...] = ()
    numbered: bool = False


def stages(
    draft: Draft, catalogue: Sequence[Parameter], group: str, before: str = ""
) -> tuple[Stage, ...]:
    """The draft as stages after the one called `before`, each within the limits of a template.

    Nothing to make is no stage. A numbered draft always carries a number; others only from the
    second template on.
    """
    result: list[Stage] = []
    needs = ((before,) if before else ()) + draft.steps
    parts = tuple(_cut(draft.resources))
    for number, resources in enumerate(parts, start=1):
        # Outputs speak of everything, so that they come with the last part.
        outputs = draft.outputs if number == len(parts) else ()
        part = replace(draft, name=_name(draft, number), outputs=outputs)
        stage = _stage(part, resources, catalogue, needs, group)
        result.append(stage)
        needs = (stage.name,)
    return tuple(result)


def _name(draft: Draft, number: int) -> str:
    return f"{draft.name}-{number:02}" if draft.numbered or number > 1 else draft.name


def chained(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """Each resource after the one before it: written at once they end in conflicts (409)."""
    followers = zip(resources[1:], resources, strict=False)
    return (
        *resources[:1],
        *(replace(r, needs=(*r.needs, before.id)) for r, before in followers),
    )


def _cut(resources: Sequence[Resource]) -> Iterator[tuple[Resource, ...]]:
    most, room = template_limit("resources").number, template_limit("template-apis").number
    if resources and len(resources) < most and sum(map(_at_most, resources)) <= room:
        yield tuple(resources)
        return
    part: list[Resource] = []
    used = 0
    for resource in resources:
        size = len(_written(written(resource, {})).encode()) + _overhead(resource)
        # A copy makes as many resources as its parameter has members: one place more is kept.
        if part and (len(part) >= most - 1 or used + size > room):
            yield tuple(part)
            part, used = [], 0
        part.append(resource)
        used += size
    if part:
        yield tuple(part)


def _at_most(resource: Resource) -> int:
    """More bytes than the resource takes: each sign of JSON on a line of the deepest indentation.

    To write it with its lines takes many times as long, and few templates come near their limit.
    """
    compact = resource.once(_compact)
    opened = compact.count("{") + compact.count("[")
    lines = 2 * opened + compact.count(",")
    return len(compact) + lines * (1 + 2 * opened) + 1 + _overhead(resource)


def _compact(resource: Resource) -> str:
    return json.dumps(written(resource, {}))


def _overhead(resource: Resource) -> int:
    """Bytes for the indentation in the template and for what it waits for."""
    return 600 + sum(len(need) + 20 for need in resource.needs)


def _stage(
    draft: Draft,
    resources: Sequence[Resource],
    catalogue: Sequence[Parameter],
    needs: tuple[str, ...],
    group: str,
) -> Stage:
    there: dict[str, Code] = {r.id: awaited(r) for r in resources}
    bodies = [written(r, there) for r in resources]
    outputs = {n: {"type": "string", "value": code.value} for n, code in draft.outputs}
    waits = (there[need] for r in resources for need in r.needs if need in there)
    codes = (code.value for code in (*waits, *dict(draft.outputs).values()))
    used = set(_USED.findall(" ".join((*(r.once(_compact) for r in resources), *codes))))
    known = [p for p in catalogue if p.name in used]
    template = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "metadata": {"description": draft.because},
        "parameters": {p.name: p.declaration for p in known},
        "resources": bodies,
        **({"outputs": outputs} if outputs else {}),
    }
    given = {p.name: {"value": p.value} for p in known if p.value is not None}
    parameters = {"$schema": PARAMETERS, "contentVersion": "1.0.0.0", "parameters": given}
    return Stage(draft.name, template, parameters, draft.because, needs, group)


def _written(value: Json) -> str:
    # Half a surrogate pair is no character: no file could hold it.
    found = json.dumps(value, indent=2, ensure_ascii=False).encode(errors="replace").decode()
    return f"{found}\n"
