"""DNS records of callers' names: found in the reader's zones, changed, and restored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apim_aks.artefacts.planned_site import PlannedSite
from apim_aks.cutover.entries import NewEntry, default_host
from apim_aks.cutover.hosts import Host, entry_of
from apim_aks.cutover.record import Kept
from apim_aks.cutover.session import Session
from apim_aks.deployment.sequence import Waits
from apim_aks.deployment.state import general, particular
from apim_aks.options.edge_calls import EDGE
from apim_aks.remote.azure import AzureRefused, Json, RecordSet, RecordSets, leading_to, with_ttl
from apim_aks.topology import Kind
from apim_aks.verification.probes.resources import (
    endpoint_host,
    gateway,
    public_addresses,
    values,
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a moved name leads: a name of Azure's and its addresses; empty if unknown."""

    name: str
    addresses: tuple[str, ...]
    fixed: bool


def target_of(session: Session, host: Host) -> Target:
    """Azure's name of the entry that answers to this name, and its addresses."""
    scene = session.scene
    entry = entry_of(scene.placement, host.name)
    if entry is None:
        raise Waits(f"{host.id}: no entry of the option answers to this name")
    name = _azure_name(session, entry)
    instance = entry.component.kind not in (Kind.EDGE, Kind.FRONT_DOOR)
    if instance and scene.topology.self_hosted is None:
        held = gateway(scene)
        inner = values(held, "privateIPAddresses")
        addresses = public_addresses(held) if entry.component.public else inner
        return Target(name, addresses, scene.placement.fixed_address or bool(inner))
    fixed = entry.component.kind is not Kind.FRONT_DOOR
    return Target(name, scene.vantage.caller.addresses(name), fixed)


def _azure_name(session: Session, entry: NewEntry) -> str:
    scene = session.scene
    names = PlannedSite(scene.placement).names
    if entry.component.kind is Kind.FRONT_DOOR:
        return endpoint_host(scene)
    if entry.component.kind is Kind.EDGE:
        return names.public_host(EDGE)
    if scene.topology.self_hosted:
        return names.public_host("gateway")
    return default_host(scene.design.workload)


