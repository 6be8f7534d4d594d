"""ARM templates of a placement in stages, each with its inputs, in the order of deployment.

`survey` refuses what cannot be built, `site` says what is new and what is there. `foundation`,
`gateway_stages`, `edge`, `front_door`, `apis`, `products` and `closing` say what is built; `stages`
writes it down and cuts it at the limits of a template. `certificates_step` and `steps` hold what no
template can do, `built` the table of what is made.
"""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.artefacts.arm_templates.apis import apis, fragments, version_sets
from apim_aks.artefacts.arm_templates.certificates_step import (
    CertificateRequest,
    SecretFile,
    VaultEntry,
    certificate_commands,
    certificates_step,
)
from apim_aks.artefacts.arm_templates.closing import closing
from apim_aks.artefacts.arm_templates.collisions import refuse_collisions
from apim_aks.artefacts.arm_templates.edge import edge_drafts
from apim_aks.artefacts.arm_templates.foundation import foundation
from apim_aks.artefacts.arm_templates.front_door import front_door_drafts
from apim_aks.artefacts.arm_templates.gateway_stages import gateway_drafts
from apim_aks.artefacts.arm_templates.parameters import parameters
from apim_aks.artefacts.arm_templates.products import diagnostics, products, subscription
from apim_aks.artefacts.arm_templates.resource_counts import Built, built
from apim_aks.artefacts.arm_templates.self_hosted import served_apis
from apim_aks.artefacts.arm_templates.site import Site
from apim_aks.artefacts.arm_templates.stages import Draft, Stage, chained, stages
from apim_aks.artefacts.arm_templates.steps import Step, prerequisites
from apim_aks.artefacts.arm_templates.survey import site
from apim_aks.options.drawn import Drawn

__all__ = [
    "Built",
    "CertificateRequest",
    "SecretFile",
    "Stage",
    "Step",
    "VaultEntry",
    "arm_templates",
    "built",
    "certificate_commands",
    "certificates_step",
    "prerequisites",
    "site_templates",
]


def arm_templates(drawn: Drawn) -> tuple[Stage, ...]:
    """The templates of a placement, in the order of deployment.

    Raises:
        InputError: the tier cannot do the option, or what is there already does not fit it or
            would be overwritten.
    """
    place = site(drawn)
    drafts = (*_site(place), (_apis(place), place.gateway_home), *_closed(place))
    refuse_collisions(place, (r for draft, _ in drafts for r in draft.resources))
    return _staged(place, drafts)


def site_templates(drawn: Drawn) -> tuple[Stage, ...]:
    """Of these templates those that make network, gateway and cluster; APIs reach nobody.

    Raises:
        InputError: as `arm_templates`.
    """
    place = site(drawn)
    return _staged(place, (*_site(place), *_closed(place)))


Placed = tuple[Draft, str]
"""A draft, and the resource group it is deployed into."""


def _site(place: Site) -> tuple[Placed, ...]:
    """The gateway, and what stands before it, which is new even where the gateway is not."""
    return (
        *((draft, place.gateway_home) for draft in gateway_drafts(place)),
        *((draft, place.home) for draft in (*edge_drafts(place), *front_door_drafts(place))),
    )


def _closed(place: Site) -> tuple[Placed, ...]:
    return tuple((draft, place.gateway_home) for draft in closing(place))


def _staged(place: Site, drafts: Iterable[Placed]) -> tuple[Stage, ...]:
    """The foundation, and these drafts one after another."""
    catalogue = parameters(place)
    result = list(stages(foundation(place), catalogue, place.home))
    for draft, group in drafts:
        before = result[-1].name if result else ""
        result += stages(draft, catalogue, group, before)
    return tuple(result)


def _apis(place: Site) -> Draft:
    parts = (
        *fragments(place),
        *version_sets(place),
        *apis(place),
        *served_apis(place),
        *products(place),
        subscription(place),
        *diagnostics(place),
    )
    return Draft(
        "30-apis",
        chained(parts),
        "Version sets, APIs with their policies, product, subscription and diagnostics, one after "
        "another: API Management refuses children that are written at once.",
        ("manifests",),
        numbered=True,
    )
