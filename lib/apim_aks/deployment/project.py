"""What is deployed: the stages of an option with fixed names, tags and digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from apim_aks.artefacts.arm_templates import Stage, VaultEntry, arm_templates, certificates_step
from apim_aks.artefacts.arm_templates.site import CLUSTERS
from apim_aks.artefacts.manifests import ManifestFile, manifests
from apim_aks.decision.design import Design, Placement
from apim_aks.errors import InputError
from apim_aks.reachability.templates import Declared, Evaluation, declared, evaluation
from apim_aks.remote.azure import Json
from apim_aks.topology import Expectation, Probe, ProbeOutcome, ProbeRequest
from apim_aks.workload.kubernetes.object import Object, objects_in
from apim_aks.workload.names import digest, fitting, names_of

PREFIX = "apim-aks"
CERTIFICATES, SERVICES, MANIFESTS = "certificates", "services", "manifests"
APPROVAL = "approval"
"""A person approves the private endpoint that Front Door requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One stage as sent to Azure: deployment name, group, template with tags, parameters."""

    stage: str
    deployment: str
    group: str
    template: Json = field(repr=False)
    parameters: Json = field(repr=False)
    because: str = ""
    needs: tuple[str, ...] = ()

    def declared(self, seen: Evaluation | None = None) -> tuple[Declared, ...]:
        """The resources that it creates, by name."""
        plain = seen or evaluation(self.template, self.parameters, group=self.group)
        return tuple(declared(self.template, plain))


@dataclass(frozen=True, kw_only=True)
class Project:
    """Everything that one option of one workload deploys to Azure, in order.

    `services` are the ids of the Services that the cluster has to hold, `cluster_is_there` says
    that the cluster existed before, `objects` are those of the reader's manifests. `refused` says
    why there is nothing to deploy.
    """

    workload: str
    option: str
    version: str
    digest: str
    region: str
    home: str
    gateway: str
    tier: str
    vault: str
    cluster: str
    cluster_group: str
    pieces: tuple[Piece, ...]
    files: tuple[ManifestFile, ...] = ()
    certificates: tuple[VaultEntry, ...] = ()
    gate: Expectation | None = None
    gate_host: str = ""
    ours: frozenset[str] = frozenset()
    services: tuple[str, ...] = ()
    cluster_is_there: bool = False
    objects: tuple[Object, ...] = field(default=(), repr=False)
    refused: str = ""

    @property
    def prefix(self) -> str:
        """The prefix of the names of all deployments of this project."""
        return f"{PREFIX}-{fitting(self.workload, 14, 4)}-{fitting(self.option, 15, 4)}-"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource that supports tags."""
        return {
            "workload": self.workload,
            "option": self.option,
            "version": self.version,
            "digest": self.digest,
        }

    @cached_property
    def declared(self) -> tuple[Declared, ...]:
        """The resources that all stages create, by name."""
        return tuple(one for piece in self.pieces for one in piece.declared())

    @property
    def new_cluster(self) -> Json:
        """The properties of the cluster that the templates create; empty for an existing one."""
        made = (r.body for r in self.declared if r.type.lower() == CLUSTERS.lower())
        return dict(next(made, {}).get("properties") or {})

    @property
    def groups(self) -> tuple[str, ...]:
        """The resource groups that stages are deployed into."""
        return tuple(dict.fromkeys(p.group for p in self.pieces))

    def stranger(self, deleted: Json) -> str:
        """Why a soft-deleted API Management or vault was not created here; empty if it was.

        Names are taken in all of Azure, so that another group's may hold the same. Only vaults keep
        their tags.
        """
        told = deleted.get("properties") or {}
        id = str(told.get("serviceId") or told.get("vaultId") or "")
        group = id.lower().partition("/resourcegroups/")[2].partition("/")[0]
        if group not in {name.lower() for name in (self.home, *self.groups)}:
            return f"it stood in {f'resource group {group}' if group else 'an unknown group'}"
        tags = told.get("tags") if "vaultId" in told else self.tags
        same = all((tags or {}).get(key) == self.tags[key] for key in ("workload", "option"))
        return "" if same else "it has not the tags of this deployment"


def project(
    design: Design, placement: Placement, version: str, values: Mapping[str, Any] | None = None
) -> Project:
    """The project of this option; `values` are those that only the deployer knows.

    Raises:
        InputError: a template or manifest of it cannot be made.
    """
    stages = arm_templates(placement)
    made = _project(
        design, placement, version, stages, manifests(placement), certificates_step(placement)
    )
    return replace(made, pieces=tuple(_pieces(made, stages, values or {})))


def project_or_why(
    design: Design, placement: Placement, version: str, values: Mapping[str, Any] | None = None
) -> Project:
    """As `project`; one that holds nothing and says why where a part of it cannot be made."""
    try:
        return project(design, placement, version, values)
    except InputError as error:
        return replace(_project(design, placement, version), refused=str(error))


