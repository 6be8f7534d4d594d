"""What a command prints: the design's parts as plain text, and the same as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from apim_aks.apis.contract import ChangeSeverity, ContractChange, Difference
from apim_aks.apis.document import ImportFinding, documents_of, import_findings
from apim_aks.apis.mapping import About, Api, Collision, Mapping, Note, port_choice
from apim_aks.apis.mapping.newly_reached import newly_reached_sentence
from apim_aks.cli.console import Row, paragraph, printable, table
from apim_aks.cli.inside_text import inside_text
from apim_aks.columns import Column
from apim_aks.decision.as_json import (
    SCHEMA_VERSION,
    calls_data,
    checks_data,
    guards_data,
    openings_data,
    placement_data,
    plain,
    services_data,
)
from apim_aks.decision.design import Mapped, Placement
from apim_aks.decision.measures import Measure
from apim_aks.facts import criterion, import_limit
from apim_aks.listing import counted, listed
from apim_aks.workload.opening import Opening, alike

__all__ = ["checks_data", "placement_data"]


def mapping_data(design: Mapped) -> dict[str, Any]:
    """Services, APIs with every operation and what answers it, collisions, notes, findings."""
    mapping = design.mapping
    return {
        "schema_version": SCHEMA_VERSION,
        "services": services_data(design),
        "apis": plain(mapping.apis),
        "collisions": plain(mapping.collisions),
        "notes": plain(mapping.notes),
        "import_findings": plain(_import_findings(design)),
        "findings": plain(design.workload.findings),
        "openings": openings_data(design),
        **calls_data(design),
        "guards": guards_data(design),
    }


def mapping_text(design: Mapped) -> str:
    """What becomes of each Service, the APIs, what collides, what to know, what imports lose."""
    mapping = design.mapping
    first = [n for n in mapping.notes if n.about is About.CHOICE]
    count = (
        f"{len(mapping.published)} of {counted(len(mapping.decisions), 'Service')} "
        f"{'becomes' if len(mapping.published) == 1 else 'become'} "
        f"{counted(len(mapping.apis), 'API')} with "
        f"{counted(len(mapping.operations), 'operation')}"
        f"{':' if mapping.apis else '.'}"
    )
    parts = [
        *(paragraph(f"{n.subject}: {n.sentence}.") for n in first),
        table(
            mapping.decisions,
            Column("Service", lambda d: d.service),
            Column("What it is", lambda d: d.role.label),
            Column("API", lambda d: _yes(d.publish)),
            Column("Why", lambda d: d.reason),
        ),
        count,
        paragraph(newly_reached_sentence(design.workload, mapping.published)),
        _section(
            mapping.apis,
            Column("API", lambda a: a.id),
            Column("Path", _url),
            Column("Operations", lambda a: str(len(a.operations))),
            Column("Services behind it, and why", lambda a: f"{', '.join(a.services)}: {a.reason}"),
        ),
        _ports(design),
        _paths(mapping),
        _collisions(mapping.collisions),
        _notes(mapping.notes),
        _openings(design),
        _imports(_import_findings(design)),
        inside_text(design),
    ]
    return "\n\n".join(part for part in parts if part)


def _section(rows: Sequence[Row], *columns: Column[Row, str]) -> str:
    return table(rows, *columns) if rows else ""


def _url(api: Api) -> str:
    return f"/{api.path}/{api.version}" if api.version else f"/{api.path}"


def _ports(design: Mapped) -> str:
    services = [design.workload.service(id) for id in design.mapping.published]
    return _section(
        [(service.id, port_choice(service)) for service in services],
        Column("Service", lambda row: row[0]),
        Column("Port", lambda row: str(row[1].number)),
        Column("Why this port", lambda row: row[1].reason),
    )


def _paths(mapping: Mapping) -> str:
    """For each API and Service the first operation that has another path at the back end."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for api in mapping.apis:
        for operation in api.operations:
            called = api.path_of(operation)
            if called != operation.backend_path:
                pair = (called, operation.backend_path)
                found.setdefault((api.id, operation.service), pair)
    return _section(
        [(api, *pair) for (api, _), pair in found.items()],
        Column("API", lambda row: row[0]),
        Column("Called as", lambda row: row[1]),
        Column("Path at the back end", lambda row: row[2]),
    )


