"""Placeholders as values of an overlay: where each stands, for the `replacements` of Kustomize.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/replacements/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apim_aks.artefacts.manifests.file import Object, called
from apim_aks.artefacts.manifests.placeholder import SHAPE
from apim_aks.errors import InputError

Json = dict[str, Any]
VALUES = "apim-aks-values"


def key(placeholder: str) -> str:
    """The name of the value: what the placeholder is without its brackets."""
    return placeholder.strip("<>")


def replacements(placeholder: str, objects: Iterable[Object]) -> Json:
    """What puts the value of a placeholder into every field of these objects that it stands in."""
    return {
        "source": {"kind": "ConfigMap", "name": VALUES, "fieldPath": f"data.{key(placeholder)}"},
        "targets": [t for o in objects for t in _targets(placeholder, o)],
    }


def _targets(placeholder: str, object: Object) -> Iterator[Json]:
    """The fields of an object: those that are the placeholder, then each that holds it."""
    found = tuple(_fields(placeholder, object, object))
    whole = [path for path, options in found if not options]
    if whole:
        yield {"select": _selected(object), "fieldPaths": whole}
    for path, options in found:
        if options:
            yield {"select": _selected(object), "fieldPaths": [path], "options": options}


def _selected(object: Object) -> Json:
    group, _, version = str(object["apiVersion"]).rpartition("/")
    where = object["metadata"]
    named = {"group": group, "version": version, "kind": object["kind"], "name": where["name"]}
    if "namespace" in where:
        named["namespace"] = where["namespace"]
    return {k: v for k, v in named.items() if v}


def _fields(
    placeholder: str, value: Any, of: Object, path: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _fields(placeholder, inner, of, _below(path, str(name)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _fields(placeholder, inner, of, _below(path, str(number)))
    elif isinstance(value, str):
        for found in re.finditer(re.escape(placeholder), value):
            yield path, _part(value, found, of, path)


def _below(path: str, name: str) -> str:
    escaped = name.replace(".", r"\.")
    return f"{path}.{escaped}" if path else escaped


def _part(value: str, found: re.Match[str], of: Object, path: str) -> Mapping[str, Any]:
    """Which part of a text is replaced: the one that a delimiter on both sides cuts out."""
    before, after = value[: found.start()], value[found.end() :]
    if not (before or after):
        return {}
    delimiter = before[-1:] or after[:1]
    if (before and after and before[-1] != after[0]) or SHAPE.search(delimiter):
        raise InputError(
            f"{called(of)} has {found[0]} within a text at {path}, where Kustomize cannot put a "
            "value: it cuts texts at one delimiter."
        )
    return {"delimiter": delimiter, "index": before.count(delimiter)}
