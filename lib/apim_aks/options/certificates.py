"""Certificates of what the gateway calls: for which name, by whom signed, who replaces them."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.facts import certificate_kind
from apim_aks.options.option import Setting
from apim_aks.options.surroundings import GATEWAY
from apim_aks.topology import Authority, Certificate, ObjectChange
from apim_aks.workload.model import Service


def server_certificate(
    component: str, purpose: str, host: str, authority: Authority
) -> Certificate:
    """A server certificate whose chain and name the gateway checks, kept in Key Vault."""
    return Certificate(
        id=f"tls-{component}",
        purpose=purpose,
        host=host,
        authority=authority,
        held_by=component,
        trusted_by=GATEWAY,
        rotations_per_year=certificate_kind("server").per_year,
        rotated_by="Key Vault, on renewal",
    )


def own_certificate(service: Service, host: str, authority: Authority) -> Certificate:
    """The one that a Service shows itself: its owners keep and replace it."""
    made = server_certificate(f"svc-{service.id}", f"TLS of {service.name}", host, authority)
    kept = f", in Secret {service.tls.kept_in}" if service.tls.kept_in else ""
    return replace(made, rotated_by=f"the team that owns the Service{kept}")


def certificates_renewed(
    setting: Setting, certificates: tuple[Certificate, ...]
) -> tuple[ObjectChange, ...]:
    """The certificates of Services that get a name which nobody said is in the one of today."""
    services = {f"svc-{s.id}": s for s in setting.published}
    shown = ((c, services[c.held_by]) for c in certificates if c.held_by in services)
    return tuple(_renewed(c, s) for c, s in shown if not s.tls.host)


def _renewed(certificate: Certificate, service: Service) -> ObjectChange:
    kept = service.tls.kept_in
    kind, name = ("Secret", kept) if kept else ("Certificate", certificate.host)
    reason = f"has to hold the name {certificate.host}, signed by {certificate.authority.label}"
    return ObjectChange("renew", kind, name, service.id, reason)
