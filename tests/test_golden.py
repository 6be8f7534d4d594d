"""Everything that is generated, compared with files that a person has read.

`make golden` writes them anew; the difference is then read before it is kept.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apim_aks.artefacts.bundle import artefacts
from apim_aks.decision.design import Design, Placement, design
from apim_aks.facts.choices import choice_values
from apim_aks.options import OPTIONS
from apim_aks.options.choices import Choices
from apim_aks.page.diagram import picture
from apim_aks.workload.file import read_workload

GOLDEN = Path(__file__).parent / "golden"
WORKLOADS = ("contoso-orders", "contoso-retail")
LARGE = 4_000
"""An inline OpenAPI document beyond so many characters stands there by its digest only."""

VARIANTS = {
    "private-endpoint": ("v2-integration", Choices("none", "private-endpoint", "one-gateway")),
    "front-door": ("v2-integration", Choices("front-door", "private-endpoint", "per-service")),
    "internal": ("self-hosted-gateway", Choices("none", "internal", "per-service")),
}
"""Sets of contoso-orders with the values of choices that stand for no option there, by folder."""

SETS = (
    *((w, o.id) for w in WORKLOADS for o in OPTIONS),
    *((WORKLOADS[0], name) for name in VARIANTS),
)

every = pytest.mark.parametrize(("workload", "option"), SETS)


@cache
def designed(workload: str) -> Design:
    return design(read_workload(workload))


def chosen(workload: str, name: str) -> Placement:
    """What stands for an option, or the variant of it that has these choices."""
    made = designed(workload)
    if name not in VARIANTS:
        return made.placement(name)
    option, choices = VARIANTS[name]
    return next(v for v in made.combinations(option) if v.choices == choices)


def generated(workload: str, option: str) -> dict[str, str]:
    """The files of a set by their path."""
    placement = chosen(workload, option)
    built = artefacts(placement)
    assert not built.refused
    files = {f.file: shortened(f.text) for f in built.files}
    shapes = picture(placement.topology, placement.option.title).source
    return {**files, "topology.svg": shapes.replace("><", ">\n<") + "\n"}


def shortened(text: str) -> str:
    """A template without long OpenAPI documents; every other file as it is."""
    if '"openapi+json"' not in text:
        return text
    template = json.loads(text)
    for resource in template["resources"]:
        shorten(resource.get("properties", {}))
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def shorten(properties: dict[str, Any]) -> None:
    if properties.get("format") == "openapi+json" and len(properties["value"]) > LARGE:
        properties["value"] = f"sha256 {hashlib.sha256(properties['value'].encode()).hexdigest()}"


def read(workload: str, option: str) -> dict[str, str]:
    folder = GOLDEN / workload / option
    found = (f for f in folder.rglob("*") if f.is_file())
    return {f.relative_to(folder).as_posix(): f.read_text(encoding="utf-8") for f in found}


@every
def test_what_is_generated_is_what_was_read(workload: str, option: str) -> None:
    now, before = generated(workload, option), read(workload, option)
    assert sorted(now) == sorted(before)
    for file, text in now.items():
        lines = before[file].splitlines(), text.splitlines()
        changed = "\n".join(difflib.unified_diff(*lines, "read", "generated", lineterm="", n=2))
        assert text == before[file], f"{workload}/{option}/{file}\n{changed[:3000]}"


def test_each_value_of_each_choice_was_read_once() -> None:
    seen = [chosen(w, name).choices for w, name in SETS if w == WORKLOADS[0]]
    unseen = [v for v in choice_values() if not any(c.value(v.choice) == v.id for c in seen)]
    assert unseen == []


@every
def test_golden_files_name_no_folder_of_this_machine(workload: str, option: str) -> None:
    wrong = [f for f, text in read(workload, option).items() if str(GOLDEN.parents[1]) in text]
    assert wrong == []


def write() -> None:
    """Every golden file anew, those of options that are gone taken away."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for workload, name in SETS:
        for file, text in generated(workload, name).items():
            target = GOLDEN / workload / name / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
