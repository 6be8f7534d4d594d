"""What Azure's own records say of each promise: one function for each aspect."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.verification.scene import Scene
from apim_aks.verification.verdict import Verdict

ASPECTS: dict[str, Callable[[Scene], Verdict]] = {}
