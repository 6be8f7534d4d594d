"""The whole deployment simulated without Azure: each step applied to a model, in order.

On Azure's side the templates are evaluated in order, and the outputs of a stage go into
the next. In the cluster each file is applied by its field manager
(`workload/kubernetes/apply`): what the API server would refuse, field owners, and references to
objects that do not exist yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from apim_aks.artefacts.manifests import Action, ManifestFile, Phase, placeholders
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.deployment.azure_walk import AzureWalk
from apim_aks.deployment.cluster import filled, placeholder_values
from apim_aks.deployment.ownership import WORKLOAD
from apim_aks.deployment.preflight import PreflightFinding
from apim_aks.deployment.project import MANIFESTS, SERVICES, Project
from apim_aks.deployment.sequence import order
from apim_aks.deployment.workload import workload_files
from apim_aks.facts import placeholder_rows
from apim_aks.facts.references import api_groups, cluster_objects
from apim_aks.listing import counted, shown
from apim_aks.topology.check import State
from apim_aks.workload.kubernetes.apply import Answer, Cluster, patched, place
from apim_aks.workload.kubernetes.object import Object, WrongField
from apim_aks.workload.kubernetes.references import Reference, is_there, made, missing, references

OTHERS = "workload-owner"
"""The field manager of a workload that already runs in the cluster."""
BY_HAND = "by hand: "
_STAND_IN = "stand-in"
_NEXT = "correct this in the manifests or in workload.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkStep:
    """One step: its result, and the cluster after it.

    `problems` would stop it, `waits` need another owner, `unknown` cannot be told without Azure.
    """

    name: str
    seen: str
    problems: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    cluster: Cluster = field(repr=False)


def walk(project: Project) -> tuple[WalkStep, ...]:
    """Every step of deploying, then the files of later phases, each with its result.

    Raises:
        InputError: a template cannot be evaluated.
    """
    return tuple(_Walk(project).steps())


def walked(project: Project) -> tuple[PreflightFinding, ...]:
    """The simulation as findings: what would stop a step, and what it waits for.

    Raises:
        InputError: a template cannot be evaluated.
    """
    found = walk(project)
    stopped = tuple(_of_step(step, step.problems, State.FAIL) for step in found if step.problems)
    theirs = tuple(s for step in found for s in step.waits if not s.startswith(BY_HAND))
    waits = f"; {counted(len(theirs), 'change')} or objects with other owners" if theirs else ""
    seen = f"{counted(len(found), 'step')} applied to a model in order{waits}"
    state = State.FAIL if stopped else State.PASS
    return (PreflightFinding("walk", "The sequence, simulated offline", state, seen), *stopped)


def _of_step(step: WalkStep, said: tuple[str, ...], state: State) -> PreflightFinding:
    return PreflightFinding(f"walk-{step.name}", f"Step {step.name}", state, shown(said, 5), _NEXT)


@dataclass
class _Walk:
    """The simulated state so far, in Azure and in the cluster."""

    project: Project
    cluster: Cluster = field(init=False)
    made: set[tuple[str, str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.azure = AzureWalk(self.project)
        self.cluster = new_cluster(self.project)
        if self.project.cluster_is_there:
            self._stands()

    def steps(self) -> Iterator[WalkStep]:
        pieces = {p.stage: p for p in self.project.pieces}
        for name in order(self.project):
            if name in pieces:
                seen, problems, unknown = self.azure.deployed(pieces[name])
                yield self._step(name, seen, problems, (), unknown)
            elif name == SERVICES:
                yield from self._workload()
            elif name == MANIFESTS:
                yield from self._files(f for f in self.project.files if f.phase is Phase.DEPLOY)
        yield from self._files(f for f in self.project.files if f.phase is not Phase.DEPLOY)

    def _step(
        self,
        name: str,
        seen: str,
        problems: Iterable[str] = (),
        waits: Iterable[str] = (),
        unknown: Iterable[str] = (),
    ) -> WalkStep:
        return WalkStep(
            name=name,
            seen=seen,
            problems=tuple(dict.fromkeys(problems)),
            waits=tuple(dict.fromkeys(waits)),
            unknown=tuple(dict.fromkeys(unknown)),
            cluster=self.cluster,
        )

    # The workload

    def _stands(self) -> None:
        """The assumed content of an existing cluster; the cluster itself is read elsewhere."""
        files = workload_files(self.project)
        for object in (o for step in steps(files) for o in step.objects):
            self._take(self.cluster.updated(object, OTHERS), object)

    def _workload(self) -> Iterator[WalkStep]:
        if not self.project.cluster_is_there:
            files = workload_files(self.project)
            lacked = tuple(map(_lacking, missing(self.project.objects)))
            for file in files:
                yield self._file(file, lacked if file is files[-1] else ())
        held = {f"{k[2]}/{k[3]}" for k in self.cluster.kept if k[:2] == ("", "Service")}
        gone = [id for id in self.project.services if id not in held]
        problems = [f"Service {id} is in no manifest" for id in gone]
        there = len(self.project.services) - len(gone)
        yield self._step(
            SERVICES, f"{there} of {counted(len(self.project.services), 'Service')}", problems
        )

    def _take(self, answer: Answer, object: Object) -> str:
        self.cluster = answer.cluster
        if not answer.refused:
            self.made |= set(made(object))
        return answer.refused

    # Files

    def _files(self, files: Iterable[ManifestFile]) -> Iterator[WalkStep]:
        given = tuple(files)
        for file in filled(given, self._values(given)):
            yield self._file(file)

    def _values(self, files: tuple[ManifestFile, ...]) -> Mapping[str, str]:
        """The outputs of the stages, with substitutes for values that are not known yet."""
        outputs = {k: v for k, v in self.azure.outputs.items() if isinstance(v, str)}
        rows = {row.text: row.stand_in for row in placeholder_rows()}
        standing = {p.text: rows.get(p.text) or _STAND_IN for p in placeholders(files)}
        return standing | placeholder_values(outputs, {})

    def _file(self, file: ManifestFile, lacking: Iterable[str] | None = None) -> WalkStep:
        """The step of a file; `lacking` are objects that the workload needs from others."""
        (step,) = steps((file,))
        problems: list[str] = []
        waits: list[str] = [f"{BY_HAND}{sentence}" for sentence in file.by_hand]
        unknown: list[str] = []
        for object in step.objects:
            self._object(file, object, (problems, waits, unknown))
        if lacking is not None:
            waits += lacking
        elif file.action is not Action.DELETE:
            problems += (_lacking(f) for o in step.objects for f in self._unresolved(o))
        return self._step(file.name, counted(len(step.objects), "object"), problems, waits, unknown)

    def _object(
        self, file: ManifestFile, object: Object, said: tuple[list[str], list[str], list[str]]
    ) -> None:
        problems, waits, unknown = said
        there = self.cluster.kept.get(place(object))
        if file.action is Action.DELETE:
            self.cluster = self.cluster.deleted(object)
        elif file.action is Action.PATCH and there is None:
            unknown.append(f"{_called(object)} is in no file and is changed")
        else:
            answer = self.cluster.applied(object, file.manager)
            if answer.conflicts:
                answer = self._by_owner(object, answer, waits)
            if refused := self._take(answer, object):
                problems.append(f"{_called(object)}: {refused}")

    def _by_owner(self, object: Object, answer: Answer, waits: list[str]) -> Answer:
        """The change by its owner: this deployment, or the manager that deployed the workload."""
        there = self.cluster.kept[place(object)]
        names = {conflict.manager.name for conflict in answer.conflicts}
        if names == {WORKLOAD}:
            return self.cluster.applied(patched(there.held.object, (object,)), WORKLOAD)
        owns = shown([str(c) for c in answer.conflicts])
        waits.append(f"{_called(object)}: {owns}; the change is written as a patch")
        return self.cluster.updated(object, OTHERS)

    def _unresolved(self, object: Object) -> Iterator[Reference]:
        """References of the object to objects that do not exist by then."""
        for found in references(object):
            if not found.optional and not is_there(found.key, self.made):
                yield found


def _lacking(found: Reference) -> str:
    file, line = found.where
    return f"{found.called}, which {file} line {line} refers to, does not exist"


def _called(object: Object) -> str:
    try:
        return f"{object.kind} {object.namespace}/{object.name}"
    except WrongField:
        return object.called


def new_cluster(project: Project) -> Cluster:
    """The cluster of the templates; for an existing one, whatever the files request."""
    if project.cluster_is_there:
        ours = {o["apiVersion"].rpartition("/")[0] for f in project.files for o in f.objects}
        groups = {*api_groups(), *ours, *(o.group for o in project.objects)}
        return Cluster(serves=frozenset(groups), spaces=_spaces(lambda _: True))
    made = partial(shows, project.new_cluster)
    served = (r.group for r in api_groups().values() if made(r.shown_by))
    return Cluster(serves=frozenset(served), spaces=_spaces(made))


def _spaces(shown: Callable[[str], bool]) -> frozenset[str]:
    rows = (r for r in cluster_objects() if (r.group, r.kind) == ("", "Namespace"))
    return frozenset(r.name for r in rows if shown(r.when))


def shows(properties: Any, what: str) -> bool:
    """Whether a managed cluster has this property, `networkProfile.networkDataplane=cilium`.

    An empty text is always true.
    """
    path, _, value = what.partition("=")
    for part in path.split(".") if what else ():
        properties = properties.get(part) if isinstance(properties, Mapping) else None
    return not what or str(properties).lower() == value.lower()
