"""Calls as a consumer, a stranger or a neighbour makes them: what came back, or how it ended."""

from __future__ import annotations

from apim_aks.remote.calls.call import Call, Ending, Outcome
from apim_aks.remote.calls.caller import Caller, shown
from apim_aks.remote.calls.strangers import expiry, foreign_certificate, foreign_token
from apim_aks.remote.calls.vantage import PLACES, Vantage

__all__ = [
    "PLACES",
    "Call",
    "Caller",
    "Ending",
    "Outcome",
    "Vantage",
    "expiry",
    "foreign_certificate",
    "foreign_token",
    "shown",
]
