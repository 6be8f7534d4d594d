"""The page of an option for this workload: picture, path, counted gains and costs."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.columns import Column
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import Subject, backend_hops, fronts, ways_around
from apim_aks.decision.not_compared import means
from apim_aks.errors import InputError
from apim_aks.facts import concerns, criterion, requirement_rows
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY
from apim_aks.listing import counted
from apim_aks.page.diagram import Picture
from apim_aks.page.html import (
    Html,
    element,
    folded,
    items,
    joined,
    mark,
    paragraph,
    some,
    table,
)
from apim_aks.page.pictures import NARROW_HINT, carried_file
from apim_aks.page.tables.caller_tables import callers_link, callers_table, outside_table
from apim_aks.page.tables.choice_tables import entry_said
from apim_aks.page.tables.guard_tables import admissions
from apim_aks.topology import EDGE_KINDS, Auth, Component, Kind, Link, ObjectChange, Topology
from apim_aks.workload.model import Service

REACHABILITY = "reachability.html"
"""The page of a report that proves who reaches which Service."""
WHO_REACHES = "Who can reach which Service"


def in_one_sentence(placement: Placement) -> Html:
    """The option's sentence, the tier it is judged at, and whether it is in."""
    tier = placement.tier.name
    how = (
        f"{tier}, pinned in workload.yaml" if placement.pinned else f"{tier}, the cheapest that can"
    )
    inside = placement.controller
    gate = f", with {inside.name}" if inside.id != "none" else ""
    chosen = f" Chosen: {placement.choices.words}." if placement.choices.words else ""
    return paragraph(
        element("strong", placement.option.title),
        f": {placement.option.sentence} Judged at {how}{gate}.{chosen} ",
        standing_mark(placement),
    )


def standing_mark(placement: Placement) -> Html:
    """In, ruled out, not compared, or undecided."""
    if placement.ruled_out:
        return mark("fail", "✗", "ruled out by a requirement")
    if placement.beside:
        lacking = f" as drawn; it would need {means(placement.not_compared)}"
        return mark("warn", "?", "not compared") + element("span", lacking)
    if placement.undecided:
        return mark("warn", "?", "undecided whether it meets a requirement")
    return mark("pass", "✓", "meets the requirements")


def figure(picture: Picture, caption: str = "", carried: bool = True) -> Html:
    """The picture with its caption, in words too, and `carried` in the page as a draw.io file."""
    grouped = f" {picture.shown} cards stand for {counted(picture.total, 'component')}."
    said = f"{caption}{grouped if picture.shown < picture.total else ''}".strip()
    label = f"Picture: {caption}" if caption else "Picture"
    drawing = element(
        "div", Html(picture.svg), class_="picture", role="region", tabindex="0", aria_label=label
    )
    below = (element("figcaption", said),) if said else ()
    kept = (carried_file(picture),) if carried and picture.drawio else ()
    words = folded("The picture in words", paragraph(picture.alt))
    return element("figure", NARROW_HINT, drawing, *below, *kept, words)


def path(picture: Picture) -> Html:
    """How a request travels, numbered as in the picture."""
    if not picture.steps:
        return paragraph("No consumer of this workload reaches a Service through the gateway.")
    return element("ol", *(element("li", s) for s in picture.steps), class_="path")


