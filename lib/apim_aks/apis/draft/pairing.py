"""Which OpenAPI document describes which Service, judged by names, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from apim_aks.workload.model import Document, Service

_FILLERS = {
    "api", "service", "svc", "openapi", "swagger", "definition", "spec", "demo", "http", "rest",
    "docs", "doc", "src",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """A document (its file) of a Service (its id), and why."""

    service: str
    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unpaired:
    """A document that fits no Service, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs by Service and file, and the documents without one by file."""

    pairs: tuple[Pair, ...]
    unpaired: tuple[Unpaired, ...]


def pair(services: Sequence[Service], documents: Sequence[Document]) -> Pairing:
    """Each document with the one Service that its names fit, the strongest likeness first.

    A Service takes several documents only where they are versions of each other.
    """
    told = {
        d.file: _told(d, services) if d.operations else "it describes no operation"
        for d in documents
    }
    found = {f: t for f, t in told.items() if isinstance(t, _Likeness)}
    unpaired = [Unpaired(f, t) for f, t in told.items() if isinstance(t, str)]
    pairs: list[Pair] = []
    for service in dict.fromkeys(t.service for t in found.values()):
        claims = {f: t for f, t in found.items() if t.service == service}
        best = min(t.rank for t in claims.values())
        first = [f for f, t in claims.items() if t.rank == best]
        if len(first) > 1 and not _versions(first):
            others = {f: " and ".join(o for o in first if o != f) for f in first}
            unpaired += [Unpaired(f, f"{o} fits {service} as well") for f, o in others.items()]
        else:
            pairs += [Pair(service, f, claims[f].reason) for f in first]
        later = [f for f in claims if f not in first]
        unpaired += [Unpaired(f, f"{service} has {first[0]}, which fits better") for f in later]
    return Pairing(
        tuple(sorted(pairs, key=lambda p: (p.service, p.file))),
        tuple(sorted(unpaired, key=lambda u: u.file)),
    )


@dataclass(frozen=True, slots=True)
class _Likeness:
    service: str
    rank: int
    reason: str


def _told(document: Document, services: Sequence[Service]) -> _Likeness | str:
    """The first way of looking at it that fits one Service, else why none does."""
    several = ""
    for rank, (fits, reason) in enumerate(_ways(document)):
        ids = [s.id for s in services if fits(s)]
        if len(ids) == 1:
            return _Likeness(ids[0], rank, reason)
        if ids and not several:
            more = ", …" if len(ids) > 6 else ""
            several = f"{reason}, but several Services fit: {', '.join(ids[:6])}{more}"
    return several or "neither its name, nor its folders, nor its title fits a Service"


Fits = Callable[[Service], bool]


def _ways(document: Document) -> Iterator[tuple[Fits, str]]:
    path = PurePosixPath(document.file)
    stem = re.sub(r"[-_.](openapi|swagger)$", "", path.stem, flags=re.IGNORECASE)
    folders = [p for p in reversed(path.parent.parts) if _words(p)]
    yield _same(stem), "its file has the name of the Service"
    yield _alike(stem), "the name of its file fits the Service"
    for folder in folders:
        yield _same(folder), f"its folder {folder} has the name of the Service"
    for folder in folders:
        yield _alike(folder), f"its folder {folder} fits the Service"
    yield _alike(document.title), "its title fits the Service"
    yield _routed(document), "its paths are those that lead to the Service from outside"
    named = [(stem, "file"), *((f, "folder") for f in folders), (document.title, "title")]
    for name, what in named:
        yield _part(name), f"the name of its {what} is a part of that of the Service"


def _same(name: str) -> Fits:
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return lambda service: service.name == plain


def _alike(name: str) -> Fits:
    words = _words(name)
    return lambda service: bool(words) and _words(service.name) == words


def _part(name: str) -> Fits:
    """One of them ends or begins with the words of the other."""
    words = _words(name)

    def fits(service: Service) -> bool:
        short, long = sorted((words, _words(service.name)), key=len)
        return bool(short) and short in (long[-len(short) :], long[: len(short)])

    return fits


def _routed(document: Document) -> Fits:
    """Every path that it describes is below a public path of the Service, the root apart."""
    called = [document.path_of(o).rstrip("/") + "/" for o in document.operations]

    def fits(service: Service) -> bool:
        prefixes = tuple(f"{r.path.rstrip('/')}/" for r in service.routes if r.path.strip("/"))
        return bool(prefixes) and all(path.startswith(prefixes) for path in called)

    return fits


def _words(name: str) -> list[str]:
    """The words that tell: without versions, fillers and the s of a plural."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).lower()
    words = [w for w in re.split(r"[^a-z0-9]+", split) if w and w not in _FILLERS]
    return [w.removesuffix("s") for w in words if not re.fullmatch(r"v?\d+", w)]


def _versions(files: Sequence[str]) -> bool:
    """Files that differ by their version alone."""
    without = {re.sub(r"(?<![a-z0-9])v?\d+(?![a-z0-9])", "", f.lower()) for f in files}
    bare = {re.sub(r"[-_.]+(?=[./]|$)", "", f) for f in without}
    return len(bare) == 1
