"""Networks, addresses, tiers and ingress controllers as they are today, from dated rows."""

from __future__ import annotations

from apim_aks.decision.design import Design, Placement, placed
from apim_aks.decision.measures import money
from apim_aks.facts import (
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
from apim_aks.options import Option, Setting
from apim_aks.options.tier_choice import refusal, refusal_source
from apim_aks.page.html import Content, Html, code, mark, paragraph, source, table, yes_no
from apim_aks.page.tables.article_tables import uncertain
from apim_aks.topology import NetworkRule

_CONTROLLER_MARKS = {
    "supported": ("pass", "✓"),
    "superseded": ("warn", "!"),
    "self-run": ("warn", "!"),
    "retiring": ("fail", "✗"),
    "retired": ("fail", "✗"),
}


def rules_table(placement: Placement) -> Html:
    """The rules of the gateway's security group, each with its reason and source."""
    sources = {r.id: r for r in network_rules(placement.option.mode)}
    rows = [
        (*_rule(rule), uncertain(rule.reason, row.status), source(row.source))
        for rule in placement.topology.rules
        if (row := sources.get(rule.row))
    ]
    columns = ("Rule", "Direction", "From", "To", "Port", "Required", "Why", "Source")
    title = placement.option.title
    return table(columns, rows, f"Network security group of API Management's subnet: {title}")


def _rule(rule: NetworkRule) -> tuple[Content, ...]:
    name = f"{rule.access} {rule.priority}"
    port = f"{rule.protocol} {rule.port}"
    return name, rule.direction, rule.source, rule.destination, port, yes_no(rule.required)


def names_table(placement: Placement) -> Html:
    """The host names, what each leads to, and who can resolve it."""
    label = {c.id: c.label for c in placement.topology.components}
    rows = (
        (
            code(n.name),
            label[n.component],
            "private zone of its own" if n.private else "public",
            n.visible_from,
        )
        for n in placement.topology.names
    )
    return table(("Name", "Leads to", "DNS", "Resolved from"), rows, "Host names, exact ones")


def subnet_table(*modes: str) -> Html:
    """The network modes side by side: gateway, subnet, delegation, what back ends see."""
    rows = (
        (
            m.label,
            m.gateway,
            m.subnet_minimum or "none",
            m.delegation or "none",
            uncertain(m.backend_sees, m.status),
            m.notes,
            source(m.source),
        )
        for m in map(network_mode, modes)
    )
    columns = (
        "Mode",
        "Gateway",
        "Smallest subnet",
        "Delegation",
        "Back ends see",
        "Know",
        "Source",
    )
    return table(columns, rows, "Network modes")


def tiers_table(option: Option) -> Html:
    """Which tiers can do this option, price and SLA, and why the others cannot."""
    rows: list[tuple[Content, ...]] = []
    for row in tiers():
        why = refusal(option, row)
        sla = row.sla
        promise: Content = "none"
        if sla:
            span = f"{sla.low:g}" if sla.low == sla.high else f"{sla.low:g} to {sla.high:g}"
            promise = uncertain(f"{span} %", sla.status)
        price = money(row.price) if row.price else "by use"
        state = mark("fail", "✗", "no") if why else mark("pass", "✓", "yes")
        reason: Content = f"{why}." if why else "–"
        where = source(refusal_source(option, row)) if why else "–"
        rows.append((row.name, state, price, promise, reason, where))
    columns = ("Tier", "Can do it", "USD a month, one unit", "SLA", "Why not", "Source")
    return table(columns, rows, f"Tiers for: {option.title}")


def on_tier(design: Design, option: Option, name: str) -> Html:
    """One option on one tier: its counted measures, or the sentence that refuses it."""
    chosen = tier(name)
    if why := refusal(option, chosen):
        where = Html(" ") + source(refusal_source(option, chosen))
        return paragraph(mark("fail", "✗", "refused"), f" {option.title}: {why}.", where)
    gate = design.placement(option.id).controller
    placement = placed(
        Setting(workload=design.workload, mapping=design.mapping, tier=chosen, controller=gate),
        option,
    )
    sla = "with an SLA" if chosen.sla else "without an SLA, for rehearsals only"
    said = f" {option.title} on {chosen.name}, {sla}."
    rows = ((criterion(m.id).label, m.text, criterion(m.id).unit) for m in placement.measures)
    measured = table(("Criterion", "Counted", "Unit"), rows, f"{option.title} on {chosen.name}")
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
    rows: list[tuple[Content, ...]] = [
        (t.name, *(yes_no(t.has(id)) for _, id in features)) for t in tiers()
    ]
    return table(("Tier", *(label for label, _ in features)), rows, "Network features of the tiers")


def addresses_table() -> Html:
    """Which address a back end sees, and what an allow-list can name."""
    rows: list[tuple[Content, ...]] = [
        (
            v.case,
            uncertain(v.backend_sees, v.status),
            code(v.allow_list),
            mark("pass", "✓", "only you")
            if v.exclusive
            else mark("fail", "✗", "other tenants too"),
            source(v.source),
        )
        for v in ip_visibility()
    ]
    columns = ("Gateway", "The back end sees", "To be listed", "Who is admitted", "Source")
    return table(columns, rows, "Addresses of the gateway")


def controllers_table() -> Html:
    """The ingress controllers on AKS: state of life, client certificates, who runs them."""
    rows = (
        (
            c.name,
            mark(*_CONTROLLER_MARKS[c.status], c.status),
            c.mtls,
            yes_no(c.static_ip),
            yes_no(c.run_by_customer),
            c.minimum_kubernetes or "any",
            f"{c.generated_because}. {c.notes}".strip(),
            source(c.source),
        )
        for c in controllers()
    )
    columns = (
        "Controller",
        "State",
        "Client certificates",
        "Fixed address",
        "You upgrade it",
        "From AKS",
        "Know",
        "Source",
    )
    return table(columns, rows, "Ingress controllers on AKS")


def plugins_table() -> Html:
    """The network plugins of AKS, and whether anything outside can reach a pod."""
    rows = (
        (
            p.name,
            p.standing,
            yes_no(p.pods_reachable),
            uncertain(p.consequence, p.status),
            source(p.source),
        )
        for p in network_plugins()
    )
    columns = ("Plugin", "Standing", "Pods reachable from outside", "What follows", "Source")
    return table(columns, rows, "Network plugins of AKS")


def side_by_side(design: Design, *options: str) -> Html:
    """A few options beside each other, in what can be counted of each topology."""
    placements = [design.placement(id) for id in options]
    rows = (
        (label, *(value(p) for p in placements))
        for label, value in (
            ("Tier", lambda p: p.tier.name),
            ("Gateway", lambda p: network_mode(p.option.mode).gateway),
            ("Public endpoints of the cluster", lambda p: p.measure(PUBLIC_ENDPOINTS).text),
            ("Around the gateway, level 0 to 3", lambda p: p.measure(AROUND_THE_GATEWAY).text),
            ("Network security rules", lambda p: str(len(p.topology.rules))),
            ("Private DNS names", lambda p: str(sum(n.private for n in p.topology.names))),
            ("Subnet delegation", lambda p: network_mode(p.option.mode).delegation or "none"),
            ("Kubernetes objects changed", lambda p: p.measure(OBJECTS_CHANGED).text),
            ("USD a month, gateway only", lambda p: p.measure(MONTHLY_COST).text),
            ("Requirements", lambda p: p.standing),
        )
    )
    return table(("Counted", *(p.option.title for p in placements)), rows, "Side by side")
