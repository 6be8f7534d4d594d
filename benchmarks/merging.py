"""Merging two large real documents: time and memory, beside `@redocly/cli join` on the same input.

Run: python benchmarks/merging.py [corpora] [--without-redocly]. Both documents are treated as the
Services of one API. redocly reads OpenAPI 3 only, so both tools get the documents as 3.0.3, the
Swagger one converted by us beforehand; ours is also timed on the documents as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from apim_aks.apis.document import ApiDocument, api_document, import_findings, split
from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.facts import ROOT
from apim_aks.workload.model import Document
from apim_aks.workload.openapi import read_openapi

LARGE = ("github-ghes-3.6-openapi-3.0.3.json", "kubernetes-swagger-2.0.json")
CORPORA = Path(os.environ.get("APIM_AKS_CORPORA", ROOT.parent / "shared" / "corpora"))


def whole(documents: list[Document]) -> Api:
    """Every operation of the documents, each behind its own path."""
    operations = tuple(
        ApiOperation(
            method=o.method,
            template=f"/{index}{o.path}" if len(documents) > 1 else o.path,
            service=f"shop/service-{index}",
            port=80,
            backend_path=o.path,
            operation_id=o.operation_id,
            summary=o.summary,
            document=d.file,
            path=o.path,
        )
        for index, d in enumerate(documents)
        for o in d.operations
    )
    return Api(id="both", title="Both", path="both", operations=operations, reason="")


def read(paths: list[Path]) -> list[Document]:
    return [d for p in paths if (d := read_openapi(p, p.name)[0])]


def merged(paths: list[Path]) -> ApiDocument:
    documents = read(paths)
    return api_document(whole(documents), {d.file: d for d in documents}, paths[0].stem)


def measured(command: list[str], cwd: Path) -> tuple[float, float, int, str]:
    """Seconds, peak megabytes, exit status and the end of what was printed, of a process."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, cwd=cwd, stdout=printed, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read().decode(errors="replace")[-300:]
    return time.perf_counter() - started, usage.ru_maxrss / 1024, process.returncode, text


def ours(paths: list[str], target: str) -> None:
    """The child process: read, merge, write, and say how long each took."""
    marks = [time.perf_counter()]
    documents = read([Path(p) for p in paths])
    marks.append(time.perf_counter())
    made = api_document(whole(documents), {d.file: d for d in documents})
    marks.append(time.perf_counter())
    Path(target).write_text(made.text, encoding="utf-8")
    parts = split(made)
    marks.append(time.perf_counter())
    findings = [f for d in documents for f in import_findings(d)]
    marks.append(time.perf_counter())
    steps = ("read", "merge", "write and split", "import findings")
    spent = ", ".join(
        f"{s} {b - a:.2f} s" for s, a, b in zip(steps, marks, marks[1:], strict=False)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"    {spent}; {len(made.renamed)} components renamed, {len(parts)} parts, "
        f"{len(findings)} findings, peak {peak:.0f} MB"
    )


def counted(path: Path) -> str:
    if not path.is_file():
        return "no document"
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    methods = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
    operations = sum(len(methods & item.keys()) for item in body["paths"].values())
    schemas = len(body.get("components", {}).get("schemas", {}))
    size = path.stat().st_size / 1e6
    return f"{operations} operations, {schemas} schemas, {size:.1f} MB"


def run_ours(title: str, paths: list[Path], folder: Path) -> None:
    target = folder / "ours.json"
    command = [sys.executable, __file__, "--child", *map(str, paths), str(target)]
    spent = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, peak, _, _ = measured(command, folder)
    print(f"{title}: {seconds:.1f} s, peak {peak:.0f} MB: {counted(target)}")
    print(spent.rstrip())


def run_redocly(paths: list[Path], folder: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        print("redocly: not run, npm is not there")
        return
    installed = folder / "redocly"
    installed.mkdir()
    (installed / "package.json").write_text("{}", encoding="utf-8")
    quiet = [npm, "install", "--no-audit", "--no-fund", "--silent", "@redocly/cli"]
    if subprocess.run(quiet, cwd=installed, capture_output=True).returncode:
        print("redocly: not run, @redocly/cli cannot be installed")
        return
    tool = str(installed / "node_modules" / ".bin" / "redocly")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout.strip()
    target = folder / "redocly.json"
    # Without these two it refuses documents that share a tag or a component's name.
    flags = ["--prefix-components-with-info-prop=title", "--prefix-tags-with-filename"]
    command = [tool, "join", *map(str, paths), *flags, "-o", str(target)]
    seconds, peak, status, text = measured(command, folder)
    print(f"redocly {version} join: {seconds:.1f} s, peak {peak:.0f} MB: {counted(target)}")
    if status:
        print(f"    ended with {status}: {' '.join(text.split())}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="?", type=Path, default=CORPORA)
    parser.add_argument("--without-redocly", action="store_true")
    given = parser.parse_args()
    paths = [given.corpora / "openapi" / "large" / name for name in LARGE]
    print(", ".join(f"{p.name} {p.stat().st_size / 1e6:.1f} MB" for p in paths))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_ours("ours, as they are", paths, folder)
        converted = [folder / f"{p.stem}-converted.json" for p in paths]
        for path, target in zip(paths, converted, strict=True):
            target.write_text(merged([path]).text, encoding="utf-8")
        run_ours("ours, both as 3.0.3", converted, folder)
        if not given.without_redocly:
            run_redocly(converted, folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        ours(sys.argv[2:-1], sys.argv[-1])
    else:
        main()
