"""The gains and costs that the article names, counted for the reader's workload."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.facts import claim
from apim_aks.facts.criterion_ids import (
    AROUND_THE_GATEWAY,
    AUTHENTICATING_COMPONENTS,
    COMPONENTS_TO_RUN,
    ENTRY_POINTS,
    OBJECTS_CHANGED,
    PUBLIC_ENDPOINTS,
    CriterionId,
)
from apim_aks.page.html import Html, element, table
from apim_aks.topology import ZoneKind


def gains(design: Design, placement: Placement) -> Html:
    """What the article says the option gains, counted for this workload and beside the others."""
    return _claims(design, placement, placement.option.gains, "What you gain, counted")


def costs(design: Design, placement: Placement) -> Html:
    """What the article says the option costs, counted for this workload and beside the others."""
    return _claims(design, placement, placement.option.costs, "What you pay, counted")


def _claims(design: Design, placement: Placement, ids: tuple[str, ...], caption: str) -> Html:
    others = [p for p in design.placements if p.option.id != placement.option.id]
    rows = [(id, *counted) for id in ids for counted in COUNTED.get(id, ())]
    return table(
        caption,
        rows,
        Column("Claim", lambda row: row[0]),
        Column("The article", lambda row: claim(row[0]).statement),
        Column("Here", lambda row: element("strong", f"{row[1]}: {row[2](placement)}")),
        Column("The other options", lambda row: _beside(others, row[2])),
    )


def _beside(others: Sequence[Placement], counted: Callable[[Placement], str]) -> str:
    return "; ".join(f"{p.option.title}\N{NO-BREAK SPACE}{counted(p)}" for p in others)


_WORDS = {
    PUBLIC_ENDPOINTS: "public endpoints of the cluster",
    AROUND_THE_GATEWAY: "who can go around the gateway, level 0 to 3",
    ENTRY_POINTS: "entry points before the Services",
    AUTHENTICATING_COMPONENTS: "components in the cluster that authenticate callers",
    COMPONENTS_TO_RUN: "components to install and keep up",
    OBJECTS_CHANGED: "Kubernetes objects to create, change or delete",
}


def _measure(id: CriterionId) -> tuple[str, Callable[[Placement], str]]:
    return _WORDS[id], lambda placement: placement.measure(id).text


def _subnets(placement: Placement) -> str:
    return str(sum(z.kind is ZoneKind.SUBNET for z in placement.topology.zones))


def _rules(placement: Placement) -> str:
    return str(len(placement.topology.rules))


def _private_names(placement: Placement) -> str:
    return str(sum(n.private for n in placement.topology.names))


def _public_addresses(placement: Placement) -> str:
    return str(sum(c.public for c in placement.topology.components))


def _certificates(placement: Placement) -> str:
    return str(len(placement.topology.certificates))


_SUBNETS = ("subnets for API Management", _subnets)
_RULES = ("rules in a network security group", _rules)

COUNTED: dict[str, tuple[tuple[str, Callable[[Placement], str]], ...]] = {
    "P+1": (_SUBNETS, _RULES),
    "P+2": (_measure(OBJECTS_CHANGED),),
    "P-1": (_measure(PUBLIC_ENDPOINTS),),
    "P-2": (_measure(ENTRY_POINTS),),
    "P-3": (_measure(AUTHENTICATING_COMPONENTS),),
    "I+1": (_SUBNETS, _RULES),
    "I+2": (_measure(ENTRY_POINTS),),
    "I+3": (_measure(PUBLIC_ENDPOINTS),),
    "I-1": (_measure(COMPONENTS_TO_RUN), ("certificates", _certificates)),
    "I-2": (_measure(PUBLIC_ENDPOINTS),),
    "V+1": (_measure(PUBLIC_ENDPOINTS), _measure(AROUND_THE_GATEWAY)),
    "V+2": (_measure(OBJECTS_CHANGED), _measure(COMPONENTS_TO_RUN)),
    "V+3": (("public addresses in all, gateway included", _public_addresses),),
    "V+4": (_RULES,),
    "V-1": (_RULES, ("private DNS names", _private_names), _SUBNETS),
}
"""What proves or refutes each gain and cost of the article, by counting."""
