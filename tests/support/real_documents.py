"""Other people's OpenAPI documents, each read once by all tests of a worker, which change none."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Document
from apim_aks.workload.openapi import read_openapi


@cache
def real_document(file: Path) -> tuple[Document | None, tuple[Finding, ...]]:
    """The document of this file, called by the file's name, and what is wrong with it."""
    document, findings, _ = read_openapi(file, file.name)
    return document, findings
