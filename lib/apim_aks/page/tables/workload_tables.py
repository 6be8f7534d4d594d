"""The workload: Services, APIs, operations, and findings about the input."""

from __future__ import annotations

from apim_aks.apis.mapping import About, Api, Decision, port_choice
from apim_aks.apis.mapping.newly_reached import newly_reached_sentence
from apim_aks.columns import Column
from apim_aks.decision.design import Design
from apim_aks.facts import resource_type
from apim_aks.listing import counted, listed
from apim_aks.page.html import (
    Content,
    Html,
    bounded,
    code,
    folded,
    items,
    joined,
    mark,
    marked,
    paragraph,
    some,
    source,
    table,
)
from apim_aks.page.tables.guard_tables import guards
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Service, ServiceType, Workload
from apim_aks.workload.opening import alike

FINGERPRINT = 12
"""How much of a digest is enough to tell two inputs apart."""

_SERVICE = "Microsoft.ApiManagement/service"

_EXPOSES = {
    ServiceType.CLUSTER_IP: "an address inside the cluster",
    ServiceType.NODE_PORT: "a port on every node; public only where nodes have public addresses",
    ServiceType.LOAD_BALANCER: "a load balancer",
    ServiceType.EXTERNAL_NAME: "nothing: an alias in the cluster's DNS",
}


def summary(design: Design) -> Html:
    """The workload in one paragraph, counted; before it what awaits the reader's choice."""
    workload, mapping = design.workload, design.mapping
    asked = [n.sentence for n in mapping.notes if n.about is About.CHOICE]
    first = joined(
        paragraph(mark("warn", "!", "your choice"), " ", marked(f"{s[:1].upper()}{s[1:]}."))
        for s in asked
    )
    more = newly_reached_sentence(workload, mapping.published)
    said = paragraph(mark("warn", "!", "newly reachable"), " ", marked(more)) if more else Html("")
    return first + counted_workload(design) + said


def counted_workload(design: Design) -> Html:
    """The workload in one paragraph, counted."""
    workload, mapping = design.workload, design.mapping
    described = sum(1 for s in workload.services if s.document)
    spaces = len({s.namespace for s in workload.services})
    public = sum(1 for s in workload.services if s.public or s.routes)
    places = " and ".join(c.place for c in workload.consumers)
    return paragraph(
        f"{workload.title}: {counted(len(workload.services), 'Service')}{_created(workload)} "
        f"in {counted(spaces, 'namespace')}, {described} with an OpenAPI document, {public} "
        f"reachable from the internet today. {counted(len(mapping.published), 'Service')} "
        f"{'becomes' if len(mapping.published) == 1 else 'become'} "
        f"{counted(len(mapping.apis), 'API')} with "
        f"{counted(len(mapping.operations), 'operation')}. "
        f"Consumers call from these places: {places}."
    )


def _created(workload: Workload) -> str:
    made = sum(1 for s in workload.services if s.derived_from)
    return f" ({made} of them for a further port of one)" if made else ""


def services_table(design: Design) -> Html:
    """Every Service: what it is, how it is exposed, whether it is published, and why."""
    decided = {d.service: d for d in design.mapping.decisions}
    return table(
        "Services of this workload",
        design.workload.services,
        Column("Service", lambda s: s.id),
        Column("Type", _type),
        Column("Reached today by", exposure),
        Column("What it is", lambda s: decided[s.id].role.label),
        Column("Published", lambda s: _published(decided[s.id])),
        Column("Why", lambda s: decided[s.id].reason),
    )


def _type(service: Service) -> str:
    if service.derived_from:
        return f"port {listed([str(p.number) for p in service.ports])} of {service.derived_from}"
    return "headless" if service.headless else service.type.value


def _published(decision: Decision) -> Html:
    return mark("pass", "✓", "yes") if decision.publish else mark("none", "–", "no")


def exposure(service: Service) -> str:
    """Who can reach this Service today."""
    if service.external_ips and not service.public:
        return f"whoever can route {', '.join(service.external_ips)} to a node (externalIPs)"
    if service.public:
        return "the internet, by its load balancer"
    if service.routes:
        return f"the internet, by {service.routes[0].kind} {service.routes[0].name}"
    if service.internal:
        return "the virtual network, by an internal load balancer"
    if service.type is ServiceType.EXTERNAL_NAME:
        return "nobody: it is a DNS alias"
    if service.type is ServiceType.NODE_PORT:
        return "the network of the nodes"
    return "pods of the cluster"


def exposed_types_table(workload: Workload) -> Html:
    """The Service types of this workload, and what each of them really exposes on AKS."""
    services = [s for s in workload.services if not s.derived_from]
    return table(
        "What each Service type exposes",
        ServiceType,
        Column("Type", lambda kind: kind.value),
        Column("Services", lambda kind: sum(s.type is kind for s in services)),
        Column(
            "Public by themselves", lambda kind: sum(s.type is kind and s.public for s in services)
        ),
        Column("What the type opens on AKS", lambda kind: _EXPOSES[kind]),
    )


