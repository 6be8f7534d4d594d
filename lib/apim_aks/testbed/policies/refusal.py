"""What the stand-in does not know: it is named with its place, and nothing runs without it."""

from __future__ import annotations

from apim_aks.errors import InputError


def refused(place: str, what: str, expected: str) -> InputError:
    """The error for what stands at `place` (file and line) and is not known here."""
    return InputError(
        f"{place}: {what} is not known to the testbed's policy interpreter; {expected}."
    )
