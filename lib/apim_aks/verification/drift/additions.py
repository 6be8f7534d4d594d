"""Resources outside the design within created ones: child resources, links, DNS records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apim_aks.artefacts.arm_templates.private_names import ENDPOINT_ZONE, ZONES
from apim_aks.artefacts.arm_templates.site import SERVICE
from apim_aks.remote.azure import AzureRefused, resource_name
from apim_aks.verification.answers import inside, said
from apim_aks.verification.designed import Designed
from apim_aks.verification.resource_ids import ResourceIds

Extra = tuple[str, str, str]
_KINDS = (
    "apis",
    "apiVersionSets",
    "backends",
    "certificates",
    "diagnostics",
    "loggers",
    "namedValues",
    "policyFragments",
    "products",
)
"""Children of API Management that only a deployment should make; subscriptions are consumers'."""
_BELOW = {f"{SERVICE}/products": ("apiLinks",), ZONES: ("virtualNetworkLinks", "A")}


def additions(place: ResourceIds, designed: Iterable[Designed]) -> Iterator[Extra]:
    """The resource, its description, and why it could not be read, if so."""
    known = tuple(designed)
    ids = {one.id.lower() for one in known}
    if place.own_gateway:
        for kind in _KINDS:
            yield from _children(place, place.gateway, kind, ids)
    for one in known:
        below = _BELOW.get(one.type, ())
        for kind in below if place.own_gateway or one.type == ZONES else ():
            # The zone group of a private endpoint writes that zone's DNS records.
            if (kind, one.name) != ("A", ENDPOINT_ZONE):
                yield from _children(place, one.id, kind, ids)


def _children(place: ResourceIds, id: str, kind: str, known: set[str]) -> Iterator[Extra]:
    try:
        listed = place.scene.azure.children(id, kind) or ()
    except AzureRefused as refused:
        yield resource_name(id), "", str(refused)
        return
    for found in listed:
        child = f"{id}/{kind}/{found.get('name')}"
        if child.lower() not in known:
            yield resource_name(child), word(found), ""


def word(found: Mapping[str, Any]) -> str:
    """A description in a word or two from its properties."""
    held = ("displayName", "title", "access", "url", "description")
    shown = (inside(dict(found), f"properties.{key}") for key in held)
    return next((said(v) for v in shown if isinstance(v, str) and v), "it exists")
