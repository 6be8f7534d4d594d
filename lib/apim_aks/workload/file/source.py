"""A workload.yaml as it stands on disk: found, read, checked; and errors that name its lines."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from apim_aks.errors import InputError
from apim_aks.facts import DATA
from apim_aks.workload.documents import Parsed, parse, read_file, shortened
from apim_aks.workload.file.schema import (
    Where,
    problems,
    schema_words,
    with_values,
    workload_schema,
)
from apim_aks.workload.finding import Finding, nearest

FILE_NAMES = ("workload.yaml", "workload.yml")
BUNDLED = DATA / "workloads"
DEFAULT = "contoso-retail"
"""The bundled workload that is meant where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file, what it says, and how paths in it may be used.

    Of an `environment` the data are what it says over what the file says for all of them.
    """

    file: Path
    shown: str
    parsed: Parsed
    data: dict[str, Any]
    digest: str
    outside: bool = False
    environment: str = ""

    @property
    def folder(self) -> Path:
        """The folder that paths in the file start from."""
        return self.file.parent

    def line_of(self, *path: str | int) -> int:
        """The line of this place, where the environment says it, else where the file does."""
        inner = ("environments", self.environment, *path)
        said = self.environment and stands(self.parsed.data, inner)
        return self.parsed.line_of(*(inner if said else path))

    def finding(self, path: Where, found: str, expected: str) -> Finding:
        """What is wrong at this place of the file, for the report."""
        return Finding(self.file.name, self.line_of(*path), found, expected)

    def error(self, path: Where, found: str, expected: str) -> InputError:
        """What is wrong at this place of the file, when nothing can go on."""
        return InputError(str(Finding(self.shown, self.line_of(*path), found, expected)))

    def placed(self, path: Where, sentence: str) -> InputError:
        """A sentence about this place of the file, when nothing can go on."""
        return InputError(f"{self.shown} line {self.line_of(*path)}: {sentence}")

    def path(self, where: Where, text: str) -> Path | Finding:
        """The file or folder that is meant; a finding where it leads out or nothing is there."""
        try:
            path = self.folder / text
            if os.name != "nt" and path.exists() and self._is_inside(path):
                return path  # a name such as `a: b.yaml` is no drive here
            path = self.folder / text.replace("\\", "/")
            leaves = bool(PureWindowsPath(text).drive) or not self._is_inside(path)
            if leaves and not self.outside:
                found = f"the path {shortened(text)!r}, which leads out of the folder"
                return self.finding(where, found, "a path inside it, or --allow-outside")
            if path.exists():
                return path
        except (OSError, ValueError):
            pass
        found = f"the path {shortened(text)!r}, where there is nothing"
        return self.finding(where, found, "a file or folder that exists")

    def _is_inside(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.folder))


def stands(data: Any, path: Where) -> bool:
    """Whether the data have something at this place."""
    for part in path:
        if not isinstance(data, (dict, list)) or (isinstance(data, dict) and part not in data):
            return False
        if isinstance(data, list) and not (isinstance(part, int) and part < len(data)):
            return False
        data = data[part]  # type: ignore[index]
    return True


def bundled_names() -> tuple[str, ...]:
    """The names of the workloads that come with the workbook."""
    if not BUNDLED.is_dir():
        return ()
    return tuple(sorted(p.name for p in BUNDLED.iterdir() if (p / FILE_NAMES[0]).is_file()))


def workload_file(folder: str | Path) -> Path | None:
    """The workload.yaml of this folder; None where it has none."""
    files = (Path(folder) / name for name in FILE_NAMES)
    return next((f for f in files if f.is_file()), None)


def find(name_or_path: str | Path) -> Path:
    """The workload.yaml of a bundled name, of a folder, or the file itself.

    Raises:
        InputError: nothing like that is there.
    """
    names = bundled_names()
    if str(name_or_path) in names:
        return BUNDLED / str(name_or_path) / FILE_NAMES[0]
    try:
        for path in _places(Path(name_or_path)):
            if path.is_file():
                return path
    except (OSError, ValueError):
        pass
    if Path(name_or_path).is_dir():
        raise InputError(
            f"{Path(name_or_path).as_posix()} has no workload.yaml. "
            "Write one with `python -m apim_aks init`."
        )
    given = shortened(str(name_or_path), 200)
    if {*given} & {*"/\\."}:
        raise InputError(
            f"There is no file or folder {given!r}; name a workload.yaml, a folder with one, "
            f"or one of {', '.join(names)}."
        )
    raise InputError(
        f"Workload {given!r} is unknown; "
        f"use {nearest(given, names)}one of {', '.join(names)}, or the path of a workload.yaml."
    )


def _places(path: Path) -> list[Path]:
    # A notebook that is run by hand has its own folder as the current one.
    bases = [Path()] if Path.cwd().name != "notebooks" else [Path(), Path("..")]
    return [base / path / name for base in bases for name in ("", *FILE_NAMES)]


def load(file: Path, outside: bool = False) -> Source:
    """The file, read and checked against the schema.

    The environment variable lets kernels of a report read what its command line allowed.

    Raises:
        InputError: it cannot be read or says something that it may not.
    """
    reading = read_file(file, shown(file))
    allowed = outside or os.environ.get("APIM_AKS_ALLOW_OUTSIDE") == "1"
    return _checked(file, reading.documents, reading.findings, reading.digest, allowed)


def check_text(file: Path, content: bytes) -> None:
    """Refuse content that this file may not have.

    Raises:
        InputError: the schema does not allow it.
    """
    reading = parse(content, shown(file))
    _checked(file, reading.documents, reading.findings, reading.digest, False)


def _checked(
    file: Path,
    documents: tuple[Parsed, ...],
    findings: tuple[Finding, ...],
    digest: str,
    outside: bool,
) -> Source:
    if findings:
        raise InputError(str(findings[0]))
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        line = documents[-1].line
        raise InputError(
            str(Finding(shown(file), line, "no single mapping", "one mapping with name, manifests"))
        )
    data = with_values(documents[0].data, workload_schema())
    source = Source(
        file=file,
        shown=shown(file),
        parsed=documents[0],
        data=data,
        digest=digest,
        outside=outside,
    )
    wrong = sorted(problems(data, workload_schema()), key=lambda p: source.line_of(*p.path))
    if wrong:
        raise source.error(wrong[0].path, wrong[0].found, wrong[0].expected)
    if "manifests" not in data and not data.get("render"):
        words = schema_words("manifests", workload_schema()["properties"])
        raise source.error((), "no manifests", f"{words}, or the key render")
    return source


def shown(file: Path) -> str:
    """The path as messages show it: from the current folder where it lies below."""
    try:
        path = Path(os.path.relpath(file))
    except ValueError:
        return file.as_posix()
    return file.as_posix() if path.parts[:1] == ("..",) else path.as_posix()
