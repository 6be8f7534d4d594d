"""Texts that stand for values known only after deployment, and how they are kept from slipping in.

A label cannot hold `<`: an object with a placeholder in a field that takes any text carries it as
a label too, so that the API server refuses the object until it is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.manifests.file import ManifestFile
from apim_aks.facts import placeholder_row, placeholder_rows
from apim_aks.workload.model import Service

LABEL = "apim-aks"
SHAPE = re.compile(r"<[A-Z][A-Z0-9_]*>")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A text to fill in, what it means, and the stage that knows the value."""

    text: str
    meaning: str
    from_stage: str


def stands_for(id: str, service: Service | None = None) -> str:
    """The text of this placeholder, for a Service where it has one for each."""
    text = placeholder_row(id).text
    if service is None:
        return text
    return text.replace("*", re.sub(r"[^A-Z0-9]+", "_", service.id.upper()))


def tls_name(service: Service) -> str:
    """The name in the certificate of this Service, or what stands for it until it is known."""
    return service.tls.host or stands_for("tls-name", service)


def tls_guard(service: Service) -> dict[str, str]:
    """The label that is refused until that name is filled in; none where it is known."""
    return {} if service.tls.host else guard("tls-name", service=service)


def guard(*ids: str, service: Service | None = None) -> dict[str, str]:
    """Labels that the API server refuses until these placeholders are filled in."""
    return {f"{LABEL}/{id}": stands_for(id, service) for id in ids}


def placeholders(files: Iterable[ManifestFile]) -> tuple[Placeholder, ...]:
    """Every placeholder that still stands in these files, in the order of its table."""
    texts = {t for file in files for text in _texts(file.objects) for t in SHAPE.findall(text)}
    return tuple(
        Placeholder(text, row.meaning, row.from_stage)
        for row in placeholder_rows()
        for text in sorted(t for t in texts if _matches(row.text, t))
    )


def _matches(pattern: str, text: str) -> bool:
    before, star, after = pattern.partition("*")
    return text.startswith(before) and text.endswith(after) if star else text == pattern


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
