"""What one workload may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """Seconds by the clock, and millions of bytes that stay in memory, for each workload."""

    seconds: float = 300.0
    megabytes: float = 2000.0