def _collisions(found: Sequence[Collision]) -> str:
    return _section(
        found,
        Column("Collision", lambda c: f"{c.method} {c.path}"),
        Column("Settled as", lambda c: f"{c.settled}: {' and '.join(c.services)}"),
    )


def _notes(found: Iterable[Note]) -> str:
    order = list(About)
    gathered: dict[tuple[int, str], list[str]] = {}
    for note in found:
        if note.about is not About.CHOICE:
            key = (order.index(note.about), note.sentence)
            gathered.setdefault(key, []).append(note.subject)
    return _section(
        sorted(gathered.items(), key=lambda pair: pair[0][0]),
        Column("About", lambda pair: order[pair[0][0]].value),
        Column("What to know", lambda pair: f"{', '.join(pair[1])}: {pair[0][1]}"),
    )


def _openings(design: Mapped) -> str:
    """What may lead to published Services; of the others only how many there are."""
    published = design.mapping.published
    found = design.workload.openings
    near = [o for o in found if any(o.leads_to(id) for id in published) or not o.services]
    rows = _section(
        alike(near),
        Column("May open access", lambda same: listed([o.called for o in same])),
        Column("What it may open, and what to do", lambda same: _opens(same)),
    )
    rest = len(found) - len(near)
    objects = counted(rest, "more object" if near else "object")
    said = f"{objects} may open access to Services that are not published."
    return "\n\n".join([*([rows] if rows else []), *([paragraph(said)] if rest else [])])


def _opens(same: Sequence[Opening]) -> str:
    count = f"each of these {len(same)} " if len(same) > 1 else ""
    return f"{count}{same[0].what}; {same[0].row.advice}"


def _imports(found: Sequence[ImportFinding]) -> str:
    return _section(
        found,
        Column("Import rule", lambda f: f.row),
        Column(
            "What an import makes of the documents",
            lambda f: (
                f"{f.file}: {f.what} is {f.effect} ({f.place}{_more(f.places)}); "
                f"{import_limit(f.row).what}"
            ),
        ),
    )


def _more(places: int) -> str:
    return f" and {places - 1} more" if places > 1 else ""


def _import_findings(design: Mapped) -> list[ImportFinding]:
    found = documents_of(design.workload).values()
    return [f for document in found for f in import_findings(document)]


def contract_data(found: Difference) -> dict[str, Any]:
    """Every change with its severity, and the counts."""
    changes = [
        {**plain(c), "severity": c.severity.value, "because": c.because} for c in found.changes
    ]
    return {
        "schema_version": SCHEMA_VERSION,
        "operations_compared": found.compared,
        "breaking": len(found.breaking),
        "unclear": len(found.unclear),
        "compatible": len(found.compatible),
        "changes": changes,
    }


def contract_text(found: Difference) -> str:
    """The verdict, then each change: those that break callers first."""
    counts = ", ".join(f"{len(found.of(s))} {s.value}" for s in ChangeSeverity)
    verdict = "unchanged" if found.unchanged else counts
    head = f"{found.compared} operations compared: {verdict}."
    changes = [(s, c) for s in ChangeSeverity for c in found.of(s)]
    listed = _section(
        changes,
        Column("Callers", lambda change: change[0].value),
        Column("Change, and what it means for them", lambda change: _meaning(change[1])),
    )
    return f"{head}\n\n{listed}" if listed else head


def _meaning(change: ContractChange) -> str:
    return f"{change.sentence.removesuffix('.')} ({change.because})."


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _doubt(measure: Measure) -> tuple[str, ...]:
    return (measure.doubt,) if measure.doubt else ()


def placement_text(placement: Placement) -> str:
    """One option: each measure with what was counted."""
    measures = table(
        placement.measures,
        Column("Measure", lambda m: criterion(m.id).label),
        Column("Number", lambda m: m.text),
        Column("Counted", lambda m: "; ".join((*m.counted, *_doubt(m))) or "nothing"),
    )
    head = f"{placement.option.title} on {placement.tier.name}: {placement.option.sentence}"
    return f"{printable(head)}\n\n{measures}"
