"""Our manifests as steps that are applied to a cluster, each object with its line in its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apim_aks.artefacts.manifests.file import ManifestFile
from apim_aks.workload.documents import Parsed
from apim_aks.workload.kubernetes.apply import Step
from apim_aks.workload.kubernetes.object import Object

_MARKER = re.compile(r"^---\n", re.MULTILINE)


def steps(files: Iterable[ManifestFile]) -> tuple[Step, ...]:
    """The files as they are applied, in their order.

    Placeholders stay in them as text: the API server refuses such an object until they are filled
    in.
    """
    return tuple(Step(f.action.value, tuple(_objects(f))) for f in files)


def _objects(file: ManifestFile) -> Iterator[Object]:
    """The objects; the text is read only where somebody asks for a line."""
    if not file.objects:
        return
    starts = [m.end() for m in _MARKER.finditer(file.yaml)] or [0]
    starts = starts[-len(file.objects) :]
    if len(starts) < len(file.objects):
        starts = [0, *starts]
    for data, start, end in zip(file.objects, starts, [*starts[1:], None], strict=True):
        line = file.yaml.count("\n", 0, start) + 1
        text = file.yaml[start:end].removesuffix("---\n")
        document = Parsed(file=file.name, line=line, data=data, text=text, first_line=line)
        yield Object(data["kind"], data, document, (), data["apiVersion"])
