"""What an existing API Management holds already and the templates would write again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apim_aks.apis.mapping.taken import plain_path
from apim_aks.artefacts.arm_templates.resource import Resource
from apim_aks.artefacts.arm_templates.site import SERVICE, Site
from apim_aks.errors import InputError
from apim_aks.facts import resource_type
from apim_aks.listing import listed
from apim_aks.workload.held import Held

_SHOWN = 5


def refuse_collisions(site: Site, resources: Iterable[Resource]) -> None:
    """Return if nothing that the instance holds would be overwritten, and no path is taken twice.

    Raises:
        InputError: something would be; the sentence names it with its file.
    """
    if site.existing.api_management is None:
        return
    found = tuple(dict.fromkeys((*_names(site, resources), *_paths(site))))
    if found:
        raise InputError(
            f"API Management {site.existing.api_management.name} holds already: "
            f"{listed(found, _SHOWN)}. Nothing of an existing instance is overwritten: give what "
            "is new another path or id under apis in workload.yaml, or the workload another "
            "name where it is its product, or take what this workload made itself out of the "
            "extracted folder."
        )


def _names(site: Site, resources: Iterable[Resource]) -> Iterator[str]:
    there = {(h.kind.casefold(), h.name.casefold()): h for h in site.workload.held}
    for resource in resources:
        kind = resource.type.removeprefix(f"{SERVICE}/")
        if (held := there.get((kind.casefold(), str(resource.names[-1]).casefold()))) is not None:
            yield _said(held, f"the {resource_type(resource.type).label} {held.name}")


def _paths(site: Site) -> Iterator[str]:
    there = {plain_path(h.path): h for h in site.workload.held if h.kind == "apis"}
    for api in site.drawn.mapping.apis:
        if held := there.get(plain_path(api.path)):
            yield _said(held, f"the path /{held.path.strip('/')} of the API {held.name}")


def _said(held: Held, words: str) -> str:
    return f"{words} ({held.file})"
