"""One file after another into a folder that has a list of what is ours."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from apim_aks.errors import InputError
from apim_aks.own_files.begun import begin, begun, end
from apim_aks.own_files.listing import LISTING, is_file, listed, listed_as, write_listing
from apim_aks.own_files.lock import Held, locked
from apim_aks.own_files.replacing import restore
from apim_aks.own_files.writing import TEMPORARY, file_digest, refusal, write_whole

_WAIT = 30.0
"""Seconds; several notebooks may write into one folder, each file in far less."""


def save_listed(folder: Path, name: str, text: str) -> None:
    """The text as a file of ours in this folder, in place of an earlier one of ours only.

    Raises:
        InputError: another file is there that is not ours or was changed, and stays; or the
            folder cannot be written.
    """
    restore(folder, lambda _: None)
    with _held(folder):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _save(folder, name, text)


def save_all(folder: Path, what: str, files: Mapping[str, str]) -> None:
    """All these texts as files of ours in this folder, in place of those of an earlier run.

    What an earlier run wrote and this one no longer has is removed; what is not ours stays. `what`
    says what the files are: a folder takes one kind.

    Raises:
        InputError: one of these files is not ours or was changed, or the folder has files of ours
            of another kind, before anything is written; or the folder cannot be written.
    """
    with _held(folder):
        known, started = listed(folder), begun(folder)
        if known and listed_as(folder) != what:
            raise InputError(
                f"{folder}: this folder has files of {listed_as(folder) or 'another command'}. "
                "Use another folder."
            )
        _require_ours(folder / LISTING, ours=known is not None)
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
        earlier = dict.fromkeys((*(known or {}), *started))
        stale = {name for name in earlier if name not in files and is_file(folder / name)}
        for name in (*files, *sorted(stale)):
            _require_within(folder, name)
            ours = (digests.get(name, ""), (known or {}).get(name), *started.get(name, ()))
            _require_one_of(folder, name, ours)
        begin(folder, digests)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, text)
        for name in stale:
            (folder / name).unlink()
        write_listing(folder, digests, what)
        end(folder)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The folder, there and held for this run."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / f".{LISTING}{TEMPORARY}", _WAIT):
            yield
    except Held:
        raise InputError(
            f"{folder}: another run is writing this folder; wait until it has ended."
        ) from None
    except OSError as error:
        raise InputError(refusal(error, folder)) from None


def _save(folder: Path, name: str, text: str) -> None:
    target = folder / name
    digest, known = hashlib.sha256(text.encode()).hexdigest(), listed(folder)
    _require_ours(folder / LISTING, ours=known is not None)
    _require_unchanged(folder, name, digest, known or {})
    write_whole(target, text)
    write_listing(folder, {**(known or {}), name: digest})


def _require_within(folder: Path, name: str) -> None:
    """No folder on the way to the file is a link, which would lead out of what is ours."""
    for above in Path(name).parents[:-1]:
        if (folder / above).is_symlink():
            raise InputError(
                f"{folder / above}: this is a link, and nothing is written through it. Move it, "
                "or use another folder."
            )


def _require_unchanged(folder: Path, name: str, digest: str, known: Mapping[str, str]) -> None:
    """The file is not there, is as we wrote it, or holds what is to be written."""
    _require_one_of(folder, name, (digest, known.get(name)))


def _require_one_of(folder: Path, name: str, ours: Collection[str | None]) -> None:
    target = folder / name
    _require_ours(target, ours=is_file(target) and file_digest(target) in ours)


def _require_ours(path: Path, ours: bool) -> None:
    if os.path.lexists(path) and not ours:
        raise InputError(
            f"{path}: the workbook did not write this file, or somebody changed it since. "
            "Move it, or use another folder."
        )
