"""Answers that are kept for a while, each for the caller who may see it."""

from __future__ import annotations

from apim_aks.apis.mapping import Api
from apim_aks.artefacts.policies import expressions as using
from apim_aks.artefacts.policies.document import Block, block, policy
from apim_aks.facts import Tier, policy_default


def cacheable(api: Api, tier: Tier) -> bool:
    """The tier has a cache, and the API is described and reads something.

    What a Service without a document answers may depend on anything.
    """
    described = not any(o.wildcard for o in api.operations)
    reads = any(o.method == "GET" for o in api.operations)
    return tier.has("built_in_cache") and described and reads


def lookup() -> Block:
    """A kept answer to GET, found by address, query and the headers it may depend on."""
    headers = (policy("vary-by-header", text=h) for h in policy_default("cache-vary-by").names)
    return block(
        policy(
            "cache-lookup",
            *headers,
            vary_by_developer=False,
            vary_by_developer_groups=False,
            allow_private_response_caching=True,
            downstream_caching_type="none",
        ),
        id="answer-from-cache",
    )


def store() -> Block:
    """The answer is kept for the next call, unless the Service forbids it."""
    kept = policy("cache-store", duration=policy_default("cache-duration").number)
    return block(
        policy("choose", policy("when", kept, condition=using.may_keep())), id="keep-answer"
    )
