"""Folders of small workloads: what one has, what breaks one, and one that never ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from apim_aks.portfolio.assessment import (
    Assessment,
    Network,
    Placed,
    PublishedApi,
    ServiceName,
    Span,
    State,
)
from apim_aks.portfolio.running import Row


def workload(folder: Path, name: str, *, services: int = 1, **more: Any) -> Path:
    """A workload with so many described Services, the first of which calls the next workload's."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = [f"api{n}" for n in range(services)]
    objects = [
        o for id in ids for o in _service(name, id, more.pop("calls", "") if id == "api0" else "")
    ]
    text = "---\n".join(yaml.safe_dump(o, sort_keys=False) for o in objects)
    (folder / "manifests.yaml").write_text(text, encoding="utf-8")
    for id in ids:
        document = json.dumps(_document(f"{name} {id}", f"/{name}/{id}"))
        (folder / f"{id}.json").write_text(document, encoding="utf-8")
    said = {
        "name": name,
        "manifests": ["manifests.yaml"],
        "openapi": {id: f"{id}.json" for id in ids},
        "publish": ids,
        **more,
    }
    file = folder / "workload.yaml"
    file.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    return file


def broken(folder: Path) -> Path:
    """A workload that names manifests which are not there."""
    folder.mkdir(parents=True)
    file = folder / "workload.yaml"
    file.write_text(f"name: {folder.name}\nmanifests: [gone.yaml]\n", encoding="utf-8")
    return file


def hanging(folder: Path, times: int = 1) -> Path:
    """A workload whose chart the program of `never_ending` renders never, for each of its releases.

    Any program is ended after a minute, so that the workload takes so many minutes.
    """
    workload(folder, folder.name)
    (folder / "chart/templates").mkdir(parents=True)
    (folder / "chart/Chart.yaml").write_text("apiVersion: v2\nname: slow\nversion: 1.0.0\n")
    with (folder / "workload.yaml").open("a", encoding="utf-8") as file:
        file.write("render:\n")
        file.writelines(f"- helm: chart\n  release: slow{n}\n" for n in range(times))
    return folder / "workload.yaml"


def never_ending(folder: Path) -> Path:
    """A folder for the path with a helm that waits, and writes its process id beside itself."""
    folder.mkdir(parents=True)
    program = folder / "helm"
    lines = (
        f"#!{sys.executable}",
        "import os, pathlib, time",
        f"pathlib.Path({str(folder / 'pid')!r}).write_text(str(os.getpid()))",
        "time.sleep(600)",
    )
    program.write_text("\n".join(lines), encoding="utf-8")
    program.chmod(0o755)
    return folder


def _service(name: str, id: str, calls: str) -> tuple[dict[str, Any], dict[str, Any]]:
    labels = {"app": id}
    variables = [{"name": "NEXT_URL", "value": calls}] if calls else []
    container = {"name": id, "image": f"example.azurecr.io/{id}:1", "env": variables}
    metadata = {"name": id, "namespace": name}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 80}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": pods},
        },
    )


def _document(title: str, path: str) -> dict[str, Any]:
    answers = {"responses": {"200": {"description": "found"}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": "1"},
        "paths": {path: {"get": answers}, f"{path}/{{id}}": {"get": answers}},
    }


PLACED = Placed(
    option="ingress-mtls",
    title="Ingress with mutual TLS",
    tier="Basic",
    choices=(),
    standing="met",
    because="",
    score=0.5,
    cost=Span(150.0, 150.0),
    gateway_cost=147.17,
    units=1,
    regions=1,
    public_endpoints=Span(0, 0),
    bypass=Span(0, 0),
    blast_radius=Span(0, 2),
    passed=1,
    failed=(),
    not_run=1,
)
GOOD = Assessment(
    state=State.ASSESSED,
    name="shop",
    chosen="ingress-mtls",
    placements=(PLACED,),
    services=(ServiceName("shop/api", (80,)),),
    apis=(PublishedApi("orders", "orders", 4),),
    products=("shop",),
    resources={"operations": 4, "products": 1},
    networks=(Network("10.40.0.0/16", "the network of the cluster", False),),
)


def rows(**found: Assessment) -> tuple[Row, ...]:
    return tuple(Row(label, one) for label, one in found.items())
