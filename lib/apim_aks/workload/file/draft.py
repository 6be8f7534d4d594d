"""A first workload.yaml for a folder of manifests, with comments that say what can be set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apim_aks.errors import WorkbookError
from apim_aks.own_files import refusal, write_new
from apim_aks.workload.documents import read_file
from apim_aks.workload.file.source import FILE_NAMES, shown
from apim_aks.workload.kubernetes import MAX_FILES, Folder, Manifests, label, read_services
from apim_aks.workload.model import Document, Service
from apim_aks.workload.openapi import first_document, is_openapi

Looked = Callable[[str, int], None]
"""Told what was done, and to how many files or folders."""

_SHOWN = 200
"""Files that are named as left out: what a person still reads."""

_FILLERS = {"api", "service", "svc", "openapi", "swagger", "definition", "spec", "demo", "http"}


def _unseen(done: str, count: int) -> None:
    """Progress that nobody watches."""


def write_workload_file(folder: str | Path, looked: Looked = _unseen) -> Path:
    """Write a commented workload.yaml for the manifests and OpenAPI documents in this folder.

    `looked` is told what was done to how many files or folders.

    Raises:
        WorkbookError: the folder is missing, has a workload.yaml already, holds no Service, or
            cannot be written.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise WorkbookError(f"{folder.as_posix()}: found no folder; expected one with manifests.")
    for name in FILE_NAMES:
        if (folder / name).exists():
            raise WorkbookError(
                f"{shown(folder / name)}: found a workload.yaml that is there already; "
                "expected none, since it is never overwritten."
            )
    files, documents, unreadable, cut = _contents(folder, looked)
    taken, rivals = _chosen(folder, files, looked)
    left_out = sorted([*unreadable, *rivals])
    services = read_services([folder / m for m in taken], folder).services
    if cut and not services:
        raise WorkbookError(
            f"{folder.as_posix()}: found no Service among the first {MAX_FILES:,} YAML and JSON "
            "files; expected a smaller folder, the one with the manifests."
        )
    if not services:
        raise WorkbookError(
            f"{folder.as_posix()}: found no Kubernetes Service; expected manifests with some."
        )
    file = folder / FILE_NAMES[0]
    text = _text(folder.resolve().name, taken, left_out, services, match(services, documents))
    try:
        write_new(file, text)
    except OSError as error:
        raise WorkbookError(refusal(error, file)) from None
    return file


def _contents(folder: Path, looked: Looked) -> tuple[list[str], list[Document], list[str], bool]:
    """Files with Kubernetes objects, OpenAPI documents, what is left out, and if there is more."""
    files: list[str] = []
    unreadable: list[str] = []
    documents: list[Document] = []
    tree = Folder(root=folder, looking=lambda count: looked("looked at", count))
    for count, file in enumerate(tree.files(folder), 1):
        looked("read", count)
        name = label(file, folder)
        reading = read_file(file, name)
        if any(map(is_openapi, reading.documents)):
            document, found = first_document(reading, name)
            documents += [document] if document else []
            unreadable += [f"{name} ({f.found})" for f in found if f.refused and not document][:1]
        elif any(isinstance(d.data, dict) and "kind" in d.data for d in reading.documents):
            files.append(name)
        elif any(f.refused for f in reading.findings):
            unreadable.append(f"{name} ({reading.findings[0].found})")
    unreadable += [f"{f.file} ({f.found})" for f in tree.findings if f.refused]
    if tree.is_cut:
        looked(f"only the first {MAX_FILES:,} YAML and JSON files were read", 0)
    return files, documents, unreadable, tree.is_cut


def _chosen(folder: Path, files: list[str], looked: Looked) -> tuple[list[str], list[str]]:
    """Folders and files that go together, and the files left out, each with its reason.

    Public systems often hold several variants of the same Services; the one with most is taken.
    """
    alone: dict[str, Manifests] = {}
    for count, entry in enumerate(_entries(folder, files), 1):
        looked("compared", count)
        alone[entry] = _read(folder, entry)
    taken: list[str] = []
    left_out: list[str] = []
    owners: dict[str, str] = {}
    for entry in sorted(alone, key=lambda e: (-len(alone[e].services), e)):
        refused = [f for f in alone[entry].findings if f.refused]
        ids = [s.id for s in alone[entry].services]
        rival = next((owners[id] for id in ids if id in owners), "")
        if refused:
            left_out.append(f"{entry} ({refused[0].found})")
        elif rival:
            left_out.append(f"{entry} (Services that {rival} has too)")
        else:
            taken.append(entry)
            owners |= dict.fromkeys(ids, entry)
    return sorted(taken), left_out


def _entries(folder: Path, files: list[str]) -> list[str]:
    """A folder where everything in it can be read, else its files one by one."""
    by_top: dict[str, list[str]] = {}
    for name in files:
        top, _, rest = name.partition("/")
        by_top.setdefault(f"{top}/" if rest else top, []).append(name)
    entries: list[str] = []
    for top, names in by_top.items():
        whole = not any(f.refused for f in _read(folder, top).findings)
        entries += [top] if whole else names
    return entries


def _read(folder: Path, *entries: str) -> Manifests:
    return read_services([folder / entry for entry in entries], folder)


