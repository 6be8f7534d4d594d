"""Our manifests as steps that are applied to a cluster, each object with its line in its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.artefacts.manifests.file import ManifestFile
from apim_aks.workload.documents import Parsed, is_laid_out, line_in, lines_of
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
    for document in _laid_out(file) if all(map(is_laid_out, file.objects)) else _written(file):
        data = document.data
        yield Object(data["kind"], data, document, (), data["apiVersion"])


@dataclass(frozen=True, kw_only=True)
class _LaidOut(Parsed):
    """An object of which it is known where each part will stand, so that nobody has to write it."""

    def line_of(self, *path: str | int) -> int:
        return self.line + line_in(self.data, path)


def _laid_out(file: ManifestFile) -> Iterator[Parsed]:
    line = file.head.count("\n") + (2 if file.head else 1)
    for data in file.objects:
        yield _LaidOut(file=file.name, line=line, data=data, first_line=line)
        line += lines_of(data) + 1


def _written(file: ManifestFile) -> Iterator[Parsed]:
    """The same from the text of the file, which is read where somebody asks for a line."""
    starts = [m.end() for m in _MARKER.finditer(file.yaml)] or [0]
    starts = starts[-len(file.objects) :]
    if len(starts) < len(file.objects):
        starts = [0, *starts]
    for data, start, end in zip(file.objects, starts, [*starts[1:], None], strict=True):
        line = file.yaml.count("\n", 0, start) + 1
        text = file.yaml[start:end].removesuffix("---\n")
        yield Parsed(file=file.name, line=line, data=data, text=text, first_line=line)
