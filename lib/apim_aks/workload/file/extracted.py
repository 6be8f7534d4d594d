"""A folder that APIOps extracted from an existing API Management: what the instance holds.

Names are those of folders, as both tools write them; of an API the path is read. Whoever extracted
it is not trusted: the number of files is bounded, none outside the folder is read, and each goes
through `workload.documents`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from apim_aks.facts.exports import ApiOpsType, apiops_types
from apim_aks.workload.documents import printable, read_file, shortened
from apim_aks.workload.file.source import Source
from apim_aks.workload.finding import Finding
from apim_aks.workload.held import Held
from apim_aks.workload.kubernetes import MAX_FILES

WHERE = ("azure", "existing", "api_management", "extracted")
_NAMED = "/{0}/"


def held_in(source: Source, findings: list[Finding], digests: dict[str, str]) -> tuple[Held, ...]:
    """What the folder that workload.yaml names says of the existing instance.

    What is wrong with it is added to the findings, and what was read to the digests.
    """
    there = source.data.get("azure", {}).get("existing", {}).get("api_management", {})
    if "extracted" not in there:
        return ()
    folder = source.path(WHERE, there["extracted"])
    if isinstance(folder, Finding):
        findings.append(folder)
        return ()
    found, wrong = extracted(folder, there["extracted"].rstrip("/"), digests)
    if not (found or wrong):
        said = f"the folder {shortened(there['extracted'])!r} without an artifact of APIOps"
        expected = "the folder that `apiops extract` wrote, with apis/NAME/apiInformation.json"
        wrong = (source.finding(WHERE, said, expected),)
    findings += wrong
    return found


def extracted(
    folder: Path, shown: str, digests: dict[str, str]
) -> tuple[tuple[Held, ...], tuple[Finding, ...]]:
    """The children that lie in this folder, and what of it cannot be used; `shown` names it."""
    found: list[Held] = []
    wrong: list[Finding] = []
    for number, (kind, file) in enumerate(_files(folder)):
        label = f"{shown}/{file.relative_to(folder).as_posix()}"
        if number == MAX_FILES:
            wrong.append(Finding(shown, 0, f"more than {MAX_FILES:,} artifacts", "fewer of them"))
            break
        if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder)):
            wrong.append(Finding(label, 0, "a link that leads out of the folder", "a file"))
            continue
        one = _held(kind, file, label, digests)
        (found if isinstance(one, Held) else wrong).append(one)  # type: ignore[arg-type]
    return tuple(found), tuple(wrong)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The information file of each child that has a name of its own, in the layout of each tool."""
    for row in apiops_types():
        for pattern in dict.fromkeys((row.cli, row.toolkit)):
            if _named_by_its_folder(row, pattern):
                files = folder.glob(pattern.format("*"))
                yield from ((row.id, file) for file in sorted(files) if file.is_file())


def _named_by_its_folder(row: ApiOpsType, pattern: str) -> bool:
    return "/" not in row.id and _NAMED in pattern and "{1}" not in pattern


def _held(kind: str, file: Path, label: str, digests: dict[str, str]) -> Held | Finding:
    name = printable(file.parent.name)
    if kind != "apis":
        return Held(kind, name, file=label)
    reading = read_file(file, label)
    digests[label] = reading.digest
    if reading.findings:
        return reading.findings[0]
    data = reading.documents[0].data
    properties = data.get("properties") if isinstance(data, dict) else None
    path = properties.get("path") if isinstance(properties, dict) else None
    if not isinstance(path, str):
        return Finding(label, 0, "no path under properties", "what `apiops extract` writes")
    line = reading.documents[0].line_of("properties", "path")
    return Held(kind, name.partition(";rev=")[0], printable(path), label, line)
