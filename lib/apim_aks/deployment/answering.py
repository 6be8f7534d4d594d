"""When deploying ends: not where Azure says `Succeeded`, but where each API has answered a call."""

from __future__ import annotations

from apim_aks.deployment.run import Run
from apim_aks.deployment.sequence import Waits
from apim_aks.facts.cutover import cutover_settings
from apim_aks.remote.azure import AzureClient

CALLS = "calls"
"""The last step of a deployment."""


def answered(client: AzureClient, given: Run) -> str:
    """What was seen once every API had answered; empty where nobody was to look.

    It is asked again and again: it takes minutes until every part of a path is up.

    Raises:
        Waits: some do not answer, or nobody can ask from here.
    """
    if given.answers is None:
        return ""
    settings, why = cutover_settings(), ""
    for attempt in range(1, settings.answer_tries + 1):
        served, why = given.answers()
        if served:
            return why
        if served is None:
            break
        given.tell(f"{CALLS}: {why} ({attempt} of {settings.answer_tries})")
        if attempt < settings.answer_tries:
            client.pause(settings.answer_pause_seconds)
    raise Waits(
        f"Everything is there, and nobody has seen that every API answers: {why}. Run it again "
        "when that is changed: what is there is not made again."
    )
