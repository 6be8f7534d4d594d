"""Lists of addresses that a route or load balancer admits or refuses, as `ip-filter` has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network

from apim_aks.listing import listed
from apim_aks.workload.handling import Handling

NOBODY = "255.255.255.255/32"
"""Admits no caller: the limited broadcast address is never a source (RFC 1122 section 3.2.1.3)."""
_RANGE = re.compile(r"[0-9.]{7,15}(/[0-9]{1,2})?")
"""A length after the slash: a mask, which Python reads too, is no range at an ingress."""


def address_ranges(given: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The IPv4 ranges among these texts as CIDR, each once, and what is none.

    `ip-filter` of API Management documents IPv4 addresses alone
    (https://learn.microsoft.com/azure/api-management/ip-filter-policy).
    """
    found: dict[str, None] = {}
    wrong: list[str] = []
    for text in map(str.strip, given):
        try:
            found[str(_network(text))] = None
        except ValueError:
            wrong.append(text)
    return tuple(found), tuple(wrong)


def _network(text: str) -> IPv4Network:
    if not _RANGE.fullmatch(text):
        raise ValueError(text)
    return IPv4Network(text, strict=False)


def admitted_ranges(given: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """Whom a list of ranges admits, empty for everybody, and what of the list that leaves out.

    A list without a range of IPv4 admits nobody: an ingress refuses every IPv4 caller of it too.
    """
    found, wrong = address_ranges(given)
    if not found:
        return (NOBODY,), f"which admits nobody until ranges of IPv4 are listed: {_none(wrong)}"
    return (() if "0.0.0.0/0" in found else found), _left_out(wrong)


def refused_ranges(given: Iterable[str]) -> tuple[Handling, str]:
    """What a list of refused ranges does, and what of it is left out.

    Where it holds no range at all an ingress refuses every call of its path.
    """
    found, wrong = address_ranges(given)
    if found or any(map(_other_family, wrong)):
        return Handling(refused=found), _left_out(wrong)
    admitted, short = admitted_ranges(wrong)
    return Handling(admitted=admitted), short


def _other_family(text: str) -> bool:
    """A range of IPv6, from which no call comes to a gateway that has an address of IPv4 alone."""
    try:
        return IPv6Network(text, strict=False).version > 0
    except ValueError:
        return False


def _left_out(wrong: Iterable[str]) -> str:
    """That these texts, in a list of ranges, are not used; empty where there are none."""
    said = _quoted(wrong)
    return f"without {said}, no range of IPv4 addresses" if said else ""


def _none(wrong: Iterable[str]) -> str:
    said = _quoted(wrong)
    return f"{said} is none, and `ip-filter` takes no other" if said else "there is none"


def _quoted(texts: Iterable[str]) -> str:
    found = [repr(t[:60]) for t in texts]
    return listed(found) if found else ""


def in_both(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """The addresses that both lists of ranges admit; `NOBODY` where that is none."""
    pairs = [(_network(a), _network(b)) for a in one for b in other]
    found = [a if a.subnet_of(b) else b for a, b in pairs if a.overlaps(b)]
    return tuple(dict.fromkeys(map(str, found))) or (NOBODY,)
