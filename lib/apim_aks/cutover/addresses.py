"""Public addresses that the cluster owns are kept before closing makes it release them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apim_aks.artefacts.manifests import ManifestFile
from apim_aks.cutover.session import Session
from apim_aks.deployment.access import cluster_there
from apim_aks.deployment.sequence import Waits
from apim_aks.facts import manifest_defaults
from apim_aks.remote.azure import AzureRefused, resource_name, type_of

_ADDRESSES = "microsoft.network/publicipaddresses"
_NOT_FOUND = "Azure shows no public address that AKS made for it alone"


def keep_addresses(session: Session, file: ManifestFile) -> None:
    """The addresses of the Services of a file without the mark by which AKS deletes them.

    Raises:
        Waits: one is not kept, and nobody has said that its loss is meant.
    """
    tag, before = manifest_defaults().address_owner_tag, session.closed.addresses
    ways = (way.object for way in file.ways_back if way.owned_by_aks)
    lost = {name: _NOT_FOUND for name in ways if name not in before}
    for id, service in _owned(session, file, tag):
        name, closed = f"Service {service}", session.closed
        kept = {**closed.addresses, name: id.rpartition("/")[2]}
        session.keep_closed(replace(closed, addresses=kept))
        try:
            session.client.untag(id, {tag: service})
        except AzureRefused as refused:
            session.keep_closed(closed)
            lost[name] = str(refused)
            continue
        lost.pop(name, None)
        words = f"{resource_name(id)} has no tag {tag} any more: it is yours, and costs what it did"
        session.told(name, "address kept", words)
    for name, why in lost.items():
        session.told(name, "address not kept", why)
    if lost and not session.given.irreversible:
        told = (f"{name}: its public address is not kept: {why}" for name, why in lost.items())
        named = "; ".join(words.rstrip(".") for words in told)
        raise Waits(f"{named}. Keep what is needed, then say --irreversible")


def _owned(session: Session, file: ManifestFile, tag: str) -> Iterator[tuple[str, str]]:
    """Each address that AKS made for one of the Services alone, with that Service."""
    metadata = (o["metadata"] for o in file.objects if o["kind"] == "Service")
    services = {f"{m.get('namespace', 'default')}/{m['name']}" for m in metadata}
    there = cluster_there(session.client, session.scene.project) if services else None
    nodes = ((there or {}).get("properties") or {}).get("nodeResourceGroup")
    for found in session.client.resources_in(str(nodes)) if nodes else ():
        id, service = str(found["id"]), (found.get("tags") or {}).get(tag, "")
        if type_of(id).lower() == _ADDRESSES and service in services:
            yield id, service
