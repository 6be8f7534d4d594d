"""Requirements that the tier meets or misses, and which other tier would meet them.

A rule gives the reason why a candidate misses it; empty if it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apim_aks.decision.candidate import Candidate
from apim_aks.facts import Tier, tiers
from apim_aks.facts.regions import regions_with
from apim_aks.options.tier_choice import allowed, can_do, closed_to, keeps_hosts, not_there


def region(candidate: Candidate) -> str:
    """The planned region takes new instances of the tier."""
    why = not_there(candidate.workload, candidate.tier)
    if not why:
        return ""
    others = [t for t in tiers() if t != candidate.tier and can_do(candidate.option, t)]
    if others:
        return f"{why}{_possible_on(candidate, others)}"
    return f"{why}; new instances are possible in {', '.join(regions_with(candidate.tier))}"


def _possible_on(candidate: Candidate, able: Iterable[Tier]) -> str:
    """Which of these tiers can do the option in the planned region, or why none can."""
    able = [t for t in able if t != candidate.tier]
    fitting = [t for t in able if can_do(candidate.option, t)]
    here = [t.name for t in fitting if not closed_to(candidate.workload, t)]
    if here:
        return f"; possible on {', '.join(here)}"
    if fitting:
        return "".join(f"; {not_there(candidate.workload, t)}" for t in fitting)
    names = ", ".join(t.name for t in able)
    return f"; those that have ({names}) cannot do this option"


def has_feature(feature: str, what: str) -> Callable[[Candidate], str]:
    """The rule that the tier has this feature, named `what` in the sentence."""

    def rule(candidate: Candidate) -> str:
        if candidate.tier.has(feature):
            return ""
        able = [t for t in tiers() if t.has(feature)]
        lacks = f"{candidate.tier.name} has no {what}{_disputed(candidate.tier, feature)}"
        return f"{lacks}{_possible_on(candidate, able)}"

    return rule


def _disputed(tier: Tier, feature: str) -> str:
    """What sources that contradict each other say of it; such a feature never counts as there."""
    known = tier.fact(feature)
    return f" (sources contradict each other: {known.note})" if known.status == "conflict" else ""


_fixed = has_feature("static_outbound_ip", "fixed outbound address")


def outbound_address(candidate: Candidate) -> str:
    """Calls to back ends and partners leave from one address; in a cluster by its own way out."""
    if candidate.topology.self_hosted:
        return (
            "the gateway's calls leave through the cluster's egress, whose address the workbook "
            "does not set"
        )
    return _fixed(candidate)


def active_regions(candidate: Candidate) -> str:
    """The gateway can be active in several regions."""
    if candidate.topology.self_hosted:
        wanted = candidate.workload.requirements.regions
        return f"the gateway runs in one cluster, and {wanted} regions are required"
    if candidate.tier.has("multi_region"):
        return ""
    wanted = candidate.workload.requirements.regions
    return f"{candidate.tier.name} runs in one region and {wanted} are required"


def host_names(candidate: Candidate) -> str:
    """The gateway can answer to as many host names of its own as are required."""
    wanted = candidate.workload.requirements.host_names
    if keeps_hosts(candidate.tier, wanted):
        return ""
    able = [t for t in tiers() if keeps_hosts(t, wanted)]
    lacks = f"{candidate.tier.name} supports one custom host name and {wanted} are required"
    return f"{lacks}{_possible_on(candidate, able)}"


def tiers_allowed(candidate: Candidate) -> str:
    """The tier is one of those that may be used."""
    if allowed(candidate.tier, candidate.workload):
        return ""
    names = ", ".join(candidate.workload.requirements.tiers_allowed)
    return f"it needs {candidate.tier.name}, and only {names} may be used"
