"""What a placement is built with: templates, manifests and policies, or why one cannot be made."""

from __future__ import annotations

import io
import re
import shlex
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from apim_aks.artefacts.arm_templates import Stage, VaultEntry, arm_templates, certificates_step
from apim_aks.artefacts.manifests import ManifestFile, manifests
from apim_aks.artefacts.policies import PolicyDocument, policies
from apim_aks.errors import InputError
from apim_aks.facts import resource_type
from apim_aks.options.drawn import Drawn

T = TypeVar("T")

POLICY_TYPES = {
    "service": "Microsoft.ApiManagement/service/policies",
    "product": "Microsoft.ApiManagement/service/products/policies",
    "api": "Microsoft.ApiManagement/service/apis/policies",
    "operation": "Microsoft.ApiManagement/service/apis/operations/policies",
    "fragment": "Microsoft.ApiManagement/service/policyFragments",
}
"""The resource type that carries the policies of a scope."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file below the folder of its option: its text, what it is for, and how it is used."""

    file: str
    text: str = field(repr=False)
    because: str = ""
    command: str = ""
    warning: str = ""

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return len(self.text.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefacts:
    """Everything one placement is built with; `refused` says what could not be made, and why.

    `environments` is what it is built with in each environment of the workload.
    """

    drawn: Drawn = field(repr=False)
    stages: tuple[Stage, ...] = ()
    manifests: tuple[ManifestFile, ...] = ()
    policies: tuple[PolicyDocument, ...] = ()
    vault_entries: tuple[VaultEntry, ...] = ()
    refused: tuple[str, ...] = ()
    environments: Mapping[str, Artefacts] = field(default_factory=dict, repr=False)

    @property
    def everywhere(self) -> Mapping[str, Artefacts]:
        """What it is built with in each environment; in the only one where the file names none."""
        workload = self.drawn.workload
        return self.environments or {workload.environment or workload.azure.environment: self}

    @property
    def templates(self) -> tuple[Artefact, ...]:
        """Templates and their parameters, in the order of deployment."""
        return tuple(a for stage in self.stages for a in _templates(stage))

    @property
    def manifest_files(self) -> tuple[Artefact, ...]:
        """Manifests in the order in which they are applied."""
        return tuple(
            Artefact(f"manifests/{m.name}", m.yaml, m.because, m.command, m.warning)
            for m in self.manifests
        )

    @property
    def policy_files(self) -> tuple[Artefact, ...]:
        """Policy documents, fragments first, then from the widest scope inwards."""
        return tuple(
            Artefact(f"policies/{p.name}", p.xml, resource_type(POLICY_TYPES[p.scope]).because)
            for p in self.policies
        )

    @property
    def files(self) -> tuple[Artefact, ...]:
        """All of them."""
        return (*self.templates, *self.manifest_files, *self.policy_files)


def artefacts(drawn: Drawn) -> Artefacts:
    """What this placement is built with. What cannot be made is said and stops nothing."""
    refused: list[str] = []

    def made(make: Callable[[Drawn], tuple[T, ...]]) -> tuple[T, ...]:
        try:
            return make(drawn)
        except InputError as error:
            refused.append(str(error))
            return ()

    stages, files, documents = made(arm_templates), made(manifests), made(policies)
    entries = made(certificates_step)
    return Artefacts(
        drawn=drawn,
        stages=stages,
        manifests=files,
        policies=documents,
        vault_entries=entries,
        refused=tuple(dict.fromkeys(refused)),
    )


def _templates(stage: Stage) -> Iterator[Artefact]:
    (template, text), (parameters, given) = stage.files()
    yield Artefact(template, text, stage.because, deploy_command(stage))
    yield Artefact(parameters, given, "What this workload gives the template.")


def deploy_command(stage: Stage, environment: str = "") -> str:
    """How a stage is deployed by hand; what only the deployer knows comes from the environment."""
    asked = "".join(f' {name}="${environment_variable(name)}"' for name in stage.asked)
    return (
        f"az deployment group create --resource-group {shlex.quote(stage.resource_group)} "
        f"--name {stage.name} --template-file {stage.name}.json "
        f"--parameters @{stage.parameters_file(environment)}{asked}"
    )


def environment_variable(name: str) -> str:
    """The variable of the environment that gives a parameter: `TENANT_ID` for `tenantId`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def archive(built: Artefacts) -> bytes:
    """The files of a placement as one ZIP file: the same files, the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        for artefact in built.files:
            entry = zipfile.ZipInfo(f"{built.drawn.option.id}/{artefact.file}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            into.writestr(entry, artefact.text)
    return packed.getvalue()
