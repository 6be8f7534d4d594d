"""How reading and mapping grow: 100, 1,000 and 5,000 Services with 20 operations each.

Each Service has a Deployment and an OpenAPI document of about 5 kB. Every size runs in a process of
its own, so that peak memory is that size's alone. Run: python benchmarks/mapping.py
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (100, 1_000, 5_000)
OPERATIONS = 20


def manifest(name: str) -> str:
    labels = f"{{app: {name}}}"
    return f"""apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: team-{int(name[3:]) % 40}}}
spec: {{selector: {labels}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: team-{int(name[3:]) % 40}}}
spec:
  selector: {{matchLabels: {labels}}}
  template:
    metadata: {{labels: {labels}}}
    spec:
      containers:
      - {{name: app, image: "contoso/{name}:1", ports: [{{containerPort: 8080}}]}}
"""


def description(name: str) -> dict[str, object]:
    paths: dict[str, dict[str, object]] = {}
    for number in range(OPERATIONS):
        path = f"/{name}/part{number // 4}" + ("/{id}" if number % 4 > 1 else "")
        method = ("get", "post")[number % 2]
        paths.setdefault(path, {})[method] = operation(name, number, "{" in path)
    item = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": name, "version": "1.0.0"},
        "paths": paths,
        "components": {"schemas": {"Item": item}},
    }


def operation(name: str, number: int, by_id: bool) -> dict[str, object]:
    schema = {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}
    found: dict[str, object] = {
        "operationId": f"{name}Operation{number}",
        "summary": f"Operation {number} of {name}",
        "tags": [name],
        "responses": {"200": {"description": "done", "content": schema}},
    }
    if by_id:
        found["parameters"] = [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    return found


def write(folder: Path, size: int) -> None:
    lines = ["name: bench", "manifests: [manifests/]", "openapi:"]
    (folder / "manifests").mkdir()
    (folder / "openapi").mkdir()
    for number in range(size):
        name = f"svc{number}"
        (folder / "manifests" / f"{name}.yaml").write_text(manifest(name))
        (folder / "openapi" / f"{name}.json").write_text(json.dumps(description(name)))
        lines.append(f"  {name}: openapi/{name}.json")
    (folder / "workload.yaml").write_text("\n".join(lines) + "\n")


def measure(folder: Path) -> None:
    """One size in this process: seconds to read, seconds to map, peak memory in MB."""
    from apim_aks.apis.mapping import map_services
    from apim_aks.workload.file import read_workload

    start = time.perf_counter()
    workload = read_workload(folder / "workload.yaml")
    read = time.perf_counter()
    mapping = map_services(workload)
    mapped = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert len(mapping.operations) == len(workload.services) * OPERATIONS
    print(
        f"{len(workload.services):>8,} {len(mapping.operations):>11,} {len(mapping.apis):>7,} "
        f"{read - start:>8.2f} {mapped - read:>8.2f} {peak:>8.0f}"
    )


def main() -> None:
    print("Services  operations    APIs   read s    map s  peak MB")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), size)
            sys.stdout.flush()
            subprocess.run([sys.executable, __file__, folder], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        measure(Path(sys.argv[1]))
    else:
        main()
