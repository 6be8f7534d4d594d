"""The products that hold the APIs, a subscription to it, and what is logged of each call."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.apis.mapping.products import Product
from apim_aks.apis.mapping.products import products as products_of
from apim_aks.artefacts.arm_templates.apis import policy
from apim_aks.artefacts.arm_templates.backends import LOGGER, child
from apim_aks.artefacts.arm_templates.expressions import Json, data, parameter, resource_id
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.site import SERVICE, Site
from apim_aks.artefacts.policies.expressions import name
from apim_aks.workload.names import label

SECRETS = (("headers", "Authorization"), ("headers", "Ocp-Apim-Subscription-Key"))
SECRET_PARAMETERS = ("subscription-key",)


def products(site: Site) -> Iterator[Resource]:
    """Each product with its policy, and its APIs linked to it, one after another."""
    for made in products_of(site.workload, site.drawn.mapping):
        yield from _product(site, made)


def _product(site: Site, made: Product) -> Iterator[Resource]:
    properties = {
        "displayName": data(made.title[:TITLE]),
        "description": data(made.description[:DESCRIPTION]),
        "subscriptionRequired": True,
        "approvalRequired": True,
        "subscriptionsLimit": 1,
        "state": "published",
    }
    yield child("products", made.id, properties=properties)
    for document in site.documents:
        if (document.scope, document.subject) == ("product", made.id):
            yield child(
                "products/policies", document.subject, "policy", properties=policy(document)
            )
    for id in made.apis:
        own = site.own(id)
        target = resource_id(f"{SERVICE}/apis", (parameter("gatewayName"), own))
        yield child("products/apiLinks", made.id, own, properties={"apiId": target.value})


TITLE, DESCRIPTION = 300, 1000


def subscription(site: Site) -> Resource:
    """A first subscription to every API; its keys are API Management's and in no template."""
    id = label(site.workload.name)
    product = resource_id(f"{SERVICE}/products", (parameter("gatewayName"), id))
    properties = {
        "displayName": data(f"{site.workload.title} first consumer"[:100]),
        "scope": product.value,
        "state": "active",
        "allowTracing": False,
    }
    return child("subscriptions", f"{id}-first", properties=properties)


def diagnostics(site: Site) -> Iterator[Resource]:
    """What is logged: of the whole service where it is ours, else of each API."""
    if site.existing.api_management is None:
        yield child("diagnostics", LOGGER, properties=_logged())
        return
    for api in site.drawn.mapping.apis:
        yield child("apis/diagnostics", site.own(api.id), LOGGER, properties=_logged())


def _logged() -> Json:
    logger = resource_id(f"{SERVICE}/loggers", (parameter("gatewayName"), LOGGER))
    return {
        "loggerId": logger.value,
        "alwaysLog": "allErrors",
        "sampling": {"samplingType": "fixed", "percentage": 100},
        "verbosity": "information",
        "logClientIp": True,
        "frontend": {"request": _message(), "response": _message()},
        "backend": {"request": _message(), "response": _message()},
    }


def _message() -> Json:
    """The correlation id and nothing that a body or a secret could hold."""
    masked: Json = {
        "headers": [{"value": v, "mode": "Hide"} for _, v in SECRETS],
        "queryParams": [{"value": v, "mode": "Hide"} for v in SECRET_PARAMETERS],
    }
    return {
        "headers": [name("correlation-header")],
        "body": {"bytes": 0},
        "dataMasking": masked,
    }
