"""What a placement is built with, in the formats that teams deploy with.

A format is a module with `files(built)`: the path of each file below the format's folder, with its
text. `FORMATS` names all of them; command line and report take every one from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export import apiops, arm, bicep, gitops, kustomize, terraform
from apim_aks.artefacts.export.deployments import deployments
from apim_aks.errors import InputError

__all__ = ["FORMATS", "Format", "apart", "export_format", "exported"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format by the word for it on the command line, and what makes its files.

    One `of_resources` has every resource of the templates.
    """

    id: str
    label: str
    files: Callable[[Artefacts], Mapping[str, str]]
    of_resources: bool = False


FORMATS = (
    Format("arm", "ARM templates", arm.files, of_resources=True),
    Format("bicep", "Bicep", bicep.files, of_resources=True),
    Format("terraform", "Terraform", terraform.files, of_resources=True),
    Format(apiops.CLI, "APIOps for apiops-cli", apiops.for_cli),
    Format(apiops.TOOLKIT, "APIOps for Azure/apiops", apiops.for_toolkit),
    Format(kustomize.FORMAT, "Kustomize", kustomize.files),
    Format(gitops.FORMAT, "Argo CD and Flux", gitops.files),
)
"""Every format, the one that `deploy` itself uses first."""


def export_format(id: str) -> Format:
    """The format of this id.

    Raises:
        InputError: there is none; the sentence names those that there are.
    """
    for found in FORMATS:
        if found.id == id:
            return found
    names = ", ".join(f.id for f in FORMATS)
    raise InputError(f"{id!r} is not a format. Use one of {names}.")


def apart(format: Format, built: Artefacts) -> Sequence[str]:
    """Which environments have files of their own in this format, and why."""
    return deployments(built)[0].notes if format.of_resources else ()


def exported(format: Format, built: Artefacts) -> Mapping[str, str]:
    """The files of the placement in this format, by their paths in order.

    Raises:
        InputError: a part of the placement cannot be made, so that the files would lack it.
    """
    if built.refused:
        raise InputError(" ".join(built.refused))
    made = sorted(format.files(built).items())
    # Half a surrogate pair is no character: no file could hold it.
    return {path: text.encode(errors="replace").decode() for path, text in made}
