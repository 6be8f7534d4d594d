"""Public addresses that the cluster owns are kept before closing makes it release them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apim_aks.artefacts.manifests import ManifestFile
from apim_aks.cutover.record import Phase
from apim_aks.cutover.session import Session
from apim_aks.deployment.arrival import CLUSTERS
from apim_aks.facts import manifest_defaults
from apim_aks.remote.azure import AzureRefused, resource_name, type_of

_KEPT = "addresses"
_ADDRESSES = "microsoft.network/publicipaddresses"


def keep_addresses(session: Session, file: ManifestFile) -> None:
    """The addresses of the Services of a file without the mark by which AKS deletes them.

    What Azure refuses is said: that an address is lost then was confirmed before.
    """
    tag = manifest_defaults().address_owner_tag
    for id, service in _owned(session, file, tag):
        name, kept = f"Service {service}", dict(kept_addresses(session.state.phases))
        _remember(session, {**kept, name: id.rpartition("/")[2]})
        try:
            session.client.untag(id, {tag: service})
        except AzureRefused as refused:
            _remember(session, kept)
            session.told(name, "address not kept", str(refused))
            continue
        words = f"{resource_name(id)} has no tag {tag} any more: it is yours, and costs what it did"
        session.told(name, "address kept", words)


def kept_addresses(phases: Mapping[str, object]) -> Mapping[str, str]:
    """The public addresses that were kept before closing, by Service as objects are called."""
    held = phases.get(Phase.CLOSE)
    return dict((held.get(_KEPT) if isinstance(held, dict) else None) or {})


def _remember(session: Session, kept: Mapping[str, str]) -> None:
    closed = {**session.state.phases[Phase.CLOSE], _KEPT: kept}
    session.keep_state(session.state.with_phase(Phase.CLOSE, closed))


def _owned(session: Session, file: ManifestFile, tag: str) -> Iterator[tuple[str, str]]:
    """Each address that AKS made for one of the Services alone, with that Service."""
    metadata = (o["metadata"] for o in file.objects if o["kind"] == "Service")
    services = {f"{m.get('namespace', 'default')}/{m['name']}" for m in metadata}
    project, client = session.scene.project, session.client
    cluster = client.id(project.cluster_group, f"{CLUSTERS}/{project.cluster}")
    properties = ((client.resource(cluster) or {}).get("properties") or {}) if services else {}
    nodes = properties.get("nodeResourceGroup")
    for found in client.resources_in(str(nodes)) if nodes else ():
        id, service = str(found["id"]), (found.get("tags") or {}).get(tag, "")
        if type_of(id).lower() == _ADDRESSES and service in services:
            yield id, service
