"""Subscription keys: every API and product demands a subscription, without exception."""

from __future__ import annotations

from collections.abc import Container, Iterator

from apim_aks.apis.mapping.products import products
from apim_aks.remote.azure import Json
from apim_aks.verification.answers import each, gone, inside, looked, said
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict


def subscription_required(scene: LiveScene) -> Verdict:
    """Whether every API and product demands a subscription, and no open product exists."""
    place = ground(scene)
    apis = {api.id: place.child("apis", api.id) for api in scene.design.mapping.apis}
    made = products(scene.design.workload, scene.design.mapping)
    own = {p.id.lower(): place.child("products", p.id) for p in made}
    wrong = [*each((*apis.values(), *own.values()), lambda id: _demands(id, place))]
    wrong += each(apis.items(), lambda api: _open_products(*api, own.keys(), place))
    if place.own_gateway:
        wrong += each((set(map(str.lower, apis.values())),), lambda ids: _others(ids, place))
    what = "the product" if len(own) == 1 else f"{len(own)} products"
    return looked(wrong, f"{len(apis)} APIs and {what} demand a subscription")


def _demands(id: str, place: ResourceIds) -> Iterator[str]:
    found = place.scene.azure.resource(id)
    if found is None:
        yield from gone(id)
    elif not _required(found):
        silent = inside(found, "properties.subscriptionRequired") is None
        how = "does not say whether it demands a" if silent else "does not demand a"
        yield f"{said(id)} {how} subscription"


def _required(found: Json) -> bool:
    return inside(found, "properties.subscriptionRequired") is True


def _open_products(name: str, api: str, own: Container[str], place: ResourceIds) -> Iterator[str]:
    """Products without a key demand, which open every API in them."""
    for found in place.scene.azure.children(api, "products") or ():
        other = str(found.get("name"))
        if not _required(found) and other.lower() not in own:
            yield f"product {said(other)} opens API {name} without a subscription"


def _others(designed: set[str], place: ResourceIds) -> Iterator[str]:
    for found in place.scene.azure.children(place.gateway, "apis") or ():
        name = str(found.get("name"))
        if f"{place.gateway}/apis/{name}".lower() not in designed and not _required(found):
            yield f"API {said(name)} is not designed and demands no subscription"
