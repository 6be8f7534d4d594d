"""A picture as PNG, with resvg and a font that comes as a package: the extra `png`."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

from apim_aks.page.diagram.text import FONTS

SLIDE = 1920
"""Pixels across: a slide's."""
MISSING = "No PNG was written; pip install -e '.[png]' installs what draws it."
_RENDERER, _FONT = "resvg_py", "fontpkg_arimo"
_FILE = Path("files") / "Arimo[wght].ttf"


def installed() -> bool:
    """Both the renderer and its font are there."""
    return all(importlib.util.find_spec(name) for name in (_RENDERER, _FONT))


def png(svg: str, width: int = SLIDE) -> bytes | None:
    """The picture on white, so many pixels across; None without the extra.

    The bytes depend on the version of the renderer, and are the same with the same one.
    """
    return _drawn(svg, width) if installed() else None


@lru_cache(maxsize=32)
def _drawn(svg: str, width: int) -> bytes:
    """Drawing takes a fifth of a second, and reports of one design are often made again."""
    import fontpkg_arimo
    import resvg_py

    family = FONTS.split(",")[0]
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg.replace(family, fontpkg_arimo.FAMILY, 1),
            width=width,
            background="white",
            skip_system_fonts=True,
            font_files=[str(fontpkg_arimo.ROOT / _FILE)],
            font_family=fontpkg_arimo.FAMILY,
            sans_serif_family=fontpkg_arimo.FAMILY,
        )
    )
