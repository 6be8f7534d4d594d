"""The ARM templates as `deploy` sends them, with the commands that deploy them by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apim_aks.artefacts.bundle import Artefacts, deploy_command, environment_variable
from apim_aks.artefacts.export.deployments import Deployments
from apim_aks.artefacts.export.origin import first_needed, laid_out, set_readme, steps_by_hand


def files(built: Artefacts) -> Mapping[str, str]:
    """Templates with the parameters of each deployment, and a README with the commands in order."""
    return laid_out(built, _files)


def _files(built: Artefacts, one: Deployments) -> Mapping[str, str]:
    made = {
        path: text
        for name in one.each
        for stage in one.deployed(name)
        for path, text in stage.files(name)
    }
    about = (
        [
            "One set of templates for all environments named below; what differs stands in "
            "`NN-<stage>.parameters.<environment>.json`."
        ]
        if one.is_named
        else []
    )
    return {path.removeprefix("arm/"): text for path, text in made.items()} | {
        "README.md": set_readme(
            built, "arm", "ARM templates", one, about, lambda name: _steps(built, one, name)
        )
    }


def _steps(built: Artefacts, one: Deployments, name: str) -> Iterator[str]:
    stages = one.deployed(name)
    yield first_needed(one, name, environment_variable, "from the environment")
    yield "Deployed in this order:"
    by_hand = steps_by_hand(built, one.each[name], name)
    for stage in stages:
        yield from (by_hand.pop(step) for step in stage.needs if step in by_hand)
        yield f"{stage.because}\n\n```sh\n{deploy_command(stage, name)}\n```"
