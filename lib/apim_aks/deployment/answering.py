"""The last step of a deployment: each API must answer a call; `Succeeded` is not enough."""

from __future__ import annotations

from apim_aks.deployment.run import Run
from apim_aks.deployment.sequence import Waits
from apim_aks.facts.cutover import cutover_settings
from apim_aks.remote.azure import AzureClient

CALLS = "calls"
"""The last step of a deployment."""


def answered(client: AzureClient, given: Run) -> str:
    """What the check saw once every API had answered; empty without a check.

    The check is repeated, because it takes minutes until every part of a path is ready.

    Raises:
        Waits: some APIs do not answer, or cannot be called from this machine.
    """
    if given.answers is None:
        return ""
    settings, why = cutover_settings(), ""
    for attempt in client.attempts(settings.answer_tries, settings.answer_pause_seconds):
        served, why = given.answers()
        if served:
            return why
        if served is None:
            break
        given.tell(f"{CALLS}: {why} ({attempt} of {settings.answer_tries})")
    raise Waits(
        f"Every resource exists, but it is not confirmed that every API answers: {why}. Correct "
        "this and run it again; existing resources are not created again."
    )
