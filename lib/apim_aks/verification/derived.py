"""Checks that counting and dated rows decide: rules about the design alone."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.artefacts.arm_templates.expressions import Json
from apim_aks.artefacts.arm_templates.network import network_resources, used_subnets
from apim_aks.artefacts.arm_templates.routes import TABLES, subnet_routes, table_name
from apim_aks.artefacts.arm_templates.survey import site
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import MEASURES, Subject, fronts, number, ways_around
from apim_aks.facts import feature, network_rules
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY, PUBLIC_ENDPOINTS
from apim_aks.facts.egress import RouteRow
from apim_aks.facts.front_door import front_door_rule
from apim_aks.options.edges import FROM_EDGE
from apim_aks.options.security_rules import rule_ports
from apim_aks.options.tier_choice import refusal
from apim_aks.topology import Derived, DesignRule, Kind, Measured, NetworkRule
from apim_aks.verification.around_edge import nothing_around_the_edge
from apim_aks.verification.backends import gateway_reaches_backends
from apim_aks.verification.callers import callers_keep_access
from apim_aks.verification.deploying import nobody_loses_access_by_deploying
from apim_aks.verification.verdict import Verdict, judged, not_run

Seen = tuple[bool, str]
PROVED = (PUBLIC_ENDPOINTS, AROUND_THE_GATEWAY)
"""The measures that are read back from templates and manifests."""


def counted(design: Design, placement: Placement, test: Measured) -> Verdict:
    """Whether the measure is within its bound; `not_run` if the files do not prove it."""
    found = MEASURES[test.measure](Subject.of(placement, placement.proved))
    some = f" ({'; '.join(found.counted[:3])})" if found.counted else ""
    by = "proved from the files" if test.measure in PROVED else "counted on the topology"
    how = f"{by}: {test.measure} at most {number(test.at_most)}"
    if found.doubt and found.low <= test.at_most:
        return not_run(found.doubt, how, found.text)
    return judged(found.high <= test.at_most, f"{found.text}{some}", how)


def derived(design: Design, placement: Placement, test: Derived) -> Verdict:
    """Whether the rule holds."""
    how = f"derived from the design: {test.rule.replace('-', ' ')}"
    found = RULES[test.rule](design, placement)
    return judged(*found, how) if isinstance(found, tuple) else found


def _operations_reach_their_service(design: Design, placement: Placement) -> Seen:
    lost = [s for s in design.mapping.published if not placement.topology.backend_path(s)]
    declared = {s.id: {o.key for o in s.operations} for s in design.workload.services}
    foreign = [
        f"{o.method} {o.backend_path}"
        for o in design.mapping.operations
        if not o.undescribed and (o.method, o.path) not in declared[o.service]
    ]
    if lost or foreign:
        return False, f"no path to {', '.join(lost) or 'none'}; foreign: {', '.join(foreign)}"
    count = len(design.mapping.operations)
    return True, f"{count} operations reach {len(design.mapping.published)} Services"


def _tier_can(design: Design, placement: Placement) -> Seen:
    why = refusal(placement.option, placement.tier)
    needed = ", ".join(feature(f).label for f in placement.option.needs)
    return not why, why or f"{placement.tier.name} supports what the option needs: {needed}"


def _one_audience_each(design: Design, placement: Placement) -> Seen:
    seen: dict[str, list[str]] = {}
    for credential in placement.topology.credentials:
        seen.setdefault(credential.audience, []).extend(credential.services)
    shared = {a: s for a, s in seen.items() if len(s) > 1}
    if shared:
        return False, "; ".join(f"{a}: {', '.join(s)}" for a, s in shared.items())
    return True, f"{len(seen)} audiences for {len(design.mapping.published)} Services"


def _controller_supported(design: Design, placement: Placement) -> Seen:
    row, topology = placement.controller, placement.topology
    asked = any(topology.asks_certificate(c.id) for c in topology.of_kind(Kind.INGRESS))
    fine = row.status == "supported" and (row.mtls == "documented" or not asked)
    checks = f"client certificates {row.mtls}" if asked else "no client certificate is demanded"
    return fine, f"{row.name}: {row.status}, {checks}"


def _gateway_address_is_fixed(design: Design, placement: Placement) -> Seen:
    fact = placement.tier.fact("static_outbound_ip")
    return fact.value == "yes", f"{placement.tier.name}: {fact.value} ({fact.note or fact.source})"


def _required_rules(design: Design, placement: Placement) -> Seen:
    present = {rule.row: rule for rule in placement.topology.rules}
    modes = dict.fromkeys((placement.option.mode, *(id.partition(".")[0] for id in present)))
    rows = [row for mode in modes for row in network_rules(mode)]
    missing = [r.id for r in rows if r.required and r.id not in present]
    called = placement.topology.backends
    known = {r.id: (r.source_prefix, r.destination_prefix, rule_ports(r, called)) for r in rows}
    wider = [id for id, rule in present.items() if known.get(id) not in _alike(rule)]
    if missing or wider:
        return (
            False,
            f"missing: {', '.join(missing) or 'none'}; other: {', '.join(wider) or 'none'}",
        )
    return True, f"{len(present)} rules, of which {sum(r.required for r in rows)} are required"


def _routes(design: Design, placement: Placement) -> Seen:
    """Whether route tables hold the rows, and return traffic of port 3443 is symmetric."""
    place = site(placement)
    tables = {str(r.names[0]): r for r in network_resources(place) if r.type == TABLES}
    wanted = [(s, row) for s in used_subnets(place) for row in subnet_routes(place, s)]
    missing = [
        row.id
        for subnet, row in wanted
        if table_name(subnet) not in tables
        or not _has_route(tables[table_name(subnet)].body["properties"], row)
    ]
    comes = any(r.source == _CONTROL_PLANE for r in placement.topology.rules)
    leaves = any(row.prefix == _CONTROL_PLANE and row.hop == "Internet" for _, row in wanted)
    new = place.existing.api_management is None
    if missing or (comes and new and not leaves):
        odd = [] if not comes or leaves else [f"{_CONTROL_PLANE} comes in and does not go back"]
        return False, "; ".join([f"missing: {', '.join(missing) or 'none'}", *odd])
    return True, f"{len(wanted)} routes in {len(tables)} tables"


_CONTROL_PLANE = "ApiManagement"


def _has_route(properties: Json, row: RouteRow) -> bool:
    if not row.prefix:
        return properties["disableBgpRoutePropagation"] is True
    prefixes = [r["properties"]["addressPrefix"] for r in properties["routes"]]
    return row.prefix in prefixes


def _alike(rule: NetworkRule) -> list[tuple[str, str, str]]:
    """Whether the rule equals the row or narrows its source to the edge."""
    wider = {FROM_EDGE: "<consumers>", front_door_rule().source_prefix: "Internet"}
    sources = dict.fromkeys((rule.source, wider.get(rule.source, rule.source)))
    return [(source, rule.destination, rule.port) for source in sources]


def _nothing_around_the_gateway(design: Design, placement: Placement) -> Verdict:
    """Whether no path bypasses the gateway; paths that demand its credential do not."""
    how = "proved from the files: every entry demands the gateway's address or credential"
    subject = Subject.of(placement, placement.proved)
    bare = [f"{way.service}: {who}" for way in ways_around(subject) for who in way.bare]
    if bare:
        rest = len(bare) - 3
        return judged(False, "; ".join([*bare[:3], *([f"{rest} more"] if rest > 0 else [])]), how)
    measure = MEASURES[AROUND_THE_GATEWAY](subject)
    if measure.doubt:
        return not_run(measure.doubt, how, measure.text)
    return judged(True, f"{measure.text} ({'; '.join(measure.counted[:3])})", how)


def _exact_names(design: Design, placement: Placement) -> Seen:
    private = [n.name for n in placement.topology.names if n.private]
    wide = [n for n in private if n.count(".") < 2 or n.startswith("*.")]
    named = {n.component for n in placement.topology.names}
    unnamed = [
        s
        for s in design.mapping.published
        if not any(c.id in named for c in fronts(placement.topology, s))
    ]
    if wide or unnamed:
        lacking = ", ".join(unnamed) or "none"
        return False, f"too wide: {', '.join(wide) or 'none'}; Services without: {lacking}"
    return True, f"{len(private)} private names, each a zone of its own"


RULES: dict[DesignRule, Callable[[Design, Placement], Seen | Verdict]] = {
    DesignRule.OPERATIONS_REACH_THEIR_SERVICE: _operations_reach_their_service,
    DesignRule.TIER_CAN: _tier_can,
    DesignRule.ONE_AUDIENCE_EACH: _one_audience_each,
    DesignRule.CONTROLLER_SUPPORTED: _controller_supported,
    DesignRule.GATEWAY_ADDRESS_IS_FIXED: _gateway_address_is_fixed,
    DesignRule.REQUIRED_RULES: _required_rules,
    DesignRule.ROUTES: _routes,
    DesignRule.EXACT_NAMES: _exact_names,
    DesignRule.CALLERS_KEEP_ACCESS: callers_keep_access,
    DesignRule.NOBODY_LOSES_ACCESS_BY_DEPLOYING: nobody_loses_access_by_deploying,
    DesignRule.NOTHING_AROUND_THE_GATEWAY: _nothing_around_the_gateway,
    DesignRule.NOTHING_AROUND_THE_EDGE: nothing_around_the_edge,
    DesignRule.GATEWAY_REACHES_BACKENDS: gateway_reaches_backends,
}
