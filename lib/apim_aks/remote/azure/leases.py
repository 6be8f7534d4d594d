"""A lease as a TXT record of a private DNS zone that no network is linked to.

Azure creates a record set only where none is, and changes one only where it is still the one that
was read (`If-None-Match: *` and `If-Match`,
https://learn.microsoft.com/rest/api/dns/privatedns/record-sets/create-or-update). That decides
between two runs in one request, by the Resource Manager alone: neither a key nor a way into a
network is needed, as they are for the lease of a blob.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apim_aks.facts import api_version
from apim_aks.remote.azure.client import AzureClient
from apim_aks.remote.azure.record_sets import texts_of
from apim_aks.remote.azure.refusal import AzureRefused, Json

ZONES = "Microsoft.Network/privateDnsZones"
_RECORD = "lease"
_SECONDS = 3600
"""The time to live of a record that nobody resolves."""
_LATER = "Azure goes on making it; run it again later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who holds it, since and until when (ISO 8601, UTC), and for what; `etag` is its state."""

    id: str
    holder: str
    doing: str
    since: str
    until: str
    etag: str = ""


class LeaseLost(AzureRefused):
    """Somebody else has taken the lease in between."""


class Leases:
    """The lease of one zone in one resource group."""

    def __init__(self, client: AzureClient, group: str, zone: str) -> None:
        self.client = client
        self.id = client.id(group, f"{ZONES}/{zone}")
        self._path = f"{self.id}/TXT/{_RECORD}"
        self._version = api_version(ZONES)

    def place(self, tags: Mapping[str, str]) -> None:
        """Make the zone where it is not there.

        Raises:
            AzureRefused: it may not be made.
        """
        if self.client.resource(self.id) is not None:
            return
        body = {"location": "global", "tags": dict(tags), "properties": {}}
        new = {"If-None-Match": "*"}
        try:
            self.client.write(self.id, body, new, "Making the lease's zone", _LATER)
        except AzureRefused as refused:
            if not _is_taken(refused):
                raise

    def read(self) -> Lease | None:
        """The lease as it stands; None where nobody holds it."""
        found = self.client.get(self._path, self._version)
        return None if found is None else _lease(found)

    def write(self, lease: Lease, instead: str = "") -> Lease:
        """The lease, now held; `instead` is the state that it takes the place of, empty for none.

        Raises:
            LeaseLost: somebody else was faster.
        """
        condition = {"If-Match": instead} if instead else {"If-None-Match": "*"}
        try:
            _, found = self.client.send(
                "PUT", self._path, self._version, _body(lease), "Taking the lease", condition
            )
        except AzureRefused as refused:
            # A request that was sent again may have met itself.
            now = self.read() if _is_taken(refused) else None
            if now is not None and (now.id, now.until) == (lease.id, lease.until):
                return now
            if _is_taken(refused):
                raise LeaseLost(str(refused), refused.fault) from None
            raise
        return _lease(found)

    def give_back(self, lease: Lease) -> None:
        """Let the next run begin; nothing where somebody else holds it by now."""
        condition = {"If-Match": lease.etag}
        try:
            self.client.send("DELETE", self._path, self._version, None, "The lease", condition)
        except AzureRefused as refused:
            if not _is_taken(refused) and refused.fault.status != 404:
                raise


def _is_taken(refused: AzureRefused) -> bool:
    return refused.fault.status == 412 or refused.fault.code == "PreconditionFailed"


_PARTS = ("id", "holder", "doing", "since", "until")


def _body(lease: Lease) -> Json:
    values = [{"value": [f"{part}={getattr(lease, part)}"]} for part in _PARTS]
    return {"properties": {"ttl": _SECONDS, "txtRecords": values}}


def _lease(found: Json) -> Lease:
    """The lease of a record set; what somebody else wrote there is shown as far as it can be."""
    held = {name: value for name, _, value in (text.partition("=") for text in texts_of(found))}
    parts = {part: held.get(part, "")[:200] for part in _PARTS}
    return Lease(**parts, etag=str(found.get("etag") or ""))