@dataclass(frozen=True, slots=True)
class Matches:
    """Which document describes which Service, and the documents for which nobody can tell."""

    matched: tuple[tuple[str, str], ...]
    unmatched: tuple[str, ...]


def match(services: tuple[Service, ...], documents: list[Document]) -> Matches:
    """Pair documents and Services by file name, then by title, where only one fits."""
    by_words: dict[str, list[str]] = {}
    for service in services:
        by_words.setdefault(_words(service.name), []).append(service.id)
    found: dict[str, str] = {}
    for document in documents:
        for words in (_words(Path(document.file).stem), _words(document.title)):
            ids = by_words.get(words, []) if words else []
            if len(ids) == 1:
                found[document.file] = ids[0]
                break
    claimed = Counter(found.values())
    sure = {file: id for file, id in found.items() if claimed[id] == 1}
    matched = tuple(sorted((id, file) for file, id in sure.items()))
    return Matches(matched, tuple(d.file for d in documents if d.file not in sure))


def _words(name: str) -> str:
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).lower()
    words = [w for w in re.split(r"[^a-z0-9]+", split) if w and w not in _FILLERS]
    words = [w for w in words if not re.fullmatch(r"v?\d+", w)]
    return " ".join(w.removesuffix("s") for w in words)


def _text(
    name: str,
    manifests: list[str],
    left_out: list[str],
    services: tuple[Service, ...],
    found: Matches,
) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    slug = (slug if slug[:1].isalpha() else f"workload-{slug}")[:39].strip("-")
    short = Counter(s.name for s in services)
    names = {s.id: s.name if short[s.name] == 1 else s.id for s in services}
    return _TEMPLATE.format(
        count=len(services),
        name=slug,
        title=_quoted(slug.replace("-", " ").title()),
        manifests=_manifests(manifests, left_out),
        openapi=_openapi(names, found),
        ports=_ports(names, services),
        publish="\n".join(f"#   - {_quoted(n)}" for n in names.values()),
    )


def _manifests(taken: list[str], left_out: list[str]) -> str:
    lines = [f"  - {_quoted(entry)}" for entry in taken]
    if left_out:
        shown = [_quoted(entry) for entry in left_out[:_SHOWN]]
        more = [f"and {len(left_out) - _SHOWN:,} more"] if len(left_out) > _SHOWN else []
        lines += ["# Left out:", *(f"#   {entry}" for entry in (*shown, *more))]
    return "\n".join(lines)


def _ports(names: dict[str, str], services: tuple[Service, ...]) -> str:
    """Services with several TCP ports, each with its first one."""
    tcp = {s.id: [p for p in s.ports if p.protocol == "TCP"] for s in services}
    several = [id for id in tcp if len(tcp[id]) > 1] or [id for id in tcp if tcp[id]][:1]
    lines = (f"#   {_quoted(names[id])}: {tcp[id][0].number}" for id in several)
    return "\n".join(lines) or "#   SERVICE: 8080"


def _openapi(names: dict[str, str], found: Matches) -> str:
    lines = [f"  {_quoted(names[id])}: {_quoted(file)}" for id, file in found.matched]
    block = ["openapi:", *lines] if lines else ["openapi: {}"]
    if found.unmatched:
        block.append("# No single Service fits these by name; add the ones that belong here:")
        block += [f"#   {_quoted('SERVICE')}: {_quoted(file)}" for file in found.unmatched]
    return "\n".join(block)


def _quoted(text: str) -> str:
    """The text as a YAML scalar, in quotes unless it is surely plain."""
    if re.fullmatch(r"[A-Za-z][\w./ -]*[\w/]", text) and text.lower() not in _SPECIAL:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(sign: str) -> str:
    """A character as it stands between double quotes in YAML."""
    if sign in '\\"':
        return f"\\{sign}"
    return sign if sign.isprintable() else f"\\U{ord(sign):08X}"


_SPECIAL = {"true", "false", "null", "yes", "no", "on", "off"}

_TEMPLATE = """\
# What the workbook reads, and what you ask of it. Every key is described in
# data/schemas/workload.schema.json; what is left out is proposed or has a default.
name: {name}
title: {title}

# Files or folders with Kubernetes manifests, relative to this file; {count} Services were found.
manifests:
{manifests}

# Service: its OpenAPI document (2.0, 3.0 or 3.1). A Service is namespace/name, or name alone where
# that is unique.
{openapi}

# The Services to publish. Left out, the workbook proposes them and says why.
# publish:
{publish}

# The port to publish, by number or name, where another one is proposed than you want.
# ports:
{ports}

# Services that already validate access tokens, and what they expect in one. The issuer is an
# https address, or entra-id for the Entra ID tenant that API Management is in.
services_authenticate: {{}}

# Where the APIs are called from: internet, same-vnet, peered-vnet, on-premises.
consumers: [internet]

# What must hold; an option that does not meet one of these is ruled out, with the reason.
requirements:
  no_public_cluster_endpoint: false
  private_gateway: false
  private_api_server: false
  static_outbound_ip: false
  availability_zones: false

# A preset, or a weight for each of security, simplicity, high-availability, scale and cost.
weights: {{preset: balanced}}

azure:
  environment: production          # or rehearsal, which allows tiers without an SLA
  region: westeurope
  kubernetes_version: "1.36"       # in quotes: YAML reads 1.30 as 1.3
"""
