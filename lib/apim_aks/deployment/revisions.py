"""One API in an API Management instance: its revisions, documents and releases."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from apim_aks.artefacts.arm_templates.site import SERVICE
from apim_aks.deployment.project import Project
from apim_aks.errors import InputError
from apim_aks.facts import api_version, azure_error_code
from apim_aks.remote.azure import AzureClient, AzureRefused, Json, type_of

APIS = f"{SERVICE}/apis"
_LATER = "Azure continues with it; run it again later, and it finds the revision"


class ApiInService:
    """One API in one API Management instance."""

    def __init__(self, client: AzureClient, project: Project, api: str) -> None:
        self.client, self.project, self.api = client, project, api
        self.id = client.id(project.home, f"{SERVICE}/{project.gateway}")
        self.version = api_version(APIS)

    def at(self, path: str, number: str = "") -> str:
        """The path of a child resource, in a revision if one is named."""
        head, _, rest = path.partition(f"apis/{self.api}")
        revision = f";rev={number}" if number else ""
        return f"{self.id}/{head}apis/{self.api}{revision}{rest}"

    def serving(self) -> str:
        """The number of the current revision.

        Raises:
            InputError: the API does not exist.
        """
        found = self.client.get(self.at(f"apis/{self.api}"), self.version)
        if found is None:
            raise InputError(f"API {self.api} is not in {self.project.gateway} yet. Deploy first.")
        return str((found.get("properties") or {}).get("apiRevision") or "1")

    def revisions(self) -> tuple[Json, ...]:
        """Every revision of the API, each with `apiRevision`, `isCurrent` and `description`."""
        path = f"{self.at(f'apis/{self.api}')}/revisions"
        return self.client.members(path, self.version, f"Revisions of {self.api}") or ()

    def document(self, number: str) -> Json:
        """The document as API Management exports it, without the revision in addresses."""
        query = f"?format=openapi%2Bjson&export=true&api-version={self.version}"
        path = f"{self.at(f'apis/{self.api}', number)}{query}"
        found = self.client.get(path, self.version) or {}
        held = found.get("value") or (found.get("properties") or {}).get("value") or {}
        document = held.get("value", held) if isinstance(held, dict) else held
        if not isinstance(document, dict) or not document:
            raise AzureRefused(f"API {self.api}: Azure returned no document to compare with.")
        plain: Json = _plain(document)
        return plain

    def write(self, path: str, properties: Json, number: str) -> None:
        """Writes a child resource of a revision and waits until Azure has it.

        What is there is overwritten whatever its state, which Azure wants to be told; what is not
        is made (https://learn.microsoft.com/rest/api/apimanagement/apis/create-or-update).
        """
        id, doing = self.at(path, number), f"Writing {path} of revision {number}"
        there = self.client.get(id, api_version(type_of(id))) is not None
        condition = {"If-Match": "*"} if there else {}
        body: Json = {"properties": properties}
        self._when_free(lambda: self.client.write(id, body, condition, doing, _LATER))

    def remove(self, number: str) -> None:
        """Removes this revision."""
        id = self.at(f"apis/{self.api}", number)
        self._when_free(lambda: self.client.delete(id))

    def _when_free(self, change: Callable[[], None]) -> None:
        """The change, made again while Azure still works on an earlier one of this API.

        An import goes on after its answer, and refuses others until it ends.
        """
        tries, pause = self.client.timing.busy_tries, self.client.timing.busy_pause_seconds
        for attempt in self.client.attempts(tries, pause):
            try:
                change()
                return
            except AzureRefused as refused:
                row = azure_error_code(refused.fault.code, refused.fault.status)
                busy = row is not None and row.again == "wait" and refused.fault.status == 409
                if not busy or attempt == tries:
                    raise
                self.client.connection.tell(f"{refused} It is tried again ({attempt} of {tries})")

    def release(self, number: str) -> None:
        """Makes this revision current."""
        path = f"{self.at(f'apis/{self.api}')}/releases/rev-{number}"
        notes = "released by apim-aks after its checks passed"
        target = self.at(f"apis/{self.api}", number)
        body: Json = {"properties": {"apiId": target, "notes": notes}}
        self.client.send("PUT", path, self.version, body, f"Releasing revision {number}")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub(r";rev=\d+", "", value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value
