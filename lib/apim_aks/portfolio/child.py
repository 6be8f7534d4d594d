"""The process of one workload: `python -m apim_aks.portfolio.child FILE RESULT MADE_WITH`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread

from apim_aks.portfolio.assessment import Assessment, State, stopped, written
from apim_aks.portfolio.packing import made_with


def main() -> None:
    """Write what is known of the workload of this file into another file."""
    Thread(target=_end_with_parent, daemon=True).start()
    file, result, wanted = sys.argv[1:]
    Path(result).write_bytes(written(_found(Path(file), wanted)))


def _found(file: Path, wanted: str) -> Assessment:
    if made_with() != wanted:
        sentence = (
            f"Where it ran, apim-aks is {made_with()}, and the portfolio was begun with {wanted}. "
            "Install the same version with the same options on both."
        )
        return stopped(State.LOST, sentence)
    from apim_aks.portfolio.assessing import assessed

    return assessed(file)


def _end_with_parent() -> None:
    """Nobody writes to standard input: it ends when the one that holds its other side does."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main()
