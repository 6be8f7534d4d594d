"""OpenAPI 2.0, 3.0 and 3.1 documents as operations, and what is wrong with them."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from apim_aks.errors import InputError
from apim_aks.workload.documents import Parsed, Reading, described, printable, read_file, shortened
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Document, Operation
from apim_aks.workload.openapi.operations import operations_of
from apim_aks.workload.openapi.secrets import looks_secret
from apim_aks.workload.openapi.servers import base_path, server_problem, text

VERSIONS = re.compile(r"2\.0|3\.[01](\.\d+)?(-[\w.]+)?")
WANTED = "an OpenAPI document of version 2.0, 3.0 or 3.1"

_LITERAL = frozenset(("example", "default", "enum", "const", "value"))
_NAMED = frozenset(
    ("properties", "patternProperties", "schemas", "definitions", "responses", "parameters")
)
_NESTED = (dict, list)

Read = tuple[Document | None, tuple[Finding, ...]]


def read_openapi(path: Path, label: str) -> tuple[Document | None, tuple[Finding, ...], str]:
    """The OpenAPI document in this file, what is wrong with it, and the file's SHA-256."""
    reading = read_file(path, label, _smaller(label))
    document, findings = first_document(reading, label)
    return document, (*reading.findings, *findings), reading.digest


def first_document(reading: Reading, label: str) -> Read:
    """The OpenAPI document that this file holds; a second one is not read."""
    if not reading.documents:
        return None, ()
    first, *others = reading.documents
    document, findings = read_document(first)
    if others:
        found = f"{len(others) + 1} documents in one file; the first is read"
        second = Finding(label, others[0].line, found, "one OpenAPI document", refused=False)
        findings = (*findings, second)
    return document, findings


def is_openapi(parsed: Parsed) -> bool:
    """The document says that it is an OpenAPI document, of whatever version."""
    data = parsed.data
    return isinstance(data, dict) and ("openapi" in data or "swagger" in data)


def read_declared(path: Path, label: str) -> Document:
    """The document in this file as it stands, whether API Management could publish it or not.

    Its `operations` are empty: what is published is another question than what is declared.

    Raises:
        InputError: the file holds no OpenAPI document.
    """
    reading = read_file(path, label, _smaller(label))
    if not reading.documents:
        raise InputError(str(reading.findings[0]))
    first = reading.documents[0]
    if refusal := _refusal(first):
        raise InputError(str(refusal))
    return _document(first)


def read_document(parsed: Parsed) -> Read:
    """The operations that can be published; no Document where the findings leave nothing of it."""
    if refusal := _refusal(parsed) or _unreachable(parsed):
        return None, (refusal,)
    notes: list[Finding] = []
    operations = tuple(operations_of(parsed, notes))
    document = replace(_document(parsed), operations=operations)
    if notes and not operations:
        return None, tuple(sorted(notes, key=lambda f: f.line))
    notes += _notes(parsed, document)
    notes += looks_secret(parsed)
    return document, tuple(sorted(notes, key=lambda f: f.line))


def _document(parsed: Parsed) -> Document:
    data: dict[str, Any] = parsed.data
    info = _mapping(data.get("info"))
    return Document(
        file=parsed.file,
        title=text(info.get("title")),
        version=text(info.get("version")),
        specification=text(data.get("openapi", data.get("swagger"))),
        base_path=base_path(data),
        operations=(),
        body=data,
        line_of=parsed.line_of,
    )


def _refusal(parsed: Parsed) -> Finding | None:
    data = parsed.data
    if not isinstance(data, dict):
        return _finding(parsed, (), described(data), WANTED)
    if not is_openapi(parsed):
        kind = data.get("kind")
        found = f"a Kubernetes {kind}" if isinstance(kind, str) else "no openapi or swagger key"
        return _finding(parsed, (), shortened(printable(found)), WANTED)
    key = "openapi" if "openapi" in data else "swagger"
    if not VERSIONS.fullmatch(text(data[key])):
        return _finding(parsed, (key,), f"{key} with {described(data[key])}", WANTED)
    if not isinstance(data.get("paths"), dict):
        found = f"paths with {described(data.get('paths'))}"
        return _finding(parsed, ("paths",), found, "paths with methods")
    for path, reference in references(data):
        if not reference.startswith("#"):
            found = f"the reference {shortened(reference)!r} to another file"
            expected = f"references inside the document, as `{bundling(parsed.file)}` writes them"
            return _finding(parsed, path, found, expected)
    return None


def bundling(file: str, *options: str) -> str:
    """The command of Redocly that writes a document and what it refers to into one file.

    Source: https://redocly.com/docs/cli/commands/bundle, checked on 2026-11-27.
    """
    name, dot, end = file.rpartition(".")
    bundled = f"{name}.bundled.{end}" if dot and "/" not in end else f"{file}.bundled.yaml"
    return shlex.join(["npx", "@redocly/cli", "bundle", file, *options, "-o", bundled])


