"""Other people's input with something wrong in it: the same seed, the same mistake."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from apim_aks.facts import DATA
from apim_aks.workload.documents import read_file
from tests.support.places import CORPORA

Documents = dict[str, list[Any]]
"""The documents of each file of a system."""

NASTY: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**70, 1.5, 65536, "", " ", "/", "*", "{", "}", "{}", "{a}{a}", "{*x}"),
    *("?", "@(x)", "@{return 1;}", "{{x}}", "]]>", "--", "<a/>", "&", "'\"`", "$(id)", "-", "."),
    *("[parameters('x')]", "../../x", "/../x", "//h/x", "https://h:99999/x", "https://[::1", "~1"),
    *("a b", "#/a/b", "%2e%2e", "\x00", "\x07", "\u202e", "\u2028", "\ud7ff", "straße/größe"),
    *("😀", "é" * 70, "x" * 5000, "10.0.0.0/8", "0.0.0.0/0", "yes", "0x10", "2026-01-01", "v1"),
    *("a.b.c", "A" * 64, "http", "0", [], {}, [[]], [None], [{}], {"": None}, {"a": {"b": []}}),
    *({"$ref": "#"}, {"$ref": "#/paths"}, {"$ref": "other.yaml"}),
)


@dataclass(frozen=True)
class System:
    """A folder: a workload.yaml, and what it names."""

    name: str
    workload: Any
    files: Documents = field(repr=False)


@cache
def systems() -> tuple[System, ...]:
    """The bundled small workload, and what of the corpora is there."""
    return (_bundled(), *_microservices(), *_documents())


def system(number: int) -> System:
    """One of them, each in its turn."""
    return systems()[number % len(systems())]


def _bundled() -> System:
    folder = DATA / "workloads" / "contoso-orders"
    files = {p.relative_to(folder).as_posix(): _read(p) for p in sorted(folder.rglob("*.*"))}
    (workload,) = files.pop("workload.yaml")
    return System("contoso-orders", workload | _SAID, files)


_SAID = {
    "publish": ["customers", "getorder", "placeorder"],
    "apis": {
        "all": {
            "title": "All",
            "path": "all/orders",
            "version": "v1",
            "permissions": {"read": ["orders.read"], "write": ["orders.write"]},
            "services": ["getorder", "placeorder"],
            "operations": {"customers": ["GET /customers"]},
        }
    },
    "services_authenticate": {
        "customers": {"issuer": "https://id.example/v2", "audience": "api://a", "metadata": ""}
    },
    "ports": {"customers": 80},
    "requirements": {"private_gateway": True, "regions": 1, "host_names": 1, "monthly_budget": 900},
    "weights": {"security": 2, "cost": 1.5},
    "placements": {"vnet-external": {"tier": "Premium"}},
    "decision": {"option": "vnet-external", "date": "2026-11-23", "because": "why"},
}


_MICROSERVICES = {
    "agic-examples": ("aspnetapp.yaml", ""),
    "aks-store-demo": ("aks-store-all-in-one.yaml", ""),
    "bookinfo": ("bookinfo*.yaml", "productpage: openapi/swagger.yaml"),
    "drone-delivery": ("helm-rendered/*.yaml", ""),
    "retail-store": ("helm-rendered/*.yaml", ""),
    "sock-shop": ("*.yaml", ""),
    "eshop": ("**/*.yaml", ""),
}


def _microservices() -> Iterator[System]:
    for name, (pattern, openapi) in _MICROSERVICES.items():
        folder = CORPORA / "microservices" / name
        files = {p.relative_to(folder).as_posix(): _read(p) for p in sorted(folder.glob(pattern))}
        described = dict([openapi.split(": ")] if openapi else [])
        if files:
            data = {"name": name, "manifests": list(files)}
            documents = {file: _read(folder / file) for file in described.values()}
            yield System(name, data | {"openapi": described}, files | documents)


def _documents() -> Iterator[System]:
    """A Service with each document of the corpus, small ones first, beside one that is fine."""
    found = sorted((p.stat().st_size, p) for p in (CORPORA / "openapi").rglob("*.*"))
    for size, path in found:
        if path.suffix in (".json", ".yaml") and size < 300_000:
            body = _read(path)
            if not (body and isinstance(body[0], dict) and body[0].get("paths")):
                continue
            services = [_service("api"), _service("good")]
            openapi = {"api": "api.json", "good": "good.json"}
            data = {"name": "two", "manifests": ["a.yaml"], "openapi": openapi}
            files = {"a.yaml": services, "api.json": body, "good.json": [_GOOD]}
            yield System(path.name, data, files)


_GOOD = {
    "openapi": "3.0.3",
    "info": {"title": "Good", "version": "1"},
    "paths": {"/good/{id}": {"get": {"operationId": "good", "responses": {}}}},
}


def _service(name: str) -> Any:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80, "name": "http"}]},
    }


def _read(path: Path) -> list[Any]:
    """The documents of a file as JSON would hold them, so that dates are texts."""
    return [d.data for d in read_file(path, path.name).documents]


def mutated(chosen: System, seed: int) -> tuple[System, str]:
    """The system with up to four mistakes in one of its files, and the name of that file."""
    dice = random.Random(seed)
    names = [*(f for f in chosen.files if f != "good.json"), "workload.yaml"]
    file = dice.choice(names)
    documents = [chosen.workload] if file == "workload.yaml" else chosen.files[file]
    changed = copy.deepcopy(_trimmed(documents, dice))
    for _ in range(dice.randint(1, 4)):
        _mutate(changed, dice)
    if file == "workload.yaml":
        workload = changed[0] if changed else None
        return System(chosen.name, workload, chosen.files), file
    return System(chosen.name, chosen.workload, chosen.files | {file: changed}), file


def _trimmed(documents: list[Any], dice: random.Random) -> list[Any]:
    """A document with many paths with a few of them."""
    kept = []
    for data in documents:
        paths = data.get("paths") if isinstance(data, dict) else None
        if isinstance(paths, dict) and len(paths) > 6:
            few = dice.sample(sorted(paths), 6)
            data = {**data, "paths": {p: paths[p] for p in few}}
        kept.append(data)
    return kept


def _mutate(documents: list[Any], dice: random.Random) -> None:
    places = list(_places(documents))
    if not places:
        return
    holder, key = dice.choice(places)
    value = holder[key]
    match dice.choice(("drop", "nasty", "copy", "rename", "wrap", "move", "text", "grow")):
        case "drop":
            del holder[key]
        case "nasty":
            holder[key] = copy.deepcopy(dice.choice(NASTY))
        case "copy" if isinstance(holder, list):
            holder.insert(key, copy.deepcopy(value))
        case "copy":
            holder[f"{key}-2"] = copy.deepcopy(value)
        case "rename" if isinstance(holder, dict):
            holder[_name(dice, key)] = holder.pop(key)
        case "wrap":
            for _ in range(dice.choice((1, 1, 5, 90))):
                value = [value] if dice.random() < 0.5 else {"a": value}
            holder[key] = value
        case "move":
            other, its = dice.choice(places)
            if its in other if isinstance(other, dict) else its < len(other):
                holder[key] = copy.deepcopy(other[its])
        case "text":
            holder[key] = f"{value}{dice.choice([n for n in NASTY if isinstance(n, str)])}"
        case "grow" if isinstance(holder, list):
            holder += [copy.deepcopy(value) for _ in range(dice.choice((2, 30)))]
        case _:
            holder[key] = str(value) if not isinstance(value, str) else 7


def _name(dice: random.Random, key: Any) -> str:
    nasty = str(dice.choice(NASTY))
    return dice.choice((nasty, f"{key}{nasty}", f"{key}/", str(key).upper(), f"/{nasty}"))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        for key, child in holder.items() if isinstance(holder, dict) else enumerate(holder):
            yield holder, key
            if isinstance(child, (dict, list)):
                waiting.append(child)


def write(chosen: System, folder: Path) -> Path:
    """The system below this folder, every file as JSON, which YAML holds too."""
    for name, documents in {"workload.yaml": [chosen.workload], **chosen.files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = (json.dumps(d, ensure_ascii=False) for d in documents)
        path.write_text("\n---\n".join(texts), encoding="utf-8", errors="surrogatepass")
    return folder / "workload.yaml"
