"""What the built thing answers: the calls behind each probe, with their controls."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.topology import Probe
from apim_aks.verification.scene import Scene
from apim_aks.verification.verdict import Verdict

PROBES: dict[str, Callable[[Scene, Probe], Verdict]] = {}
"""What is done for each `request` of a probe."""
