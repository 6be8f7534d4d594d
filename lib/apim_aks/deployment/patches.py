"""Changes to objects managed by others, as files for their repositories."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from apim_aks.artefacts.manifests import Action
from apim_aks.deployment.ownership import Standing
from apim_aks.facts.owners import MANAGER, owner_tool
from apim_aks.own_files import save_listed
from apim_aks.workload.documents import dump


def write_patches(found: Iterable[Standing], folder: str) -> tuple[str, ...]:
    """Writes one file for each object with another owner and returns the file names.

    A file is a strategic merge patch for kustomize, headed by the owner and how the
    change is made there.

    Raises:
        InputError: a file of that name exists that the workbook did not write.
    """
    written = []
    for standing in found:
        if standing.blocked and standing.live is not None:
            name = _file(standing)
            save_listed(Path(folder), name, patch_text(standing, name))
            written.append(name)
    return tuple(written)


def _file(standing: Standing) -> str:
    object = standing.object
    words = (object.kind, object.namespace, object.name)
    return "-".join(re.sub(r"[^a-z0-9.]+", "-", word.lower()) for word in words) + ".yaml"


def patch_text(standing: Standing, name: str) -> str:
    """The text of the file of this name."""
    owner = standing.owner
    tool = owner_tool(owner.tool if owner else MANAGER)
    kept = f"{owner.called if owner else tool.label}: {tool.repository}"
    lines = [
        f"{standing.called} is managed by {kept}.",
        f"From {standing.object.document.file}. To make the change there: {tool.how}.",
        f"As an entry of patches in a kustomization: - path: {name}",
    ]
    head = "".join(f"# {' '.join(line.split())}\n" for line in lines)
    return f"{head}{dump(_patch(standing))}"


def _patch(standing: Standing) -> dict[str, Any]:
    data = standing.object.data
    if standing.action is not Action.DELETE:
        return data
    named = {key: data[key] for key in ("apiVersion", "kind", "metadata")}
    return {"$patch": "delete", **named}
