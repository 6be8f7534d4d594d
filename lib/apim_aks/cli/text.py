"""What a command prints: the design's parts as plain text, and the same as data."""

from __future__ import annotations

from typing import Any

from apim_aks.apis.contract import ChangeSeverity, Difference
from apim_aks.apis.document import ImportFinding, documents_of, import_findings
from apim_aks.apis.mapping import About, Api, Mapping
from apim_aks.cli.console import paragraph, printable, table
from apim_aks.decision.as_json import (
    SCHEMA_VERSION,
    checks_data,
    openings_data,
    placement_data,
    plain,
    services_data,
)
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.measures import Measure
from apim_aks.facts import criterion

__all__ = ["checks_data", "placement_data"]

NARROW = 8
"""Characters that an interval may take in a column of the comparison."""


def mapping_data(design: Design) -> dict[str, Any]:
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
    }


def mapping_text(design: Design) -> str:
    """What becomes of each Service, the APIs, what collides, what to know, what imports lose."""
    mapping = design.mapping
    first = [n for n in mapping.notes if n.about is About.CHOICE]
    count = (
        f"{len(mapping.published)} of {len(mapping.decisions)} Services become "
        f"{len(mapping.apis)} APIs with {len(mapping.operations)} operations:"
    )
    decided = [(d.service, d.role.label, _yes(d.publish), d.reason) for d in mapping.decisions]
    apis = [
        (a.id, _url(a), str(len(a.operations)), f"{', '.join(a.services)}: {a.reason}")
        for a in mapping.apis
    ]
    parts = [
        *(paragraph(f"{n.subject}: {n.sentence}.") for n in first),
        table(("Service", "What it is", "API", "Why"), decided),
        count,
        table(("API", "Path", "Operations", "Services behind it, and why"), apis),
        _section(("Collision", "Settled as"), _collisions(mapping)),
        _section(("About", "What to know"), _notes(mapping)),
        _section(("Not proved shut", "What it may open, and what to do"), _openings(design)),
        _section(("Import rule", "What an import makes of the documents"), _imports(design)),
    ]
    return "\n\n".join(part for part in parts if part)


def _section(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return table(heads, rows) if rows else ""


def _url(api: Api) -> str:
    return f"/{api.path}/{api.version}" if api.version else f"/{api.path}"


def _collisions(mapping: Mapping) -> list[tuple[str, ...]]:
    return [
        (f"{c.method} {c.path}", f"{c.settled}: {' and '.join(c.services)}")
        for c in mapping.collisions
    ]


def _notes(mapping: Mapping) -> list[tuple[str, ...]]:
    order = list(About)
    rest = (n for n in mapping.notes if n.about is not About.CHOICE)
    found: dict[tuple[int, str], list[str]] = {}
    for note in rest:
        found.setdefault((order.index(note.about), note.sentence), []).append(note.subject)
    return [
        (order[n].value, f"{', '.join(subjects)}: {sentence}")
        for (n, sentence), subjects in sorted(found.items(), key=lambda pair: pair[0][0])
    ]


def _openings(design: Design) -> list[tuple[str, ...]]:
    return [(o.called, f"{o.what}; {o.row.advice}") for o in design.workload.openings]


def _imports(design: Design) -> list[tuple[str, ...]]:
    return [
        (f.row, f"{f.file}: {f.what} is {f.effect} ({f.place}{_more(f.places)})")
        for f in _import_findings(design)
    ]


def _more(places: int) -> str:
    return f" and {places - 1} more" if places > 1 else ""


def _import_findings(design: Design) -> list[ImportFinding]:
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
    rows = [(s.value, c.sentence) for s in ChangeSeverity for c in found.of(s)]
    return f"{head}\n\n{table(('Callers', 'Change'), rows)}" if rows else head


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def comparison_data(design: Design) -> dict[str, Any]:
    """Each option's tier, measures and what rules it out."""
    placements = [placement_data(p) for p in design.placements]
    return {"schema_version": SCHEMA_VERSION, "placements": placements}


def comparison_text(design: Design) -> str:
    """One row for each measure, one column for each option."""
    heads = [p.option.id.replace("-", "\n", 1) for p in design.placements]
    rows = [
        (criterion(m.id).label, *(_least(p.measure(m.id)) for p in design.placements))
        for m in design.placements[0].measures
    ]
    places = {s.option: f"{n}." for n, s in enumerate(design.ranking.standings, 1)}
    ranked = ("Rank", *(places.get(p.option.id) or _unranked(p) for p in design.placements))
    tiers = ("Tier", *(p.tier.name for p in design.placements))
    return table(("", *heads), [tiers, *rows, ranked])


def _unranked(placement: Placement) -> str:
    return "not compared" if placement.beside else "out"


def _least(measure: Measure) -> str:
    """The number or interval; of a long one the known end: five columns leave no room for both."""
    return measure.text if len(measure.text) <= NARROW else f"≥ {measure.least}"


def _doubt(measure: Measure) -> tuple[str, ...]:
    return (measure.doubt,) if measure.doubt else ()


def placement_text(placement: Placement) -> str:
    """One option: each measure with what was counted."""
    rows = [
        (criterion(m.id).label, m.text, "; ".join((*m.counted, *_doubt(m))) or "nothing")
        for m in placement.measures
    ]
    head = f"{placement.option.title} on {placement.tier.name}: {placement.option.sentence}"
    return f"{printable(head)}\n\n{table(('Measure', 'Number', 'Counted'), rows)}"
