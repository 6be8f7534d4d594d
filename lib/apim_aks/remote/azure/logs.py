"""Questions to a Log Analytics workspace, through the SDK's own client and our retries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apim_aks.facts import azure_facts
from apim_aks.remote.azure.client import AzureClient
from apim_aks.remote.azure.connection import SAFE, refusing
from apim_aks.remote.azure.redaction import remember, shortened
from apim_aks.remote.azure.refusal import AzureRefused, Json

_DOING = "Asking the log workspace"


class Logs:
    """What workspaces hold; `url` is another place to ask than Azure's public one."""

    def __init__(self, client: AzureClient, url: str = "") -> None:
        self.client = client
        self.url = url or azure_facts().logs_endpoint

    def _sdk(self) -> Any:
        from azure.monitor.query import LogsQueryClient

        connection = self.client.connection
        key = ("logs", self.url)
        if key not in connection.clients:
            connection.clients[key] = LogsQueryClient(
                connection.credential,
                endpoint=self.url,
                policies=connection.policies(f"{self.url}/.default"),
                transport=connection.wire(),
            )
        return connection.clients[key]

    def rows(self, workspace: str, query: str, hours: float) -> tuple[Json, ...]:
        """The rows that answer a query, column by column; `workspace` is its customer id.

        Raises:
            AzureRefused: nobody may ask, or only a part was answered.
        """
        remember(workspace, shortened(workspace))
        with refusing(_DOING):
            try:
                # A question is sent as POST and changes nothing.
                found = self._sdk().query_workspace(
                    workspace, query, timespan=timedelta(hours=hours), retry_on_methods=SAFE
                )
                return _rows(found)
            except (AttributeError, LookupError, TypeError) as error:
                # The SDK takes an answer of another shape apart without looking.
                kind = type(error).__name__
                raise AzureRefused(f"{_DOING}: the answer is not a table ({kind}).") from None


def _rows(found: Any) -> tuple[Json, ...]:
    if not hasattr(found, "tables"):
        raise AzureRefused(f"{_DOING}: only a part of the answer came.")
    return tuple(
        dict(zip(table.columns, row, strict=True)) for table in found.tables for row in table.rows
    )
