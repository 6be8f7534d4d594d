"""The edge: firewall in prevention mode, its listener, and API Management behind it."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.facts import azure_facts
from apim_aks.facts.edge import edge_defaults
from apim_aks.remote.azure import Json
from apim_aks.verification.answers import at_rest, gone, inside, looked, other, rows, said, same
from apim_aks.verification.azure_resources.front_door import front_door
from apim_aks.verification.resource_ids import ResourceIds, ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict


def edge(scene: LiveScene) -> Verdict:
    """Whether firewall, listeners and back end of the edge are as designed."""
    place = ground(scene)
    if place.site.front_door:
        return front_door(place)
    found, firewall = (scene.azure.resource(id) for id in (place.edge, place.firewall))
    wrong = [
        *(gone(place.edge) if found is None else _edge(found, place)),
        *(gone(place.firewall) if firewall is None else _firewall(firewall)),
    ]
    return looked(wrong, f"firewall in prevention, calls {_host(place)}")


def _firewall(found: Json) -> Iterator[str]:
    settings = inside(found, "properties.policySettings")
    yield from other("the firewall's state", inside(settings, "state"), "Enabled")
    yield from other("the firewall's mode", inside(settings, "mode"), "Prevention")
    sets = rows(found, "properties.managedRules.managedRuleSets")
    if not any(same(s.get("ruleSetType"), edge_defaults().rule_set) for s in sets):
        yield f"the firewall lacks the rules {edge_defaults().rule_set}"
    off = [o for s in sets for o in rows(s, "ruleGroupOverrides")]
    if off:
        yield f"rules are changed in {said([o.get('ruleGroupName') for o in off])}, designed: none"
    if rows(found, "properties.managedRules.exclusions"):
        yield "parts of calls are excluded from inspection by the firewall, designed: none"
    custom = rows(found, "properties.customRules")
    if any(same(rule.get("action"), "Allow") for rule in custom):
        yield "a rule of the firewall admits calls without inspection, designed: none"


def _edge(found: Json, place: ResourceIds) -> Iterator[str]:
    yield from at_rest(found)
    yield from other("its kind", inside(found, "properties.sku.tier"), "WAF_v2")
    policy = inside(found, "properties.firewallPolicy.id")
    yield from other("its firewall", policy, place.firewall)
    tls = inside(found, "properties.sslPolicy.policyName")
    yield from other("its TLS policy", tls, edge_defaults().tls_policy)
    yield from _listeners(found, place)
    yield from _back_end(found, place)


def _listeners(found: Json, place: ResourceIds) -> Iterator[str]:
    """The faults of the listeners: only one name by HTTPS is designed."""
    listed = rows(found, "properties.httpListeners")
    if not listed:
        yield "it has no listener"
    for listener in listed:
        name = said(listener.get("name"))
        protocol = inside(listener, "properties.protocol")
        yield from other(f"the protocol of the listener {name}", protocol, "Https")
        if inside(listener, "properties.firewallPolicy.id"):
            yield f"the listener {name} has a firewall policy of its own, designed: none"
    hosts = [inside(one, "properties.hostName") for one in listed]
    wanted = place.site.name_of("edge")
    if listed and not any(same(h, wanted) for h in hosts):
        yield f"it listens for {said(hosts)}, designed: {wanted}"


def _back_end(found: Json, place: ResourceIds) -> Iterator[str]:
    """The faults of back end and probe: API Management by its own name is designed."""
    pools = rows(found, "properties.backendAddressPools")
    behind = [a for p in pools for a in rows(p, "properties.backendAddresses")]
    called = [a.get("fqdn") or a.get("ipAddress") for a in behind]
    if [str(c).casefold() for c in called] != [_host(place)]:
        yield f"it calls {said(called)}, designed: {_host(place)}"
    for settings in rows(found, "properties.backendHttpSettingsCollection"):
        protocol = inside(settings, "properties.protocol")
        yield from other("the protocol behind it", protocol, "Https")
        own = inside(settings, "properties.pickHostNameFromBackendAddress") is True
        if not own and not same(inside(settings, "properties.hostName"), _host(place)):
            yield "it calls API Management by another host name, which is not answered"
    probes = rows(found, "properties.probes")
    paths = [inside(p, "properties.path") for p in probes]
    if not any(same(path, azure_facts().gateway_status) for path in paths):
        yield f"its probe asks for {said(paths)}, designed: {azure_facts().gateway_status}"


def _host(place: ResourceIds) -> str:
    return f"{place.site.instance}.{azure_facts().gateway_suffix}".casefold()
