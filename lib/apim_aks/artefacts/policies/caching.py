"""Answers that are kept for a while, each for the caller who may see it."""

from __future__ import annotations

from apim_aks.apis.mapping import ApiOperation
from apim_aks.artefacts.policies import expressions as using
from apim_aks.artefacts.policies.document import Block, block, comment, policy
from apim_aks.facts import Tier, policy_default


def lookup(operation: ApiOperation, tier: Tier) -> tuple[Block, ...]:
    """A kept answer, found by address, query and the headers it may depend on; opt-in only."""
    if not operation.cached:
        return ()
    if not tier.has("built_in_cache"):
        return (block(comment("Its answers are not kept: this tier has no cache of its own.")),)
    headers = (policy("vary-by-header", text=h) for h in policy_default("cache-vary-by").names)
    asked = policy(
        "cache-lookup",
        *headers,
        vary_by_developer=False,
        vary_by_developer_groups=False,
        allow_private_response_caching=True,
        downstream_caching_type="none",
    )
    return (block(asked, id="answer-from-cache"),)


def store(operation: ApiOperation, tier: Tier) -> tuple[Block, ...]:
    """The answer is kept for the next call, unless the Service forbids it."""
    if not operation.cached or not tier.has("built_in_cache"):
        return ()
    kept = policy("cache-store", duration=policy_default("cache-duration").number)
    allowed = policy("choose", policy("when", kept, condition=using.may_keep()))
    return (block(allowed, id="keep-answer"),)
