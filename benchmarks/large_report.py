"""What the whole report of many Services takes: time, memory, largest pages.

Writes a workload of 500 Services of five operations each into a temporary folder, runs
`python -m apim_aks report` on it, and prints seconds, the memory of the largest process and of all
together, and the largest pages. Run: python benchmarks/large_report.py [SERVICES]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from artefacts import SERVICES, service
from timing import Taken, keep, taken

from apim_aks.workload.model import Service

PAGES = 5


def written(folder: Path, services: int) -> Path:
    """The workload as files: manifests and an OpenAPI document for each Service."""
    (folder / "openapi").mkdir(parents=True)
    objects: list[dict[str, Any]] = []
    openapi = {}
    for one in map(service, range(services)):
        objects += kubernetes(one)
        openapi[one.id] = f"openapi/{one.name}.json"
        (folder / openapi[one.id]).write_text(json.dumps(one.documents[0].body))
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    (folder / "services.json").write_text(json.dumps(listed))
    said = {"name": "large", "manifests": ["services.json"], "openapi": openapi}
    (folder / "workload.yaml").write_text(json.dumps(said))
    return folder / "workload.yaml"


def kubernetes(one: Service) -> list[dict[str, Any]]:
    """The Service and the Deployment behind it, as objects."""
    metadata = {"name": one.name, "namespace": one.namespace}
    labels = {"app": one.name}
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    container: dict[str, Any] = {"name": "app", "image": f"registry.example/{one.name}:1"}
    container |= {"ports": [{"name": "http", "containerPort": 8080}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    pods = {"selector": {"matchLabels": labels}, "template": template}
    spec = {"selector": labels, "ports": ports}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": pods},
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("services", type=int, nargs="?", default=SERVICES)
    parser.add_argument("--keep", action="store_true", help="append the figures to results.csv")
    given = parser.parse_args()
    services = given.services
    with tempfile.TemporaryDirectory() as folder:
        workload = written(Path(folder) / "large", services)
        out = Path(folder) / "report"
        command = [sys.executable, "-m", "apim_aks", "report"]
        own = {"PYTHONDONTWRITEBYTECODE": ""}
        done = taken([*command, "--workload", str(workload), "--out", str(out)], own, quiet=False)
        print(
            f"{services} Services: {done.seconds:.0f} s, {done.processor:.0f} s of processors, "
            f"status {done.status}, at most {done.largest:.0f} MB in one process and "
            f"{done.together:.0f} MB in all"
        )
        pages = sorted(out.glob("*.html"), key=lambda p: -p.stat().st_size)
        for page in pages[:PAGES]:
            print(f"  {page.stat().st_size / 1e6:.1f} MB {page.name}")
        print(f"  {len(pages)} pages, {sum(p.stat().st_size for p in pages) / 1e6:.1f} MB in all")
        if given.keep and not done.status:
            keep("large_report", figures(services, done, pages))
    return done.status


def figures(services: int, done: Taken, pages: list[Path]) -> dict[str, tuple[float, str]]:
    largest = max(page.stat().st_size for page in pages) / 1e6
    found = {
        "seconds": (done.seconds, "s"),
        "processor": (done.processor, "s"),
        "largest process": (done.largest, "MB"),
        "all processes": (done.together, "MB"),
        "largest page": (largest, "MB"),
    }
    return {f"{services} Services, {name}": value for name, value in found.items()}


if __name__ == "__main__":
    sys.exit(main())
