"""What a mapping leaves an architect to know: notes, collisions, import findings, documents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from apim_aks.apis.document import (
    ApiDocument,
    ImportFinding,
    api_documents,
    documents_of,
    import_findings,
    split,
)
from apim_aks.apis.mapping import About, Api, Mapping, Note, over_limits, spelled_out
from apim_aks.decision.design import Design
from apim_aks.facts import import_limit
from apim_aks.page.html import (
    Content,
    Html,
    bounded,
    code,
    element,
    folded,
    joined,
    mark,
    paragraph,
    some,
    source,
    table,
)
from apim_aks.page.tables.workload_tables import counted

MOST = 6
"""Rows that stand open; more of them are folded."""

_ABOUT = {
    About.UNPAIRED: "OpenAPI documents of no Service",
    About.AGGREGATE: "Documents that repeat others",
    About.VERSION: "Versions of one API",
    About.KEPT_APART: "Kept apart",
    About.SIGN_IN: "Operations without a token: callers sign in there",
    About.PERMISSION: "A valid token is enough",
    About.PATH: "Paths inside other paths",
    About.OPERATION_ID: "Operation ids that clash",
    About.UNDESCRIBED: "Not described, and what that costs",
    About.NOT_REST: "No REST API, and what API Management can do with it",
    About.LIMIT: "Over a limit of the tier",
}
_EFFECTS = {"refused": ("fail", "✗"), "changed": ("warn", "!"), "dropped": ("warn", "–")}


def notes(design: Design) -> Html:
    """What to know about the mapping, by what it is about; Services of one sentence together."""
    tiers = {p.tier.name: p.tier for p in design.placements}
    limits = [n for t in tiers.values() for n in over_limits(design.mapping, t)]
    every = (*design.mapping.notes, *limits)
    parts = [_about(a, [n for n in every if n.about is a]) for a in _ABOUT]
    silent = [
        words[:1].lower() + words[1:]
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
    rows = [(some(subjects), sentence) for sentence, subjects in by_sentence.items()]
    made = table(("About", "What to know"), rows, _ABOUT[about])
    return made if len(rows) <= MOST else folded(f"{_ABOUT[about]} ({len(rows)})", made)


def collisions_table(design: Design) -> Html:
    """Operations that several Services declare: a question for their owners."""
    rows = [
        (code(f"{c.method} {c.path}"), " and ".join(c.services), c.settled)
        for c in design.mapping.collisions
    ]
    caption = "Operations that more than one Service declares"
    made = table(("Operation", "Declared by", "Settled as"), rows, caption)
    return made if len(rows) <= MOST else folded(f"{caption} ({len(rows)})", made)


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


def _document(file: str, findings: Iterable[ImportFinding]) -> Html:
    rows = [(f.what, f.place, f.places, _effect(f.effect), code(f.row)) for f in findings]
    columns = ("What", "Where first", "Places", "Becomes of it", "Rule")
    refused = sum(f.effect == "refused" for f in findings)
    words = f"{file}: {counted(len(rows), 'finding')}" + (f", {refused} refused" if refused else "")
    return folded(words, table(columns, rows, f"What an import makes of {file}"))


def _effect(effect: str) -> Html:
    kind, sign = _EFFECTS[effect]
    return mark(kind, sign, effect)


def _rules(ids: set[str]) -> Html:
    found = [import_limit(id) for id in sorted(ids)]
    rows = [(code(r.id), r.what, r.status, source(r.source), str(r.checked_on)) for r in found]
    columns = ("Rule", "What the import does", "Status", "Source", "Checked on")
    return folded("The rules behind it, with sources", table(columns, rows, "Rules of the import"))


def documents_table(design: Design) -> Html:
    """For each API the merged OpenAPI 3.0.3 document that is handed over."""
    made = api_documents(design.workload, design.mapping)
    rows = [_made(a, d) for a, d in zip(design.mapping.apis, made, strict=True)]
    columns = (
        "API",
        "From documents",
        "Size, kB",
        "Parts",
        "Renamed components",
        "Lost or changed",
    )
    return table(columns, rows, "One OpenAPI 3.0.3 document for each API")


def _made(api: Api, made: ApiDocument) -> tuple[Content, ...]:
    files = tuple(dict.fromkeys(o.document for o in api.operations if o.document))
    renamed: tuple[Content, ...] = tuple(
        f"{r.old.rsplit('/', 1)[-1]} of {r.document} is {r.new.rsplit('/', 1)[-1]}"
        for r in made.renamed
    )
    lost: tuple[Content, ...] = tuple(f"{f.what}: {f.effect}" for f in made.findings)
    if not files:
        return api.title, "none: any call passes", "–", "–", "–", "–"
    size = f"{made.size / 1000:,.1f}"
    return api.title, some(files), size, len(split(made)), _fold(renamed), _fold(lost)


def _fold(values: tuple[Content, ...]) -> Content:
    return some(values, 1) if values else "none"


def mapping_change(before: Mapping, after: Mapping) -> Html:
    """The APIs after a change, each with what is different from before, changes first."""
    old = {a.id: a for a in before.apis}
    first = sorted(after.apis, key=lambda a: a.id in old and _same(old[a.id], a))
    rows = [_changed(old.get(a.id), a) for a in first]
    gone = [(old[id].title, "", "", "", mark("fail", "✗", "gone")) for id in _gone(before, after)]
    columns = ("API", "URL suffix", "Operations", "Services behind it", "Against the proposal")
    return table(columns, [*gone, *rows], "APIs with these changes")


def _changed(old: Api | None, api: Api) -> tuple[Content, ...]:
    if old is None:
        said = mark("pass", "+", "new")
    elif _same(old, api):
        said = mark("none", "=", "as before")
    else:
        said = mark("warn", "!", "changed")
    title = f"{api.title} {api.version}".strip()
    number = "any" if any(o.wildcard for o in api.operations) else len(api.operations)
    return title, code(f"/{api.path}"), number, some(api.services), said


def _same(one: Api, other: Api) -> bool:
    def seen(api: Api) -> tuple[object, ...]:
        calls = {(o.method, o.backend_path, o.service) for o in api.operations}
        return api.title, api.path, api.version, calls

    return seen(one) == seen(other)


def _gone(before: Mapping, after: Mapping) -> list[str]:
    left = {a.id for a in after.apis}
    return [a.id for a in before.apis if a.id not in left]


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
