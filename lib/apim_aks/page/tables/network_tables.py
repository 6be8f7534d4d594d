"""Networks, addresses, tiers and ingress controllers as they are today, from dated rows."""

from __future__ import annotations

from dataclasses import fields
from functools import partial

from apim_aks.artefacts.manifests.network_policy import RULES as SELF_HOSTED
from apim_aks.columns import Column
from apim_aks.costs import unit_price
from apim_aks.decision.design import Design, Placement, placed
from apim_aks.decision.measures import money, number
from apim_aks.decision.priced import a_month, unit_of
from apim_aks.facts import (
    Tier,
    controllers,
    criterion,
    ip_visibility,
    network_mode,
    network_plugins,
    network_rules,
    tier,
    tiers,
)
from apim_aks.facts.criterion_ids import (
    AROUND_THE_GATEWAY,
    MONTHLY_COST,
    OBJECTS_CHANGED,
    PUBLIC_ENDPOINTS,
)
from apim_aks.listing import interval
from apim_aks.options import Option, Setting
from apim_aks.options.tier_choice import refusal, refusal_source
from apim_aks.page.html import Content, Html, code, mark, paragraph, source, table, yes_no
from apim_aks.page.tables.address_tables import admitted
from apim_aks.page.tables.article_tables import uncertain
from apim_aks.page.tables.comparison import Line, by_option
from apim_aks.page.tables.egress_tables import ways_out
from apim_aks.rounding import rounded
from apim_aks.topology import Kind

_CONTROLLER_MARKS = {
    "supported": ("pass", "✓"),
    "superseded": ("warn", "!"),
    "self-run": ("warn", "!"),
    "retiring": ("fail", "✗"),
    "retired": ("fail", "✗"),
}


def rules_table(placement: Placement) -> Html:
    """The rules of the gateway's security group with reason and source, and the ways out.

    A gateway in the cluster has no subnet of its own: its pods call what they have to.
    """
    sources = {r.id: r for r in network_rules(placement.option.mode)}
    rules = table(
        f"Network security group of API Management's subnet: {placement.option.title}",
        (rule for rule in placement.topology.rules if rule.row in sources),
        Column("Rule", lambda rule: f"{rule.access} {rule.priority}"),
        Column("Direction", lambda rule: rule.direction),
        Column("From", lambda rule: rule.source),
        Column("To", lambda rule: rule.destination),
        Column("Port", lambda rule: f"{rule.protocol} {rule.port}"),
        Column("Required", lambda rule: yes_no(rule.required)),
        Column("Why", lambda rule: uncertain(rule.reason, sources[rule.row].status)),
        Column("Source", lambda rule: source(sources[rule.row].source)),
    )
    return (_of_pods() if placement.topology.self_hosted else rules) + ways_out(placement)


def _of_pods() -> Html:
    """What the pods of a gateway in the cluster call; its network policy holds the ports alone."""
    return table(
        "What the gateway's pods call, beside the Services",
        network_rules(SELF_HOSTED),
        Column("To", lambda row: row.destination_prefix),
        Column("Port", lambda row: f"{row.protocol} {row.port}"),
        Column("Required", lambda row: yes_no(row.required)),
        Column("Why", lambda row: uncertain(row.purpose, row.status)),
        Column("Source", lambda row: source(row.source)),
    )


def names_table(placement: Placement) -> Html:
    """The host names, what each leads to, and who can resolve it."""
    label = {c.id: c.label for c in placement.topology.components}
    return table(
        "Host names, exact ones",
        placement.topology.names,
        Column("Name", lambda n: code(n.name)),
        Column("Leads to", lambda n: label[n.component]),
        Column("DNS", lambda n: "private zone of its own" if n.private else "public"),
        Column("Resolved from", lambda n: n.visible_from),
    )


def subnet_table(*modes: str) -> Html:
    """The network modes side by side: gateway, subnet, delegation, what back ends see."""
    return table(
        "Network modes",
        map(network_mode, modes),
        Column("Mode", lambda m: m.label),
        Column("Gateway", lambda m: m.gateway),
        Column("Smallest subnet", lambda m: m.subnet_minimum or "none"),
        Column("Delegation", lambda m: m.delegation or "none"),
        Column("Back ends see", lambda m: uncertain(m.backend_sees, m.status)),
        Column("Know", lambda m: m.notes),
        Column("Source", lambda m: source(m.source)),
    )


def tiers_table(option: Option) -> Html:
    """Which tiers can do this option, price and SLA, and why the others cannot."""
    why = {t.name: refusal(option, t) for t in tiers()}
    yes, no = mark("pass", "✓", "yes"), mark("fail", "✗", "no")
    return table(
        f"Tiers for: {option.title}",
        tiers(),
        Column("Tier", lambda t: t.name),
        Column("Can do it", lambda t: no if why[t.name] else yes),
        Column("One unit a month, list price", _unit_price),
        Column("SLA", _promise),
        Column("Why not", lambda t: f"{why[t.name]}." if why[t.name] else "–"),
        Column("Source", lambda t: source(refusal_source(option, t)) if why[t.name] else "–"),
    )


def _unit_price(tier: Tier) -> str:
    row = unit_price(tier)
    if row is None or row.price is None or row.units_a_month is None:
        return "by use"
    return f"{money(rounded(row.price * row.units_a_month, 2))} {row.currency} in {row.region}"


