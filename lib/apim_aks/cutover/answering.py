"""The last step of a deployment: each API must answer a call; `Succeeded` is not enough."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.cutover.controls import controls, lacking, seen
from apim_aks.decision.design import Design, Placement
from apim_aks.deployment import Project
from apim_aks.remote.azure import AzureClient
from apim_aks.remote.calls import Vantage
from apim_aks.verification.azure_reader import AzureReader
from apim_aks.verification.scene import LiveScene

Answers = Callable[[], tuple[bool | None, str]]


def answers(
    client: AzureClient, design: Design, placement: Placement, project: Project, vantage: Vantage
) -> Answers:
    """A check of the new path at each call: whether every API answered, and a sentence.

    None if it cannot be called from this machine, which no retry changes.
    """

    def asked() -> tuple[bool | None, str]:
        scene = LiveScene(
            design=design,
            placement=placement,
            project=project,
            azure=AzureReader(client),
            vantage=vantage,
        )
        found = controls(scene)
        unable = [c for c in found if c.served is None and not c.by_hand]
        if unable and not any(c.served is not None for c in found):
            return None, unable[0].words
        why = lacking(found)
        return not why, why or seen(found)

    return asked
