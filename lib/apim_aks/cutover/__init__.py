"""The callers of today: what changes for whom, how they are moved, and how the old is closed."""

from __future__ import annotations

from apim_aks.cutover.answering import answers

__all__ = ["answers"]
