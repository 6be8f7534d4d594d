"""A folder of ours that is replaced whole: killed at any point, the old or the new one is left.

Beside the folder lies, while a run writes it, `.<name>.apim-aks` with a lock, the new folder and
for a moment the old one. Whoever claims the folder next finds there what a killed run left, and
first finishes what was ready, else puts the old folder back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from apim_aks.errors import InputError
from apim_aks.own_files.exchange import exchanged
from apim_aks.own_files.listing import LISTING, complete, listed, strangers, write_listing
from apim_aks.own_files.lock import Held, locked
from apim_aks.own_files.writing import TEMPORARY, is_file_system, refusal, set_aside

Tell = Callable[[str], None]

_SHOWN = 10
"""Names in one sentence: enough to know the folder by, few enough to be read."""


@contextmanager
def replaced(target: Path, tell: Tell, keep_old: bool = False) -> Iterator[Path]:
    """A new folder that takes the place of `target` at the end, with a list of its files in it.

    Raises:
        InputError: `target` holds something that is not ours, before anything is touched; or
            another run is writing it; or the file system refuses. What was there stays.
    """
    with claimed(target, tell) as work:
        _require_ours(target, keep_old)
        new = work / "new"
        new.mkdir()
        try:
            if target.is_dir():
                shutil.copymode(target, new)
            yield new
            write_listing(new)
            _swap(new, target, keep_old)
        finally:
            _recover(target, work, tell)


def restore(target: Path, tell: Tell) -> None:
    """Put right what a killed run left of this folder, if one did.

    Raises:
        InputError: a run that is still going is writing it, or the file system refuses.
    """
    if _work(target).is_dir():
        with claimed(target, tell):
            pass


@contextmanager
def claimed(target: Path, tell: Tell) -> Iterator[Path]:
    """Hold a folder for this run alone, restored if a killed run left it halfway.

    Raises:
        InputError: another run holds it, or the file system refuses.
    """
    work = _work(target)
    try:
        work.mkdir(parents=True, exist_ok=True)
        if work.is_symlink():
            raise InputError(
                f"{work}: this is a link. Remove it, so that a folder can be made here."
            )
        with locked(work / "lock"):
            _recover(target, work, tell)
            yield work
    except Held:
        raise InputError(
            f"{target}: another run is writing this folder; wait until it has ended, or use "
            "another --out."
        ) from None
    except OSError as error:
        if not is_file_system(error):
            raise
        raise InputError(f"{refusal(error, target)} {_left(target)}") from None
    finally:
        with suppress(OSError):
            work.rmdir()


def _work(target: Path) -> Path:
    return target.parent / f".{target.name}{TEMPORARY}"


def _left(target: Path) -> str:
    return f"{target} is as it was." if target.exists() else "Nothing was left behind."


def _require_ours(target: Path, keep_old: bool) -> None:
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise InputError(f"{target}: this is a file. Name a folder for the report.")
    if os.path.ismount(target):
        raise InputError(
            f"{target} is a mounted file system, which cannot be replaced. Name a folder inside it."
        )
    if keep_old:
        return
    found = list(islice(strangers(target), 100 * _SHOWN))
    if found:
        raise InputError(_refused(target, found))


def _refused(target: Path, found: list[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    names = ", ".join(found[:_SHOWN]) + more
    why = "" if listed(target) is not None else f" (it has no {LISTING} of a report)"
    return (
        f"{target} has files that no earlier report wrote, or that were changed since{why}: "
        f"{names}. Nothing was changed. Use another --out, or --keep-old, which first "
        f"renames the folder to {target.name}.before-<n>."
    )


def _swap(new: Path, target: Path, keep_old: bool) -> None:
    _require_ours(target, keep_old)
    if not target.exists():
        new.rename(target)
    elif keep_old and any(target.iterdir()):
        _in_place_of(new, target, set_aside(target))
    elif listed(target) is None or not exchanged(new, target):
        old = new.with_name("old")
        target.rename(old)
        _in_place_of(new, target, old)


def _in_place_of(new: Path, target: Path, old: Path) -> None:
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise


def _recover(target: Path, work: Path, tell: Tell) -> None:
    """Finish what was ready, else put the old folder back; then remove what is left over."""
    new, old, gone = work / "new", work / "old", work / "gone"
    if not os.path.lexists(target):
        if complete(new):
            new.rename(target)
        elif old.is_dir():
            old.rename(target)
    shutil.rmtree(gone, ignore_errors=True)
    for left in (old, new):
        if not left.is_dir():
            continue
        if (left is old or listed(left)) and (found := next(strangers(left), None)):
            _keep(left, target, found, tell)
        else:
            # Renamed first: a run that is killed while it removes leaves nothing to wonder about.
            left.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)


def _keep(left: Path, target: Path, found: str, tell: Tell) -> None:
    """What somebody put into the old folder at the last moment stays, under another name."""
    kept = set_aside(left, target)
    tell(
        f"{found} was added to {target} while the folder was replaced. "
        f"The earlier folder is kept as {kept}."
    )
