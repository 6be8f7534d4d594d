"""Addresses: what is planned, what is fixed, who sees whom, and what goes on which allow-list."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.artefacts.address_plan import address_plan
from apim_aks.artefacts.addresses import AddressPlan
from apim_aks.artefacts.bundle import Artefacts
from apim_aks.columns import Column
from apim_aks.errors import InputError
from apim_aks.facts import IpVisibility, ip_visibility, placeholder_row
from apim_aks.options.drawn import Drawn
from apim_aks.page.html import Content, Html, code, mark, paragraph, some, source, table
from apim_aks.page.tables.article_tables import uncertain
from apim_aks.topology import Component, Exposure, Kind

_CALLING = (Kind.GATEWAY, Kind.INTEGRATION)
_AHEAD = (Kind.INGRESS, Kind.TOKEN_PROXY)


def planned_addresses(built: Artefacts) -> Html:
    """The ranges and fixed addresses of a placement, or the sentence that says what is wrong."""
    try:
        plan = address_plan(built.drawn)
    except InputError as error:
        return paragraph(mark("fail", "✗", "no plan"), f" {error}")
    return _ranges(plan, built.drawn) + _fixed(plan, built.drawn)


def _ranges(plan: AddressPlan, drawn: Drawn) -> Html:
    return table(
        f"Ranges, network {plan.network}: {drawn.option.title}",
        plan.ranges,
        Column("Range", lambda r: r.label),
        Column("Addresses", lambda r: code(r.prefix)),
        Column("Usable", lambda r: f"{r.usable:,}"),
        Column("Subnet", lambda r: r.name or "–"),
        Column("Why", lambda r: r.because),
    )


def _fixed(plan: AddressPlan, drawn: Drawn) -> Html:
    label = {c.id: c.label for c in drawn.topology.components}
    rows: list[tuple[str, str, Content, Content]] = [
        *(
            (a.component, a.host, "known after 10-foundation", code(a.name))
            for a in plan.public_addresses
        ),
        *((a.component, a.host, code(a.address), a.subnet) for a in plan.load_balancers),
    ]
    return table(
        f"Fixed addresses: {drawn.option.title}",
        rows,
        Column("For", lambda row: label[row[0]]),
        Column("Name", lambda row: code(row[1])),
        Column("Address", lambda row: row[2]),
        Column("Kept as, or in", lambda row: row[3]),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the called side sees of its caller, and what is done with that."""

    address: Content
    listed: Content
    admits: Content = "–"
    stands_in: Content = "–"
    source: Content = "–"


def seen_addresses(built: Artefacts) -> Html:
    """On each hop: which address the called side sees, and what goes on its allow-list."""
    rows: dict[tuple[Kind, Kind, Exposure], tuple[Component, Component, _Seen]] = {}
    topology = built.drawn.topology
    for link in topology.links:
        ends = topology.component(link.source), topology.component(link.target)
        key = ends[0].kind, ends[1].kind, ends[1].exposure
        if not link.bypass and key not in rows:
            rows[key] = (*ends, _seen(*ends, built))
    return table(
        f"Who sees which address: {built.drawn.option.title}",
        rows.values(),
        Column("Caller", lambda hop: _plural(hop[0], built)),
        Column("Called", lambda hop: _plural(hop[1], built)),
        Column("It sees", lambda hop: hop[2].address),
        Column("On its allow-list", lambda hop: hop[2].listed),
        Column("Admits", lambda hop: hop[2].admits),
        Column("Stands in", lambda hop: hop[2].stands_in),
        Column("Source", lambda hop: hop[2].source),
    )


def _seen(caller: Component, called: Component, built: Artefacts) -> _Seen:
    if caller.kind is Kind.GATEWAY and caller.in_cluster:
        return _from_pods(called, built)
    row = visible(built.drawn, called) if caller.kind in _CALLING else None
    if row is not None:
        return _from_gateway(row, built)
    if caller.kind in _AHEAD:
        stands = _files(built, "kind: NetworkPolicy")
        return _Seen(f"the pods of {caller.label}", "their labels", "only you", stands)
    if caller.kind is Kind.CONSUMER:
        sees = "the consumer's address, or that of the proxy it uses"
        return _Seen(sees, "none: callers are told apart by key and token", "all")
    return _Seen("inside API Management", "none")


def _from_pods(called: Component, built: Artefacts) -> _Seen:
    """What is called by the pods of a gateway in the cluster."""
    if not called.in_cluster:
        return _Seen("the address of the cluster's way out", "none: the identity is what counts")
    return _Seen("the pods", "their labels", "only you", _files(built, "kind: NetworkPolicy"))


def _plural(component: Component, built: Artefacts) -> str:
    """The component's label, or how many of its kind there are."""
    alike = [
        c for c in built.drawn.topology.of_kind(component.kind) if c.exposure is component.exposure
    ]
    same = component.kind in (Kind.SERVICE, Kind.TOKEN_PROXY) and len(alike) > 1
    return f"{component.label} and {len(alike) - 1} more" if same else component.label


def visible(drawn: Drawn, called: Component) -> IpVisibility | None:
    """What a called component sees of the gateway in this network mode, on this tier."""
    side = "private" if called.exposure is Exposure.PRIVATE else "public"
    tier, mode = drawn.tier, drawn.topology.mode
    for row in ip_visibility():
        fits = (not row.needs or tier.has(row.needs)) and not (row.lacks and tier.has(row.lacks))
        if mode in row.modes and row.backend == side and fits:
            return row
    return None


def _from_gateway(row: IpVisibility, built: Artefacts) -> _Seen:
    listed = _listed(row, built)
    seen = uncertain(row.backend_sees, row.status)
    stands = _files(built, _written(listed))
    return _Seen(seen, code(listed), admitted(row), stands, source(row.source))


def admitted(row: IpVisibility) -> Html:
    """Whether the address that a back end sees is the gateway's alone."""
    if row.exclusive:
        return mark("pass", "✓", "only you")
    return mark("fail", "✗", "other tenants too")


def _listed(row: IpVisibility, built: Artefacts) -> str:
    workload = built.drawn.workload
    try:
        gateway = address_plan(built.drawn).range("gateway")
    except InputError:
        gateway = None
    known = {"<region>": workload.azure.region}
    known |= {"<gateway-subnet>": gateway.prefix} if gateway else {}
    text = row.allow_list
    for word, value in known.items():
        text = text.replace(word, value)
    return text


def _written(listed: str) -> str:
    """How manifests write it."""
    return listed.replace("<gateway-ip>", placeholder_row("gateway-address").text)


def _files(built: Artefacts, text: str) -> Content:
    return some([code(m.name) for m in built.manifests if text in m.yaml])
