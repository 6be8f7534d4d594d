"""Variants of one system that lie beside each other: one is taken, the others are named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from apim_aks.apis.mapping import role
from apim_aks.workload.documents import Parsed
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes import Manifests, services_of
from apim_aks.workload.kubernetes.variants import Key, held, is_production


@dataclass(frozen=True)
class Candidate:
    """A file, a folder, a chart or a Kustomize folder: a part of the workload, or no part of it.

    `render` is its entry in workload.yaml, where it is one that is rendered.
    """

    name: str
    manifests: Manifests
    keys: frozenset[Key]
    render: dict[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> str:
        """Why it cannot be a part, empty where it can."""
        refused = [f for f in self.manifests.findings if f.refused]
        return _why(refused[0], bool(self.render)) if refused else ""

    @property
    def rank(self) -> tuple[int, int, bool, str]:
        """The first is taken: Services with pods, Services, production before anything else."""
        services = self.manifests.services
        running = sum(bool(s.pods) for s in services)
        return -running, -len(services), not is_production(self.name), self.name

    @cached_property
    def images(self) -> frozenset[str]:
        """What runs behind the Services that could be called, without tags."""
        pods = (p for s in self.manifests.services if role(s)[0].callable for p in s.pods)
        return frozenset(_repository(i) for p in pods for i in p.images)

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Where its Services are."""
        return frozenset(s.namespace for s in self.manifests.services)

    def is_variant_of(self, other: Candidate) -> bool:
        """Both have an object, or run the same images in other namespaces or under other names."""
        if self.keys & other.keys:
            return True
        apart = self.render or other.render or not self.namespaces & other.namespaces
        smaller = min(len(self.images), len(other.images))
        return bool(apart and smaller and 2 * len(self.images & other.images) >= smaller)


def _why(finding: Finding, is_rendered: bool) -> str:
    """What was found; of what should have been rendered also where, and what to do."""
    if not is_rendered:
        return finding.found
    place = f"{finding.file} line {finding.line}: " if finding.line else ""
    return f"{place}{finding.found}; use {finding.expected}"


def _repository(image: str) -> str:
    return re.sub(r"(:[^/:@]*)?(@.*)?$", "", image)


def parts(files: Mapping[str, frozenset[Key]], apart: Iterable[str], top: str = "") -> list[str]:
    """These files as few folders: one that holds nothing twice, and no file that stands `apart`.

    `files` are paths with what each holds, `apart` paths of files that are no part of any folder.
    """
    by_child: dict[str, dict[str, frozenset[Key]]] = {}
    for name, keys in files.items():
        first, inside, _ = name.removeprefix(top).partition("/")
        by_child.setdefault(f"{top}{first}{inside}", {})[name] = keys
    found: list[str] = []
    for child, theirs in by_child.items():
        split = any(name.startswith(child) for name in apart) or _twice(theirs, child)
        found += parts(theirs, apart, child) if child.endswith("/") and split else [child]
    return found


def _twice(files: Mapping[str, frozenset[Key]], top: str) -> bool:
    """Two files hold the same object, or two folders one of the same name: variants, perhaps."""
    by_folder: dict[str, set[tuple[str, str]]] = {}
    for name, keys in files.items():
        first, inside, _ = name.removeprefix(top).partition("/")
        if inside:
            by_folder.setdefault(first, set()).update((kind, called) for kind, _, called in keys)
    counted = Counter(key for keys in files.values() for key in keys)
    named = Counter(key for keys in by_folder.values() for key in keys)
    return any(count > 1 for count in (*counted.values(), *named.values()))


def chosen(candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[str]]:
    """Those that go together, the best of each kind of variant, and the others with the reason."""
    taken: list[Candidate] = []
    left_out: list[str] = []
    for one in sorted(candidates, key=lambda c: c.rank):
        if why := one.refused or _rivalry(one, taken):
            left_out.append(f"{one.name} ({why})")
        else:
            taken.append(one)
    return sorted(taken, key=lambda c: c.name), left_out


def rivals(documents: Iterable[Parsed]) -> Iterator[tuple[str, str]]:
    """The files and folders among these that `chosen` would leave out as variants, and why."""
    by_file: dict[str, list[Parsed]] = {}
    for document in documents:
        by_file.setdefault(document.file, []).append(document)
    files = {name: held(theirs) for name, theirs in by_file.items()}
    names = parts(files, ())
    every = [_of(n, by_file, files) for n in names] if len(names) > 1 else []
    taken: list[Candidate] = []
    for one in sorted(every, key=lambda c: c.rank):
        if why := _rivalry(one, taken):
            yield one.name, why
        else:
            taken.append(one)


def _of(
    name: str, by_file: Mapping[str, Sequence[Parsed]], files: Mapping[str, frozenset[Key]]
) -> Candidate:
    theirs = [f for f in files if f == name or (name.endswith("/") and f.startswith(name))]
    found = services_of([d for f in theirs for d in by_file[f]])
    return Candidate(name, found, frozenset(k for f in theirs for k in files[f]))


def _rivalry(one: Candidate, taken: Iterable[Candidate]) -> str:
    rival = next((t for t in taken if one.is_variant_of(t)), None)
    return _reason(one, rival) if rival else ""


def _reason(one: Candidate, rival: Candidate) -> str:
    if any(kind == "Service" for kind, _, _ in one.keys & rival.keys):
        return f"Services that {rival.name} has too"
    return f"a variant of {rival.name}, which runs the same"