def _smaller(file: str) -> str:
    lean = bundling(file, "--remove-unused-components")
    return f", for which `{lean}` may be enough, or several documents"


def references(data: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every `$ref` of a document with its path, without those that are only example data."""
    waiting: list[tuple[Any, tuple[str | int, ...], bool]] = [(data, (), False)]
    while waiting:
        value, path, named = waiting.pop()
        if isinstance(value, list):
            inner = ((i, v) for i, v in enumerate(value) if isinstance(v, _NESTED))
            waiting += ((v, (*path, i), False) for i, v in inner)
            continue
        for key, child in value.items():
            if isinstance(child, _NESTED):
                if named or not (key in _LITERAL or key.startswith("x-")):
                    waiting.append((child, (*path, key), key in _NAMED and not named))
            elif key == "$ref" and isinstance(child, str) and not named:
                yield (*path, key), child


def _unreachable(parsed: Parsed) -> Finding | None:
    """Why no call could be sent to where the document says that the Service is."""
    where = ("basePath",) if "swagger" in parsed.data else ("servers", 0, "url")
    problem = server_problem(base_path(parsed.data))
    return _finding(parsed, where, problem.found, problem.expected) if problem else None


def _notes(parsed: Parsed, document: Document) -> Iterator[Finding]:
    if not document.operations:
        yield _note(parsed, ("paths",), "no operation", "at least one path with a method")
    yield from _operation_ids(parsed, document.operations)
    yield from _mixed_parts(parsed, document.operations)
    yield from _several_parts(parsed, document.operations)
    codes = [k for k in parsed.number_keys if k.under == "responses"]
    if codes:
        found = f"response codes written as numbers ({len(codes)}, the first {codes[0].text})"
        yield Finding(parsed.file, codes[0].line, found, "text such as '200'", refused=False)
    servers = parsed.data.get("servers")
    if isinstance(servers, list) and len(servers) > 1:
        found = f"{len(servers)} servers, of which the first is taken"
        yield _note(parsed, ("servers",), found, "one server")
    key = "openapi" if "openapi" in parsed.data else "swagger"
    if not isinstance(parsed.data[key], str):
        found = f"{key} with {described(parsed.data[key])}"
        yield _note(parsed, (key,), found, "the version in quotes")


def _operation_ids(parsed: Parsed, operations: tuple[Operation, ...]) -> Iterator[Finding]:
    nameless = [o for o in operations if not o.operation_id]
    if nameless:
        first = nameless[0]
        at = ("paths", first.path, first.method.lower())
        place = f"first: {first.method} {shortened(first.path)}, line {parsed.line_of(*at)}"
        one = len(nameless) == 1
        found = (
            f"{len(nameless)} of {len(operations)} operations {'has' if one else 'have'} no "
            f"operationId ({place}). {'Its name was' if one else 'Names were'} generated from "
            "method and path"
        )
        yield _note(parsed, at, found, "")
    counts = Counter(o.operation_id for o in operations if o.operation_id)
    repeated = [id for id, count in counts.items() if count > 1]
    if repeated:
        again = [o for o in operations if o.operation_id == repeated[0]][1]
        found = f"operationIds that several operations share ({_some(repeated)})"
        where = ("paths", again.path, again.method.lower(), "operationId")
        yield _note(parsed, where, found, "each operationId once")


def _mixed_parts(parsed: Parsed, operations: tuple[Operation, ...]) -> Iterator[Finding]:
    """Parts such as `v{version}` or `{a}{b}`: documented is one parameter for a whole part."""
    paths = [p for p in dict.fromkeys(o.path for o in operations) if re.search(r"[^/]{|}[^/]", p)]
    if paths:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        found = f"a parameter that is only a piece of its part in {shortened(paths[0])}{more}"
        yield _note(parsed, ("paths", paths[0]), found, "a parameter between two slashes")


def _several_parts(parsed: Parsed, operations: tuple[Operation, ...]) -> Iterator[Finding]:
    """Parameters such as `{path+}` and `{+path}`, which take several parts in other products."""
    paths = [o.path for o in operations if re.search(r"\{[+#./;&][^{}]*\}|\{[^{}]*\+\}", o.path)]
    if paths:
        found = f"a parameter with an operator in {shortened(paths[0])}, taken for one part"
        yield _note(parsed, ("paths", paths[0]), found, "{*name} at the end for several parts")


def _some(names: Iterable[str]) -> str:
    quoted = [repr(shortened(n)) for n in names]
    more = f" and {len(quoted) - 3} others" if len(quoted) > 3 else ""
    return ", ".join(quoted[:3]) + more


def _finding(parsed: Parsed, path: tuple[str | int, ...], found: str, expected: str) -> Finding:
    return Finding(parsed.file, parsed.line_of(*path), found, expected)


def _note(parsed: Parsed, path: tuple[str | int, ...], found: str, expected: str) -> Finding:
    return Finding(parsed.file, parsed.line_of(*path), found, expected, refused=False)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
