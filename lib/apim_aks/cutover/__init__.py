"""Today's callers: what changes for each, how they are moved, and how old entries are closed."""

from __future__ import annotations

from apim_aks.cutover.answering import answers

__all__ = ["answers"]
