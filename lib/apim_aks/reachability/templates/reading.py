"""Template files with their parameters, in the order in which they are deployed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from apim_aks.reachability.templates.resources import TemplateFile
from apim_aks.workload.documents import Parsed, read_file
from apim_aks.workload.finding import Finding

PARAMETERS = ".parameters.json"
"""What a file with the parameters of a template is called, after the template."""


def template_files(
    paths: Iterable[Path],
) -> tuple[tuple[TemplateFile, ...], tuple[Finding, ...]]:
    """The templates among these files and in these folders, and what of them cannot be read.

    `10-network.json` takes its values from `10-network.parameters.json` beside it; files of a
    folder come in the order of their names. JSON that is no template is left alone.
    """
    found: list[TemplateFile] = []
    findings: list[Finding] = []
    for path in (file for given in paths for file in _files(given)):
        template = _document(path, findings)
        if template is None or "deploymentTemplate" not in str(template.data.get("$schema")):
            continue
        beside = path.with_name(f"{path.stem}{PARAMETERS}")
        given = _document(beside, findings) if beside.is_file() else None
        found.append(
            TemplateFile(
                file=path.as_posix(),
                template=template.data,
                parameters=given.data if given else {},
                line_of=template.line_of,
            )
        )
    return tuple(found), tuple(findings)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.glob("*.json")):
        if not file.name.endswith(PARAMETERS):
            yield file


def _document(path: Path, findings: list[Finding]) -> Parsed | None:
    reading = read_file(path, path.as_posix())
    findings += reading.findings
    whole: list[Any] = [d for d in reading.documents if isinstance(d.data, dict)]
    return whole[0] if whole else None
