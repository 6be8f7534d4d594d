"""The proof on the live state of Azure and the cluster, by the engine that reads files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from apim_aks.decision.proved import Proved, Told
from apim_aks.reachability.proof import prove
from apim_aks.reachability.reading import scene_found
from apim_aks.reachability.scene import Scene
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates.platforms import engine_of
from apim_aks.verification.answers import inside
from apim_aks.verification.as_built.azure_side import azure_side, rules_of_nobody
from apim_aks.verification.as_built.cluster_side import Named, cluster_side, documents
from apim_aks.verification.resource_ids import ground
from apim_aks.verification.scene import LiveScene


@dataclass(frozen=True, slots=True, kw_only=True)
class AsBuilt:
    """The proof of a deployed option; `unread` names what could not be read.

    In `proved` the names of files are those of objects that come from the design's, as their place
    in the cluster says.
    """

    proved: Proved
    unread: tuple[str, ...] = ()


def as_built(scene: LiveScene) -> AsBuilt:
    """The proof of the deployed option; there is none without the cluster's objects."""
    place = ground(scene)
    scene.tell("reading what the cluster holds")
    cluster = cluster_side(place)
    if cluster.refused:
        return AsBuilt(proved=Proved.known(Told(refused=cluster.refused), scene.topology))
    scene.tell("reading the network around it")
    azure = azure_side(place)
    strange = tuple(rules_of_nobody(azure, cluster.uids))
    missed = (*azure.network.not_understood, *strange)
    called = f"cluster {scene.project.cluster}"
    read = tuple(documents(cluster.objects, called, _files(scene)))
    made = frozenset(document.file for document in read if document.file != called)
    found = scene_found(read)
    site = Site(
        scene=_ours(replace(found, doubts=(*found.doubts, *cluster.doubts)), made),
        azure=replace(azure.network, not_understood=missed),
        interface_groups=azure.interface_groups,
        engine=None,
    )
    engine = engine_of(site.cluster) if site.cluster else None
    told = Told(prove(replace(site, engine=engine)), made=made)
    proved = Proved.known(told, scene.topology)
    return AsBuilt(proved=proved, unread=tuple(map(str, (*cluster.doubts, *missed))))


def _files(scene: LiveScene) -> Mapping[Named, str]:
    """The files of the design by the objects that they define."""
    return {
        (
            str(held.get("kind")),
            str(inside(held, "metadata.namespace") or ""),
            str(inside(held, "metadata.name")),
        ): file.name
        for file in scene.project.files
        for held in file.objects
    }


def _ours(scene: Scene, made: frozenset[str]) -> Scene:
    """Assigns the pods that serve a generated Gateway to it, whatever created them."""
    answering = {
        (entrance.namespace, entrance.labels): file
        for entrance in scene.entrances
        for file in made
        if file in entrance.called
    }
    pods = tuple(
        next(
            (
                replace(pod, file=file)
                for (space, labels), file in answering.items()
                if pod.namespace == space and set(labels) <= set(pod.labels)
            ),
            pod,
        )
        for pod in scene.pods
    )
    return replace(scene, pods=pods)
