"""The pictures of a design, which pages and files show alike."""

from __future__ import annotations

from apim_aks.decision.design import Design
from apim_aks.page.diagram import Picture, picture


def pictures(design: Design) -> dict[str, Picture]:
    """The picture of each option by its id, drawn once for a design."""
    return design.once(_drawn)


def _drawn(design: Design) -> dict[str, Picture]:
    return {p.option.id: picture(p.topology, p.option.title) for p in design.placements}
