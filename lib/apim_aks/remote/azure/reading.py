"""What is there, whole or not at all: an answer of another shape is refused, never empty."""

from __future__ import annotations

from typing import Any

from apim_aks.remote.azure.answers import absent_as_none
from apim_aks.remote.azure.refusal import AzureRefused, Json
from apim_aks.remote.azure.requests import Requests


class Reading(Requests):
    """Resources and lists exactly as the Resource Manager holds them."""

    def read(self, path: str, version: str, doing: str) -> Json | None:
        """The resource at a path, which may carry a query; None where there is none.

        Raises:
            AzureRefused: it was refused, or what came is no resource.
        """
        found = self._answer(path, version, doing)
        if found is None:
            return None
        if not isinstance(found, dict) or not found:
            raise _shapeless(doing)
        return found

    def members(self, path: str, version: str, doing: str) -> tuple[Json, ...] | None:
        """Every member of a list, page after page; None where the list itself is not there.

        Raises:
            AzureRefused: it was refused, or what came is no list.
        """
        found: list[Json] = []
        seen: set[str] = set()
        following = path
        while following and following not in seen:
            seen.add(following)
            page = self._answer(following, version, doing)
            if page is None and following == path:
                return None
            found += _rows(page, doing)
            following = str(page.get("nextLink") or "") if isinstance(page, dict) else ""
        return tuple(found)

    def _answer(self, path: str, version: str, doing: str) -> Any:
        return absent_as_none(lambda: self.send("GET", path, version, doing=doing)[1])


def _rows(page: Any, doing: str) -> list[Json]:
    """The rows of a page; the network status is a bare list."""
    rows = page.get("value") if isinstance(page, dict) else page
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise _shapeless(doing)
    return rows


def _shapeless(doing: str) -> AzureRefused:
    return AzureRefused(f"{doing}: the answer does not have the documented form.")
