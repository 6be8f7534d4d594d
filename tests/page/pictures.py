"""Every picture of the bundled workloads: `python tests/page/pictures.py` prints them as text.

Without an argument, the source of each, and of a graph the coordinates that Graphviz gives it;
with `svg`, the SVG of each. The bytes are the same on every machine with the same Graphviz.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from apim_aks import page
from apim_aks.decision.design import Design, design
from apim_aks.options import without_gateway
from apim_aks.page.diagram import Picture, layout, mapping_picture, picture
from apim_aks.workload.file import read_workload

WORKLOADS = ("contoso-orders", "contoso-retail")


def pictures(scenario: Design) -> Iterator[tuple[str, Picture]]:
    """The pictures of a report, by a name: Services and APIs, without a gateway, each option."""
    yield "mapping", mapping_picture(page.mapping_rows(scenario))
    yield "direct", picture(without_gateway.before(scenario.workload, scenario.mapping))
    for placement in scenario.placements:
        yield placement.option.id, picture(placement.topology, placement.option.title)


def written(drawn: Picture, form: str) -> str:
    if form == "svg":
        return drawn.svg
    if drawn.source.startswith("digraph"):
        return f"{drawn.source}{layout.laid_out(drawn.source, 'plain').decode()}"
    return drawn.source


def main(form: str = "plain") -> None:
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    for workload in WORKLOADS:
        for name, drawn in pictures(design(read_workload(workload))):
            print(f"# {workload} {name}", written(drawn, form), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
