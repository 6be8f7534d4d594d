"""Images of which the files do not say that a cluster can pull them.

A name without a registry is one of Docker Hub (github.com/distribution/reference, normalize.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apim_aks.facts.references import open_registries
from apim_aks.workload.documents import printable, shortened
from apim_aks.workload.kubernetes.object import Object

_HUB = "docker.io"
_PLACES = ("containers", "initContainers")


@dataclass(frozen=True, slots=True)
class ImageDoubt:
    """An image, why it may not be pulled, and the first object that runs it."""

    image: str
    because: str
    by: Object

    def __str__(self) -> str:
        document = self.by.document
        return f"{self.image} ({document.file} line {self.by.line})"


def doubts(objects: Iterable[Object]) -> tuple[ImageDoubt, ...]:
    """Each image once that names no version, or a registry that may ask who is there."""
    found: dict[str, ImageDoubt] = {}
    for object in objects:
        for image, has_secret in _images(object):
            if because := _because(image, has_secret):
                found.setdefault(image, ImageDoubt(shortened(printable(image)), because, object))
    return tuple(found.values())


def _images(object: Object) -> Iterator[tuple[str, bool]]:
    """The images of its pods, each with whether a pull secret is named beside it."""
    spec = object.data.get("spec")
    for path in ((), ("template", "spec"), ("jobTemplate", "spec", "template", "spec")):
        pods = _inside(spec, path)
        for container in (c for name in _PLACES for c in _listed(pods.get(name))):
            image = container.get("image") if isinstance(container, dict) else None
            if isinstance(image, str) and image:
                yield image, bool(pods.get("imagePullSecrets"))


def _inside(data: Any, path: tuple[str, ...]) -> dict[str, Any]:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _listed(data: Any) -> list[Any]:
    return data if isinstance(data, list) else []


def _because(image: str, has_secret: bool) -> str:
    first, slash, rest = image.partition("/")
    named = bool(slash) and ("." in first or ":" in first or first == "localhost")
    host, name = (first, rest) if named else (_HUB, image)
    if host not in open_registries() and not has_secret:
        return f"from {host} without a pull secret"
    if "@" in name or (":" in name and not name.endswith((":", ":latest"))):
        return ""
    return "without a version"
