"""What Azure holds: each resource and list asked once, answers and refusals alike kept."""

from __future__ import annotations

from apim_aks.azure_client import AzureClient, AzureRefused, Json


class Found:
    """Answers of one run. A refusal is raised again for every check that needs the answer."""

    def __init__(self, client: AzureClient) -> None:
        self.client = client
        self._kept: dict[str, Json | tuple[Json, ...] | None | AzureRefused] = {}

    def resource(self, id: str, preview: bool = False) -> Json | None:
        """The resource of this id; None where there is none."""
        raise NotImplementedError
