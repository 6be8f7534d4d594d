"""Graphviz's SVG made self-contained: icons inside, no paths, scaled to the page."""

from __future__ import annotations

import base64
from pathlib import PurePath
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from apim_aks.diagram import layout

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def size(raw: bytes) -> tuple[float, float]:
    """Width and height of the drawing, in its own units."""
    _, _, width, height = ElementTree.fromstring(raw).attrib["viewBox"].split()
    return float(width), float(height)


def finished(raw: bytes, mark: str, title: str, description: str) -> str:
    """One `<svg>` element that needs nothing else and says what it shows.

    `mark` keeps its ids apart from those of other pictures on a page.
    """
    root = ElementTree.fromstring(raw)
    width, height = size(raw)
    _strip(root)
    symbols = _symbols(root, mark)
    root.attrib.clear()
    root.attrib.update(
        {
            "role": "img",
            "aria-labelledby": f"title-{mark} desc-{mark}",
            "width": "100%",
            "viewBox": f"0 0 {width:.0f} {height:.0f}",
            "style": f"max-width:{width:.0f}px;height:auto",
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


def _symbols(root: Element, mark: str) -> Element:
    """Each icon once; where it stands, a reference to it."""
    known: dict[str, str] = {}
    symbols = Element(f"{{{SVG}}}defs")
    for image in root.iter(f"{{{SVG}}}image"):
        path = image.attrib[HREF]
        if path not in known:
            known[path] = f"icon-{PurePath(path).stem}-{mark}"
            symbols.append(_symbol(known[path], layout.icon(path)))
        place = {k: image.attrib[k].removesuffix("px") for k in ("x", "y", "width", "height")}
        image.tag = f"{{{SVG}}}use"
        image.attrib.clear()
        image.attrib.update({HREF: f"#{known[path]}", **place})
    return symbols


def _symbol(id: str, png: bytes) -> Element:
    symbol = Element(f"{{{SVG}}}symbol", {"id": id, "viewBox": "0 0 96 96"})
    data = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    SubElement(symbol, f"{{{SVG}}}image", {"width": "96", "height": "96", HREF: data})
    return symbol
