"""What a format says that Azure is sent, as values: of templates, of Bicep and of Terraform.

Each format is read by a grammar of others and worked out here, without our own writers. What only
Azure knows is `Unknown` with the same text in each: the id of a resource and the path in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apim_aks.artefacts.arm_templates import Stage
from apim_aks.facts.exports import export_defaults
from apim_aks.reachability.templates import Unknown, declared, evaluation
from apim_aks.reachability.templates.functions import call_of

SUBSCRIPTION, TENANT = "<subscription>", "<tenant>"
BODY = ("location", "tags", "identity", "sku", "kind", "zones", "properties")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource as Azure is asked for it, and the ids that it waits for."""

    stage: str
    id: str
    version: str
    body: Mapping[str, Any]
    waits: frozenset[str] = frozenset()


def guid(*parts: Any) -> str:
    """As Resource Manager makes it."""
    return str(uuid.uuid5(uuid.UUID(export_defaults().guid_namespace), "-".join(map(str, parts))))


def unique_string(*parts: Any) -> str:
    """Something that depends on the same: the hash itself is Azure's."""
    return f"<unique {'-'.join(map(str, parts))}>"


def reference(id: str, version: str = "", full: str = "") -> Unknown:
    """What Azure knows of a resource."""
    found = Unknown("reference", f"<{id}>")
    return found if full else found.member("properties")


def joined(parts: Any, between: str) -> Any:
    """A list as one text, also where Azure alone knows the list."""
    if isinstance(parts, Unknown):
        return Unknown("reference", str(call_of("join", [parts, between])))
    return between.join(map(str, parts))


def id_of(group: str, type: str, names: Sequence[str], on: str = "") -> str:
    """The id of a resource."""
    provider, *kinds = type.split("/")
    pairs = "/".join(f"{k}/{n}" for k, n in zip(kinds, names, strict=True))
    return f"{on or group_id(group)}/providers/{provider}/{pairs}"


def typed(id: str) -> str:
    """The type of the resource with this id."""
    provider, *rest = id.rpartition("/providers/")[2].split("/")
    return "/".join((provider, *rest[::2]))


def group_id(group: str) -> str:
    """The id of a resource group."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"


FUNCTIONS = {
    "guid": guid,
    "uniqueString": unique_string,
    "reference": reference,
    "join": joined,
    "replace": lambda text, mark, value: text.replace(mark, value),
    "subscription": lambda: {"id": f"/subscriptions/{SUBSCRIPTION}", "tenantId": TENANT},
}


def values(stages: Sequence[Stage]) -> dict[str, Any]:
    """A value for every parameter that the workload does not give: lists with two members."""
    found: dict[str, Any] = {}
    for stage in stages:
        given = stage.parameters["parameters"]
        for name, declaration in stage.template["parameters"].items():
            listed = declaration["type"] == "array"
            own = [f"{name}-{n}" for n in (1, 2)] if listed else f"given {name}"
            found[name] = given[name]["value"] if name in given else own
    return found


def of_templates(stages: Sequence[Stage]) -> Iterator[Made]:
    """What the templates say, in order."""
    given = values(stages)
    for stage in stages:
        seen = evaluation(
            stage.template,
            {n: {"value": v} for n, v in given.items()},
            group=stage.resource_group,
            subscription=SUBSCRIPTION,
            functions=FUNCTIONS,
        )
        found = [(r, list(declared({"resources": [r]}, seen))) for r in stage.resources]
        inner = {_outer_id(r, seen): made[0].id(SUBSCRIPTION) for r, made in found if made}
        for resource, made in found:
            waits = frozenset(seen.value(w) for w in resource.get("dependsOn") or ())
            for one in made:
                yield Made(
                    stage=stage.name,
                    id=one.id(SUBSCRIPTION),
                    version=one.body["apiVersion"],
                    body={k: one.held(k) for k in BODY if k in one.body},
                    waits=frozenset(inner.get(w, w) for w in waits),
                )


def _outer_id(resource: Mapping[str, Any], seen: Any) -> str:
    """The id that others wait for: of a deployment into another group its own."""
    if "resourceGroup" not in resource:
        return ""
    group = str(seen.value(resource["resourceGroup"]))
    return id_of(group, resource["type"], [str(seen.value(resource["name"]))])


def outputs_of_templates(stages: Sequence[Stage]) -> dict[str, Any]:
    """What the templates give."""
    given = {n: {"value": v} for n, v in values(stages).items()}
    found: dict[str, Any] = {}
    for stage in stages:
        seen = evaluation(
            stage.template,
            given,
            group=stage.resource_group,
            subscription=SUBSCRIPTION,
            functions=FUNCTIONS,
        )
        outputs = stage.template.get("outputs") or {}
        found |= {name: seen.value(output["value"]) for name, output in outputs.items()}
    return found


def steps_of(stages: Sequence[Stage]) -> list[str]:
    """The steps by hand before the stages."""
    names = {s.name for s in stages}
    return [step for s in stages for step in s.needs if step not in names]


def as_a_whole(found: Sequence[Made]) -> tuple[Made, ...]:
    """Resources of Terraform, of which a later stage changes what an earlier one made."""
    known: dict[str, Any] = {}
    whole = []
    for one in found:
        known[one.id] = _merged(known.get(one.id, {}), one.body)
        whole.append(replace(one, body=known[one.id]))
    return tuple(whole)


def _merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {**before} | {
        k: _merged(before[k], v) if isinstance(v, Mapping) and k in before else v
        for k, v in after.items()
    }
