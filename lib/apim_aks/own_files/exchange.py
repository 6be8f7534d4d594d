"""Two folders that change places in one step, where the system has a call for it."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_HERE = -100  # AT_FDCWD
_SWAP = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS


def exchanged(one: Path, other: Path) -> bool:
    """The two have changed places; False where this system or file system cannot do it.

    Source: renameat2(2) of Linux, renamex_np(2) of macOS.
    """
    if sys.platform not in ("linux", "darwin"):
        return False
    library = ctypes.CDLL(None)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        return hasattr(library, "renamex_np") and not library.renamex_np(first, second, _SWAP)
    if not hasattr(library, "renameat2"):
        return False
    return bool(library.renameat2(_HERE, first, _HERE, second, _SWAP) == 0)
