"""Published documents as they stand in files, each as OpenAPI 3, and those of whole workloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from apim_aks.apis.document.document import ApiDocument
from apim_aks.apis.document.merging import api_document
from apim_aks.apis.document.source import Source
from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.apis.mapping import Mapping as ServiceMapping
from apim_aks.errors import InputError
from apim_aks.facts import DATA
from apim_aks.workload.collector import without_collector
from apim_aks.workload.model import Document, Workload
from apim_aks.workload.openapi import METHODS, SECTIONS, read_declared

EXAMPLES = DATA / "contracts"
_QUERY, _STAR = "\ue000", "\ue001"
"""Characters for private use, which stand for `?` and `*`."""


def documents_of(workload: Workload) -> dict[str, Document]:
    """Every document of the workload by its file."""
    return {d.file: d for s in workload.services for d in s.documents}


def api_documents(workload: Workload, mapping: ServiceMapping) -> tuple[ApiDocument, ...]:
    """The document of each API, in the order of the mapping."""
    documents = documents_of(workload)
    return tuple(merged(api, documents) for api in mapping.apis)


class _Same:
    """A document by identity: its body, which never changes, is not compared."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.document is other.document

    def __hash__(self) -> int:
        return id(self.document)


def merged(api: Api, documents: Mapping[str, Document]) -> ApiDocument:
    """The `api_document`, made once for all options of a design; do not change its body."""
    named = [file for file in dict.fromkeys(o.document for o in api.operations) if file]
    if any(file not in documents for file in named):
        return api_document(api, documents)  # which says what is missing
    return _merged(api, tuple(_Same(documents[file]) for file in named))


@lru_cache(maxsize=128)
def _merged(api: Api, documents: tuple[_Same, ...]) -> ApiDocument:
    return api_document(api, {d.document.file: d.document for d in documents})


@without_collector()
def read_contract(file: str | Path) -> Mapping[str, Any]:
    """The document in this file for a contract difference.

    Raises:
        InputError: the file is not there or holds no OpenAPI document.
    """
    return contract_of(declared_in(file))


def declared_in(file: str | Path) -> Document:
    """The document in this file as it stands, with the lines of its keys.

    Raises:
        InputError: the file is not there or holds no OpenAPI document.
    """
    path = Path(file)
    if not path.is_file():
        raise InputError(f"{path.as_posix()}: there is no such file. Name an OpenAPI document.")
    return read_declared(path, path.as_posix())


@without_collector()
def contract_of(document: Document) -> Mapping[str, Any]:
    """The document for a contract difference; Swagger 2.0 becomes OpenAPI 3.0.3."""
    return document.body if "openapi" in document.body else _as_version_3(document)


def example_contract(name: str, state: str) -> Mapping[str, Any]:
    """A bundled document: `example_contract("contoso-orders", "before")`."""
    return read_contract(EXAMPLES / name / f"{state}.json")


def _as_version_3(document: Document) -> Mapping[str, Any]:
    operations = tuple(_declared(document))
    api = Api(id="contract", title=document.title, path="", operations=operations, reason="")
    body = api_document(api, {document.file: document}).body
    path_of = {o.template: o.path for o in operations}
    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for template, item in body["paths"].items():
        section, path = document.place_of(path_of[template])
        sections[section][path] = item
    return {**body, **sections, "servers": list(_servers(document))}


def _servers(document: Document) -> Iterator[Mapping[str, str]]:
    """`schemes`, `host` and `basePath` of version 2.0 as servers."""
    host, schemes = document.body.get("host"), document.body.get("schemes")
    at = f"//{host}" if isinstance(host, str) else ""
    for scheme in schemes if isinstance(schemes, list) and schemes else [""]:
        above = f"{scheme}:{at or '//'}" if scheme else at
        yield {"url": f"{above}{document.base_path or '/'}"}


def _declared(document: Document) -> Iterator[ApiOperation]:
    """Every operation as it is declared, those too that API Management could not publish."""
    source = Source(document)
    for section in SECTIONS:
        listed = document.body.get(section)
        for path in listed if isinstance(listed, dict) else ():
            for method in METHODS if path.startswith("/") else ():
                if found := source.operation(path, method):
                    yield _operation(document, path, method, found)


def _operation(
    document: Document, path: str, method: str, found: Mapping[str, Any]
) -> ApiOperation:
    return ApiOperation(
        method=method.upper(),
        template=_stand_in(path),
        service="",
        port=0,
        backend_path=path,
        operation_id=str(found.get("operationId") or ""),
        document=document.file,
        path=path,
    )


def _stand_in(path: str) -> str:
    """A path without query and wildcard, which no path of a document can have, unlike any other."""
    plain = path.replace("*", "").replace("?", _QUERY)
    return plain if plain == path else f"{plain}{_STAR * path.count('*')}"
