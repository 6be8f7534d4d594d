"""One file after another into a folder that has a list of what is ours."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
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

_SHOWN = 10
"""Names in one sentence."""


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


def save_all(folder: Path, what: str, files: Mapping[str, str]) -> tuple[str, ...]:
    """All these texts as files of ours in this folder, in place of those of an earlier run.

    What an earlier run wrote and this one no longer has is removed; what is not ours stays. So does
    a file that somebody changed, where an earlier run wrote this text: those are returned. `what`
    says what the files are: a folder takes one kind.

    Raises:
        InputError: another of these files is not ours or was changed, or the folder has files of
            ours of another kind, before anything is written; or the folder cannot be written.
    """
    with _held(folder):
        known, started = listed(folder), begun(folder)
        if known and listed_as(folder) != what:
            raise InputError(
                f"{folder}: this folder has files of {listed_as(folder) or 'another command'}. "
                "Use another folder."
            )
        _require_ours(folder / LISTING, ours=known is not None)
        known = known or {}
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
        earlier = dict.fromkeys((*known, *started))
        stale = {name for name in earlier if name not in files and is_file(folder / name)}
        every = (*files, *sorted(stale))
        for name in every:
            _require_within(folder, name)
        said = {n: (digests.get(n), known.get(n), *started.get(n, ())) for n in every}
        changed = [n for n in every if not _is_one_of(folder / n, said[n])]
        kept = [n for n in changed if is_file(folder / n) and said[n][0] == said[n][1]]
        _require_none([folder / n for n in changed if n not in kept])
        begin(folder, digests)
        for name in (n for n in files if n not in kept):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, files[name])
        for name in stale:
            (folder / name).unlink()
        write_listing(folder, digests, what)
        end(folder)
        return tuple(kept)


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
    _require_ours(folder / name, _is_one_of(folder / name, (digest, known.get(name))))


def _is_one_of(path: Path, digests: Collection[str | None]) -> bool:
    """Nothing is there, or a file with one of these digests."""
    return not os.path.lexists(path) or (is_file(path) and file_digest(path) in digests)


def _require_none(changed: Sequence[Path]) -> None:
    """None of the files is somebody else's; every one that is has its name in the sentence."""
    if len(changed) > 1:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise InputError(
            f"{', '.join(map(str, changed[:_SHOWN]))}{more}: the workbook did not write these "
            "files, or somebody changed them since. Move them, or use another folder."
        )
    for path in changed:
        _require_ours(path, ours=False)


def _require_ours(path: Path, ours: bool) -> None:
    if os.path.lexists(path) and not ours:
        raise InputError(
            f"{path}: the workbook did not write this file, or somebody changed it since. "
            "Move it, or use another folder."
        )