def pods_table(design: Design) -> Html:
    """Behind each published Service: its port and why that one, what runs there, how many of it."""
    return table(
        "Names that stay, pods that change",
        map(design.workload.service, design.mapping.published),
        Column("Service", lambda s: s.id),
        Column("Port", lambda s: port_choice(s).number),
        Column("Why this port", lambda s: port_choice(s).reason),
        Column("Runs as", _runs_as),
        Column("Pods", _replicas),
    )


def _runs_as(service: Service) -> str:
    return ", ".join(f"{p.kind} {p.name}" for p in service.pods) or "nothing in the input"


def _replicas(service: Service) -> int:
    return sum(p.replicas or 1 for p in service.pods)


def apis_table(design: Design) -> Html:
    """The APIs, the Services behind each, and the reason for the cut; then what is there."""
    proposed = table(
        "APIs proposed for this workload",
        design.mapping.apis,
        Column("API", lambda api: api.title),
        Column("URL suffix", lambda api: code(f"/{api.path}")),
        Column("Operations", operation_count),
        Column("Services behind it", _services),
        Column("Why it is one API", lambda api: api.reason),
    )
    return proposed + _held(design.workload)


def _held(workload: Workload) -> Html:
    """What an existing API Management holds already, which nothing here overwrites."""
    there = workload.azure.existing.api_management
    if there is None or not workload.held:
        return Html("")
    rows = tuple(sorted(workload.held, key=lambda h: (h.kind != "apis", h.kind, h.name)))
    return table(
        f"What {there.name} holds already and keeps",
        rows,
        Column("Name", lambda h: h.name),
        Column("What it is", lambda h: resource_type(f"{_SERVICE}/{h.kind}").label),
        Column("URL suffix", lambda h: code(f"/{h.path.strip('/')}") if h.kind == "apis" else ""),
        Column("File", lambda h: code(h.file)),
    )


def operation_count(api: Api) -> Content:
    """How many operations the API has; any where it passes every call."""
    return "any" if any(o.wildcard for o in api.operations) else len(api.operations)


def _services(api: Api) -> Content:
    return items(api.services) if len(api.services) > 1 else api.services[0]


def operations_table(design: Design) -> Html:
    """Every published operation and the Service that answers it, folded API by API."""
    parts = [
        folded(f"{api.title}: {counted(len(api.operations), 'operation')}", _operations(api))
        for api in design.mapping.apis
    ]
    return bounded(parts, "Operations API by API", joined)


def _operations(api: Api) -> Html:
    return table(
        f"Operations of {api.title}",
        api.operations,
        Column("Operation", lambda o: code(f"{o.method} {api.path_of(o)}")),
        Column("Summary", lambda o: o.summary),
        Column("Service", lambda o: o.service),
        Column("Port", lambda o: str(o.port)),
        Column("Path there", lambda o: code(o.backend_path)),
    )


def findings(workload: Workload) -> Html:
    """What is wrong with the input by file and line, what is not proved shut, what guards pods."""
    beside = openings(workload) + guards(workload)
    if not workload.findings:
        return paragraph("Nothing in the input was refused or doubtful.") + beside
    listed = table(
        "Findings about the input",
        workload.findings,
        Column("Where", lambda f: f"{f.file} line {f.line}" if f.line else f.file),
        Column("Effect", _became),
        Column("Problem", lambda f: f.found),
        Column("Use instead", lambda f: f.expected or "–"),
    )
    return listed + beside


def _became(finding: Finding) -> Html:
    return mark("fail", "✗", "left out") if finding.refused else mark("warn", "!", "read, doubtful")


def openings(workload: Workload) -> Html:
    """What the input may open beside the gateway and no check models, with what to do about it."""
    if not workload.openings:
        return Html("")
    return table(
        "Objects that may open access: checks of a Service that they lead to are not run",
        alike(workload.openings),
        Column("Object", lambda same: some([o.called for o in same])),
        Column("What it may open", lambda same: same[0].what),
        Column("To", lambda same: f"{same[0].row.reach} at most"),
        Column("Because", lambda same: same[0].row.because),
        Column("What to do", lambda same: same[0].row.advice),
        Column("Source", lambda same: source(same[0].row.source)),
    )


def inputs_table(workload: Workload) -> Html:
    """The files that were read, with digests: the same digests give the same report."""
    return table(
        "Files read",
        workload.digests,
        Column("File", lambda read: read[0]),
        Column("SHA-256, first part", lambda read: code(read[1][:FINGERPRINT])),
    )


def mapping_rows(design: Design) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
    """Figure 1 for this workload: each API, its Services, their pods and what the edge carries."""
    return tuple(
        (api.title, tuple(_behind(design, api, service) for service in api.services))
        for api in design.mapping.apis
    )


def _behind(design: Design, api: Api, id: str) -> tuple[str, str, str]:
    service = design.workload.service(id)
    replicas = _replicas(service)
    operations = [o for o in api.operations if o.service == id]
    edge = "any call" if operations[0].wildcard else counted(len(operations), "operation")
    return service.name, counted(replicas, "pod") if replicas else "no pods in the input", edge