def _project(
    design: Design,
    placement: Placement,
    version: str,
    stages: Sequence[Stage] = (),
    files: tuple[ManifestFile, ...] = (),
    certificates: tuple[VaultEntry, ...] = (),
) -> Project:
    names = names_of(design.workload)
    cluster = design.workload.azure.existing.cluster
    gateway = design.workload.azure.existing.api_management
    vault = design.workload.azure.existing.key_vault
    gate = _gate(placement)
    return Project(
        workload=design.workload.name,
        option=placement.option.id,
        version=version,
        digest=digest([*(s.template for s in stages), *(f.yaml for f in files)]),
        region=names.region,
        home=stages[0].resource_group if stages else names.resource_group,
        gateway=gateway.name if gateway else names.gateway,
        tier=placement.tier.arm_name,
        vault=vault.name if vault else names.vault,
        cluster=cluster.name if cluster else names.cluster,
        cluster_group=cluster.resource_group if cluster else names.resource_group,
        pieces=(),
        files=files,
        certificates=certificates,
        gate=gate,
        gate_host=_gate_host(placement, gate),
        ours=frozenset(
            what for what, there in (("gateway", gateway), ("vault", vault)) if there is None
        ),
        services=tuple(
            dict.fromkeys(design.workload.service(id).origin for id in design.mapping.published)
        ),
        cluster_is_there=cluster is not None,
        objects=tuple(objects_in(design.workload.documents, [])),
    )


def _gate(placement: Placement) -> Expectation | None:
    """The promise to check before any API is published: no answer without a certificate."""
    return next(
        (
            e
            for e in placement.topology.expectations
            if isinstance(e.test, Probe)
            and e.test.request is ProbeRequest.NO_CERTIFICATE
            and e.test.outcome is ProbeOutcome.HANDSHAKE_REFUSED
        ),
        None,
    )


def _gate_host(placement: Placement, gate: Expectation | None) -> str:
    if gate is None or not isinstance(gate.test, Probe):
        return ""
    named = {n.component: n.name for n in placement.topology.names}
    return named.get(gate.test.target, gate.test.target)


def _pieces(made: Project, stages: tuple[Stage, ...], values: Mapping[str, Any]) -> Iterator[Piece]:
    for stage in stages:
        given = {k: v for k, v in values.items() if k in stage.template["parameters"]}
        parameters = stage.parameters["parameters"] | {k: {"value": v} for k, v in given.items()}
        fingerprint = digest([stage.template, parameters])
        name = f"{made.prefix}{fitting(stage.name, 15, 4)}-{fingerprint}"
        template = tagged(stage.template, made.tags)
        group = stage.resource_group or made.home
        yield Piece(
            stage=stage.name,
            deployment=name,
            group=group,
            template=template,
            parameters=parameters,
            because=stage.because,
            needs=stage.needs,
        )


def tagged(template: Json, tags: Mapping[str, str]) -> Json:
    """The template with these tags on each resource that has tags already."""
    return template | {"resources": [_tagged(r, tags) for r in template.get("resources") or ()]}


def _tagged(resource: Json, tags: Mapping[str, str]) -> Json:
    inner = (resource.get("properties") or {}).get("template")
    if resource["type"].lower() == "microsoft.resources/deployments" and inner:
        properties = resource["properties"] | {"template": tagged(inner, tags)}
        return resource | {"properties": properties}
    if "tags" not in resource:
        return resource
    return resource | {"tags": {**resource["tags"], **tags}}


def unanswered(made: Project) -> tuple[tuple[str, str, str], ...]:
    """Parameters without a value: name, meaning, stage."""
    return tuple(
        (name, (declaration.get("metadata") or {}).get("description", ""), piece.stage)
        for piece in made.pieces
        for name, declaration in (piece.template.get("parameters") or {}).items()
        if name not in piece.parameters and "defaultValue" not in declaration
    )


def require_answers(made: Project) -> None:
    """Return if every parameter has a value.

    Raises:
        InputError: some have no value, or the project holds nothing; the sentence says so.
    """
    if made.refused:
        raise InputError(made.refused)
    missing = {name: meaning for name, meaning, _ in unanswered(made)}
    if missing:
        words = "; ".join(f"{name} ({meaning})" for name, meaning in missing.items())
        raise InputError(
            f"{len(missing)} values are missing: {words}. Give each with --value NAME=VALUE "
            "or in the file of --values."
        )


def recovering(made: Project, what: frozenset[str]) -> Project:
    """The project with soft-deleted resources recovered, not created: `gateway`, `vault`."""
    pieces = []
    for piece in made.pieces:
        resources = [_recovering(r, what) for r in piece.template["resources"]]
        pieces.append(replace(piece, template=piece.template | {"resources": resources}))
    return replace(made, pieces=tuple(pieces))


_RECOVERY: Mapping[str, tuple[str, Json]] = {
    "microsoft.apimanagement/service": ("gateway", {"restore": True}),
    "microsoft.keyvault/vaults": ("vault", {"createMode": "recover"}),
}


def _recovering(resource: Json, what: frozenset[str]) -> Json:
    name, change = _RECOVERY.get(resource["type"].lower(), ("", {}))
    if name not in what:
        return resource
    return resource | {"properties": (resource.get("properties") or {}) | change}
