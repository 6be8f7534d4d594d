"""An existing API Management in a first workload.yaml, from a folder that APIOps extracted."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from apim_aks.apis.mapping.taken import taken
from apim_aks.decision.design import mapped
from apim_aks.errors import InputError
from apim_aks.facts import resource_type
from apim_aks.listing import listed
from apim_aks.workload.azure import Existing
from apim_aks.workload.file import read_workload, save
from apim_aks.workload.file.extracted import extracted

_SERVICE = "Microsoft.ApiManagement/service"


def existing_gateway(
    folder: str, artifacts: str, instance: str, subnet: str = "", tier: str = ""
) -> Existing | None:
    """The instance that the folder of artifacts was extracted from; None where none is named.

    Raises:
        InputError: the folder holds nothing that can be read, lies elsewhere, or its instance is
            not named; or something is said of an instance whose folder is not.
    """
    if not artifacts:
        said = {"--instance": instance, "--gateway-subnet": subnet, "--tier": tier}
        for argument in (name for name, value in said.items() if value):
            raise InputError(
                f"{argument} is of the instance of --from-apiops; name its folder too."
            )
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


def kept_instance(written: Path, instance: Existing, subnet: str, tier: str) -> Iterator[str]:
    """Writes the instance into the new file; says what it holds, what is not known and clashes.

    Raises:
        InputError: the subnet or the tier is none.
    """
    said = {
        "name": instance.name,
        "resource_group": instance.resource_group,
        "extracted": instance.extracted,
    }
    azure = {"existing": {"api_management": said}, **({"gateway_subnet": subnet} if subnet else {})}
    save(written, {"azure": azure, **({"requirements": {"tiers_allowed": [tier]}} if tier else {})})
    yield _kept(written, instance)
    if not (subnet and tier):
        yield _not_known(instance, subnet, tier)
    made = mapped(read_workload(written))
    yield from map(str, taken(made.workload, made.mapping))


def _not_known(instance: Existing, subnet: str, tier: str) -> str:
    """What the folder does not say, where it stands, and how Azure is asked."""
    keys = {
        "its subnet (azure.gateway_subnet, where it is in a network)": subnet,
        "its tier (requirements.tiers_allowed)": tier,
    }
    place = f"--resource-group {shlex.quote(instance.resource_group)}"
    return (
        f"An extracted folder does not hold {listed([k for k, v in keys.items() if not v])}. "
        "Write it into workload.yaml; "
        f"`az apim show {place} --name {shlex.quote(instance.name)} --query "
        "'[sku.name, virtualNetworkConfiguration.subnetResourceId]'` names both."
    )


def _kept(written: Path, instance: Existing) -> str:
    found, _ = extracted(written.parent / instance.extracted, instance.extracted, {})
    kinds = Counter(resource_type(f"{_SERVICE}/{one.kind}").label for one in found)
    held = listed([f"{label}: {number}" for label, number in kinds.items()], len(kinds))
    return (
        f"{instance.name} keeps what it holds ({held}): deployment stops before it would write "
        "one of these names or paths."
    )
