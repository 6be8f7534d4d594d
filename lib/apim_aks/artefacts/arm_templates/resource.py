"""One resource of a template, before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apim_aks.artefacts.arm_templates.expressions import (
    Code,
    Json,
    Part,
    joined,
    parameter,
    quoted,
    resource_id,
    text,
)
from apim_aks.facts import api_version
from apim_aks.once import Once

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
DEPLOYMENTS = "Microsoft.Resources/deployments"
LOCATION: Json = {"location": parameter("location").value}
TAGS: Json = {"tags": {"workload": parameter("workload").value}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Once):
    """A resource by type and name; `body` is what stands beside them, safe to write.

    `needs` are ids of resources to wait for; those that another stage makes are left out when it
    is written. `group` is the resource group of an existing thing that it belongs to, `on` the id
    of the resource that it extends, which its own id then begins with.
    """

    type: str
    names: tuple[Part, ...]
    body: Json = field(default_factory=dict)
    needs: tuple[Code, ...] = ()
    group: str = ""
    preview: bool = False
    because: str = ""
    on: Code | None = None

    @property
    def id(self) -> Code:
        """Its id as an expression."""
        if self.on is not None:
            names = ", ".join(quoted(n) for n in self.names)
            return Code(f"extensionResourceId({self.on}, '{self.type}', {names})")
        return resource_id(self.type, self.names, self.group)

    @property
    def version(self) -> str:
        """The API version it is written in."""
        return api_version(self.type, self.preview)


def written(resource: Resource, there: Mapping[str, Code]) -> Json:
    """The resource as JSON, waiting for what it needs.

    `there` holds the ids of its template, each with what is waited for: the resource itself, or
    the deployment that makes it in another group.
    """
    inner = {
        "type": resource.type,
        "apiVersion": resource.version,
        "name": joined(resource.names),
        **({"comments": text(resource.because)} if resource.because else {}),
        **resource.body,
    }
    waits = [there[need].value for need in dict.fromkeys(resource.needs) if need in there]
    if not resource.group:
        return inner | ({"dependsOn": waits} if waits else {})
    return _elsewhere(resource, inner, waits)


def _elsewhere(resource: Resource, inner: Json, waits: list[str]) -> Json:
    """A deployment into the group of the existing thing; expressions keep the outer meaning."""
    return {
        "type": DEPLOYMENTS,
        "apiVersion": api_version(DEPLOYMENTS),
        "name": Code(deployment_name(resource)).value,
        "resourceGroup": text(resource.group),
        "properties": {
            "mode": "Incremental",
            "template": {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [inner]},
        },
        **({"dependsOn": waits} if waits else {}),
    }


def deployment_name(resource: Resource) -> Code:
    """The name of the deployment that makes a resource in another group."""
    return Code(f"format('in-{{0}}', uniqueString({resource.id}))")


def awaited(resource: Resource) -> Code:
    """What others wait for: the resource, or the deployment that makes it elsewhere."""
    if not resource.group:
        return resource.id
    name = deployment_name(resource)
    return Code(f"resourceId({quoted(resource.group)}, '{DEPLOYMENTS}', {name})")
