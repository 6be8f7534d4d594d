"""What the files of a drawn option prove: who reaches which Service once all of them are applied.

The stages that make network, gateway and cluster are read back as Azure would read them, and the
manifests are applied to the workload's objects as the API server would, so that the proof is about
the state after closing. Nobody asks a generator what it meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from typing import Any

from apim_aks.artefacts.arm_templates import Stage, site_templates
from apim_aks.artefacts.manifests import ManifestFile, Phase, manifests
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.errors import InputError
from apim_aks.facts import placeholder_row, placeholder_rows
from apim_aks.facts.objects import PlaceholderRow
from apim_aks.once import Once
from apim_aks.options.drawn import Drawn
from apim_aks.options.option import Setting
from apim_aks.reachability.proof import Proof, prove
from apim_aks.reachability.reach import Reach
from apim_aks.reachability.reading import scene_after, scene_of
from apim_aks.reachability.scene import Engine, Scene
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.network import AzureNetwork, azure_network
from apim_aks.reachability.templates.network_values import ApiManagement, PublicAddress
from apim_aks.reachability.templates.platforms import engine_of
from apim_aks.reachability.templates.resources import TemplateFile, resources
from apim_aks.topology import Topology
from apim_aks.workload.call import Caller
from apim_aks.workload.kubernetes.apply import Outcome, Step, apply
from apim_aks.workload.kubernetes.object import objects_in
from apim_aks.workload.model import Workload
from apim_aks.workload.network_policy import Selector

_ASKED = ("requirements", "weights", "preset", "decided", "decision", "pins", "named_requirements")
"""What of a workload no manifest is made from, but by what is drawn for it."""


@dataclass(frozen=True, slots=True)
class Told:
    """The proof of a drawn option; `refused` says which of its files cannot be made, and why.

    Without templates nothing is known of networks; without manifests there is no proof, and none
    of a workload that was read from no manifest. `made` are the names of the manifests.
    """

    proof: Proof | None = None
    refused: str = ""
    made: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Proved(Once):
    """What the files of a drawn option tell, which are made and read when somebody asks.

    `of` is the picture that they are made from; None where nothing is made.
    """

    tell: Callable[[], Told] = field(default=Told, repr=False)
    of: Topology | None = field(default=None, repr=False)

    @classmethod
    def known(cls, told: Told, of: Topology | None = None) -> Proved:
        """What is told already."""
        return cls(lambda: told, of)

    @property
    def told(self) -> Told:
        """All of it."""
        return self.once(_told)

    @property
    def asked(self) -> bool:
        """Somebody has asked, so that it is told already."""
        return self.has(_told)

    @property
    def proof(self) -> Proof | None:
        """Who reaches which Service once the files are applied."""
        return self.told.proof

    @property
    def refused(self) -> str:
        """Which of the files cannot be made, and why."""
        return self.told.refused

    @property
    def made(self) -> frozenset[str]:
        """The names of the manifests."""
        return self.told.made

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Proved) and self.told == other.told)

    __hash__ = None  # type: ignore[assignment]


def _told(proved: Proved) -> Told:
    return proved.tell()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A cluster today, and with what is applied beside what serves: sites that differ in it alone.

    `outcome` is what the cluster then holds, object by object.
    """

    before: Site
    after: Site
    outcome: Outcome


