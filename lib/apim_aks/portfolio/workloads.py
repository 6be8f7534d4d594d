"""Which workloads a portfolio has: those of a folder, or those that a list names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apim_aks.errors import InputError
from apim_aks.own_files import listed
from apim_aks.workload.documents import MAX_BYTES
from apim_aks.workload.file import bundled_names, find, workload_file
from apim_aks.workload.file.source import FILE_NAMES, shown
from apim_aks.workload.kubernetes.folder import PASSED_OVER, label

Tell = Callable[[str], None]

_LINK = "is a link to a folder, and is not followed. Name the workloads behind it in a list."
_NO_FILE = "is something other than a file, or a link that leads nowhere. Write a file instead."


@dataclass(frozen=True, slots=True)
class Named:
    """A workload by the path that it is called by; without a file `wrong` says what is missing."""

    label: str
    file: Path | None
    wrong: str = ""


def workloads_of(place: str, tell: Tell) -> tuple[Named, ...]:
    """The workloads of this folder with everything below it, or of this list, in order.

    A list is a text file with a path in each line, from its own folder: of a workload.yaml or of
    the folder that holds one. A `#` begins a comment.

    Raises:
        InputError: nothing is there, it cannot be read, or it has no workload.
    """
    path = Path(place)
    if path.is_dir():
        found = tuple(_below(path, tell))
    elif path.name in FILE_NAMES:
        raise InputError(
            f"{path.as_posix()} is one workload. Name the folder that holds several, or a text "
            "file with one path in each line."
        )
    elif path.exists() and not path.is_file():
        raise InputError(
            f"{path.as_posix()} is neither a folder nor a file. Name a folder with workloads, or a "
            "text file with one path in each line."
        )
    else:
        found = tuple(_once(_lines(path), tell))
    if not found:
        raise InputError(
            f"{path.as_posix()} has no workload.yaml. Write one for each workload with "
            "`python -m apim_aks init`."
        )
    return found


def _below(root: Path, tell: Tell) -> Iterator[Named]:
    """Every workload.yaml; not those in hidden folders, of dependencies, or in our own reports.

    Links to folders are not followed, which is said: they may lead out, or back.
    """
    refused: list[OSError] = []
    for base, folders, files in os.walk(root, onerror=refused.append):
        folder = Path(base)
        entries = (*folders, *files)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in PASSED_OVER)
        if listed(folder) is not None:
            folders.clear()
            continue
        named = label(folder, root if folder != root else root.resolve().parent)
        if file := workload_file(folder):
            yield Named(named, file)
        elif no_file := next((name for name in FILE_NAMES if name in entries), ""):
            yield Named(named, None, f"{shown(folder / no_file)} {_NO_FILE}")
        for link in (folder / f for f in folders if (folder / f).is_symlink()):
            tell(f"{shown(link)} {_LINK}")
    for error in refused:
        folder = Path(error.filename)
        reason = f"{shown(folder)} cannot be read ({error.strerror}), nor what is below it."
        yield Named(label(folder, root), None, reason)


def _lines(path: Path) -> Iterator[tuple[int, str, Path]]:
    """Number, text and list of each line that names something."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"There is no file or folder {path.as_posix()!r}. Name a folder with workloads, or a "
            "text file with one path in each line."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"{path.as_posix()} cannot be read ({reason}). Use a text file.") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"{path.as_posix()} has more than {MAX_BYTES // 1_000_000} MB. Cut it.")
    for number, line in enumerate(text.splitlines(), start=1):
        if named := line.partition("#")[0].strip():
            yield number, named, path


def _once(lines: Iterator[tuple[int, str, Path]], tell: Tell) -> Iterator[Named]:
    """Each workload once, however often it is named."""
    seen: dict[str, int] = {}
    for number, text, path in lines:
        try:
            file = find(text if text in bundled_names() else path.parent / text)
        except InputError as error:
            yield Named(text, None, f"{shown(path)} line {number}: {error}")
            continue
        first = seen.setdefault(os.path.realpath(file), number)
        if first == number:
            yield Named(text, file)
        else:
            tell(
                f"{shown(path)} line {number} names {text!r}, as line {first} does. It counts once."
            )
