"""What one large document takes: `map`, `contract`, and with --report the whole report.

The two largest documents of the corpora (809 and 738 operations), each as the only document of one
Service. Prints processor seconds (user and system, all processes of the command), which say more
than time by the clock on a machine that does other things too, and peak memory.
Run: python benchmarks/large_documents.py [corpora] [--report]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from mapping import manifest
from merging import CORPORA, LARGE

LEFT_OUT = 40
"""Every so many paths one is missing in the document that `contract` compares with."""


def written(folder: Path, source: Path) -> None:
    """A workload of one Service with this document, and a later document with fewer paths."""
    text = source.read_text(encoding="utf-8")
    (folder / "api.json").write_text(text, encoding="utf-8")
    later = json.loads(text)
    for path in list(later["paths"])[::LEFT_OUT]:
        del later["paths"][path]
    (folder / "later.json").write_text(json.dumps(later, indent=1), encoding="utf-8")
    (folder / "services.yaml").write_text(manifest("svc0"), encoding="utf-8")
    lines = "name: large\nmanifests: [services.yaml]\nopenapi: {svc0: api.json}\n"
    (folder / "workload.yaml").write_text(lines, encoding="utf-8")


def spent(folder: Path, *arguments: str) -> str:
    """Seconds of the processor and by the clock, peak megabytes and exit code of a command."""
    began = time.perf_counter()
    with (folder / "printed.txt").open("w") as printed:
        to = [(os.POSIX_SPAWN_DUP2, printed.fileno(), n) for n in (1, 2)]
        command = [sys.executable, "-m", "apim_aks", *arguments]
        process = os.posix_spawn(sys.executable, command, os.environ, file_actions=to)
        _, status, used = os.wait4(process, 0)
    return (
        f"{used.ru_utime + used.ru_stime:6.1f} s processor, {time.perf_counter() - began:6.1f} s "
        f"clock, {used.ru_maxrss / 1024:5.0f} MB, status {os.waitstatus_to_exitcode(status)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="?", type=Path, default=CORPORA)
    parser.add_argument("--report", action="store_true")
    given = parser.parse_args()
    for name in LARGE:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            written(folder, given.corpora / "openapi" / "large" / name)
            workload = ("--workload", str(folder / "workload.yaml"))
            print(f"{name}:")
            print(f"  map      {spent(folder, 'map', *workload)}")
            both = str(folder / "api.json"), str(folder / "later.json")
            print(f"  contract {spent(folder, 'contract', *both)}")
            if given.report:
                out = str(folder / "report")
                print(f"  report   {spent(folder, 'report', *workload, '--out', out)}")


if __name__ == "__main__":
    main()
