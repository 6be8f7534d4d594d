"""The security rules of the gateway's subnet: none missing, none wider, none overridden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apim_aks.artefacts.arm_templates.network import group_name, prefix, rules_of
from apim_aks.remote.azure import Json
from apim_aks.topology import NetworkRule
from apim_aks.verification.answers import gone, inside, looked, other, rows, said, same
from apim_aks.verification.azure_resources.gateway import service
from apim_aks.verification.azure_resources.security_rules import Rule, found_rule, overlaps, rule
from apim_aks.verification.azure_resources.subnet import group_of, subnet_of
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict


def security_rules(scene: LiveScene) -> Verdict:
    """Whether every designed rule exists, and no other rule admits traffic."""
    place = ground(scene)
    guarded = [id for id in _SUBNETS if place.site.plan.range(id) and rules_of(place.site, id)]
    wrong = [s for id in guarded for ask in (_group, _attached) for s in ask(id, place)]
    count = len(scene.topology.rules)
    return looked(wrong, f"{count} designed rules, and no other that allows")


_SUBNETS = ("gateway", "endpoints", "edge")


def _group(subnet: str, place: ResourceIds) -> Iterator[str]:
    """The faults of a subnet's security group; an existing gateway's group is in use already."""
    ours = subnet != "gateway" or place.own_gateway
    id = place.security_group(group_name(subnet)) if ours else _group_in_use(place)
    found = place.scene.azure.resource(id) if id else None
    if found is None:
        yield from gone(id) if id else ("the gateway's subnet has no security group",)
    elif not isinstance(inside(found, "properties.securityRules"), list):
        yield f"{said(id)} does not say which rules it has"
    else:
        designed = tuple(_designed(r, place) for r in rules_of(place.site, subnet))
        yield from _compared(found, designed, ours)


def _attached(subnet: str, place: ResourceIds) -> Iterator[str]:
    """The faults in attaching a group to its subnet; another check covers the gateway's."""
    if subnet == "gateway":
        return
    id = place.subnet(subnet)
    found = place.scene.azure.resource(id)
    if found is None:
        yield from gone(id)
        return
    name = place.site.range(subnet).name
    wanted = place.security_group(group_name(subnet))
    yield from other(f"the security group of {name}", group_of(found), wanted)
    policies = inside(found, "properties.privateEndpointNetworkPolicies")
    if subnet == "endpoints" and not any(same(policies, value) for value in _HONOURED):
        yield f"rules hold for no private endpoint in {name}: its policies are {said(policies)}"


_HONOURED = ("NetworkSecurityGroupEnabled", "Enabled")
"""https://learn.microsoft.com/azure/private-link/disable-private-endpoint-network-policy"""


def _group_in_use(place: ResourceIds) -> str:
    """The security group of the subnet of an existing gateway."""
    gateway = service(place)
    id = subnet_of(gateway) if gateway else ""
    return group_of(place.scene.azure.resource(id)) if id else ""


def _designed(row: NetworkRule, place: ResourceIds) -> Rule:
    site = place.site
    return rule(
        row.direction,
        row.access,
        row.protocol,
        (prefix(row.source, site),),
        (prefix(row.destination, site),),
        (row.port,),
        name=row.row.replace(".", "-"),
        priority=row.priority,
    )


def _compared(group: Json, designed: Sequence[Rule], ours: bool) -> Iterator[str]:
    listed = rows(group, "properties.securityRules")
    known = [(row, found_rule(row)) for row in listed]
    for row, read in known:
        if read is None:
            yield f"rule {said(row.get('name'))} cannot be read"
    found = [r for _, r in known if r is not None]
    left, lacking = _matched(designed, found)
    for wanted in lacking:
        if not ours and _admitted_by_default(wanted, found):
            continue
        named = next((r for r in left if r.name.lower() == wanted.name.lower()), None)
        if named:
            left.remove(named)
        yield _sentence(wanted, named)
    if ours:
        yield from (f"rule {r.name} is not designed: {r.words}" for r in left if r.allows)
    yield from _in_front(designed, found)


def _admitted_by_default(wanted: Rule, found: Sequence[Rule]) -> bool:
    """Whether only Azure's default outbound rule admits this."""
    denied = any(r.direction == wanted.direction and not r.allows for r in found)
    return wanted.direction == "outbound" and wanted.allows and not denied


def _matched(designed: Sequence[Rule], found: Sequence[Rule]) -> tuple[list[Rule], list[Rule]]:
    """The rules found outside the design, and the designed rules not found."""
    left, lacking = list(found), []
    for wanted in designed:
        if wanted in left:
            left.remove(wanted)
        else:
            lacking.append(wanted)
    return left, lacking


def _sentence(wanted: Rule, found: Rule | None) -> str:
    if found is None:
        return f"rule {wanted.name} is missing: {wanted.words}"
    return f"rule {wanted.name} is {found.words}, designed: {wanted.words}"


def _in_front(designed: Sequence[Rule], found: Sequence[Rule]) -> Iterator[str]:
    """Denials with precedence over a designed rule that admits the call."""
    order = {wanted: wanted.priority for wanted in designed}
    for denial in (r for r in found if not r.allows):
        for allowed in (r for r in found if r.allows and r in order):
            planned = denial in order and order[denial] < order[allowed]
            if denial.priority < allowed.priority and not planned and overlaps(denial, allowed):
                yield f"rule {denial.name} denies before {allowed.name} allows"
