"""Looking through a folder for what belongs into its first workload.yaml."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apim_aks.apis.draft.charts import Made, made
from apim_aks.apis.draft.pairing import pair
from apim_aks.apis.draft.text import SCHEMA_FILE, first_text
from apim_aks.apis.draft.variants import Candidate, chosen, parts
from apim_aks.apis.mapping import role
from apim_aks.errors import InputError
from apim_aks.listing import listed
from apim_aks.own_files import refusal, write_new, write_whole
from apim_aks.workload.documents import read_file
from apim_aks.workload.file.schema import schema_text
from apim_aks.workload.file.source import FILE_NAMES, shown
from apim_aks.workload.kubernetes import (
    MAX_FILES,
    Folder,
    label,
    read_manifests,
    services_in,
)
from apim_aks.workload.kubernetes.variants import Key, held
from apim_aks.workload.model import Document
from apim_aks.workload.openapi import first_document, is_openapi

Looked = Callable[[str, int], None]
"""Called with an action and the number of files or folders it was applied to."""

_TOLD = 20
"""How many omissions are printed; workload.yaml lists more."""


def _unseen(done: str, count: int) -> None:
    """Progress that is discarded."""


def write_workload_file(
    folder: str | Path,
    looked: Looked = _unseen,
    tell: Callable[[str], None] = lambda _: None,
    extracted: str = "",
) -> Path:
    """Write a commented workload.yaml for the manifests and OpenAPI documents in this folder.

    Its schema lies beside it, hidden, so that editors complete keys without a network.

    Charts and Kustomize folders are rendered. Of variants that lie beside each other one is taken.
    What lies in `extracted`, a folder inside, describes an instance and no Service.
    `looked` is told what was done to how many files or folders, `tell` what was left out and why.

    Raises:
        InputError: the folder is missing, has a workload.yaml already, holds no Service, or
            cannot be written.
    """
    folder = Path(folder)
    _check(folder)
    text = _text(folder, looked, tell, extracted)
    file = folder / FILE_NAMES[0]
    try:
        write_new(file, text)
        _write_schema(folder / SCHEMA_FILE)
    except OSError as error:
        raise InputError(refusal(error, file)) from None
    return file


def _write_schema(file: Path) -> None:
    """The schema that the first line of the file names, for editors; another file stays."""
    text = schema_text()
    id = json.loads(text)["$id"]
    if not file.exists() or f'"{id}"' in file.read_text(encoding="utf-8", errors="replace"):
        write_whole(file, text)


def _text(folder: Path, looked: Looked, tell: Callable[[str], None], extracted: str) -> str:
    contents = _contents(folder, looked, extracted)
    rendered: list[Made] = []
    for one in made(contents.charts, contents.kustomizations, folder):
        rendered.append(one)
        looked("rendered", len(rendered))
    taken, rivals = chosen(_candidates(folder, contents, rendered, looked))
    parts_taken = [m for m in rendered if m.candidate in taken]
    plain = [c.name for c in taken if not c.render]
    read = read_manifests(
        [folder / name for name in plain],
        folder,
        skip=[f for m in parts_taken for f in m.rendered.made_from],
        rendered=[(m.rendered.name, m.rendered.reading) for m in parts_taken],
    )
    manifests = services_in(read)
    given = (f"{v} (values that its chart may be given)" for m in parts_taken for v in m.values)
    left_out = sorted(map(_told, {*contents.unreadable, *rivals, *given}))
    if not manifests.services:
        raise _nothing(folder, contents, left_out)
    _tell(taken, left_out, tell)
    documents = contents.documents
    pairing = pair([s for s in manifests.services if role(s)[0].callable], documents)
    render = [c.render for c in taken if c.render]
    name = folder.resolve().name
    return first_text(name, plain, render, left_out, manifests, documents, pairing)


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(
            f"{folder.as_posix()}: there is no such folder. Name a folder that has manifests."
        )
    for name in FILE_NAMES:
        if (folder / name).exists():
            raise InputError(
                f"{shown(folder / name)} exists already and is never overwritten. "
                "Edit it, move it away to answer again with init --ask, or name another folder."
            )


def _nothing(folder: Path, contents: _Contents, left_out: list[str]) -> InputError:
    if contents.is_cut:
        return InputError(
            f"{folder.as_posix()} has no Service among its first {MAX_FILES:,} YAML and JSON "
            "files. Name the smaller folder that has the manifests."
        )
    where = (
        f"{folder.as_posix()}: this folder has no Kubernetes Service. "
        "Name a folder with manifests of Services."
    )
    sentences = [where, *(f"Left out: {reason}." for reason in left_out[:3])]
    if files := [d.file for d in contents.documents]:
        describe = "describes" if len(files) == 1 else "describe"
        sentences.append(
            f"{listed(files, 3)} {describe} operations that no Service answers: add the "
            "manifests, as `helm template` or `kubectl get -o yaml` writes them."
        )
    return InputError(" ".join(sentences))


def _told(reason: str) -> str:
    """A reason in the words of `init`, which reads one folder and nothing outside it."""
    itself = f"the folder itself{reason[1:]}" if reason.startswith(". (") else reason
    return itself.replace("or --allow-outside", "or init of the folder that holds both")


def _tell(taken: list[Candidate], left_out: list[str], tell: Callable[[str], None]) -> None:
    for one in taken if left_out or any(c.render for c in taken) else ():
        tell(f"Taken: {one.name}{', rendered' if one.render else ''}.")
    for entry in left_out[:_TOLD]:
        tell(f"Left out: {entry}.")
    if len(left_out) > _TOLD:
        tell(f"Left out: {len(left_out) - _TOLD:,} more, which the new file lists.")


@dataclass(slots=True, kw_only=True)
class _Contents:
    """What a folder holds: manifests with their objects, documents, charts, what is left out."""

    files: dict[str, frozenset[Key]] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    charts: list[Path] = field(default_factory=list)
    kustomizations: list[Path] = field(default_factory=list)
    is_cut: bool = False


def _contents(folder: Path, looked: Looked, extracted: str) -> _Contents:
    tree = Folder(root=folder, looking=lambda count: looked("looked at", count))
    found = _Contents(charts=tree.charts, kustomizations=tree.kustomizations)
    for count, file in enumerate(tree.files(folder), 1):
        looked("read", count)
        name = label(file, folder)
        if extracted in ("", ".") or not Path(name).is_relative_to(extracted):
            _add(found, file, name)
    charts = {label(c, folder) for c in tree.charts}
    noted = [f for f in tree.findings if f.refused and f.file.rpartition("/")[0] not in charts]
    found.unreadable += [f"{f.file} ({f.found})" for f in noted]
    found.is_cut = tree.is_cut
    if found.is_cut:
        looked(f"only the first {MAX_FILES:,} YAML and JSON files were read", 0)
    return found


def _add(found: _Contents, file: Path, name: str) -> None:
    reading = read_file(file, name)
    if any(map(is_openapi, reading.documents)):
        document, wrong = first_document(reading, name)
        found.documents += [document] if document else []
        refused = [f"{name} ({f.found})" for f in wrong if f.refused and not document]
        found.unreadable += refused[:1]
    elif any(isinstance(d.data, dict) and "kind" in d.data for d in reading.documents):
        found.files[name] = held(reading.documents)
    elif any(f.refused for f in reading.findings):
        found.unreadable.append(f"{name} ({reading.findings[0].found})")


def _candidates(
    folder: Path, contents: _Contents, rendered: Iterable[Made], looked: Looked
) -> list[Candidate]:
    """What was rendered, and the rest as folders where everything can be read, else as files."""
    candidates = [m.candidate for m in rendered]
    built = {f for m in rendered if not m.candidate.refused for f in m.files}
    files = {name: keys for name, keys in contents.files.items() if name not in built}
    places = (*contents.charts, *contents.kustomizations)
    apart = {*built, *(f"{label(p, folder)}/" for p in places)}
    for count, name in enumerate(parts(files, apart), 1):
        looked("compared", count)
        candidates += _whole_or_files(folder, name, files)
    return candidates


def _whole_or_files(
    folder: Path, name: str, files: Mapping[str, frozenset[Key]]
) -> list[Candidate]:
    theirs = {f: keys for f, keys in files.items() if f == name or f.startswith(f"{name}")}
    whole = _candidate(folder, name, theirs.values())
    if not whole.refused or name in files:
        return [whole]
    return [_candidate(folder, f, [keys]) for f, keys in theirs.items()]


def _candidate(folder: Path, name: str, keys: Iterable[frozenset[Key]]) -> Candidate:
    found = services_in(read_manifests([folder / name], folder))
    return Candidate(name, found, frozenset().union(*keys))
