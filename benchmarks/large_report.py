"""What the whole report of many Services takes: time, memory, largest pages.

Writes a workload of 500 Services of five operations each into a temporary folder, runs
`python -m apim_aks report` on it, and prints seconds, peak memory of the process and of its
largest kernel, and the largest pages. Run: python benchmarks/large_report.py [SERVICES]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from artefacts import SERVICES, service

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
    services = int(sys.argv[1]) if len(sys.argv) > 1 else SERVICES
    with tempfile.TemporaryDirectory() as folder:
        workload = written(Path(folder) / "large", services)
        out = Path(folder) / "report"
        began = time.perf_counter()
        command = [sys.executable, "-m", "apim_aks", "report"]
        done = subprocess.run([*command, "--workload", str(workload), "--out", str(out)])
        took = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{services} Services: {took:.0f} s, status {done.returncode}, peak {peak:.0f} MB")
        pages = sorted(out.glob("*.html"), key=lambda p: -p.stat().st_size)
        for page in pages[:PAGES]:
            print(f"  {page.stat().st_size / 1e6:.1f} MB {page.name}")
        print(f"  {len(pages)} pages, {sum(p.stat().st_size for p in pages) / 1e6:.1f} MB in all")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