class Names:
    """The names of one run, in the zones given by the reader."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sets = RecordSets(session.client)

    def found(self, host: Host, target: Target) -> tuple[Kept, ...]:
        """The record sets of a host; none if no given zone holds it.

        Raises:
            Waits: a controller would change the name back, or it cannot be moved.
        """
        kept = [
            k for zone, name in self._zones(host.name) for k in self._in(zone, name, host, target)
        ]
        return tuple(kept)

    def _zones(self, name: str) -> Iterator[tuple[str, str]]:
        """The zones with the longest name that ends this one, and the name relative to them."""
        given = [z for z in self.session.given.zones if f".{name}".endswith(f".{z[1]}")]
        longest = max((len(z) for _, z in given), default=0)
        for group, zone in given:
            if len(zone) == longest:
                relative = name.removesuffix(zone).rstrip(".") or "@"
                yield from ((id, relative) for id in self.sets.zones(group, zone))

    def _in(self, zone: str, name: str, host: Host, target: Target) -> Iterator[Kept]:
        there = self.sets.of(zone, name)
        if not there and not host.fresh:
            return
        if keeper := self._keeper(zone, name):
            raise Waits(
                f"{host.id}: {keeper} manages this name and would change it back; move it there"
            )
        if not there:
            kind = "A" if name == "@" else "CNAME"
            yield self._kept(f"{zone}/{kind}/{name}", None, host, target)
        for one in there:
            yield self._kept(one.id, one, host, target)

    def _keeper(self, zone: str, name: str) -> str:
        settings = self.session.settings
        for prefix in settings.owner_prefixes.split(";"):
            texts = self.sets.texts(zone, f"{prefix}{name}")
            if any(settings.owner_mark in text for text in texts):
                return "external-dns"
        return ""

    def _kept(self, id: str, one: RecordSet | None, host: Host, target: Target) -> Kept:
        kind = id.split("/")[-2]
        ours = (target.name,) if kind == "CNAME" else _of_kind(kind, target.addresses)
        if kind == "A" and not (ours and target.fixed):
            raise Waits(
                f"{host.id}: its record is of type A, and the addresses of {target.name} are not "
                "fixed; make it a CNAME or an alias of your own, and confirm with --moved"
            )
        return Kept(
            id=general(id, self.session.client.subscription),
            properties=one.properties if one else None,
            was=one.ends if one else (),
            ours=ours,
            ttl=one.ttl if one else 0,
        )

    def lower(self, kept: Kept) -> None:
        """Lowers the time to live, unless it is low enough or there is no record."""
        found, lowest = self._now(kept), self.session.settings.lowered_ttl_seconds
        if found and found.ttl > lowest and self._is_before(kept, found):
            self._put(found.id, with_ttl(found, lowest), found)

    def move(self, host: Host, kept: Kept) -> None:
        """Points the name to the gateway; records of types without a gateway address are removed.

        Raises:
            Waits: the record was changed elsewhere since.
        """
        found, lowest = self._now(kept), self.session.settings.lowered_ttl_seconds
        if _leads_to(found, kept.ours):
            return
        if not self._is_before(kept, found):
            raise Waits(f"{host.id}: its record was changed elsewhere since; check it first")
        id = self._id(kept)
        if not kept.ours:
            self.sets.delete(id, found.etag if found else "")
        else:
            self._put(id, leading_to(id, lowest, kept.ours), found)

    def settle(self, kept: Kept) -> None:
        """Restores the time to live if the name still leads to the gateway."""
        found = self._now(kept)
        if found and kept.ttl and found.ttl != kept.ttl and _leads_to(found, kept.ours):
            self._put(found.id, with_ttl(found, kept.ttl), found)

    def back(self, kept: Kept) -> str:
        """Restores the records; returns in words those left because they were changed elsewhere."""
        found = self._now(kept)
        if self._as_it_was(kept, found):
            return ""
        id = self._id(kept)
        if not (self._is_before(kept, found) or _leads_to(found, kept.ours)):
            held = found.line if found else "removed"
            return f"{id.rpartition('/')[2]} is {held} since a change made elsewhere, and was left"
        if kept.properties is None:
            self.sets.delete(id, found.etag if found else "")
        else:
            self._put(id, _written(kept), found)
        return ""

    def _put(self, id: str, properties: Json, before: RecordSet | None) -> None:
        """Writes once: after a lost answer the next request finds another etag."""
        try:
            self.sets.put(id, properties, before.etag if before else "")
        except AzureRefused:
            held = self.sets.at(id)
            if held is None or held == before or not held.holds(properties):
                raise

    def _now(self, kept: Kept) -> RecordSet | None:
        return self.sets.at(self._id(kept))

    def _id(self, kept: Kept) -> str:
        return particular(kept.id, self.session.client.subscription)

    def _is_before(self, kept: Kept, found: RecordSet | None) -> bool:
        if found is None:
            return kept.properties is None
        return kept.properties is not None and found.leads_to(kept.was)

    def _as_it_was(self, kept: Kept, found: RecordSet | None) -> bool:
        if not self._is_before(kept, found):
            return False
        return found is None or found.ttl == kept.ttl


def _written(kept: Kept) -> Json:
    whole = RecordSet(
        id=kept.id, kind="", ttl=kept.ttl, targets=(), properties=kept.properties or {}
    )
    return with_ttl(whole, kept.ttl)


def _of_kind(kind: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(a for a in addresses if (":" in a) is (kind == "AAAA"))


def _leads_to(found: RecordSet | None, targets: tuple[str, ...]) -> bool:
    if found is None:
        return not targets
    return bool(targets) and found.leads_to(targets)
