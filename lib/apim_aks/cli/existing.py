"""An existing API Management in a first workload.yaml, from a folder that APIOps extracted."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from apim_aks.errors import InputError
from apim_aks.facts import resource_type
from apim_aks.listing import listed
from apim_aks.workload.azure import Existing
from apim_aks.workload.file import save
from apim_aks.workload.file.extracted import extracted

_SERVICE = "Microsoft.ApiManagement/service"


def existing_gateway(folder: str, artifacts: str, instance: str) -> Existing | None:
    """The instance that the folder of artifacts was extracted from; None where none is named.

    Raises:
        InputError: the folder holds nothing that can be read, lies elsewhere, or its instance is
            not named.
    """
    if not artifacts:
        if instance:
            raise InputError("--instance is the instance of --from-apiops; name its folder too.")
        return None
    group, _, name = instance.partition("/")
    if not (group and name) or "/" in name:
        raise InputError(
            f"--instance {instance!r}: the extracted folder does not say what it is of. Write "
            "GROUP/NAME, such as rg-apim/apim-shop."
        )
    within = _within(Path(folder), Path(artifacts))
    found, wrong = extracted(Path(artifacts), within, {})
    if wrong:
        raise InputError(str(wrong[0]))
    if not found:
        raise InputError(
            f"{artifacts}: this folder holds nothing that APIOps extracted. Name the folder in "
            "which apis/NAME/apiInformation.json and the like lie."
        )
    return Existing(name, group, within)


def _within(folder: Path, artifacts: Path) -> str:
    inner, outer = (Path(os.path.realpath(p)) for p in (artifacts, folder))
    if not inner.is_dir() or not inner.is_relative_to(outer):
        raise InputError(
            f"--from-apiops {artifacts.as_posix()}: there is no such folder in "
            f"{folder.as_posix()}. Copy the extracted folder into it."
        )
    return inner.relative_to(outer).as_posix()


def kept_instance(written: Path, instance: Existing) -> str:
    """Writes the instance into the new file, and says what it holds."""
    said = {
        "name": instance.name,
        "resource_group": instance.resource_group,
        "extracted": instance.extracted,
    }
    save(written, {"azure": {"existing": {"api_management": said}}})
    found, _ = extracted(written.parent / instance.extracted, instance.extracted, {})
    kinds = Counter(resource_type(f"{_SERVICE}/{one.kind}").label for one in found)
    held = listed([f"{label}: {number}" for label, number in kinds.items()], len(kinds))
    return (
        f"{instance.name} keeps what it holds ({held}): deployment stops before it would write "
        "one of these names or paths."
    )