class Proofs:
    """The proofs of a workload's options; files that are alike are read and proved once."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._objects = objects_in(workload.documents, [])
        self._made: list[tuple[Drawn, tuple[ManifestFile, ...]]] = []
        self._steps: list[tuple[ManifestFile, Step]] = []
        self._scenes: list[tuple[tuple[ManifestFile, ...], Scene]] = []
        self._networks: list[tuple[tuple[Stage, ...], AzureNetwork]] = []
        self._proofs: list[Proof] = []

    @cached_property
    def today(self) -> Proof:
        """What the workload's own objects prove, of which no template says where they run.

        Where nobody says who enforces policies, each is taken to be enforced as its text says.
        """
        scene = scene_of(self._workload.documents, self._workload.findings)
        engine = said_engine(self._workload)
        there = self._workload.azure.existing.cluster
        assumed = None if there else Engine.SPECIFICATION
        return prove(Site(scene=scene, engine=engine or assumed))

    @contextmanager
    def for_now(self) -> Iterator[None]:
        """What is proved inside is kept no longer: it is large, and only its measures are asked."""
        kept = [known for known in vars(self).values() if isinstance(known, list)]
        before = [len(known) for known in kept]
        yield
        for known, count in zip(kept, before, strict=True):
            del known[count:]

    def of(self, drawn: Drawn) -> Proved:
        """What the files of this option prove."""
        return Proved(partial(self._told, drawn), drawn.topology)

    def _told(self, drawn: Drawn) -> Told:
        if not self._objects:
            return Told()
        refused = ""
        try:
            files, azure = self._manifests(drawn), None
        except InputError as error:
            return Told(refused=str(error))
        try:
            azure = self._network(site_templates(drawn))
        except InputError as error:
            refused = str(error)
        engine = _engine(drawn.workload, azure)
        proof = self._proof(Site(scene=self._scene(files), azure=azure, engine=engine))
        return Told(proof, refused, frozenset(f.name for f in files))

    def deployed(self, drawn: Drawn) -> Deployed | str:
        """The state before any caller moves; else why it is not known, empty without objects."""
        told = self._told(drawn)
        if told.proof is None:
            return told.refused
        files = tuple(f for f in self._manifests(drawn) if f.phase is Phase.DEPLOY)
        outcome = apply(self._objects, map(self._step, files))
        scene = scene_after(outcome, self._workload.findings)
        before = replace(told.proof.site, scene=self._scene(()))
        return Deployed(before=before, after=replace(before, scene=scene), outcome=outcome)

    def _proof(self, site: Site) -> Proof:
        known = (p for p in self._proofs if _same(p.site, site))
        if (found := next(known, None)) is None:
            found = prove(site)
            self._proofs.append(found)
        return found

    def _manifests(self, drawn: Drawn) -> tuple[ManifestFile, ...]:
        """The manifests of a picture; what a requirement changes in the cluster is drawn."""
        known = (made for before, made in self._made if _written_alike(before, drawn))
        if (found := next(known, None)) is None:
            found = manifests(drawn)
            self._made.append((drawn, found))
        return found

    def _scene(self, files: tuple[ManifestFile, ...]) -> Scene:
        known = (scene for made, scene in self._scenes if made == files)
        if (found := next(known, None)) is None:
            outcome = apply(self._objects, map(self._step, files))
            found = scene_after(outcome, self._workload.findings)
            self._scenes.append((files, found))
        return found

    def _step(self, file: ManifestFile) -> Step:
        known = (step for made, step in self._steps if made == file)
        if (found := next(known, None)) is None:
            (found,) = steps([_stood_in(file)])
            self._steps.append((file, found))
        return found

    def _network(self, stages: tuple[Stage, ...]) -> AzureNetwork:
        known = (network for made, network in self._networks if made == stages)
        if (found := next(known, None)) is None:
            found = _gateway_named(azure_network(resources(template_files(stages))))
            self._networks.append((stages, found))
        return found


def _written_alike(one: Drawn, other: Drawn) -> bool:
    """One picture, of workloads that differ in what is asked for alone."""
    if one.topology is not other.topology:
        return False
    asked = {f: getattr(other.workload, f) for f in _ASKED}
    settings = (f.name for f in fields(Setting) if f.name != "workload")
    alike = all(getattr(one, f) == getattr(other, f) for f in settings)
    return alike and replace(one.workload, **asked) == other.workload


def _same(one: Site, other: Site) -> bool:
    """Scenes are kept by what they are made of, networks may be alike in other templates."""
    alike = one.scene is other.scene and one.engine is other.engine
    return alike and one.azure == other.azure


def _engine(workload: Workload, azure: AzureNetwork | None) -> Engine | None:
    """Who enforces policies: what the template says, of a cluster that is there what is said."""
    if cluster := Site.only_cluster(azure):
        return engine_of(cluster)
    return said_engine(workload) if workload.azure.existing.cluster else None


def said_engine(workload: Workload) -> Engine | None:
    """Who enforces policies in the cluster that is there, as `workload.yaml` says it."""
    said = workload.azure.network_policy
    return Engine(said) if said else None


def template_files(stages: Iterable[Stage]) -> Iterator[TemplateFile]:
    """The stages as they are deployed, to be read as Azure reads them."""
    for stage in stages:
        yield TemplateFile(
            file=f"arm/{stage.name}.json",
            template=stage.template,
            parameters=stage.parameters,
            group=stage.resource_group,
        )


def _gateway_named(azure: AzureNetwork) -> AzureNetwork:
    """API Management with the address that stands in for the one that Azure will choose."""
    made = azure.all(ApiManagement)
    if len(made) != 1:
        return azure
    own = azure.find(PublicAddress, made[0].public_address)
    id = own.id if own else f"{made[0].id}/publicIPAddresses"
    stands = placeholder_row("gateway-address").stand_in
    named = (
        PublicAddress(id=id, origin=made[0].origin, address=stands),
        replace(made[0], public_address=id),
    )
    rest = (value for value in azure.held if value not in (own, made[0]))
    return replace(azure, held=(*rest, *named))


def _stood_in(file: ManifestFile) -> ManifestFile:
    """The file with an address of nobody's wherever one is known only after deployment."""
    rows = [r for r in placeholder_rows() if r.stand_in]
    objects = tuple(_replaced(o, rows) for o in file.objects)
    return file if objects == file.objects else replace(file, objects=objects)


def _replaced(value: Any, rows: Iterable[PlaceholderRow]) -> Any:
    if isinstance(value, str):
        for row in rows:
            value = value.replace(row.text, row.stand_in)
        return value
    if isinstance(value, dict):
        return {key: _replaced(held, rows) for key, held in value.items()}
    return [_replaced(held, rows) for held in value] if isinstance(value, list) else value


def pods_of(reach: Reach, caller: Caller) -> int:
    """The pods of a caller; of recorded ones, which go by their owner there, by their labels."""
    if caller.kind == "Pod" and caller.labels:
        return reach.ends.selected(caller.namespace, Selector(caller.labels))
    return reach.ends.of_workload(f"{caller.id}[{caller.kind}]")
