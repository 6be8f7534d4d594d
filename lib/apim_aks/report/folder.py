"""The folder a report is written into: complete or not there at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apim_aks.workload import WorkbookError

MARK = "design.json"
"""A folder with this file is an earlier report, which a new one replaces."""


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """A new folder beside `target` that takes its place at the end; on an error nothing changes.

    Raises:
        WorkbookError: `target` holds something that is no earlier report.
    """
    target = target.resolve()
    _refuse_foreign(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise WorkbookError(
            f"{target.parent}: found a folder that cannot be written ({error.strerror}); "
            "expected one that can, see --out."
        ) from None
    try:
        new.chmod(0o755)
        yield new
        _swap(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _refuse_foreign(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise WorkbookError(f"{target}: found a file; expected a folder for the report.")
    if any(target.iterdir()) and not (target / MARK).is_file():
        raise WorkbookError(
            f"{target}: found a folder with something else in it; expected an empty or a new one, "
            "or an earlier report."
        )


def _swap(new: Path, target: Path) -> None:
    if not target.exists():
        new.rename(target)
        return
    old = new.with_name(f"{new.name}.old")
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
