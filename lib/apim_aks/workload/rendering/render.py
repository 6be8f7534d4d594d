"""Running helm and kustomize, and what they write as documents with their sources."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path

from apim_aks.facts.rendering import helm_api_versions
from apim_aks.workload.documents import Reading, parse
from apim_aks.workload.finding import Finding
from apim_aks.workload.rendering import programs
from apim_aks.workload.rendering.charts import Chart, looked_at
from apim_aks.workload.rendering.kustomizations import Kustomization, reached
from apim_aks.workload.rendering.places import Bounds

HELM = "Helm 3.16 or later (https://helm.sh/docs/intro/install)"
KUSTOMIZE = f"{programs.KUBECTL}, or kustomize"

_SOURCE = re.compile(r"^# Source: [^/\n]*/(\S[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What an entry became, by `name`: documents, what is wrong, and the SHA-256 of all of it.

    `made_from` are the files and folders that are no manifests beside it.
    """

    name: str
    reading: Reading
    made_from: tuple[Path, ...]


def rendered(
    entry: Chart | Kustomization, bounds: Bounds, kubernetes_version: str, mesh: bool = False
) -> Rendered:
    """The manifests of a chart or a Kustomize folder.

    Nothing runs where something in it leads to another machine, or out of the folder.
    """
    name = bounds.label(entry.folder)
    if isinstance(entry, Chart):
        name = f"{name} as release {entry.namespace}/{entry.release}"
        parts: tuple[Path, ...] = (entry.folder,)
        found = looked_at(entry.folder, bounds)
        program, wanted = programs.helm(), HELM
        words = _helm_words(entry, kubernetes_version, mesh)
    else:
        reach = reached(entry.folder, bounds)
        parts, found = reach.files, reach.findings
        program, wanted = programs.kustomize(), KUSTOMIZE
        words = (str(entry.folder.resolve()),)
    if any(f.refused for f in found):
        return Rendered(name=name, reading=Reading(findings=found), made_from=parts)
    if program is None:
        missing = Finding(name, 0, "no program that renders it, so that it was not read", wanted)
        return Rendered(name=name, reading=Reading(findings=(missing,)), made_from=parts)
    ran = programs.run_alone(program.command(*words))
    reading = (
        _failed(ran.failure, name, bounds)
        if ran.failure
        else _with_sources(parse(ran.output, f"{name}, rendered"), ran.output, entry.namespace)
    )
    findings = (*found, *reading.findings)
    return Rendered(name=name, reading=replace(reading, findings=findings), made_from=parts)


def _failed(failure: str, name: str, bounds: Bounds) -> Reading:
    """What the program says, without where the folder is on this machine."""
    here = f"{bounds.root.resolve()}{os.sep}"
    found = f"an error when it is rendered: {failure.replace(here, '')}"
    return Reading(
        findings=(Finding(name, 0, found, "a chart or folder that renders without errors"),)
    )


def _helm_words(chart: Chart, kubernetes_version: str, mesh: bool) -> tuple[str, ...]:
    """`helm template` without schemas of values, which it would fetch from where they point to."""
    versions = (v.api_version for v in helm_api_versions() if mesh or v.when == "always")
    return (
        *("template", chart.release, str(chart.folder.resolve()), "--namespace", chart.namespace),
        *("--include-crds", "--skip-tests", "--skip-schema-validation"),
        *("--kube-version", kubernetes_version),
        *(word for version in versions for word in ("--api-versions", version)),
        *(word for file in chart.values for word in ("--values", str(file.resolve()))),
    )


def _with_sources(reading: Reading, output: bytes, namespace: str) -> Reading:
    """Documents and findings with the template that helm says they come from, and a namespace."""
    text = output.decode("utf-8-sig", errors="replace")
    marks = [(text.count("\n", 0, m.start()) + 1, m[1]) for m in _SOURCE.finditer(text)]

    def place(file: str, line: int) -> str:
        """A comment stands before the object, or after the line that separates documents."""
        before = bisect_right([at for at, _ in marks], line + 1)
        return f"{file} from {marks[before - 1][1]}" if before and line else file

    return replace(
        reading,
        documents=tuple(
            replace(d, file=place(d.file, d.line), namespace=namespace) for d in reading.documents
        ),
        findings=tuple(replace(f, file=place(f.file, f.line)) for f in reading.findings),
    )
