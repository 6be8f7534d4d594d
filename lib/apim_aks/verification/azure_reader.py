"""Reads Azure: each resource and list once; answers and refusals are cached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apim_aks.deployment import Project
from apim_aks.deployment.certificates import client_for
from apim_aks.facts import api_version
from apim_aks.remote.azure import (
    AzureClient,
    AzureRefused,
    Certificates,
    Json,
    VaultCertificate,
    resource_name,
    type_of,
)
from apim_aks.verification.answers import rows


class AzureReader:
    """The answers of one run. A refusal is raised again for each check that needs the answer."""

    def __init__(self, client: AzureClient, vault: Certificates | None = None) -> None:
        self.client = client
        self._vault = vault
        self._kept: dict[str, Any] = {}

    def resource(self, id: str, preview: bool = False, query: str = "") -> Json | None:
        """The resource with this id; None if it does not exist. `query` selects its form."""
        version = api_version(type_of(id), preview)
        path = f"{id}?{query}" if query else id
        found: Json | None = self._once(
            path, lambda: self.client.read(path, version, resource_name(id))
        )
        return found

    def children(self, id: str, kind: str, query: str = "") -> tuple[Json, ...] | None:
        """The members of a list below an id (`apis`, or a type with its provider).

        None if the parent does not exist.
        """
        below = f"{id}/providers/{kind}" if kind.startswith("Microsoft.") else f"{id}/{kind}"
        path, version = (f"{below}?{query}" if query else below), api_version(type_of(below))
        what = f"List of {kind} below {resource_name(id)}"
        found: tuple[Json, ...] | None = self._once(
            path, lambda: self.client.members(path, version, what)
        )
        return found

    def asked(self, id: str, action: str) -> tuple[Json, ...]:
        """The list that a read action of a resource returns."""
        path, version = f"{id}/{action}", api_version(type_of(id))
        what = f"{action} of {resource_name(id)}"
        found: tuple[Json, ...] = self._once(path, lambda: self._posted(path, version, what))
        return found

    def _posted(self, path: str, version: str, what: str) -> tuple[Json, ...]:
        answer = self.client.send("POST", path, version, {}, what)[1]
        if not isinstance(answer.get("value"), list):
            raise AzureRefused(f"{what}: the answer does not have the documented form.")
        return rows(answer, "value")

    def certificate(self, project: Project, name: str) -> VaultCertificate:
        """A certificate in the project's vault."""
        vault = self._vault or client_for(self.client, project)
        found: VaultCertificate = self._once(f"vault:{name}", lambda: vault.look(name))
        return found

    def _once(self, key: str, ask: Callable[[], Any]) -> Any:
        key = key.lower()
        if key not in self._kept:
            try:
                self._kept[key] = ask()
            except AzureRefused as refused:
                self._kept[key] = refused
        if isinstance(self._kept[key], AzureRefused):
            raise self._kept[key]
        return self._kept[key]
