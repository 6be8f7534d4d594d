"""Addresses: what is planned, what is fixed, who sees whom, and what goes on which allow-list."""

from __future__ import annotations

from apim_aks.artefacts.address_plan import AddressPlan, address_plan
from apim_aks.artefacts.bundle import Artefacts
from apim_aks.errors import InputError
from apim_aks.facts import IpVisibility, ip_visibility, placeholder_row
from apim_aks.options.drawn import Drawn
from apim_aks.page.html import Content, Html, code, mark, paragraph, some, source, table
from apim_aks.page.tables.article_tables import uncertain
from apim_aks.topology import Component, Exposure, Kind, Link

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
    rows: list[tuple[Content, ...]] = [
        (r.label, code(r.prefix), f"{r.usable:,}", r.name or "–", r.because) for r in plan.ranges
    ]
    columns = ("Range", "Addresses", "Usable", "Subnet", "Why")
    return table(columns, rows, f"Ranges, network {plan.network}: {drawn.option.title}")


def _fixed(plan: AddressPlan, drawn: Drawn) -> Html:
    label = {c.id: c.label for c in drawn.topology.components}
    public = [
        (label[a.component], code(a.host), "known after 10-foundation", code(a.name))
        for a in plan.public_addresses
    ]
    private = [
        (label[a.component], code(a.host), code(a.address), a.subnet) for a in plan.load_balancers
    ]
    columns = ("For", "Name", "Address", "Kept as, or in")
    return table(columns, [*public, *private], f"Fixed addresses: {drawn.option.title}")


def seen_addresses(built: Artefacts) -> Html:
    """On each hop: which address the called side sees, and what goes on its allow-list."""
    rows: dict[tuple[Kind, Kind, Exposure], tuple[Content, ...]] = {}
    topology = built.drawn.topology
    for link in topology.links:
        ends = topology.component(link.source), topology.component(link.target)
        key = ends[0].kind, ends[1].kind, ends[1].exposure
        if not link.bypass and key not in rows:
            rows[key] = _hop(link, ends, built)
    columns = ("Caller", "Called", "It sees", "On its allow-list", "Admits", "Stands in", "Source")
    title = f"Who sees which address: {built.drawn.option.title}"
    return table(columns, rows.values(), title)


def _hop(link: Link, ends: tuple[Component, Component], built: Artefacts) -> tuple[Content, ...]:
    caller, called = ends
    names = _plural(caller, built), _plural(called, built)
    row = visible(built.drawn, called) if caller.kind in _CALLING else None
    if row is not None:
        return (*names, *_from_gateway(row, built))
    if caller.kind in _AHEAD:
        stands = _files(built, "kind: NetworkPolicy")
        return (*names, f"the pods of {caller.label}", "their labels", "only you", stands, "–")
    if caller.kind is Kind.CONSUMER:
        sees = "the consumer's address, or that of the proxy it uses"
        return (*names, sees, "none: callers are told apart by key and token", "all", "–", "–")
    return (*names, "inside API Management", "none", "–", "–", "–")


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


def _from_gateway(row: IpVisibility, built: Artefacts) -> tuple[Content, ...]:
    listed = _listed(row, built)
    admits = (
        mark("pass", "✓", "only you") if row.exclusive else mark("fail", "✗", "other tenants too")
    )
    stands = _files(built, _written(listed))
    return uncertain(row.backend_sees, row.status), code(listed), admits, stands, source(row.source)


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
