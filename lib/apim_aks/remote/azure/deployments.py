"""Deployments of templates: asked about, started, looked at, forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from apim_aks.remote.azure.answers import absent_as_none, as_json
from apim_aks.remote.azure.client import AzureClient
from apim_aks.remote.azure.connection import SAFE, refusing
from apim_aks.remote.azure.names import REMOVING
from apim_aks.remote.azure.refusal import AzureRefused, Json, innermost


class Deployments:
    """The deployments of a subscription."""

    def __init__(self, client: AzureClient) -> None:
        self.client = client

    def _sdk(self) -> Any:
        from azure.mgmt.resource.deployments import DeploymentsMgmtClient

        return self.client.connection.client(DeploymentsMgmtClient)

    def validate(self, group: str, name: str, template: Json, parameters: Json) -> None:
        """Validate the template.

        Raises:
            AzureRefused: it does not; the sentence has the innermost reason.
            VerdictUnknown: the answer was empty, which is no consent.
        """
        body = {"properties": _properties(template, parameters)}
        begin = partial(self._sdk().deployments.begin_validate, group, name, body)
        found = as_json(self._asked(f"Validating {name}", begin))
        if found.get("error"):
            fault = innermost(found)
            raise AzureRefused(f"Validating {name}: {fault.sentence}", fault)

    def what_if(self, group: str, name: str, template: Json, parameters: Json) -> Json:
        """What a deployment would change, as Azure says it.

        Raises:
            AzureRefused: it cannot say.
        """
        settings = {"whatIfSettings": {"resultFormat": "FullResourcePayloads"}}
        body = {"properties": _properties(template, parameters) | settings}
        begin = partial(self._sdk().deployments.begin_what_if, group, name, body)
        found = as_json(self._asked(f"What-if of {name}", begin))
        if found.get("error"):
            fault = innermost(found)
            raise AzureRefused(f"What-if of {name}: {fault.sentence}", fault)
        return found

    def _asked(self, doing: str, begin: Callable[..., Any]) -> Any:
        """The answer to a question that takes Azure a while."""
        later = "nothing was changed by it; run it again later"
        ask = partial(begin, retry_on_methods=SAFE)
        minutes = self.client.timing.question_minutes
        return self.client.connection.ended(doing, minutes, later, ask)

    def get(self, group: str, name: str) -> Json | None:
        """A deployment with state and outputs; None where there is none."""
        with refusing(f"Deployment {name}"):
            found = absent_as_none(lambda: self._sdk().deployments.get(group, name))
        return None if found is None else as_json(found)

    def all(self, group: str) -> tuple[Json, ...]:
        """Every deployment of a group."""
        with refusing(f"Deployments of {group}"):
            found = absent_as_none(
                lambda: list(self._sdk().deployments.list_by_resource_group(group))
            )
        return tuple(as_json(d) for d in found or ())

    def start(
        self, group: str, name: str, template: Json, parameters: Json, tags: Mapping[str, str]
    ) -> None:
        """Start a deployment and come back at once: its state in Azure is what is waited for.

        Raises:
            AzureRefused: it was refused.
        """
        body = {"properties": _properties(template, parameters), "tags": dict(tags)}
        with refusing(f"Deploying {name}"):
            self._sdk().deployments.begin_create_or_update(group, name, body, polling=False)

    def operations(self, group: str, name: str) -> tuple[Json, ...]:
        """What a deployment does and did, resource by resource."""
        with refusing(f"Operations of {name}"):
            return tuple(as_json(o) for o in self._sdk().deployment_operations.list(group, name))

    def forget(self, group: str, name: str) -> None:
        """Delete a deployment, not the resources that it made."""
        doing = f"Forgetting {name}"
        begin = partial(self._sdk().deployments.begin_delete, group, name)
        minutes = self.client.timing.removal_minutes
        ended = partial(self.client.connection.ended, doing, minutes, REMOVING, begin)
        absent_as_none(ended)


def _properties(template: Json, parameters: Json) -> Json:
    """Incremental: what the template does not name is left alone."""
    return {"mode": "Incremental", "template": template, "parameters": parameters}
