"""The JSON schemas of the files that the program writes, made from the classes that they show.

`make golden` writes data/schemas anew; tests/test_schemas.py compares, and validates real files.
workload.schema.json and difference.schema.json are written by hand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from types import NoneType, UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from jsonschema import Draft202012Validator

from apim_aks.apis.mapping import Api, Collision, PortChoice
from apim_aks.apis.mapping.model import Decision as MappingDecision
from apim_aks.cutover.change import Change
from apim_aks.cutover.record import CloseRecord, CutoverRecord
from apim_aks.decision.as_json import SCHEMA_VERSION
from apim_aks.decision.design import Placement
from apim_aks.decision.measures import Measure
from apim_aks.decision.ranking import Ranking
from apim_aks.decision.reached import REACHED_VERSION
from apim_aks.deployment.saved_plan import SavedPlan
from apim_aks.deployment.state import DeploymentState
from apim_aks.facts import DATA
from apim_aks.facts.reach_assumptions import ReachAssumption
from apim_aks.options.choices import Choices
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.verdicts import Packet, Verdict
from apim_aks.topology import Topology
from apim_aks.topology.check import Check
from apim_aks.verification.callers import Access
from apim_aks.verification.entries import OutsideCaller
from apim_aks.workload.call import CallGraph
from apim_aks.workload.finding import Finding
from apim_aks.workload.guards.guard import Guard
from apim_aks.workload.model import Service, Workload
from apim_aks.workload.opening import Opening

Schema = dict[str, Any]
FOLDER = DATA / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NUMBERS: Schema = {"type": ["number", "null"], "description": "null where it has no bound."}
_SIMPLE: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    Any: {},
    object: {},
    IPv4Network: {"type": "string"},
    IPv6Network: {"type": "string"},
}


@dataclass(frozen=True)
class Shape:
    """A mapping that a function writes by hand: each key with its type, or a schema."""

    keys: Mapping[str, Any]
    says: str = ""
    required: bool = True


class Some:
    """A list of what is one of these; with `most` one of them, or null."""

    def __init__(self, *kinds: Any, most: int = 0) -> None:
        self.kinds, self.most = kinds, most


class Maker:
    """Schemas of types; each class stands once, below `$defs`."""

    def __init__(self, numbers: Schema) -> None:
        self.numbers = numbers
        self.defs: dict[str, Schema] = {}
        self.names: dict[Any, str] = {}

    def of(self, kind: Any) -> Schema:
        """The schema of a value of this type as `plain` writes it."""
        if isinstance(kind, dict):
            return kind
        if isinstance(kind, Shape):
            return self.shape(kind)
        if isinstance(kind, Some):
            return self._some(kind)
        if kind is float:
            return dict(self.numbers)
        if kind in _SIMPLE:
            return dict(_SIMPLE[kind])
        if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Enum)):
            return self._named(kind)
        if isinstance(kind, NewType):
            return self.of(kind.__supertype__)
        return self._generic(get_origin(kind), get_args(kind), kind)

    def shape(self, shape: Shape) -> Schema:
        made: Schema = {"description": shape.says} if shape.says else {}
        properties = {key: self.of(kind) for key, kind in shape.keys.items()}
        made |= {"type": "object", "properties": properties, "additionalProperties": False}
        return made | ({"required": list(properties)} if shape.required else {})

    def _some(self, some: Some) -> Schema:
        kinds = [self.of(kind) for kind in some.kinds]
        if some.most:
            return {"anyOf": [*kinds, {"type": "null"}]}
        return {"type": "array", "items": kinds[0] if len(kinds) == 1 else {"anyOf": kinds}}

    def _generic(self, origin: Any, inner: tuple[Any, ...], kind: Any) -> Schema:
        if origin in (Union, UnionType):
            return {"anyOf": [self.of(i) for i in inner]}
        if origin is Literal:
            return {"enum": list(inner)}
        if origin is tuple and (len(inner) < 2 or inner[1] is not Ellipsis):
            return self._fixed(inner)
        if origin in (tuple, list, Sequence):
            return {"type": "array", "items": self.of(inner[0])}
        if origin in (Mapping, dict):
            return {"type": "object", "additionalProperties": self.of(inner[1])}
        raise TypeError(f"{kind} is no type of a value that is written as JSON")

    def _fixed(self, inner: tuple[Any, ...]) -> Schema:
        count = len(inner)
        items = [self.of(i) for i in inner]
        return {"type": "array", "prefixItems": items, "minItems": count, "maxItems": count}

    def _named(self, kind: Any) -> Schema:
        if kind not in self.names:
            # Some names have a meaning in several rooms: the later one is called by its module too.
            room = kind.__module__.rpartition(".")[2].title().replace("_", "")
            taken = kind.__name__ in self.names.values()
            name = self.names[kind] = f"{room}{kind.__name__}" if taken else kind.__name__
            made = _of_enum(kind) if issubclass(kind, Enum) else self.shape(Shape(of(kind)))
            self.defs[name] = {"description": _first(kind.__doc__ or ""), **made}
        return {"$ref": f"#/$defs/{self.names[kind]}"}


def _of_enum(kind: type[Enum]) -> Schema:
    return {"enum": [getattr(member, "id", member.value) for member in kind]}


def _hints(kind: Any) -> dict[str, Any]:
    """The types of its fields; of those that are imported for mypy alone none is written."""
    return get_type_hints(kind, localns={"Parsed": object})


def _first(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


VERSION: Schema = {"const": SCHEMA_VERSION}
TEXTS = tuple[str, ...]
OR_TEXT: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": "number"}


def of(kind: Any, names: str = "") -> dict[str, Any]:
    """These fields of a class, or all of them."""
    hints = _hints(kind)
    return {n: hints[n] for n in names.split() or (f.name for f in fields(kind))}


def _below(kind: type) -> Iterator[type]:
    """The classes below this one; one with slots stands beside the class it was made from."""
    for name, module in sorted({k.__name__: k.__module__ for k in kind.__subclasses__()}.items()):
        one = getattr(sys.modules[module], name)
        yield one
        yield from _below(one)


def _guards() -> Iterator[Shape]:
    """Every class of guards, as `guards_data` writes them."""
    for kind in _below(Guard):
        yield Shape({"guard": {"const": kind.__name__}, **of(kind), "says": str})


SERVICE = Shape(
    {
        "id": str,
        **of(Service, "type headless"),
        "public": bool,
        **of(Service, "external_ips ip_families same_pods derived_from ports"),
        "published_port": PortChoice | None,
        "operations": int,
        "document": OR_TEXT,
        **of(Service, "validates file line"),
        **of(MappingDecision, "role"),
        "published": bool,
        "reason": str,
    },
    "A Service: what it is, whether and on which port it is published, and why.",
)
PLACEMENT = Shape(
    {
        "option": str,
        "title": str,
        "mode": str,
        "choices": Choices,
        "tier": str,
        "tier_pinned": bool,
        "ingress_controller": str,
        "measures": tuple[Measure, ...],
        **of(Placement, "ruled_out undecided not_compared admissions"),
    },
    "An option: its tier and measures, what rules it out, what it would need to be compared.",
)
MOVED = Some(Shape({"weight": NUMBER, "winner": str}), most=1)
RANKING = Shape(
    {
        "winner": OR_TEXT,
        "lead": float,
        "weights": Mapping[str, float],
        **of(Ranking, "standings ruled_out not_compared"),
        "not_compared_ahead": TEXTS,
        "flips": Some(
            Shape(
                {
                    "axis": str,
                    "weight": NUMBER,
                    "below": MOVED,
                    "above": MOVED,
                }
            )
        ),
    },
    "Weights, standings best first, who is out, and how far a weight has to move.",
)
STATE = Shape(
    {
        "state": str,
        "engine": Engine | None,
        "engine_assumed": bool,
        "refused": OR_TEXT,
        "workloads": TEXTS,
        "sources": Mapping[str, TEXTS],
        "all_but": Mapping[str, TEXTS],
        "verdicts": Some(
            Shape(
                {
                    **of(Verdict, "service port source answer"),
                    "claimed": bool | None,
                    "packet": Packet | None,
                    "because": TEXTS,
                    "credential": OR_TEXT,
                    "handed_on_by": TEXTS,
                }
            )
        ),
        "not_understood": TEXTS,
    },
    "Who reaches what today, or with an option. A source in braces stands for those in `sources`, "
    "or for all `workloads` but those in `all_but`.",
)
FILES: dict[str, tuple[str, Any]] = {
    "design": (
        "design.json of a report: everything that a design says.",
        Shape(
            {
                "schema_version": VERSION,
                "workload": Shape(
                    of(Workload, "name title consumers requirements traffic preset azure decided")
                ),
                "inputs": Mapping[str, str],
                "findings": tuple[Finding, ...],
                "openings": Some(Shape({**of(Opening), "sentence": str, "advice": str})),
                "guards": Some(*_guards()),
                "services": Some(SERVICE),
                "calls": _hints(CallGraph)["calls"],
                "calls_unread": _hints(CallGraph)["unread"],
                "apis": tuple[Api, ...],
                "collisions": tuple[Collision, ...],
                "placements": Some(PLACEMENT),
                "ranking": RANKING,
                "verdict": str,
                "decision_holds": bool | None,
                "prices": str,
                "criteria_not_counted": TEXTS,
                "fact_dates": Mapping[str, str],
            }
        ),
    ),
    "checks": ("checks.json of a report: every check of every option.", tuple[Check, ...]),
    "reachability": (
        "reachability.json of a report: who reaches which Service, with the reasons.",
        Shape(
            {
                "schema_version": {"const": REACHED_VERSION},
                "zones": Mapping[str, str],
                "always_open": Mapping[str, str],
                "assumptions": Some(Shape(of(ReachAssumption, "id words status source"))),
                "states": Some(STATE),
            }
        ),
    ),
    "topology": (
        "topology.json of an option: the placement as it is drawn, counted and checked.",
        Shape({"schema_version": VERSION, **of(Topology)}),
    ),
    "callers": (
        "callers.json of an option: who calls today, what changes for whom, and what stops when.",
        Shape(
            {
                "schema_version": VERSION,
                "callers": tuple[Access, ...],
                "outside": tuple[OutsideCaller, ...],
                "teams": str,
                "changes": tuple[Change, ...],
            }
        ),
    ),
    "files": (
        "files.json of a folder that the workbook writes: path and SHA-256 of each file.",
        Shape(
            {
                "schema_version": VERSION,
                "written_by": {"const": "apim-aks"},
                "what": str,
                "files": {
                    "type": "object",
                    "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                },
            }
        ),
    ),
    "plan": (
        "A plan that `plan --save` writes: names and fingerprints, nothing secret.",
        Shape({"schema_version": VERSION, **of(SavedPlan)}),
    ),
    "record": (
        "The record of a deployment, in .apim-aks and in Azure: ids without the subscription.",
        Shape(
            {
                "schema_version": VERSION,
                **of(DeploymentState),
                "phases": Shape(
                    {
                        "cutover": Shape(
                            {
                                **of(CutoverRecord),
                                "moved": TEXTS,
                                "records": Mapping[str, TEXTS],
                                "names": Mapping[str, TEXTS],
                            }
                        ),
                        "close": CloseRecord,
                    },
                    required=False,
                ),
            }
        ),
    ),
}
"""What each file is about, and what is in it, by the name of its schema."""


_AS_THEY_ARE = ("plan", "record")
"""Written without `plain`, which writes an open end as null."""


def schemas() -> dict[str, str]:
    """Name and text of each schema file."""
    return {f"{name}.schema.json": _text(name, *held) for name, held in FILES.items()}


def _text(name: str, says: str, kind: Any) -> str:
    maker = Maker(NUMBER if name in _AS_THEY_ARE else _NUMBERS)
    made = maker.of(kind)
    head = {"$schema": DRAFT, "$id": f"urn:apim-aks:{name}", "title": name, "description": says}
    defs = {"$defs": dict(sorted(maker.defs.items()))} if maker.defs else {}
    return json.dumps({**made, **head, **defs} | head, indent=2, ensure_ascii=False) + "\n"


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def wrong(name: str, text: str) -> list[str]:
    """What the schema of this name does not allow of a file, with the place."""
    found = _validator(name).iter_errors(json.loads(text))
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in found]


if __name__ == "__main__":
    for file, text in schemas().items():
        (FOLDER / file).write_text(text, encoding="utf-8", newline="\n")
