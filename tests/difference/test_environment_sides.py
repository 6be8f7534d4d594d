"""Two environments of one workload as the two sides of a difference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from apim_aks.cli.difference_text import difference_text
from apim_aks.difference import Part, difference, first_rows, read_side
from apim_aks.page.changed import changed_page
from tests.support.environments import with_environments


def test_two_environments_differ_in_what_the_file_says(tmp_path: Path) -> None:
    said = "environments:\n  a: {}\n  b: {azure: {name_suffix: bb}, traffic: {units: 3}}\n"
    folder = with_environments(tmp_path, said)
    a, b = (read_side(f"{folder}@{name}") for name in "ab")
    assert (a.title, b.title) == ("Contoso Orders in a", "Contoso Orders in b")
    assert a.followed == b.followed and a.apis == b.apis
    found = difference(a, b)
    changed = {p.part for p in found.parts if p.changes}
    assert Part.COST in changed
    assert not changed & {Part.MAPPING, Part.CONTRACT, Part.CONNECTIVITY, Part.FACTS}
    told = difference_text(found)
    assert told.startswith(
        "From Contoso Orders in a to Contoso Orders in b, both of the same files"
    )
    assert f"{a.followed}: monthly cost" in told
    assert "more changes of" in told and "that nobody follows or pinned" in told
    assert "vnet-external: monthly cost" not in told
    first, rest, words = first_rows(found.part(Part.COST), found.new)
    number = sum(row.number for row in (*first, *rest))
    assert number == len(found.part(Part.COST).changes) and f"And {words}; --json" in told
    html = changed_page(found)
    assert found.between in html and told.split("\n\n")[0].replace("\n", " ") == found.between
    listed, _, folded = html.partition(f"<summary>Changes: Cost, {words}</summary>")
    assert f"{a.followed}: monthly cost" in listed and "monthly cost" in folded
    pinned = difference(replace(a, shown=a.shown | {"vnet-external"}), b)
    assert "vnet-external: monthly cost" in difference_text(pinned), "it was, before"
