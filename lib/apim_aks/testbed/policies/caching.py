"""Answers that are kept for a while.

https://learn.microsoft.com/azure/api-management/cache-lookup-policy
"""

from __future__ import annotations

from dataclasses import replace

from apim_aks.testbed.exchange import header
from apim_aks.testbed.policies.call import Call, World
from apim_aks.testbed.policies.failing import FromCache
from apim_aks.testbed.policies.statement import Statement


def cache_lookup(statement: Statement, call: Call, world: World) -> Call:
    """The cached answer to an equal request; only GET is cached, private answers if allowed."""
    private = header(call.request.headers, "Authorization")
    allowed = statement.flag("allow-private-response-caching", False)
    if call.request.method != "GET" or (private and not allowed):
        return call
    names = statement.texts("vary-by-header", call)
    key = (
        *(held.id if held else "" for held in (call.product, call.api, call.operation)),
        call.request.original.path,
        call.request.query,
        tuple(header(call.request.headers, name) for name in names),
    )
    if answer := world.around.state.kept(key, world.around.now()):
        raise FromCache(replace(call, response=answer))
    return replace(call, kept_as=key)


def cache_store(statement: Statement, call: Call, world: World) -> Call:
    """A success is kept where it was looked for; what came from the cache is not kept anew."""
    if call.kept_as and call.response and call.response.status == 200:
        until = world.around.now() + statement.number("duration")
        world.around.state.keep(call.kept_as, call.response, until)
    return call
