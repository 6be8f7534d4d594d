"""What a mapping asks of a tier, against what the tier allows."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.apis.mapping.model import About, Api, Mapping, Note
from apim_aks.apis.mapping.operations_held import built
from apim_aks.facts import Tier


def operations_built(apis: Iterable[Api]) -> int:
    """How many operations API Management holds for those of these APIs."""
    return sum(api.once(_built) for api in apis)


def _built(api: Api) -> int:
    return sum(map(len, built(api.keys, bool(api.cors)).values()))


def over_limits(mapping: Mapping, tier: Tier) -> tuple[Note, ...]:
    """A note for each limit of the tier that this mapping passes."""
    limit = tier.number("limit_api_operations")
    count = operations_built(mapping.apis)
    if limit is None or count <= limit:
        return ()
    largest = max(mapping.apis, key=lambda a: operations_built((a,)))
    sentence = (
        f"{count:,} operations, and {tier.name} holds {limit:,.0f}; "
        f"the largest API is {largest.id} with {operations_built((largest,)):,}"
    )
    return (Note(About.LIMIT, tier.name, sentence),)
