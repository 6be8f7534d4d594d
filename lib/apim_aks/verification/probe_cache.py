"""The cache of one run of probes: each call and each read is made once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from apim_aks.remote.azure import AzureRefused
from apim_aks.remote.azure.logs import Logs

T = TypeVar("T")


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass
class ProbeCache:
    """Answers by name; tests can replace `logs` and `new_id`."""

    logs: Logs | None = None
    new_id: Callable[[], str] = _new_id
    _found: dict[str, Any] = field(default_factory=dict, repr=False)

    def once(self, name: str, ask: Callable[[], T]) -> T:
        """The cached answer, or that of the first call; a refusal is raised again each time.

        Raises:
            AzureRefused: Azure refused.
        """
        if name not in self._found:
            try:
                self._found[name] = ask()
            except AzureRefused as refused:
                self._found[name] = refused
        found = self._found[name]
        if isinstance(found, AzureRefused):
            raise found
        return found  # type: ignore[no-any-return]
