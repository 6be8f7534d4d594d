"""Names in zones of Azure: what a record set holds, changed only where nobody else has since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from apim_aks.facts import api_version
from apim_aks.remote.azure.refusal import AzureRefused, Json, type_of
from apim_aks.remote.azure.requests import Requests

ZONES = ("Microsoft.Network/dnsZones", "Microsoft.Network/privateDnsZones")
KINDS = ("A", "AAAA", "CNAME")
"""Record sets by which a host name leads somewhere."""
_LISTS = {"A": ("ARecords", "ipv4Address"), "AAAA": ("AAAARecords", "ipv6Address")}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """One record set: `targets` are addresses or one name, `alias` the resource it follows.

    `ttl` is in seconds, `properties` are what Azure has, to be put back as they are.
    """

    id: str
    kind: str
    ttl: int
    targets: tuple[str, ...]
    alias: str = ""
    etag: str = ""
    properties: Json = field(default_factory=dict, compare=False, repr=False)

    def holds(self, properties: Json) -> bool:
        """Whatever stands in these properties stands in its own."""
        own, wanted = _plain(self.properties), _plain(properties)
        return all(own.get(key) == value for key, value in wanted.items())

    @property
    def ends(self) -> tuple[str, ...]:
        """Its targets, or the resource that it follows."""
        return self.targets or ((self.alias,) if self.alias else ())

    def leads_to(self, ends: Iterable[str]) -> bool:
        """Whether it leads to all of these, and nowhere else."""
        return set(map(_name, self.ends)) == set(map(_name, ends))

    @property
    def line(self) -> str:
        """The record as a zone file has it."""
        end = "." if self.kind == "CNAME" else ""
        held = ", ".join(f"{t.rstrip('.')}{end}" for t in self.targets) or self.alias
        return f"{self.ttl} IN {self.kind} {held}"


class RecordSets:
    """The record sets of the zones of a subscription."""

    def __init__(self, client: Requests) -> None:
        self.client = client

    def zones(self, group: str, name: str) -> tuple[str, ...]:
        """The ids of the public and the private zone of this name that are there."""
        ids = (self.client.id(group, f"{kind}/{name}") for kind in ZONES)
        return tuple(id for id in ids if self.client.get(id, api_version(type_of(id))))

    def of(self, zone: str, name: str) -> tuple[RecordSet, ...]:
        """The record sets of this relative name by which it leads somewhere; `@` is the zone."""
        return tuple(self._found(zone, name))

    def _found(self, zone: str, name: str) -> Iterator[RecordSet]:
        for kind in KINDS:
            if found := self.at(f"{zone}/{kind}/{name}"):
                yield found

    def at(self, id: str) -> RecordSet | None:
        """The record set of this id; None where it is not there.

        Raises:
            AzureRefused: it may not be read, or is not what the API promises.
        """
        found = self.client.get(id, api_version(type_of(id)))
        return _record_set(id, found) if found else None

    def texts(self, zone: str, name: str) -> tuple[str, ...]:
        """The values of the TXT records of this name."""
        id = f"{zone}/TXT/{name}"
        return texts_of(self.client.get(id, api_version(type_of(id))) or {})

    def put(self, id: str, properties: Json, etag: str = "") -> None:
        """The record set as it is to be: where one was seen it must be the same still.

        Raises:
            AzureRefused: it was changed in between, or may not be written.
        """
        headers = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        doing = f"Writing the record {id.rpartition('/')[2]}"
        version = api_version(type_of(id))
        self.client.send("PUT", id, version, {"properties": properties}, doing, headers)

    def delete(self, id: str, etag: str) -> None:
        """Remove a record set that is still the one that was seen."""
        doing = f"Removing the record {id.rpartition('/')[2]}"
        headers = {"If-Match": etag} if etag else None
        self.client.send("DELETE", id, api_version(type_of(id)), None, doing, headers)


def texts_of(found: Json) -> tuple[str, ...]:
    """The values of a TXT record set."""
    held = _plain(found.get("properties")).get("txtrecords") or ()
    return tuple("".join(map(str, one.get("value") or ())) for one in held)


def leading_to(id: str, ttl: int, targets: tuple[str, ...]) -> Json:
    """The properties of a record set of this id that leads to these addresses, or to one name."""
    kind, private = id.split("/")[-2], "/privatednszones/" in id.lower()
    if kind == "CNAME":
        held: Json = {"CNAMERecord": {"cname": targets[0]}}
    else:
        name, key = _LISTS[kind]
        held = {name: [{key: t} for t in targets]}
    held = {"TTL": ttl, **held}
    return {_private(k): v for k, v in held.items()} if private else held


def with_ttl(found: RecordSet, ttl: int) -> Json:
    """The properties of a record set with another lifetime, and nothing else changed."""
    written = {k for k in found.properties if k.lower() in _WRITTEN}
    kept = {k: v for k, v in found.properties.items() if k in written and k.lower() != "ttl"}
    return {**kept, ("ttl" if "/privatednszones/" in found.id.lower() else "TTL"): ttl}


_WRITTEN = ("ttl", "arecords", "aaaarecords", "cnamerecord", "targetresource", "metadata")
"""What of the properties is written; the rest is Azure's own."""


def _private(key: str) -> str:
    """Private zones begin their names with a small letter: `aRecords`, `ttl`, `cnameRecord`."""
    return {
        "TTL": "ttl",
        "ARecords": "aRecords",
        "AAAARecords": "aaaaRecords",
        "CNAMERecord": "cnameRecord",
    }[key]


def _name(end: str) -> str:
    return end.lower().rstrip(".")


def _plain(properties: object) -> Json:
    held = properties if isinstance(properties, dict) else {}
    return {str(k).lower(): v for k, v in held.items()}


def _record_set(id: str, found: Json) -> RecordSet:
    kind, held = id.split("/")[-2], _plain(found.get("properties"))
    try:
        return RecordSet(
            id=id,
            kind=kind,
            ttl=int(held["ttl"]),
            targets=tuple(_targets(kind, held)),
            alias=str((held.get("targetresource") or {}).get("id") or ""),
            etag=str(found.get("etag") or ""),
            properties=json.loads(json.dumps(found["properties"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise AzureRefused(
            f"The record {id.rpartition('/')[2]}: the answer does not have the documented form."
        ) from None


def _targets(kind: str, held: Json) -> Iterator[str]:
    if kind == "CNAME":
        named = (held.get("cnamerecord") or {}).get("cname")
        yield from (str(named),) if named else ()
        return
    name, key = _LISTS[kind]
    yield from (str(one[key]) for one in held.get(name.lower()) or ())
