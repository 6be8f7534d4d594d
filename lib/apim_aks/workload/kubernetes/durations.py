"""Durations as Gateway API and Istio write them: `10s`, `1m30s`, `500ms`, `1.5s`."""

from __future__ import annotations

import re
from typing import Any

_UNITS = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_PART = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)(ms|h|m|s)")


def milliseconds(value: Any) -> int | None:
    """The duration in milliseconds; None where it is none, or no whole number of them."""
    text = value if isinstance(value, str) else ""
    parts = _PART.findall(text)
    if not parts or "".join(n + unit for n, unit in parts) != text:
        return None
    thousandths = sum(round(float(n) * 1000) * _UNITS[unit] for n, unit in parts)
    return None if thousandths % 1000 else thousandths // 1000
