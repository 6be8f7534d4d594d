"""The last stage: public access off, which only a private endpoint allows."""

from __future__ import annotations

from apim_aks.artefacts.arm_templates.gateway import service
from apim_aks.artefacts.arm_templates.site import Site
from apim_aks.artefacts.arm_templates.stages import Draft


def closing(site: Site) -> tuple[Draft, ...]:
    """The instance again without its public endpoint; nothing where no private one exists."""
    if not site.closed or site.existing.api_management:
        return ()
    named = bool(site.host_name)
    return (
        Draft(
            "40-close",
            (service(site, hosts=named, public=False),),
            "Public network access off: possible only when the private endpoint is approved, and "
            "never when the instance is created.",
            ("approval",) if site.private_link else (),
        ),
    )
