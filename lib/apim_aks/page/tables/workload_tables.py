"""What the reader brought: Services, APIs, operations, and what is wrong with the input."""

from __future__ import annotations

from apim_aks.apis.mapping import About, Api, Decision
from apim_aks.decision.design import Design
from apim_aks.page.html import (
    Content,
    Html,
    bounded,
    code,
    folded,
    items,
    joined,
    mark,
    paragraph,
    source,
    table,
)
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Service, ServiceType, Workload

FINGERPRINT = 12
"""How much of a digest is enough to tell two inputs apart."""

_EXPOSES = {
    ServiceType.CLUSTER_IP: "an address inside the cluster",
    ServiceType.NODE_PORT: "a port on every node; public only where nodes have public addresses",
    ServiceType.LOAD_BALANCER: "a load balancer",
    ServiceType.EXTERNAL_NAME: "nothing: an alias in the cluster's DNS",
}


def summary(design: Design) -> Html:
    """The workload in one paragraph, counted; before it what awaits the reader's choice."""
    workload, mapping = design.workload, design.mapping
    described = sum(1 for s in workload.services if s.document)
    spaces = len({s.namespace for s in workload.services})
    public = sum(1 for s in workload.services if s.public or s.routes)
    places = " and ".join(c.label.removeprefix("Consumers ") for c in workload.consumers)
    asked = [n.sentence for n in mapping.notes if n.about is About.CHOICE]
    first = joined(
        paragraph(mark("warn", "!", "your choice"), f" {s[:1].upper()}{s[1:]}.") for s in asked
    )
    return first + paragraph(
        f"{workload.title}: {counted(len(workload.services), 'Service')} in "
        f"{counted(spaces, 'namespace')}, {described} with an OpenAPI document, {public} reachable "
        f"from the internet today. {counted(len(mapping.published), 'Service')} become "
        f"{counted(len(mapping.apis), 'API')} with "
        f"{counted(len(mapping.operations), 'operation')}. "
        f"Consumers call from these places: {places}."
    )


def counted(number: int, noun: str) -> str:
    """A number with its noun in the right form."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def services_table(design: Design) -> Html:
    """Every Service: what it is, how it is exposed, whether it is published, and why."""
    decided = {d.service: d for d in design.mapping.decisions}
    rows = (_service_row(s, decided[s.id]) for s in design.workload.services)
    columns = ("Service", "Type", "Reached today by", "What it is", "Published", "Why")
    return table(columns, rows, "Services of this workload")


def _service_row(service: Service, decision: Decision) -> tuple[Content, ...]:
    published = mark("pass", "✓", "yes") if decision.publish else mark("none", "–", "no")
    return (
        service.id,
        "headless" if service.headless else service.type.value,
        exposure(service),
        decision.role.label,
        published,
        decision.reason,
    )


def exposure(service: Service) -> str:
    """Who can reach this Service as the input has it."""
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
    rows = (
        (
            kind.value,
            sum(1 for s in workload.services if s.type is kind),
            sum(1 for s in workload.services if s.type is kind and s.public),
            _EXPOSES[kind],
        )
        for kind in ServiceType
    )
    columns = ("Type", "Services", "Public by themselves", "What the type opens on AKS")
    return table(columns, rows, "What each Service type exposes")


def pods_table(design: Design) -> Html:
    """Behind each published Service: what runs there and how many of it."""
    rows = []
    for id in design.mapping.published:
        service = design.workload.service(id)
        kinds = ", ".join(f"{p.kind} {p.name}" for p in service.pods) or "nothing in the input"
        replicas = sum(p.replicas or 1 for p in service.pods)
        ports = ", ".join(str(p.number) for p in service.ports)
        rows.append((id, ports, kinds, replicas))
    return table(("Service", "Port", "Runs as", "Pods"), rows, "Names that stay, pods that change")


def apis_table(design: Design) -> Html:
    """The APIs, the Services behind each, and the reason for the cut."""
    rows = (_api_row(api) for api in design.mapping.apis)
    columns = ("API", "URL suffix", "Operations", "Services behind it", "Why it is one API")
    return table(columns, rows, "APIs proposed for this workload")


def _api_row(api: Api) -> tuple[Content, ...]:
    several = len(api.services) > 1
    services: Content = items(api.services) if several else api.services[0]
    wild = any(o.wildcard for o in api.operations)
    return (
        api.title,
        code(f"/{api.path}"),
        "any" if wild else len(api.operations),
        services,
        api.reason,
    )


def operations_table(design: Design) -> Html:
    """Every published operation and the Service that answers it, folded API by API."""
    parts = [
        folded(
            f"{api.title}: {counted(len(api.operations), 'operation')}",
            table(
                ("Operation", "Summary", "Service", "Port", "Path there"),
                (
                    (
                        code(f"{o.method} /{api.path}{o.template if o.template != '/' else ''}"),
                        o.summary,
                        o.service,
                        str(o.port),
                        code(o.backend_path),
                    )
                    for o in api.operations
                ),
                f"Operations of {api.title}",
            ),
        )
        for api in design.mapping.apis
    ]
    return bounded(parts, "Operations API by API", joined)


def findings(workload: Workload) -> Html:
    """What is wrong with the input by file and line, and what of it is not proved shut."""
    if not workload.findings:
        return paragraph("Nothing in the input was refused or doubtful.") + openings(workload)
    rows = (_finding_row(f) for f in workload.findings)
    columns = ("Where", "What became of it", "Found", "Expected")
    return table(columns, rows, "Findings about the input") + openings(workload)


def openings(workload: Workload) -> Html:
    """What the input may open beside the gateway and no check models, with what to do about it."""
    if not workload.openings:
        return Html("")
    found = ((o, o.row) for o in workload.openings)
    rows = (
        (o.called, o.what, f"{row.reach} at most", row.because, row.advice, source(row.source))
        for o, row in found
    )
    columns = ("Object", "What it may open", "To", "Because", "What to do", "Source")
    caption = "Not proved shut: while one leads to a published Service, its checks are not run"
    return table(columns, rows, caption)


def _finding_row(finding: Finding) -> tuple[Content, ...]:
    place = f"{finding.file} line {finding.line}" if finding.line else finding.file
    state = (
        mark("fail", "✗", "left out") if finding.refused else mark("warn", "!", "read, doubtful")
    )
    return place, state, finding.found, finding.expected


def inputs_table(workload: Workload) -> Html:
    """The files that were read, with digests: the same digests give the same report."""
    rows = ((name, code(digest[:FINGERPRINT])) for name, digest in workload.digests)
    return table(("File", "SHA-256, first part"), rows, "Files read")


def mapping_rows(design: Design) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
    """Figure 1 for this workload: each API, its Services, their pods and what the edge carries."""
    return tuple(
        (api.title, tuple(_behind(design, api, service) for service in api.services))
        for api in design.mapping.apis
    )


def _behind(design: Design, api: Api, id: str) -> tuple[str, str, str]:
    service = design.workload.service(id)
    replicas = sum(p.replicas or 1 for p in service.pods)
    operations = [o for o in api.operations if o.service == id]
    edge = "any call" if operations[0].wildcard else counted(len(operations), "operation")
    return service.name, counted(replicas, "pod") if replicas else "no pods in the input", edge