def _promise(row: Tier) -> Content:
    if not (sla := row.sla):
        return "none"
    return uncertain(f"{interval(sla.low, sla.high, number)} %", sla.status)


def on_tier(design: Design, option: Option, name: str) -> Html:
    """One option on one tier: its counted measures, or the sentence that refuses it."""
    chosen, option = tier(name), design.placement(option.id).option
    if why := refusal(option, chosen):
        where = Html(" ") + source(refusal_source(option, chosen))
        return paragraph(mark("fail", "✗", "refused"), f" {option.title}: {why}.", where)
    stands = design.placement(option.id)
    known = {f.name: getattr(stands, f.name) for f in fields(Setting)}
    placement = placed(Setting(**known | {"tier": chosen}), stands.option)
    sla = "with an SLA" if chosen.sla else "without an SLA, for rehearsals only"
    said = f" {option.title} on {chosen.name}, {sla}."
    measured = table(
        f"{option.title} on {chosen.name}",
        placement.measures,
        Column("Criterion", lambda m: criterion(m.id).label),
        Column("Counted", lambda m: m.text),
        Column("Unit", lambda m: unit_of(criterion(m.id))),
    )
    return paragraph(mark("pass", "✓", "possible"), said) + measured


def features_table() -> Html:
    """The network features of each tier, side by side."""
    features = (
        ("Injection, external", "vnet_injection_external"),
        ("Injection, internal", "vnet_injection_internal"),
        ("Injection, v2", "vnet_injection_v2"),
        ("Outbound integration", "outbound_vnet_integration"),
        ("Inbound private endpoint", "inbound_private_endpoint"),
        ("Fixed outbound address", "static_outbound_ip"),
        ("Zones", "availability_zones"),
        ("Several regions", "multi_region"),
    )
    return table(
        "Network features of the tiers",
        tiers(),
        Column("Tier", lambda t: t.name),
        *(Column(label, partial(_has, id)) for label, id in features),
    )


def _has(feature: str, row: Tier) -> Html:
    return yes_no(row.has(feature))


def addresses_table() -> Html:
    """Which address a back end sees, and what an allow-list can name."""
    return table(
        "Addresses of the gateway",
        ip_visibility(),
        Column("Gateway", lambda v: v.case),
        Column("The back end sees", lambda v: uncertain(v.backend_sees, v.status)),
        Column("To be listed", lambda v: code(v.allow_list)),
        Column("Who is admitted", admitted),
        Column("Source", lambda v: source(v.source)),
    )


def controllers_table() -> Html:
    """The ingress controllers on AKS: state of life, client certificates, who runs them."""
    return table(
        "Ingress controllers on AKS",
        controllers(),
        Column("Controller", lambda c: c.name),
        Column("State", lambda c: mark(*_CONTROLLER_MARKS[c.status], c.status)),
        Column("Client certificates", lambda c: c.mtls),
        Column("Fixed address", lambda c: yes_no(c.static_ip)),
        Column("You upgrade it", lambda c: yes_no(c.run_by_customer)),
        Column("From AKS", lambda c: c.minimum_kubernetes or "any"),
        Column("Know", lambda c: f"{c.generated_because}. {c.notes}".strip()),
        Column("Source", lambda c: source(c.source)),
    )


def plugins_table() -> Html:
    """The network plugins of AKS, and whether anything outside can reach a pod."""
    return table(
        "Network plugins of AKS",
        network_plugins(),
        Column("Plugin", lambda p: p.name),
        Column("Standing", lambda p: p.standing),
        Column("Pods reachable from outside", lambda p: yes_no(p.pods_reachable)),
        Column("What follows", lambda p: uncertain(p.consequence, p.status)),
        Column("Source", lambda p: source(p.source)),
    )


def _bypass(placement: Placement) -> str:
    return placement.measure(AROUND_THE_GATEWAY).text + criterion(AROUND_THE_GATEWAY).out_of


def _gateway(placement: Placement) -> str:
    """Public where it, or the load balancer that Azure runs for it, is."""
    parts = placement.topology.of_kind(Kind.GATEWAY, Kind.LOAD_BALANCER)
    return "public" if any(c.public for c in parts) else "private"


def side_by_side(design: Design, *options: str) -> Html:
    """A few options beside each other, in what can be counted of each topology."""
    rows: tuple[Line, ...] = (
        ("Tier", lambda p: p.tier.name),
        ("Gateway", _gateway),
        ("Choices", lambda p: p.choices.words),
        ("Public endpoints of the cluster", lambda p: p.measure(PUBLIC_ENDPOINTS).text),
        (criterion(AROUND_THE_GATEWAY).label, _bypass),
        ("Network security rules", lambda p: str(len(p.topology.rules))),
        ("Private DNS names", lambda p: str(sum(n.private for n in p.topology.names))),
        ("Subnet delegation", lambda p: network_mode(p.option.mode).delegation or "none"),
        ("Kubernetes objects changed", lambda p: p.measure(OBJECTS_CHANGED).text),
        (a_month(design), lambda p: p.measure(MONTHLY_COST).text),
        ("Requirements", lambda p: p.standing),
    )
    beside = by_option(map(design.placement, options))
    return table("Side by side", rows, Column("Counted", lambda line: line[0]), *beside)
