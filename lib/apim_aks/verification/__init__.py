"""Checks whether an option keeps its promises, from the design alone or on deployed resources.

`check_option` needs only the design. `verify` reads Azure, and calls the gateway as
consumers, strangers and neighbours would; `drift` compares the templates with Azure.
"""

from __future__ import annotations

from apim_aks.verification.checks import (
    OFFLINE,
    ChecksFailed,
    DecisionLost,
    binding,
    check_all,
    check_option,
    failed,
    require,
    require_decision,
)
from apim_aks.verification.drift import Drift, DriftState, drift
from apim_aks.verification.live import Verified, verify
from apim_aks.verification.scene import LiveScene

__all__ = [
    "OFFLINE",
    "ChecksFailed",
    "DecisionLost",
    "Drift",
    "DriftState",
    "LiveScene",
    "Verified",
    "binding",
    "check_all",
    "check_option",
    "drift",
    "failed",
    "require",
    "require_decision",
    "verify",
]
