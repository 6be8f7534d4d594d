"""Back ends of the gateway: their addresses, and the validation of TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.backends import named_authority
from apim_aks.listing import listed
from apim_aks.remote.azure import Json
from apim_aks.topology import Backend, Protocol
from apim_aks.verification.answers import counted, each, few, gone, inside, looked, rows, said
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict

_CHECKS = ("validateCertificateChain", "validateCertificateName")
_NAMES = "serverX509Names"
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}(?:[0-9A-Fa-f]{24})?")


def back_ends(scene: LiveScene) -> Verdict:
    """Whether all back ends have the designed address and validate TLS, without others."""
    place = ground(scene)
    designed = scene.topology.backends
    wrong = [*each(designed, lambda b: _backend(b, place))]
    if place.own_gateway:
        wrong += each((place,), _others)
    urls = few(b.url for b in designed)
    return looked(wrong, f"{counted(len(designed), 'back end')}: {urls}")


def _backend(designed: Backend, place: ResourceIds) -> Iterator[str]:
    id = place.child("backends", designed.id)
    named = named_authority(designed, place.site).get("serverX509Names", [])
    found = place.scene.azure.resource(id, preview=bool(named))
    if found is None:
        yield from gone(id)
        return
    url = inside(found, "properties.url")
    if not isinstance(url, str) or url.rstrip("/").lower() != designed.url.lower():
        yield f"{designed.id} leads to {said(url)}, designed: {designed.url}"
    if designed.protocol is Protocol.HTTPS:
        yield from _checked(designed, found)
        yield from _signed(designed, {n["name"] for n in named}, found)


def _checked(designed: Backend, found: Json) -> Iterator[str]:
    for check in _CHECKS:
        seen = inside(found, f"properties.tls.{check}")
        if seen is not True:
            yield f"{designed.id}: {check} is {said(seen)}, designed: true"


def _signed(designed: Backend, names: set[str], found: Json) -> Iterator[str]:
    """The names of certificates of a private authority, each with the thumbprint that was given.

    Only the deployer knows which one that was.
    """
    seen = rows(found, f"properties.tls.{_NAMES}")
    held = {str(row.get("name")).lower() for row in seen}
    if held != {name.lower() for name in names}:
        wanted = listed(sorted(names)) or "none"
        yield f"{designed.id}: {_NAMES} holds {said(sorted(held))}, designed: {wanted}"
    for row in seen:
        if not _THUMBPRINT.fullmatch(str(row.get("issuerCertificateThumbprint"))):
            yield f"{designed.id}: {_NAMES} does not name an authority by its thumbprint"


def _others(place: ResourceIds) -> Iterator[str]:
    known = {name.lower() for name in place.names("backends")}
    for found in place.scene.azure.children(place.gateway, "backends") or ():
        if str(found.get("name")).lower() not in known:
            url = said(inside(found, "properties.url"))
            yield f"back end {said(found.get('name'))} to {url} is not designed"
