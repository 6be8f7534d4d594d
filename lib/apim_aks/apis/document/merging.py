"""The documents of an API's Services as one OpenAPI 3.0.3 document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from apim_aks.apis.document.document import ApiDocument, Renamed
from apim_aks.apis.document.finding import ImportFinding
from apim_aks.apis.document.fitting import fitted
from apim_aks.apis.document.import_limits import body_findings, path_findings
from apim_aks.apis.document.links import Declared, relinked
from apim_aks.apis.document.references import (
    Components,
    Names,
    names,
    reachable,
    renamed_component,
    renaming,
)
from apim_aks.apis.document.source import Source
from apim_aks.apis.document.structure import DROPPED, KIND_OF, METHODS, VERSION, pointer, rebuilt
from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.apis.mapping.operation_names import OperationKey, operation_ids
from apim_aks.errors import InputError
from apim_aks.workload.model import Document

_EMPTY = {"responses": {"default": {"description": ""}}}
_DOCUMENT = Document(
    file="", title="", version="", specification="3.0.3", base_path="", operations=()
)

Pieces = dict[OperationKey, tuple[ApiOperation, Any]]


def api_document(
    api: Api, documents: Mapping[str, Document], title: str = "", version: str = ""
) -> ApiDocument:
    """The API's operations, with all that they refer to, in one OpenAPI 3.0.3 document.

    `documents` are those of the workload by file. `servers` are left to API Management, and vendor
    extensions, which may hold what only the team should see, are left out.

    Raises:
        InputError: an operation names a document that is not there, or is there twice.
    """
    described = [o for o in api.operations if not _wildcard(o)]
    sources = {f: _source(f, api, documents) for f in sorted({o.document for o in described})}
    pieces = _pieces(api, described, sources)
    roots = [(o.document, piece) for o, piece in pieces.values()]
    components = reachable(sources, roots)
    chosen = names(components, sources, _suffixes(described))
    ids = operation_ids(api.operations)
    info = _info(api, [sources[f].document for f in sources], title, version)
    body = {
        "openapi": VERSION,
        "info": info,
        **_tags(sources, roots),
        "paths": _paths(pieces, sources, chosen, ids),
        **_components(components, sources, chosen, _declared(pieces, ids)),
    }
    return ApiDocument(
        api=api.id,
        body=body,
        renamed=_renamed(components, chosen),
        wildcards=tuple(o for o in api.operations if _wildcard(o)),
        findings=_findings(api, body, sources),
    )


def _wildcard(operation: ApiOperation) -> bool:
    return operation.method.lower() not in METHODS or bool({"*", "?"} & set(operation.template))


def _source(file: str, api: Api, documents: Mapping[str, Document]) -> Source:
    if file and file not in documents:
        raise InputError(
            f"API {api.id} has operations of {file}, which is not read. "
            f"Use one of {', '.join(sorted(documents)) or 'no document at all'}."
        )
    return Source(documents[file] if file else _DOCUMENT)


def _pieces(api: Api, operations: Iterable[ApiOperation], sources: Mapping[str, Source]) -> Pieces:
    found: Pieces = {}
    order = {method: place for place, method in enumerate(METHODS)}
    for operation in sorted(operations, key=lambda o: (o.template, order[o.method.lower()])):
        key = operation.method, operation.template
        if key in found:
            raise InputError(
                f"API {api.id} has {' '.join(key)} of {found[key][0].service} and of "
                f"{operation.service}. Use each method and path once."
            )
        source = sources[operation.document]
        piece = source.operation(operation.path, operation.method) or dict(_EMPTY)
        found[key] = operation, fitted(piece, operation.path, operation.template, source)
    return found


def _suffixes(operations: Iterable[ApiOperation]) -> dict[str, str]:
    """What tells a document's components from those of others: the name of its first Service."""
    services: dict[str, list[str]] = {}
    for operation in operations:
        services.setdefault(operation.document, []).append(operation.service)
    first = {file: min(found) for file, found in services.items()}
    short = [name.split("/")[-1] for name in first.values()]
    return {
        file: _slug(name.split("/")[-1] if short.count(name.split("/")[-1]) == 1 else name)
        for file, name in first.items()
    }


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-") or "other"


def _info(api: Api, documents: list[Document], title: str, version: str) -> dict[str, Any]:
    versions = sorted({d.version for d in documents if d.version})
    result = {
        "title": title or api.title or api.id,
        "version": version or api.version or (versions[0] if len(versions) == 1 else "1"),
    }
    info = documents[0].body.get("info") if len(documents) == 1 else None
    description = info.get("description") if isinstance(info, dict) else None
    return result | ({"description": description} if isinstance(description, str) else {})


def _tags(sources: Mapping[str, Source], pieces: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The tags in use, with what the first document that explains one says."""
    used = sorted({tag for _, piece in pieces for tag in piece.get("tags", ())})
    words: dict[str, str] = {}
    for source in sources.values():
        listed = source.body.get("tags")
        for tag in listed if isinstance(listed, list) else ():
            if isinstance(tag, dict) and isinstance(tag.get("description"), str):
                words.setdefault(str(tag.get("name")), tag["description"])
    tags = [{"name": t} | ({"description": words[t]} if t in words else {}) for t in used]
    return {"tags": tags} if tags else {}


def _declared(pieces: Pieces, ids: Mapping[OperationKey, str]) -> Declared:
    return {(o.document, o.path, o.method.lower()): ids[key] for key, (o, _) in pieces.items()}


def _paths(
    pieces: Pieces,
    sources: Mapping[str, Source],
    chosen: Names,
    ids: Mapping[OperationKey, str],
) -> dict[str, dict[str, Any]]:
    declared = _declared(pieces, ids)
    paths: dict[str, dict[str, Any]] = {}
    for key, (operation, piece) in pieces.items():
        source = sources[operation.document]
        value = rebuilt(piece, "operation", renaming(source, chosen))
        value = relinked(value, "operation", source, declared)
        entry = paths.setdefault(operation.template, {})
        entry[operation.method.lower()] = {"operationId": ids[key], **value}
    return paths


def _components(
    components: Components, sources: Mapping[str, Source], chosen: Names, declared: Declared
) -> dict[str, Any]:
    sections: dict[str, dict[str, Any]] = {}
    for section, kind in KIND_OF.items():
        named = {chosen[k]: k for k in sorted(components, reverse=True) if k.section == section}
        for name in sorted(named):
            value = renamed_component(named[name], components, sources, chosen)
            made = relinked(value, kind, sources[named[name].file], declared)
            sections.setdefault(section, {})[name] = {} if made is DROPPED else made
    return {"components": sections} if sections else {}


def _renamed(components: Components, chosen: Names) -> tuple[Renamed, ...]:
    return tuple(
        Renamed(key.file, pointer(key.steps), f"#/components/{key.section}/{chosen[key]}")
        for key in sorted(components)
        if key.steps[-1] != chosen[key]
    )


def _findings(
    api: Api, body: dict[str, Any], sources: Mapping[str, Source]
) -> tuple[ImportFinding, ...]:
    file = f"{api.id}.json"
    lost = (f for source in sources.values() for f in source.findings)
    return (*lost, *path_findings(api, file), *body_findings(body, file))