def reached_table(design: Design, placement: Placement) -> Html:
    """Every published Service: how the gateway enters, who can bypass it, who calls it inside."""
    hops = backend_hops(placement.topology)
    around = {way.service: way for way in ways_around(Subject.of(placement, placement.proved))}

    def entered(id: str) -> str:
        found = hops.get(id)
        return placement.topology.component(found[0].target).label if found else "not reached"

    def shown(id: str) -> str:
        """What is asked for on the way: behind an ingress it may be the Service that asks."""
        links = [k for k in hops.get(id, ())[1:] if k.auth != (Auth.NONE,)]
        return "; then ".join(k.label for k in (*hops.get(id, ())[:1], *links)) or "–"

    reached = table(
        "Every published Service, as this option reaches it",
        design.mapping.published,
        Column("Service", str),
        Column("Operations", lambda id: len(design.mapping.operations_of(id))),
        Column("The gateway enters at", entered),
        Column("On that hop", shown),
        Column(
            criterion(AROUND_THE_GATEWAY).label,
            lambda id: f"{around[id].level} ({around[id].who})",
        ),
    )
    parts = (
        entry_said(design, placement),
        admissions(placement),
        proof_link(placement),
        callers_link(placement),
        callers_table(design, placement),
        outside_table(design, placement),
    )
    return reached + joined(parts)


def proof_link(placement: Placement) -> Html:
    """A link to the page with the proof of reachability under this option."""
    link = element("a", "who can reach which Service", href=f"{REACHABILITY}#{placement.option.id}")
    return paragraph("Proved from the files, on a page of the report: ", link, ".")


def avoid(placement: Placement) -> Html:
    """When not to choose the option, and what rules it out here."""
    named = element("strong", f"{placement.option.title}. ")
    said = f"Do not choose it when {placement.option.avoid}. "
    asked = {row.id: row.label for row in requirement_rows()}
    reasons = [f"{asked[r.requirement]}: {r.reason}." for r in placement.ruled_out]
    lacking = [
        f"{asked[n.requirement]}: {n.reason}; it would be met by {means((n,))}."
        for n in placement.not_compared
    ]
    if not (reasons or lacking):
        open_ = (f"Undecided, {asked[u.requirement]}: {u.reason}." for u in placement.undecided)
        least = "No requirement of this workload rules it out."
        return paragraph(named, said, " ".join((least, *open_)))
    standing = "Ruled out for" if reasons else "Not compared, as it is drawn, for"
    return paragraph(named, said, f"{standing} this workload:") + items([*reasons, *lacking])


def endpoints_table(placement: Placement) -> Html:
    """Every listener on a public address, and whether it belongs to the cluster."""
    return table(
        "Public endpoints",
        (c for c in placement.topology.components if c.public),
        Column("Public endpoint", lambda c: c.label),
        Column("Belongs to", _belongs),
        Column("Port", lambda c: ", ".join(map(str, c.ports))),
        Column("Who can connect", _connecting),
        Column("Checks its callers", lambda c: "yes" if c.validates_callers else "no"),
    )


def _connecting(component: Component) -> str:
    if component.connects is component.reach:
        return component.reach.label
    return f"{component.reach.label}; refused without a certificate: {component.connects.label}"


def _belongs(component: Component) -> str:
    if component.kind in EDGE_KINDS:
        return "the edge"
    return "the cluster" if component.in_cluster else "API Management"


def token_checks_table(design: Design, placement: Placement) -> Html:
    """Which Service checks the gateway's token today, and what has to be added for the others."""
    topology = placement.topology
    audiences = {s: c.audience for c in reversed(topology.credentials) for s in c.services}
    return table(
        "Who checks the gateway's token",
        map(design.workload.service, design.mapping.published),
        Column("Service", lambda s: s.id),
        Column("Tokens today", _tokens_today),
        Column("Who checks then", lambda s: _checks_then(topology, s.id)),
        Column("Audience", lambda s: audiences.get(s.id) or "–"),
    )


def _tokens_today(service: Service) -> Html:
    return mark("pass", "✓", "validates") if service.validates else mark("none", "–", "does not")


def _checks_then(topology: Topology, service: str) -> str:
    front = next(iter(fronts(topology, service)), None)
    added = front is not None and front.kind is Kind.TOKEN_PROXY
    return "a token check in front of it" if added else "the Service itself, in its header"


