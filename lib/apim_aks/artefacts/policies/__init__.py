"""What API Management does with every call: policy documents by scope, and their named values.

The same text is never written twice: what several documents do becomes a policy fragment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from apim_aks.apis.mapping import signs_in
from apim_aks.apis.mapping.products import products
from apim_aks.artefacts.address_plan import subnets
from apim_aks.artefacts.policies import callers, pages
from apim_aks.artefacts.policies.back_ends import certificate_id, routes_of
from apim_aks.artefacts.policies.callers import AUDIENCE, TENANT, expected
from apim_aks.artefacts.policies.document import Page, PolicyDocument, fragment, shared, written
from apim_aks.artefacts.policies.pages import Gateway
from apim_aks.artefacts.policies.pools import Pool, pools_of
from apim_aks.errors import InputError
from apim_aks.facts.self_hosted import policy_support
from apim_aks.options.drawn import Drawn
from apim_aks.topology import Kind
from apim_aks.workload.names import label

FRONT_DOOR = "front-door-id"
"""The named value with the id of the Front Door whose calls are admitted."""

__all__ = [
    "NamedValue",
    "PolicyDocument",
    "Pool",
    "certificate_id",
    "named_values",
    "policies",
    "pools_of",
]


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value that policies refer to by name.

    `value` is None where the deployer gives it as a parameter of the template. A secret has no
    value here: `vault_secret` names the secret of the Key Vault that holds it. `of_edge` is a value
    that the edge has once it is there, and that its stage hands over.
    """

    name: str
    value: str | None
    secret: bool
    vault_secret: str
    because: str
    of_edge: bool = False


def policies(drawn: Drawn) -> tuple[PolicyDocument, ...]:
    """The policy documents of a placement, fragments first, then from the widest scope inwards.

    Raises:
        InputError: a value of the input cannot stand in a policy without being evaluated, or a
            gateway in the cluster would skip one of them.
    """
    documents = tuple(_documents(drawn))
    if drawn.topology.self_hosted:
        _require_known(documents)
    return documents


def _require_known(documents: Iterable[PolicyDocument]) -> None:
    """Nothing, where a self-hosted gateway carries out every policy: it skips what it knows not."""
    known = {row.policy: row for row in policy_support()}
    for document in documents:
        for row in map(known.get, _TAG.findall(document.xml)):
            if row and row.self_hosted == "no":
                raise InputError(
                    f"{document.name} holds {row.policy}, which a self-hosted gateway skips: "
                    f"{row.because} (source: {row.source}, {row.checked_on}). Leave it out."
                )


_TAG = re.compile(r"<([a-z-]+)[ />]")


def _documents(drawn: Drawn) -> tuple[PolicyDocument, ...]:
    drafts = tuple(_distinct(_pages(drawn)))
    fragments, prefix = shared(drafts), _prefix(drawn)
    blocks = {b.id: b for p in drafts for s in p.sections for b in s if b.id in fragments}
    return (
        *(fragment(blocks[id], prefix) for id in sorted(blocks)),
        *(written(page, fragments, prefix) for page in drafts),
    )


def _pages(drawn: Drawn) -> Iterator[Page]:
    gateway = _gateway(drawn)
    plans = [pages.plan(api, gateway) for api in drawn.mapping.apis]
    if gateway.whole:
        yield pages.of_service(gateway)
    yield from (pages.of_product(p.id, gateway) for p in products(drawn.workload, drawn.mapping))
    yield from (pages.of_api(made, gateway) for made in plans)
    for made in plans:
        yield from pages.of_operations(made, gateway)


def _gateway(drawn: Drawn) -> Gateway:
    return Gateway(
        topology=drawn.topology,
        tier=drawn.tier,
        services={s.id: s for s in drawn.workload.services},
        routes=routes_of(drawn, callers.named(_prefix(drawn), TENANT)),
        prefix=_prefix(drawn),
        traffic=drawn.workload.traffic,
        edge=_edge(drawn),
        front_door=callers.named(_prefix(drawn), FRONT_DOOR) if _by_header(drawn) else "",
        addresses_at_edge=bool(drawn.topology.of_kind(Kind.FRONT_DOOR)),
    )


def _edge(drawn: Drawn) -> str:
    """The range of the edge in front of the gateway; empty where no list of addresses needs it."""
    lists = any(o.handling.admitted for o in drawn.mapping.operations)
    if not (lists and drawn.topology.of_kind(Kind.EDGE)):
        return ""
    return next((s.prefix for s in subnets(drawn) if s.id == "edge"), "")


def _by_header(drawn: Drawn) -> bool:
    """Front Door comes by the gateway's public address, which everybody else can call too."""
    return bool(drawn.topology.of_kind(Kind.FRONT_DOOR)) and drawn.topology.gateway_is_public


def _prefix(drawn: Drawn) -> str:
    """What keeps our names apart from those of others on an existing gateway; empty on our own."""
    there = drawn.workload.azure.existing.api_management
    return f"{label(drawn.workload.name)}-" if there else ""


def _distinct(drafts: Iterator[Page]) -> Iterator[Page]:
    """The same pages; two that would be one file are told apart by a number."""
    seen: set[str] = set()
    for page in drafts:
        stem, number, name = page.name.removesuffix(".xml"), 1, page.name
        while name in seen:
            number += 1
            name = f"{stem}-{number}.xml"
        seen.add(name)
        yield replace(page, name=name)


def named_values(drawn: Drawn) -> tuple[NamedValue, ...]:
    """The values that the policies of a placement refer to by name, all to be had before them."""
    services = {s.id: s for s in drawn.workload.services}
    apis = [
        expected(services[s] for s in api.services)
        for api in drawn.mapping.apis
        if not all(signs_in(o, services[o.service]) for o in api.operations)
    ]
    prefix = _prefix(drawn)
    because = {
        TENANT: "the Entra ID tenant that issues the tokens of callers and of the gateway",
        AUDIENCE: "the app registration for which callers' tokens are issued",
    }
    asked = tuple(
        NamedValue(prefix + name, None, False, "", because[name])
        for name in callers.named_values(apis, _audiences(drawn))
    )
    return (*asked, *_of_edge(drawn))


def _of_edge(drawn: Drawn) -> tuple[NamedValue, ...]:
    if not _by_header(drawn):
        return ()
    because = "the id of our Front Door, which it shows with every call"
    return (NamedValue(_prefix(drawn) + FRONT_DOOR, None, False, "", because, of_edge=True),)


def _audiences(drawn: Drawn) -> list[str]:
    used = {b.credential for b in drawn.topology.backends}
    return [c.audience for c in drawn.topology.credentials if c.id in used]
