"""Front Door: firewall in prevention mode for every name, its origin, its private endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.artefacts.arm_templates.front_door import DOMAIN, ROUTE
from apim_aks.facts import azure_facts
from apim_aks.facts.front_door import front_door_defaults
from apim_aks.options.front_door import endpoint_name
from apim_aks.remote.azure import Json
from apim_aks.verification.answers import gone, inside, looked, other, rows, said, same, words
from apim_aks.verification.resource_ids import ResourceIds
from apim_aks.verification.verdict import Verdict


def front_door(place: ResourceIds) -> Verdict:
    """Whether firewall, names, route and origin of Front Door are as designed."""
    name = endpoint_name(place.site.drawn)
    looked_at = {
        place.front_door(): _profile,
        place.front_door_firewall: _firewall,
        place.front_door("securityPolicies/firewall"): _guard,
        place.front_door(f"afdEndpoints/{name}"): _endpoint,
        place.front_door(f"afdEndpoints/{name}/routes/{ROUTE}"): _route,
        place.front_door("originGroups/gateway"): _probe,
        place.front_door("originGroups/gateway/origins/gateway"): _origin,
    }
    wrong: list[str] = []
    for id, look in looked_at.items():
        found = place.scene.azure.resource(id)
        wrong += gone(id) if found is None else look(found, place)
    if place.site.azure.host_name:
        wrong += _own_name(place)
    private = ", by its private endpoint" if place.site.private_link else ""
    return looked(wrong, f"firewall in prevention, calls {_host(place)}{private}")


def _profile(found: Json, place: ResourceIds) -> Iterator[str]:
    yield from other("its tier", inside(found, "sku.name"), front_door_defaults().sku)


def _firewall(found: Json, place: ResourceIds) -> Iterator[str]:
    settings, chosen = inside(found, "properties.policySettings"), front_door_defaults()
    yield from other("the firewall's state", inside(settings, "enabledState"), "Enabled")
    yield from other("the firewall's mode", inside(settings, "mode"), "Prevention")
    sets = rows(found, "properties.managedRules.managedRuleSets")
    ours = [s for s in sets if same(s.get("ruleSetType"), chosen.rule_set)]
    if not ours:
        yield f"the firewall lacks the rules {chosen.rule_set}"
    for one in ours:
        yield from other("what its rules do", one.get("ruleSetAction"), "Block")
    off = [o for s in sets for o in rows(s, "ruleGroupOverrides")]
    if off:
        yield f"rules are changed in {said([o.get('ruleGroupName') for o in off])}, designed: none"
    if any(rows(s, "exclusions") for s in sets):
        yield "parts of calls are excluded from inspection by the firewall, designed: none"
    custom = rows(found, "properties.customRules.rules")
    if any(same(rule.get("action"), "Allow") for rule in custom):
        yield "a rule of the firewall admits calls without inspection, designed: none"


def _guard(found: Json, place: ResourceIds) -> Iterator[str]:
    """The names that the firewall does not protect."""
    told = inside(found, "properties.parameters")
    yield from other("its firewall", inside(told, "wafPolicy.id"), place.front_door_firewall)
    associations = rows(told, "associations")
    guarded = [str(d.get("id")).lower() for a in associations for d in rows(a, "domains")]
    names = [f"afdEndpoints/{endpoint_name(place.site.drawn)}"]
    names += [f"customDomains/{DOMAIN}"] if place.site.azure.host_name else []
    bare = [name for name in names if place.front_door(name).lower() not in guarded]
    if bare:
        yield f"no firewall is in front of {', '.join(bare)}"
    if not any("/*" in words(inside(a, "patternsToMatch")) for a in associations):
        yield "the firewall does not inspect every path"


def _endpoint(found: Json, place: ResourceIds) -> Iterator[str]:
    yield from other("the endpoint", inside(found, "properties.enabledState"), "Enabled")


def _route(found: Json, place: ResourceIds) -> Iterator[str]:
    told = inside(found, "properties")
    yield from other("the protocol to its origin", inside(told, "forwardingProtocol"), "HttpsOnly")
    spoken = [w.lower() for w in words(inside(told, "supportedProtocols"))]
    if spoken != ["https"]:
        yield f"it answers by {said(spoken)}, designed: https alone"
    if inside(told, "cacheConfiguration"):
        yield "answers are cached, designed: none"
    own = "Disabled" if place.site.azure.host_name else "Enabled"
    yield from other("the endpoint's own name", inside(told, "linkToDefaultDomain"), own)


def _probe(found: Json, place: ResourceIds) -> Iterator[str]:
    probe = inside(found, "properties.healthProbeSettings")
    path = inside(probe, "probePath")
    if not same(path, azure_facts().gateway_status):
        yield f"its probe asks for {said(path)}, designed: {azure_facts().gateway_status}"
    yield from other("how its probe asks", inside(probe, "probeProtocol"), "Https")


def _origin(found: Json, place: ResourceIds) -> Iterator[str]:
    """The faults of the origin: API Management by its own name, with its certificate validated."""
    told, host = inside(found, "properties"), _host(place)
    yield from other("what it calls", inside(told, "hostName"), host)
    if not same(inside(told, "originHostHeader"), host):
        yield "it calls API Management by another host name, which is not answered"
    if inside(told, "enforceCertificateNameCheck") is not True:
        yield "the name in API Management's certificate is not checked, designed: it is"
    if place.site.private_link:
        yield from _private_link(inside(told, "sharedPrivateLinkResource"), place)


def _private_link(link: object, place: ResourceIds) -> Iterator[str]:
    if not same(inside(link, "privateLink.id"), place.gateway):
        yield "it calls API Management by its public name, designed: by a private endpoint"
        return
    status = inside(link, "status")
    if not same(status, "Approved"):
        yield f"its private endpoint is {said(status)}, designed: Approved"


def _own_name(place: ResourceIds) -> Iterator[str]:
    id = place.front_door(f"customDomains/{DOMAIN}")
    found = place.scene.azure.resource(id)
    if found is None:
        yield from gone(id)
        return
    host = place.site.azure.host_name
    yield from other("its own name", inside(found, "properties.hostName"), host)
    state = inside(found, "properties.domainValidationState")
    yield from other(f"the validation of {host}", state, "Approved")
    oldest = inside(found, "properties.tlsSettings.minimumTlsVersion")
    yield from other("its oldest TLS", oldest, front_door_defaults().tls)


def _host(place: ResourceIds) -> str:
    return f"{place.site.instance}.{azure_facts().gateway_suffix}".casefold()
