"""Folders as `kubectl kustomize` builds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_aks.workload.rendering import kubectl, run

Objects = dict[tuple[str, str, str], dict[str, Any]]


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """The folder with these files."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def kustomized(folder: Path) -> Objects:
    """The objects that kubectl makes of a kustomization, by kind, namespace and name."""
    program = kubectl()
    if program is None:
        pytest.skip("kubectl is not installed")
    ran = run([program.path, "kustomize", str(folder)])
    assert not ran.failure, ran.failure
    return by_name([o for o in yaml.safe_load_all(ran.output) if o])


def by_name(objects: list[dict[str, Any]]) -> Objects:
    """The objects by kind, namespace and name, each once."""
    found = {
        (o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in objects
    }
    assert len(found) == len(objects)
    return found


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """The same with each placeholder replaced by its value."""
    if isinstance(value, dict):
        return {k: filled(v, values) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(v, values) for v in value]
    if isinstance(value, str):
        for placeholder, given in values.items():
            value = value.replace(placeholder, given)
    return value
