"""Answers that are kept for a while, each for the caller who may see it."""

from __future__ import annotations

from apim_aks.apis.mapping import ApiOperation
from apim_aks.artefacts.policies import expressions as using
from apim_aks.artefacts.policies.document import Block, block, comment, policy
from apim_aks.facts import policy_default


def lookup(operation: ApiOperation, caches: bool) -> tuple[Block, ...]:
    """A kept answer, found by address, query and the headers it may depend on; opt-in only.

    `caches` says that the gateway keeps answers itself.
    """
    if not operation.cached:
        return ()
    if not caches:
        return (block(comment("Its answers are not kept: this gateway has no cache of its own.")),)
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


def store(operation: ApiOperation, caches: bool) -> tuple[Block, ...]:
    """The answer is kept for the next call, unless the Service forbids it."""
    if not operation.cached or not caches:
        return ()
    kept = policy("cache-store", duration=policy_default("cache-duration").number)
    allowed = policy("choose", policy("when", kept, condition=using.may_keep()))
    return (block(allowed, id="keep-answer"),)
