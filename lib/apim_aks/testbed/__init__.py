"""The cluster's entry run on this machine, called as consumers call it, and attacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # which takes libraries that nobody needs who does not run it
    from apim_aks.options.drawn import Drawn
    from apim_aks.testbed.trial import Trial


def tried(placement: Drawn, run: bool) -> Trial | None:
    """The trial of a placement; None where it is not to run."""
    if not run:
        return None
    from apim_aks.testbed.trial import trial

    return trial(placement)
