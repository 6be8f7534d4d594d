"""Whether the internet can reach API Management around the edge in front of it.

A public gateway is open to all, and its policy demands the header that Front Door sets: that
path is open and protected only by a credential. Both are read back from the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from apim_aks.artefacts.policies import FRONT_DOOR, policies
from apim_aks.artefacts.policies.expressions import name
from apim_aks.decision.design import Design, Placement
from apim_aks.facts.front_door import front_door_rule
from apim_aks.listing import listed
from apim_aks.reachability.gateway_entry import GatewayEntry, Opened, entry_from_internet
from apim_aks.verification.sent import Texts
from apim_aks.verification.verdict import Verdict, judged, not_run

_REFUSED = "403"


def nothing_around_the_edge(design: Design, placement: Placement) -> Verdict:
    """The verdict from what the templates open and what the policies demand on that path."""
    proof = placement.proved.proof
    if proof is None or proof.site.azure is None:
        return not_run(placement.proved.refused or "the networks are unknown", _HOW)
    unasked = tuple(unasked_apis(Texts.of(policies(placement))))
    return judged_entry(entry_from_internet(proof.site.azure), unasked)


_HOW = "proved from the files: sources that can connect to the gateway, and demands of its policies"


def judged_entry(entry: GatewayEntry, unasked: tuple[str, ...]) -> Verdict:
    """The verdict on an entry; the policies of these APIs do not demand the edge's header."""
    if entry.opened is Opened.NOBODY:
        return judged(True, f"it accepts no connection from the internet: {entry.because}", _HOW)
    if not unasked:
        return judged(True, f"{_open(entry)}; {_CREDENTIAL}", _HOW)
    if entry.opened is Opened.UNKNOWN:
        return not_run(f"whether the gateway is open to the internet: {entry.because}", _HOW)
    why = f"no policy demands {name('front-door-header')} in {listed(unasked, 3)}"
    return judged(False, f"{_open(entry)}, and {why}", _HOW)


def _open(entry: GatewayEntry) -> str:
    return f"{_WHO.get(entry.opened) or _tagged(entry.tags)} ({entry.because})"


_WHO = {
    Opened.EVERYBODY: "any host on the internet can connect to the gateway",
    Opened.UNKNOWN: "it is not known which hosts on the internet can connect to the gateway",
}


def _tagged(tags: tuple[str, ...]) -> str:
    every = ", every customer's Front Door," if front_door_rule().source_prefix in tags else ""
    return f"whoever is in {listed(tags, 3)}{every} opens a connection to the gateway"


_CREDENTIAL = (
    "that way is open, and a credential refuses who takes it: 403 without the X-Azure-FDID of our "
    "Front Door, whose id is no secret, so that keys and tokens stay necessary"
)


def unasked_apis(texts: Texts) -> Iterator[str]:
    """The APIs and operations whose policies do not check Front Door's header."""
    for at in texts.scopes:
        if at[0] in ("api", "operation") and not _asks(texts.whole_inbound(at)):
            yield at[1]


def _asks(statements: Iterator[Element]) -> bool:
    """Whether the check comes unconditionally before any answer or forwarding."""
    for statement in statements:
        if statement.tag == "check-header" and _is_ours(statement):
            return True
        if statement.tag in ("return-response", "mock-response", "send-request", "forward-request"):
            return False
    return False


def _is_ours(check: Element) -> bool:
    values = [(value.text or "").strip() for value in check.findall("value")]
    code = check.get("failed-check-httpcode")
    ours = [v for v in values if v.startswith("{{") and v.endswith(f"{FRONT_DOOR}}}}}")]
    return check.get("name") == name("front-door-header") and code == _REFUSED and ours == values
