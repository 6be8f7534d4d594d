"""Ends, ports and changed sources in words."""

from __future__ import annotations

import re

from apim_aks.listing import listed
from apim_aks.reachability.axis import LAST_ADDRESS, Range, address_text
from apim_aks.reachability.difference import Changed
from apim_aks.reachability.zones import Zone

End = str | Range
PortRanges = tuple[tuple[str, int, int], ...]
"""Protocol, first and last port."""

_EVERYTHING = (("TCP", 1, 65535), ("UDP", 1, 65535), ("SCTP", 1, 65535))
_NAMED = {zone.value: zone.short for zone in Zone}
_PLACE = re.compile(r"\{([\w -]+)\}")
_OBJECT = re.compile(r"([^\s\[\]]+)\[(\w+)\]")
_ANYWHERE = address_text(0, LAST_ADDRESS)


def end_text(end: End) -> str:
    """A workload by its name, addresses as a range."""
    return end if isinstance(end, str) else address_text(*end)


def end_words(end: End) -> str:
    """An end as people read it; tools get the range itself."""
    text = end_text(end)
    return "any IPv4 address" if text == _ANYWHERE else text


def ports_words(ranges: PortRanges) -> str:
    """Ports with their protocols; `all` for every one."""
    if tuple(ranges) == _EVERYTHING:
        return "all"
    return ", ".join(f"{p} {a}" if a == b else f"{p} {a}-{b}" for p, a, b in ranges)


def source_words(changed: Changed) -> str:
    """The source of a change, with the addresses of it that changed."""
    source = end_words(changed.source)
    addresses = [address_text(*span) for span in changed.addresses]
    return f"{listed(addresses)} of {source}" if addresses else source


def named(text: str) -> str:
    """A text about ends as a page has it: no name in braces, the kind before the name.

    `{internet} to orders/customers[Deployment]` is `the internet to Deployment orders/customers`.
    """
    said = _PLACE.sub(lambda found: _NAMED.get(found[0], found[1]), text)
    return _OBJECT.sub(r"\2 \1", said)
