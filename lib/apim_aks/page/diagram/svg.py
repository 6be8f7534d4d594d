"""Graphviz's SVG made self-contained: texts placed by our table, icons inside, no paths, scaled."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from apim_aks.facts.pictures import icon
from apim_aks.page.diagram.text import FONTS, above, width

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"
SHAPES = (f"{{{SVG}}}polygon", f"{{{SVG}}}path")
KEPT = ("font-size", "font-weight", "fill")
UNSEEN = ("none", "transparent")
_ICON = re.compile(r'<symbol id="([^"]*)"[^>]*>(.*?)</symbol>')
_REFERENCE = re.compile(r'"#(icon-[^"]*)"')

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def size(raw: bytes) -> tuple[float, float]:
    """Width and height of the drawing, in its own units."""
    _, _, width, height = ElementTree.fromstring(raw).attrib["viewBox"].split()
    return float(width), float(height)


def finished(raw: bytes, mark: str, title: str, description: str) -> str:
    """Graphviz's drawing as one `<svg>` element that needs nothing else and says what it shows."""
    root = ElementTree.fromstring(raw)
    _strip(root)
    _place_texts(root)
    return complete(root, mark, title, description)


def complete(root: Element, mark: str, title: str, description: str) -> str:
    """One `<svg>` element with its icons inside, by path or by kind, and with its words.

    `mark` keeps its ids apart from those of other pictures on a page.
    """
    _, _, across, down = map(float, root.attrib["viewBox"].split())
    symbols = _symbols(root, mark)
    root.attrib.clear()
    root.attrib.update(
        {
            "role": "img",
            "aria-labelledby": f"title-{mark} desc-{mark}",
            "width": "100%",
            "viewBox": f"0 0 {across:.0f} {down:.0f}",
            "style": f"max-width:{across:.0f}px;height:auto",
            "font-family": FONTS,
        }
    )
    root.insert(0, _words("title", f"title-{mark}", title))
    root.insert(1, _words("desc", f"desc-{mark}", description))
    root.insert(2, symbols)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _words(tag: str, id: str, text: str) -> Element:
    element = Element(f"{{{SVG}}}{tag}", {"id": id})
    element.text = text
    return element


def _strip(root: Element) -> None:
    """Graphviz's ids clash between pictures of one page, and its titles are our node ids."""
    for element in root.iter():
        element.attrib.pop("id", None)
        for title in element.findall(f"{{{SVG}}}title"):
            element.remove(title)


def _place_texts(root: Element) -> None:
    """Each text into the cell that is drawn before it, wherever this machine's fonts put it."""
    for group in root.iter(f"{{{SVG}}}g"):
        cell = None
        for element in list(group):
            if element.tag == f"{{{SVG}}}text" and cell is not None:
                _place(element, cell, group.find(f"{{{SVG}}}image"))
            cell = element if element.tag in SHAPES else None
        for element in group.findall(f"{{{SVG}}}polygon"):
            if element.get("fill") in UNSEEN and element.get("stroke") in UNSEEN:
                group.remove(element)


def _place(text: Element, cell: Element, icon: Element | None) -> None:
    """In the middle under an icon or in a cell with a colour, else from the left.

    It is as wide as the table says, in whichever font the reader's machine has.
    """
    left, top, right, bottom = _edges(cell)
    below = icon is not None and left < _px(icon, "x") + _px(icon, "width") / 2 < right
    middle = below or cell.get("fill") not in UNSEEN
    kept = {name: text.attrib[name] for name in KEPT if name in text.attrib}
    size = float(text.attrib["font-size"])
    wide = width(text.text or "", round(size), text.get("font-weight") == "bold")
    text.attrib.clear()
    text.attrib.update(
        {
            "x": f"{(left + right - wide) / 2 if middle else left:.2f}",
            "y": f"{(top + bottom + above(size)) / 2:.2f}",
            "textLength": str(wide),
            "lengthAdjust": "spacingAndGlyphs",
            **kept,
        }
    )


def _px(image: Element, name: str) -> float:
    return float(image.attrib[name].removesuffix("px"))


def _edges(shape: Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a rectangle, its corners sharp or round."""
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", shape.get("points", shape.get("d", "")))]
    across, down = numbers[::2], numbers[1::2]
    return min(across), min(down), max(across), max(down)


def _symbols(root: Element, mark: str) -> Element:
    """Each icon once; where it stands, a reference to it."""
    known: dict[Path, str] = {}
    symbols = Element(f"{{{SVG}}}defs")
    for image in root.iter(f"{{{SVG}}}image"):
        named = image.attrib[HREF]
        path = Path(named) if named.endswith(".png") else icon(named).path
        if path not in known:
            known[path] = f"icon-{path.stem}-{mark}"
            symbols.append(_symbol(known[path], path.read_bytes()))
        place = {k: image.attrib[k].removesuffix("px") for k in ("x", "y", "width", "height")}
        image.tag = f"{{{SVG}}}use"
        image.attrib.clear()
        image.attrib.update({HREF: f"#{known[path]}", **place})
    return symbols


def icons_once(page: str) -> str:
    """The page with each icon once, for all of its pictures."""
    known: dict[str, str] = {}
    others: dict[str, str] = {}

    def kept(found: re.Match[str]) -> str:
        first = known.setdefault(found[2], found[1])
        if first == found[1]:
            return found[0]
        others[found[1]] = first
        return ""

    page = _ICON.sub(kept, page)
    return _REFERENCE.sub(lambda found: f'"#{others.get(found[1], found[1])}"', page)


def _symbol(id: str, png: bytes) -> Element:
    symbol = Element(f"{{{SVG}}}symbol", {"id": id, "viewBox": "0 0 96 96"})
    data = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    SubElement(symbol, f"{{{SVG}}}image", {"width": "96", "height": "96", HREF: data})
    return symbol