def credentials_table(design: Design, placement: Placement) -> Html:
    """What the gateway shows to back ends, and what it opens in the wrong hands."""
    operations = design.mapping.operations_of
    return table(
        "Credentials of the gateway",
        placement.topology.credentials,
        Column("Credential", lambda c: c.id),
        Column("Kind", lambda c: c.auth.label),
        Column("Services it opens", lambda c: some(c.services)),
        Column("Operations", lambda c: sum(len(operations(s)) for s in c.services)),
    )


def certificates_table(placement: Placement) -> Html:
    """Each certificate on the path: who holds it, who trusts it, how it is renewed."""
    label = {c.id: c.label for c in placement.topology.components}
    return table(
        "Certificates on the path",
        placement.topology.certificates,
        Column("Certificate", lambda c: c.purpose),
        Column("For the name", lambda c: c.host or "none is compared"),
        Column("Signed by", lambda c: c.authority.label),
        Column("Held by", lambda c: label.get(c.held_by, c.held_by)),
        Column("Trusted by", lambda c: label.get(c.trusted_by, c.trusted_by)),
        Column("Renewals a year", lambda c: f"{c.rotations_per_year:g}"),
        Column("Renewed by", lambda c: c.rotated_by),
    )


def changes_table(placement: Placement) -> Html:
    """The Kubernetes objects that the option creates, changes or deletes, kind by kind."""
    grouped: dict[tuple[str, str, str], list[ObjectChange]] = {}
    for change in placement.topology.changes:
        grouped.setdefault((change.action, change.kind, change.reason), []).append(change)
    return table(
        "What changes in the cluster",
        grouped.values(),
        Column("Object", lambda alike: alike[0].kind),
        Column("Action", lambda alike: alike[0].action),
        Column("How many", len),
        Column("Names", lambda alike: some([c.name for c in alike])),
        Column("Why", lambda alike: alike[0].reason),
    )


def example(design: Design) -> Placement:
    """The placement to show where any would do: the chosen one, else the first."""
    return design.chosen or design.placements[0]


def front_doors_table(design: Design, direct: Topology, placement: Placement) -> Html:
    """What consumers see without and with a gateway, counted on the two topologies."""
    through = placement.topology
    places = len(concerns())
    counts: tuple[tuple[str, Callable[[Topology], int]], ...] = (
        ("Addresses that consumers have to know", consumers_know),
        ("Connections from kinds of consumers to those addresses", lambda t: len(_callers(t))),
        ("Application endpoints of the cluster on the internet", _exposed),
        ("Published Services that answer callers who show nothing", _open),
    )
    rows = [(what, count(direct), count(through)) for what, count in counts]
    rows.append(("Places for the six concerns", len(design.mapping.published) * places, places))
    return table(
        "The front doors of this workload",
        rows,
        Column("Counted", lambda row: row[0]),
        Column("Directly", lambda row: row[1]),
        Column(f"Through the gateway ({placement.option.title})", lambda row: row[2]),
    )


def _callers(topology: Topology) -> list[Link]:
    consumers = {c.id for c in topology.of_kind(Kind.CONSUMER)}
    return [k for k in topology.links if k.source in consumers and not k.bypass]


def consumers_know(topology: Topology) -> int:
    """Addresses that consumers have to know."""
    return len({(k.target, k.port) for k in _callers(topology)})


def _exposed(topology: Topology) -> int:
    return sum(c.public and c.in_cluster for c in topology.components)


def _open(topology: Topology) -> int:
    return len({k.target for k in _callers(topology) if k.auth == (Auth.NONE,)})


def placement_in_mode(design: Design, mode: str) -> Placement:
    """The first placement that uses this network mode.

    Raises:
        InputError: no option compared uses it; the sentence lists the modes there are.
    """
    found = [p for p in design.placements if p.option.mode == mode]
    if not found:
        modes = ", ".join(dict.fromkeys(p.option.mode for p in design.placements))
        raise InputError(f"Network mode {mode!r} is not among those compared; use one of {modes}.")
    return found[0]
