"""Policies that let a call pass or refuse it by header, by address, or by how many came before."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from apim_aks.testbed.exchange import header
from apim_aks.testbed.policies.call import Call, World
from apim_aks.testbed.policies.failing import Failed
from apim_aks.testbed.policies.statement import Statement

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_header(statement: Statement, call: Call, _: World) -> Call:
    """The header is there, with one of the values where any is named."""
    name, allowed = statement.said("name", call), statement.texts("value", call)
    code = int(statement.said("failed-check-httpcode", call))
    told = statement.said("failed-check-error-message", call)
    found = header(call.request.headers, name)
    if not found:
        raise Failed("header-not-found", name, code=code, said=told)
    fold = str.casefold if statement.flag("ignore-case", True) else str
    if allowed and fold(found) not in map(fold, allowed):
        raise Failed("header-not-allowed", name, found, code=code, said=told)
    return call


def ip_filter(statement: Statement, call: Call, _: World) -> Call:
    """The caller's address is allowed, or is not forbidden."""
    try:
        address = _address(call.request.address)
    except ValueError:
        raise Failed("address-unknown") from None
    listed = _listed(statement, call, address)
    if statement.said("action", call) == "allow" and not listed:
        raise Failed("address-not-allowed", str(address))
    if statement.said("action", call) == "forbid" and listed:
        raise Failed("address-blocked")
    return call


def _listed(statement: Statement, call: Call, address: Address) -> bool:
    if address in map(_address, statement.texts("address", call)):
        return True
    ranges = ((r.said("from", call), r.said("to", call)) for r in statement.all("address-range"))
    return any(_within(address, _address(first), _address(last)) for first, last in ranges)


def _within(address: Address, first: Address, last: Address) -> bool:
    alike = address.version == first.version == last.version
    return alike and int(first) <= int(address) <= int(last)


def _address(text: str) -> Address:
    """The address; one of IPv4 that is written as IPv6 is one of IPv4."""
    found = ipaddress.ip_address(text)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def rate_limit(statement: Statement, call: Call, world: World) -> Call:
    """So many calls of a subscription in a window that moves; none is counted without a key."""
    if call.subscription is None:
        return call
    return _limited(statement, call, world, (statement.place, call.subscription.id))


def rate_limit_by_key(statement: Statement, call: Call, world: World) -> Call:
    """The same by a key, which is one counter wherever it is named."""
    return _limited(statement, call, world, ("by-key", statement.said("counter-key", call)))


def _limited(statement: Statement, call: Call, world: World, key: tuple[str, str]) -> Call:
    around = world.around
    calls, seconds = statement.number("calls"), statement.number("renewal-period")
    if wait := around.state.sliding(key, calls, seconds, around.now()):
        raise Failed("rate-exceeded", headers=(("Retry-After", str(wait)),))
    return call


def quota(statement: Statement, call: Call, world: World) -> Call:
    """So many calls of a subscription in each period since it began."""
    if call.subscription is None:
        return call
    around, subscription = world.around, call.subscription
    key = "quota", statement.place, subscription.id
    calls, seconds = statement.number("calls"), statement.number("renewal-period")
    wait = around.state.fixed(key, calls, seconds, around.now() - subscription.began)
    if wait is None:
        return call
    told = (("Retry-After", str(wait)),) if wait else ()
    raise Failed("quota-exceeded", str(timedelta(seconds=wait)).rjust(8, "0"), headers=told)
