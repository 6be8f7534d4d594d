"""What a mapping asks of a tier, against what the tier allows."""

from __future__ import annotations

from collections.abc import Iterable

from apim_aks.apis.mapping.model import About, ApiOperation, Mapping, Note
from apim_aks.facts import Tier, arm_defaults


def operations_built(operations: Iterable[ApiOperation]) -> int:
    """How many operations API Management holds for these: one of any method is one for each."""
    methods = len(arm_defaults().any_method)
    return sum(methods if o.wildcard else 1 for o in operations)


def over_limits(mapping: Mapping, tier: Tier) -> tuple[Note, ...]:
    """A note for each limit of the tier that this mapping passes."""
    limit = tier.number("limit_api_operations")
    count = operations_built(mapping.operations)
    if limit is None or count <= limit:
        return ()
    largest = max(mapping.apis, key=lambda a: operations_built(a.operations))
    sentence = (
        f"{count:,} operations, and {tier.name} holds {limit:,.0f}; "
        f"the largest API is {largest.id} with {operations_built(largest.operations):,}"
    )
    return (Note(About.LIMIT, tier.name, sentence),)
