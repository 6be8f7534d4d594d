"""What a mapping asks of a tier, against what the tier allows."""

from __future__ import annotations

from apim_aks.facts import Tier
from apim_aks.mapping.model import About, Mapping, Note


def over_limits(mapping: Mapping, tier: Tier) -> tuple[Note, ...]:
    """A note for each limit of the tier that this mapping passes."""
    limit = tier.number("limit_api_operations")
    count = len(mapping.operations)
    if limit is None or count <= limit:
        return ()
    largest = max(mapping.apis, key=lambda a: len(a.operations))
    sentence = (
        f"{count:,} operations, and {tier.name} holds {limit:,.0f}; "
        f"the largest API is {largest.id} with {len(largest.operations):,}"
    )
    return (Note(About.LIMIT, tier.name, sentence),)
