"""Notes on a mapping: collisions, import findings and documents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apim_aks.apis.document import (
    ApiDocument,
    ImportFinding,
    api_documents,
    documents_of,
    import_findings,
    split,
)
from apim_aks.apis.mapping import About, Api, Behaviour, Mapping, Note, over_limits, spelled_out
from apim_aks.apis.mapping.behaviour import alike, place
from apim_aks.columns import Column
from apim_aks.decision.design import Design
from apim_aks.facts import import_limit
from apim_aks.listing import counted
from apim_aks.page.html import (
    Content,
    Html,
    bounded,
    code,
    element,
    folded,
    joined,
    mark,
    marked,
    paragraph,
    some,
    source,
    table,
)
from apim_aks.page.tables.workload_tables import operation_count
from apim_aks.workload.route import Setting

MOST = 6
"""Rows that stand open; more of them are folded."""

_ABOUT = {
    About.UNPAIRED: "Documents of no Service",
    About.AGGREGATE: "Documents that repeat others",
    About.VERSION: "Versions of one API",
    About.KEPT_APART: "Kept apart",
    About.CALLERS: "What callers have to change",
    About.ROUTE: "What no route leads to, and routes without an operation",
    About.SPLIT: "Calls that are divided between Services",
    About.TODAY: "What the ingress does today, and what becomes of it",
    About.CORS: "Web pages that may call",
    About.MESH: "Service mesh, and what follows",
    About.HOST: "Host names that callers use today",
    About.PORT: "Ports that are not published",
    About.SIGN_IN: "Operations without a token: callers sign in there",
    About.PERMISSION: "A valid token is enough",
    About.PATH: "Paths inside other paths",
    About.OPERATION_ID: "Operation ids that clash",
    About.UNDESCRIBED: "Not described, and what that costs",
    About.NOT_REST: "No REST API, and what API Management can do with it",
    About.LIMIT: "Over a limit of the tier",
}
_BECOMES = {
    "policy": ("pass", "✓", "a policy, generated"),
    "part": ("warn", "!", "a policy, generated in part"),
    "entry": ("warn", "!", "a property of the new entry"),
    "lost": ("fail", "✗", "lost unless you act"),
    "unknown": ("fail", "?", "not understood"),
}
_EFFECTS = {"refused": ("fail", "✗"), "changed": ("warn", "!"), "dropped": ("warn", "–")}


def notes(design: Design) -> Html:
    """What to know about the mapping, by what it is about; Services of one sentence together."""
    tiers = {p.tier.name: p.tier for p in design.placements}
    limits = [n for t in tiers.values() for n in over_limits(design.mapping, t)]
    every = (*design.mapping.notes, *limits)
    parts = [
        _today(design.mapping.today)
        if a is About.TODAY
        else _about(a, [n for n in every if n.about is a])
        for a in _ABOUT
    ]
    silent = [
        words if words.startswith("OpenAPI") else words[:1].lower() + words[1:]
        for a, words in _ABOUT.items()
        if not any(n.about is a for n in every)
    ]
    said = paragraph(f"Nothing to say on: {'; '.join(silent)}.") if silent else Html("")
    return joined(parts) + said


def _about(about: About, found: Iterable[Note]) -> Html:
    by_sentence: dict[str, list[Content]] = {}
    for note in found:
        by_sentence.setdefault(note.sentence, []).append(note.subject)
    if not by_sentence:
        return Html("")
    made = table(
        _ABOUT[about],
        by_sentence.items(),
        Column("About", lambda said: some(said[1])),
        Column("What to know", lambda said: marked(said[0])),
    )
    return _open_or_folded(len(by_sentence), _ABOUT[about], made)


def _today(found: Sequence[Behaviour]) -> Html:
    """What routes do beside leading somewhere; settings and Services of one word together."""
    by_settings: dict[tuple[tuple[Setting, ...], str], list[tuple[Behaviour, ...]]] = {}
    for same in alike(found):
        settings = tuple(b.setting for b in same)
        by_settings.setdefault((settings, same[0].then), []).append(same)
    if not found:
        return Html("")
    made = table(
        _ABOUT[About.TODAY],
        by_settings.values(),
        Column("Where", lambda those: place(those[0])),
        Column("Service", lambda those: some([same[0].service for same in those])),
        Column("Setting", lambda those: some([code(b.called) for b in those[0]])),
        Column("What it does today", lambda those: those[0][0].does or "not known"),
        Column("Becomes", lambda those: mark(*_BECOMES[those[0][0].fate])),
        Column("How, or what to do", lambda those: marked(those[0][0].then)),
    )
    return _open_or_folded(len(by_settings), _ABOUT[About.TODAY], made)


def _open_or_folded(rows: int, caption: str, made: Html) -> Html:
    return made if rows <= MOST else folded(f"{caption} ({rows})", made)


def collisions_table(design: Design) -> Html:
    """Operations that several Services declare: a question for their owners."""
    found = design.mapping.collisions
    caption = "Operations that more than one Service declares"
    made = table(
        caption,
        found,
        Column("Operation", lambda c: code(f"{c.method} {c.path}")),
        Column("Declared by", lambda c: " and ".join(c.services)),
        Column("Settled as", lambda c: c.settled),
    )
    return _open_or_folded(len(found), caption, made)


def imports(design: Design) -> Html:
    """What API Management's import drops, refuses or changes, document by document."""
    found = {f: import_findings(d) for f, d in documents_of(design.workload).items()}
    every = [f for fs in found.values() for f in fs]
    effects: Counter[str] = Counter(f.effect for f in every)
    said = ", ".join(f"{effects[e]} {e}" for e in _EFFECTS if effects[e]) or "nothing to say"
    head = f"{counted(len(found), 'document')}: {said}; each rule counts once in a document."
    documents = [_document(file, findings) for file, findings in found.items() if findings]
    listed = bounded(documents, "What an import makes of each document", joined)
    return joined((paragraph(head), listed, _rules({f.row for f in every})))


