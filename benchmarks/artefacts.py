"""How long everything that is generated takes: all artefacts of all options.

Prints seconds for contoso-retail and for 500 Services of five operations each, medians of five
rounds with the least and the most, and what the templates of 500 Services hold against their
limits. Run: python benchmarks/artefacts.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

from apim_aks.artefacts.bundle import Artefacts, artefacts
from apim_aks.decision.design import Design, design
from apim_aks.facts import template_limit
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Document, Operation, Pods, Port, Service, Workload

ROUNDS = 5
SERVICES, OPERATIONS = 500, 5
BOUNDS = {"contoso-retail": 1.0, f"{SERVICES} Services": 10.0}


def service(number: int) -> Service:
    name = f"svc{number:03}"
    paths = [f"/{name}", f"/{name}/{{id}}", f"/{name}/{{id}}/lines"]
    keys = [("GET", paths[0]), ("POST", paths[0]), ("GET", paths[1]), ("PUT", paths[1])]
    operations = tuple(Operation(m, p, f"{name}{i}") for i, (m, p) in enumerate(keys))
    operations += (Operation("GET", paths[2], f"{name}Lines"),)
    document = Document(
        file=f"{name}.json",
        title=name,
        version="1",
        specification="3.0.3",
        base_path="",
        operations=operations,
        body=body(operations),
    )
    labels, ports = (("app", name),), (("http", 8080),)
    pods = (Pods(kind="Deployment", name=name, labels=labels, ports=ports),)
    return Service(
        namespace=f"team-{number % 20}",
        name=name,
        ports=(Port(80, "http", "http"),),
        pods=pods,
        documents=(document,),
    )


def body(operations: tuple[Operation, ...]) -> dict[str, object]:
    paths: dict[str, dict[str, object]] = {}
    for o in operations:
        found: dict[str, object] = {
            "operationId": o.operation_id,
            "responses": {"200": {"description": "Done."}},
        }
        if "{id}" in o.path:
            schema = {"type": "string"}
            found["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": schema}]
        paths.setdefault(o.path, {})[o.method.lower()] = found
    return {"openapi": "3.0.3", "info": {"title": "S", "version": "1"}, "paths": paths}


def many() -> Workload:
    services = tuple(service(n) for n in range(SERVICES))
    return Workload(name="large", title="Large", services=services)


def everything(made: Design) -> list[Artefacts]:
    built = [artefacts(placement) for placement in made.placements]
    for one in built:
        assert one.files
    return built


def seconds(work: Callable[[], object]) -> str:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return f"{statistics.median(taken):.2f} s ({min(taken):.2f} to {max(taken):.2f})"


def main() -> None:
    for name, bound in BOUNDS.items():
        made = design(read_workload(name) if name == "contoso-retail" else many())
        print(f"{name}: {seconds(partial(everything, made))}, at most {bound:g} s")
        for built in everything(made):
            limits(built)


def limits(built: Artefacts) -> None:
    most = max((len(s.resources) for s in built.stages), default=0)
    large = max((f.size for f in built.templates), default=0)
    print(
        f"  {built.drawn.option.id}: {len(built.files)} files, {len(built.stages)} stages, "
        f"at most {most} resources of {template_limit('resources').number} and "
        f"{large / 1e6:.1f} MB a template"
    )
    for sentence in built.refused:
        print(f"  refused: {sentence}")


if __name__ == "__main__":
    main()
