"""What the owners of Services that end TLS themselves do by hand, for no manifest can."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.artefacts.manifests.scene import ManifestScene, Routed
from apim_aks.topology import Authority


def certificates_to_renew(scene: ManifestScene) -> tuple[str, ...]:
    """Certificates that have to hold another name before the gateway calls these Services."""
    return tuple(
        f"before the gateway calls {c.service}, its certificate {c.reason}; today it is in "
        f"{scene.workload.service(c.service).tls.place}"
        for c in scene.topology.changes
        if c.action == "renew"
    )


def authorities_to_name(hops: Iterable[Routed], where: str) -> tuple[str, ...]:
    """Services behind these hops whose certificates no authority signed that is trusted there.

    API Management's list of authorities is for the gateway that Azure runs and for nothing here.
    """
    return tuple(
        f"workload.yaml says that a private authority signed the certificate of {hop.service.id}; "
        "what calls it here trusts public ones alone: name that authority's certificate in "
        f"{where or 'what calls it'}"
        for hop in hops
        if hop.tls and hop.service.tls.host and hop.service.tls.authority is Authority.PRIVATE
    )
