"""The process of one workload: `python -m apim_aks.portfolio.child FILE RESULT`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread

from apim_aks.own_files import write_whole


def main() -> None:
    """Write what is known of the workload of this file into another file."""
    Thread(target=_end_with_parent, daemon=True).start()
    file, result = map(Path, sys.argv[1:])
    from apim_aks.portfolio.assessing import assessed
    from apim_aks.portfolio.assessment import written

    write_whole(result, written(assessed(file)))


def _end_with_parent() -> None:
    """Nobody writes to standard input: it ends when the one that holds its other side does."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()
