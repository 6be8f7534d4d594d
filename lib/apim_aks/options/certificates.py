"""Certificates of what the gateway calls: name, signing authority, and who replaces them."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.apis.mapping import http_port
from apim_aks.facts import certificate_kind
from apim_aks.options.option import Setting
from apim_aks.options.surroundings import GATEWAY, speaks_https
from apim_aks.topology import Authority, Certificate, ObjectChange
from apim_aks.workload.model import Service
from apim_aks.workload.names import cluster_host


def server_certificate(
    component: str, purpose: str, host: str, authority: Authority
) -> Certificate:
    """A server certificate whose chain and name the gateway checks, kept in Key Vault."""
    kind = "server" if authority is Authority.PUBLIC else "private-server"
    return Certificate(
        id=f"tls-{component}",
        purpose=purpose,
        host=host,
        authority=authority,
        held_by=component,
        trusted_by=GATEWAY,
        rotations_per_year=certificate_kind(kind).per_year,
        rotated_by="Key Vault, on renewal",
    )


def own_certificate(service: Service, host: str, authority: Authority) -> Certificate:
    """The certificate of a Service that ends TLS itself; its owners store and replace it."""
    made = server_certificate(f"svc-{service.id}", f"TLS of {service.name}", host, authority)
    kept = f", in Secret {service.tls.kept_in}" if service.tls.kept_in else ""
    return replace(made, rotated_by=f"the team that owns the Service{kept}")


def cluster_certificates(setting: Setting) -> tuple[Certificate, ...]:
    """Those that a gateway in the cluster sees: no public authority signs a name of the cluster."""
    return tuple(
        own_certificate(s, cluster_host(s), Authority.PRIVATE)
        for s in setting.published
        if speaks_https(s, http_port(s))
    )


def certificates_renewed(
    setting: Setting, certificates: tuple[Certificate, ...]
) -> tuple[ObjectChange, ...]:
    """The Services whose certificate may not hold the name that the gateway compares."""
    services = {f"svc-{s.id}": s for s in setting.published}
    shown = ((c, services[c.held_by]) for c in certificates if c.held_by in services)
    return tuple(_renewed(c, s) for c, s in shown if s.tls.host != c.host)


def _renewed(certificate: Certificate, service: Service) -> ObjectChange:
    kept = service.tls.kept_in
    kind, name = ("Secret", kept) if kept else ("Certificate", certificate.host)
    reason = f"has to hold the name {certificate.host}, signed by {certificate.authority.label}"
    return ObjectChange("renew", kind, name, service.id, reason)
