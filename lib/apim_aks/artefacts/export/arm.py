"""The ARM templates as `deploy` sends them, with the commands that deploy them by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apim_aks.artefacts.bundle import Artefacts, deploy_command
from apim_aks.artefacts.export.origin import elsewhere, readme, steps_by_hand


def files(built: Artefacts) -> Mapping[str, str]:
    """Templates and parameters of each stage, and a README with the commands in order."""
    made = {a.file.removeprefix("arm/"): a.text for a in built.templates}
    return made | {"README.md": readme(built, "arm", "ARM templates", *_steps(built))}


def _steps(built: Artefacts) -> Iterator[str]:
    groups = ", ".join(dict.fromkeys(s.resource_group for s in built.stages))
    yield f"The resource groups have to be there: {groups}. Deployed in this order:"
    by_hand = steps_by_hand(built)
    for stage in built.stages:
        yield from (by_hand.pop(step) for step in stage.needs if step in by_hand)
        yield f"{stage.because}\n\n```sh\n{deploy_command(stage)}\n```"
    yield from elsewhere(built, "arm")
