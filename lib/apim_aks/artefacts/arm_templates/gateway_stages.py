"""The gateway's stages: the instance first, then what can only be read from the vault."""

from __future__ import annotations

from apim_aks.artefacts.arm_templates import self_hosted
from apim_aks.artefacts.arm_templates.backends import (
    backends,
    gateway_certificates,
    logger,
    plain_values,
    secret_values,
)
from apim_aks.artefacts.arm_templates.expressions import Code, reference
from apim_aks.artefacts.arm_templates.gateway import (
    PRINCIPAL,
    gateway_id,
    private_endpoint,
    service,
    vault_role,
)
from apim_aks.artefacts.arm_templates.monitoring import gateway_logs
from apim_aks.artefacts.arm_templates.private_names import gateway_a_records
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.site import SERVICE, Site
from apim_aks.artefacts.arm_templates.stages import Draft, chained
from apim_aks.facts import api_version


def gateway_drafts(site: Site) -> tuple[Draft, ...]:
    """The instance, and in a second pass what needs its identity in the vault."""
    kept = (*gateway_certificates(site), *secret_values(site), *self_hosted.host(site))
    named = (service(site, hosts=True),) if _own_name(site) else ()
    first = Draft(
        "20-gateway",
        (
            *_instance(site, bool(kept or named)),
            *self_hosted.roles(site),
            *chained(
                (
                    *plain_values(site),
                    *logger(site),
                    *backends(site),
                    *self_hosted.gateway_resource(site),
                )
            ),
        ),
        "API Management with tier, units, identity, TLS and network, its logger and back ends. "
        "The public endpoint has to be open while it is created.",
        outputs=_outputs(site),
    )
    second = (*named, *chained(kept))
    return (first, _second(second)) if second else (first,)


def _second(resources: tuple[Resource, ...]) -> Draft:
    return Draft(
        "22-gateway-certificates",
        resources,
        "What API Management reads from the Key Vault: its identity has had the role only since "
        "the stage before. A role takes minutes to arrive: deploy again where it is refused.",
        ("certificates",),
    )


def _instance(site: Site, vaulted: bool) -> tuple[Resource, ...]:
    roles = (vault_role(site),) if vaulted else ()
    if site.existing.api_management:
        return roles
    endpoint = tuple(private_endpoint(site)) if site.endpoint else ()
    return (service(site), *roles, gateway_logs(gateway_id()), *gateway_a_records(site), *endpoint)


def _own_name(site: Site) -> bool:
    return bool(site.host_name) and site.existing.api_management is None


def _outputs(site: Site) -> tuple[tuple[str, Code], ...]:
    version = api_version(SERVICE, site.preview)
    gateway = gateway_id()
    known = (
        ("gatewayUrl", reference(gateway, version, "gatewayUrl")),
        ("gatewayPrincipalId", Code(f"reference({gateway}, '{version}', 'Full').{PRINCIPAL}")),
    )
    if not site.tier.has("static_outbound_ip") or site.mode.gateway == "private":
        return known
    addresses = f"reference({gateway}, '{version}').publicIPAddresses"
    return (*known, ("gatewayPublicAddresses", Code(f"join({addresses}, ',')")))
