"""The pictures of a design, which pages and files show alike."""

from __future__ import annotations

import base64
import re
import zlib
from urllib.parse import quote

from apim_aks.decision.design import Design, Placement
from apim_aks.page.diagram import Picture, picture
from apim_aks.page.diagram.png import MISSING, installed, png
from apim_aks.page.html import Html, element, paragraph

NARROW_HINT = element(
    "p",
    "The picture is wider than this screen: scroll it sideways, or turn the screen.",
    class_="narrow-hint",
)
"""A hint that is shown on narrow screens only."""
_PAGE = re.compile(r"(<diagram\b[^>]*>)(.*?)(</diagram>)", re.DOTALL)
NAME = "topology"
"""What the files of a picture are called, in the folder of their option."""


def pictures(design: Design) -> dict[str, Picture]:
    """The picture of each option by its id, drawn once for a design."""
    return design.once(_drawn)


def _drawn(design: Design) -> dict[str, Picture]:
    return {p.option.id: picture(p.topology, p.option.title) for p in design.placements}


def picture_files(design: Design, placement: Placement) -> dict[str, bytes]:
    """The picture of an option as files by their names: SVG, draw.io, and PNG where it can be."""
    drawn = pictures(design)[placement.option.id]
    rendered = png(drawn.svg)
    return {
        f"{NAME}.svg": drawn.svg.encode(),
        f"{NAME}.drawio": drawn.drawio.encode(),
        **({f"{NAME}.png": rendered} if rendered else {}),
    }


def picture_links(placement: Placement) -> Html:
    """Links to the files of a picture that lie beside a page of the report."""
    kinds = {"svg": "SVG", "png": "PNG", "drawio": "draw.io"}
    if not installed():
        del kinds["png"]
    links: list[Html | str] = []
    for ending, words in kinds.items():
        name = f"{placement.option.id}-{NAME}.{ending}"
        href = f"{placement.option.id}/{NAME}.{ending}"
        links += [", " if links else "", element("a", words, href=href, download=name)]
    missing = "" if installed() else f" {MISSING}"
    return paragraph("This picture as a file: ", *links, f".{missing}")


def compressed(file: str) -> str:
    """A draw.io file with its page compressed, a tenth as large, as draw.io writes such files.

    Format: https://github.com/jgraph/drawio/wiki/File-Format
    """
    return _PAGE.sub(lambda found: f"{found[1]}{_deflated(found[2])}{found[3]}", file)


def _deflated(page: str) -> str:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = squeeze.compress(quote(page, safe="!'()*~").encode()) + squeeze.flush()
    return base64.b64encode(data).decode()


def carried_file(drawn: Picture) -> Html:
    """The picture as a file that can be edited, which the page carries."""
    data = base64.b64encode(compressed(drawn.drawio).encode()).decode()
    href = f"data:application/vnd.jgraph.mxfile;base64,{data}"
    link = element("a", "draw.io file", href=href, download=f"{drawn.name}.drawio")
    return paragraph("To edit the picture: ", link, ".")
