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
    described = not any(o.undescribed for o in api.operations)
    reads = any(o.method == "GET" for o in api.operations)
    return tier.has("built_in_cache") and described and reads


def lookup(lasting: tuple[str, ...]) -> tuple[Block, ...]:
    """A kept answer to GET, found by address, query and the headers it may depend on.

    `lasting` are the names of operations whose answers are not kept, and so not asked for.
    """
    headers = (policy("vary-by-header", text=h) for h in policy_default("cache-vary-by").names)
    asked = policy(
        "cache-lookup",
        *headers,
        vary_by_developer=False,
        vary_by_developer_groups=False,
        allow_private_response_caching=True,
        downstream_caching_type="none",
    )
    if not lasting:
        return (block(asked, id="answer-from-cache"),)
    named = policy("set-variable", name=using.LASTING, value=" ".join(lasting))
    most = policy("choose", policy("when", asked, condition=using.ENDS_SOON))
    return block(named), block(most, id="answer-most-from-cache")


def store(lasting: tuple[str, ...]) -> Block:
    """The answer is kept for the next call, unless it lasts or the Service forbids it."""
    kept = policy("cache-store", duration=policy_default("cache-duration").number)
    allowed = policy("choose", policy("when", kept, condition=using.may_keep()))
    if not lasting:
        return block(allowed, id="keep-answer")
    most = policy("choose", policy("when", allowed, condition=using.ENDS_SOON))
    return block(most, id="keep-most-answers")
