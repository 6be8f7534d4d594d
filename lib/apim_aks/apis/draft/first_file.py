"""Looking through a folder for what belongs into its first workload.yaml."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from apim_aks.apis.draft.pairing import pair
from apim_aks.apis.draft.text import first_text
from apim_aks.apis.mapping import role
from apim_aks.errors import InputError
from apim_aks.own_files import refusal, write_new
from apim_aks.workload.documents import read_file
from apim_aks.workload.file.source import FILE_NAMES, shown
from apim_aks.workload.kubernetes import MAX_FILES, Folder, Manifests, label, read_services
from apim_aks.workload.model import Document
from apim_aks.workload.openapi import first_document, is_openapi

Looked = Callable[[str, int], None]
"""Told what was done, and to how many files or folders."""


def _unseen(done: str, count: int) -> None:
    """Progress that nobody watches."""


def write_workload_file(folder: str | Path, looked: Looked = _unseen) -> Path:
    """Write a commented workload.yaml for the manifests and OpenAPI documents in this folder.

    `looked` is told what was done to how many files or folders.

    Raises:
        InputError: the folder is missing, has a workload.yaml already, holds no Service, or
            cannot be written.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder.as_posix()}: found no folder; expected one with manifests.")
    for name in FILE_NAMES:
        if (folder / name).exists():
            raise InputError(
                f"{shown(folder / name)}: found a workload.yaml that is there already; "
                "expected none, since it is never overwritten."
            )
    files, documents, unreadable, cut = _contents(folder, looked)
    taken, rivals = _chosen(folder, files, looked)
    left_out = sorted([*unreadable, *rivals])
    manifests = read_services([folder / m for m in taken], folder)
    services = manifests.services
    if cut and not services:
        raise InputError(
            f"{folder.as_posix()}: found no Service among the first {MAX_FILES:,} YAML and JSON "
            "files; expected a smaller folder, the one with the manifests."
        )
    if not services:
        raise InputError(
            f"{folder.as_posix()}: found no Kubernetes Service; expected manifests with some."
        )
    file = folder / FILE_NAMES[0]
    pairing = pair([s for s in services if role(s)[0].callable], documents)
    text = first_text(folder.resolve().name, taken, left_out, manifests, documents, pairing)
    try:
        write_new(file, text)
    except OSError as error:
        raise InputError(refusal(error, file)) from None
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
