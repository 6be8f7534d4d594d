"""Calls as a consumer, a stranger or a neighbour makes them: what came back, or how it ended."""

from __future__ import annotations

from apim_aks.calls.vantage import PLACES, Vantage

__all__ = ["PLACES", "Vantage"]
