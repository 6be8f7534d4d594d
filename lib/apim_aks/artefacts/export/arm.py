"""The ARM templates as `deploy` sends them, with the commands that deploy them by hand."""

from __future__ import annotations

from collections.abc import Mapping

from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export.origin import readme


def files(built: Artefacts) -> Mapping[str, str]:
    """Templates and parameters of each stage, and a README with the commands in order."""
    made = {a.file.removeprefix("arm/"): a.text for a in built.templates}
    return made | {"README.md": readme(built, "arm", "ARM templates", *_steps(built))}


def _steps(built: Artefacts) -> tuple[str, ...]:
    deployed = (a for a in built.templates if a.command)
    commands = (f"{a.because}\n\n```sh\n{a.command}\n```" for a in deployed)
    return ("Deployed in this order:", *commands)
