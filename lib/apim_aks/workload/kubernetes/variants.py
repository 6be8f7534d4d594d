"""Variants of one system below one folder: one is read, the others are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from apim_aks.workload.documents import Parsed
from apim_aks.workload.finding import Finding
from apim_aks.workload.kubernetes.object import Object, WrongField, objects_of
from apim_aks.workload.kubernetes.pods import CONTROLLERS

Key = tuple[str, str, str]
"""Kind, namespace and name of a Service, or of what runs pods."""

_PRODUCTION = re.compile(r"(^|[^a-z])prod(uction)?([^a-z]|$)", re.IGNORECASE)


def is_production(name: str) -> bool:
    """A part of the path says so."""
    return bool(_PRODUCTION.search(name))


def held(documents: Iterable[Parsed]) -> frozenset[Key]:
    """The Services in these documents, and what runs pods."""
    objects = (o for d in documents for o in objects_of(d) if isinstance(o, Object))
    return frozenset(key for o in objects for key in _key(o))


def _key(object: Object) -> Iterator[Key]:
    if object.kind in CONTROLLERS or (object.kind == "Service" and not object.group):
        try:
            yield object.kind, object.namespace, object.name
        except WrongField:
            return


def variants(files: Mapping[str, frozenset[Key]], top: str = "") -> dict[str, str]:
    """Folders below `top` that are variants of a folder beside them, each with that one.

    `files` are paths below `top` with what each holds. Of two folders that have more than half of
    their objects in common, the one with more objects counts, then production.
    """
    inside: dict[str, dict[str, frozenset[Key]]] = {}
    for name, keys in files.items():
        first, is_folder, _ = name.removeprefix(top).partition("/")
        if is_folder:
            inside.setdefault(f"{top}{first}/", {})[name] = keys
    whole = {folder: frozenset().union(*theirs.values()) for folder, theirs in inside.items()}
    found: dict[str, str] = {}
    taken: list[str] = []
    for folder in sorted(whole, key=lambda f: (-len(whole[f]), not is_production(f), f)):
        rival = next((t for t in taken if _alike(whole[t], whole[folder])), "")
        if rival:
            found[folder] = rival
        else:
            taken.append(folder)
            found |= variants(inside[folder], folder)
    return found


def _alike(one: frozenset[Key], other: frozenset[Key]) -> bool:
    return 2 * len(one & other) > min(len(one), len(other))


def variant_finding(folder: str, rival: str) -> Finding:
    """What is said of a folder that is not read for that reason."""
    found = f"a variant of {rival}, which is read instead: both have the same objects"
    return Finding(
        folder, 0, found, "the key manifests to name the variant that you want", refused=False
    )