def _document(file: str, findings: Sequence[ImportFinding]) -> Html:
    refused = sum(f.effect == "refused" for f in findings)
    count = counted(len(findings), "finding")
    words = f"{file}: {count}" + (f", {refused} refused" if refused else "")
    listed = table(
        f"What an import makes of {file}",
        findings,
        Column("What", lambda f: f.what),
        Column("Where first", lambda f: f.place),
        Column("Places", lambda f: f.places),
        Column("What becomes of it", lambda f: _effect(f)),
        Column("Rule", lambda f: code(f.row)),
    )
    return folded(words, listed)


def _effect(found: ImportFinding) -> Html:
    kind, sign = _EFFECTS[found.effect]
    return mark(kind, sign, found.effect) + element("small", import_limit(found.row).what)


def _rules(ids: set[str]) -> Html:
    listed = table(
        "Rules of the import",
        map(import_limit, sorted(ids)),
        Column("Rule", lambda r: code(r.id)),
        Column("What the import does", lambda r: r.what),
        Column("Status", lambda r: r.status),
        Column("Source", lambda r: source(r.source)),
        Column("Checked on", lambda r: str(r.checked_on)),
    )
    return folded("The rules behind it, with sources", listed)


@dataclass(frozen=True, slots=True)
class _Handed:
    """What is handed over for an API; without documents nothing can be said of them."""

    api: str
    files: Content = "none: any call passes"
    size: str = "–"
    parts: Content = "–"
    renamed: Content = "–"
    lost: Content = "–"


def documents_table(design: Design) -> Html:
    """For each API the merged OpenAPI 3.0.3 document that is handed over."""
    made = api_documents(design.workload, design.mapping)
    return table(
        "One OpenAPI 3.0.3 document for each API",
        map(_handed, design.mapping.apis, made),
        Column("API", lambda row: row.api),
        Column("From documents", lambda row: row.files),
        Column("Size, kB", lambda row: row.size),
        Column("Parts", lambda row: row.parts),
        Column("Renamed components", lambda row: row.renamed),
        Column("Lost or changed", lambda row: row.lost),
    )


def _handed(api: Api, made: ApiDocument) -> _Handed:
    files = tuple(dict.fromkeys(o.document for o in api.operations if o.document))
    if not files:
        return _Handed(api.title)
    renamed = tuple(
        f"{r.old.rsplit('/', 1)[-1]} of {r.document} is {r.new.rsplit('/', 1)[-1]}"
        for r in made.renamed
    )
    lost = tuple(f"{f.what}: {f.effect}" for f in made.findings)
    size = f"{made.size / 1000:,.1f}"
    return _Handed(api.title, some(files), size, len(split(made)), _fold(renamed), _fold(lost))


def _fold(values: tuple[str, ...]) -> Content:
    return some(values, 1) if values else "none"


@dataclass(frozen=True, slots=True)
class _Compared:
    """An API after a change; of one that is gone only its name is shown."""

    api: str
    said: Html
    suffix: Content = ""
    operations: Content = ""
    services: Content = ""


def mapping_change(before: Mapping, after: Mapping) -> Html:
    """The APIs after a change, each with what is different from before, changes first."""
    old = {a.id: a for a in before.apis}
    first = sorted(after.apis, key=lambda a: a.id in old and _same(old[a.id], a))
    gone = old.keys() - {a.id for a in after.apis}
    lost = [_Compared(a.title, mark("fail", "✗", "gone")) for a in before.apis if a.id in gone]
    return table(
        "APIs with these changes",
        [*lost, *(_compared(old.get(a.id), a) for a in first)],
        Column("API", lambda row: row.api),
        Column("URL suffix", lambda row: row.suffix),
        Column("Operations", lambda row: row.operations),
        Column("Services behind it", lambda row: row.services),
        Column("Against the proposal", lambda row: row.said),
    )


def _compared(old: Api | None, api: Api) -> _Compared:
    if old is None:
        said = mark("pass", "+", "new")
    elif _same(old, api):
        said = mark("none", "=", "as before")
    else:
        said = mark("warn", "!", "changed")
    title = f"{api.title} {api.version}".strip()
    return _Compared(title, said, code(f"/{api.path}"), operation_count(api), some(api.services))


def _same(one: Api, other: Api) -> bool:
    def seen(api: Api) -> tuple[object, ...]:
        calls = {(o.method, o.backend_path, o.service) for o in api.operations}
        return api.title, api.path, api.version, calls

    return seen(one) == seen(other)


def mapping_in_yaml(design: Design) -> Html:
    """The mapping in full, as `publish` and `apis` of a workload.yaml would say it."""
    said = spelled_out(design.workload)
    lines = ["publish:", *(f"  - {_scalar(s)}" for s in said["publish"]), "apis:"]
    for id, entry in said["apis"].items():
        lines.append(f"  {id}:")
        lines += (f"    {key}: {_scalar(value)}" for key, value in entry.items())
    return folded("The same as lines for workload.yaml", element("pre", "\n".join(lines)))


def _scalar(value: object) -> str:
    """JSON, which is YAML on one line."""
    return json.dumps(value, ensure_ascii=False)
