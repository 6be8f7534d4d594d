"""The formats of an option as tabs: every one named, and its files where a report writes them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from apim_aks.artefacts.bundle import artefacts
from apim_aks.artefacts.export import FORMATS, exported
from apim_aks.decision.design import design
from apim_aks.page.formats import formats
from apim_aks.workload.file import read_workload
from apim_aks.workload.pin import Pin
from tests.support.designs import bundled
from tests.support.environments import with_environments


def test_what_is_handed_over_has_its_files_under_tabs() -> None:
    made = bundled("contoso-orders")
    chosen = made.chosen
    assert chosen and made.handed_over == (chosen,)
    beside = next(p for p in made.placements if p.option.chapter != chosen.option.chapter)
    built = artefacts(chosen)
    text = formats(made, built).text
    groups = re.findall(r'<input type="radio" name="([^"]+)" id="([^"]+)"( checked)?>', text)
    id = f"format-{chosen.option.id}"
    wanted = [(id, f"{id}-{f.id}", " checked" if f.id == "arm" else "") for f in FORMATS]
    assert groups == wanted
    assert re.findall(r'<label for="([^"]+)">', text) == [own for _, own, _ in wanted]
    for format in FORMATS[1:]:
        files = exported(format, built)
        linked = re.findall(rf'href="{chosen.option.id}/{format.id}/([^"]+)"', text)
        folders = tuple(re.findall(r">([\w-]+/)<", text))
        kept = {p for p in files if p in linked or p.startswith(folders)}
        assert kept == files.keys() and linked[0] == "README.md"
    other = formats(made, artefacts(beside)).text
    assert f"{beside.option.id}/bicep/" not in other and "export bicep" in other


def test_templates_outside_the_environments_say_so(tmp_path: Path) -> None:
    said = "environments:\n  a: {}\n  b: {azure: {name_suffix: bb}}\n"
    folder = with_environments(tmp_path, said)
    made = design(read_workload(folder))
    assert made.chosen
    text = formats(made, artefacts(made.chosen)).text
    assert "outside its environments. Those of a and b, with parameters for each" in text
    assert f"apim-aks export arm --workload workload.yaml --option {made.chosen.option.id}" in text


def test_what_is_pinned_is_handed_over_too() -> None:
    made = bundled("contoso-orders")
    other = next(p for p in made.placements if p is not made.chosen)
    pins = ((other.option.id, Pin(tier=other.tier.name)),)
    pinned = replace(made, workload=replace(made.workload, pins=pins))
    assert {p.option.id for p in pinned.handed_over} >= {other.option.id}
