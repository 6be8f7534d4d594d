"""Compares the cluster with the files before a change: missing, different, owned by others.

Without Azure only the files are compared. An existing cluster is read in one run command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from apim_aks.artefacts.manifests import Action, Phase
from apim_aks.artefacts.manifests.applied import steps
from apim_aks.deployment.access import cluster_there
from apim_aks.deployment.arrival import HOW, stands, told
from apim_aks.deployment.live_objects import Live, live_objects, named
from apim_aks.deployment.ownership import Standing, standings
from apim_aks.deployment.preflight import OFFLINE, PreflightFinding
from apim_aks.deployment.project import Project
from apim_aks.deployment.unlisted import Beside, Unlisted, unlisted
from apim_aks.deployment.walk import new_cluster, shows
from apim_aks.facts.arm import existing_rows
from apim_aks.facts.references import CORE, api_groups
from apim_aks.facts.rendering import planned_resources
from apim_aks.listing import counted, shown
from apim_aks.remote.azure import AzureClient, AzureRefused, Json
from apim_aks.topology.check import State
from apim_aks.workload.kubernetes.apply import defined, is_named, lacking, place, text_of
from apim_aks.workload.kubernetes.images import doubts
from apim_aks.workload.kubernetes.object import Object
from apim_aks.workload.kubernetes.references import Reference, missing

_COMPARED = frozenset({"Service", "Ingress", "Gateway", "VirtualService"})
_ROUTES_AND_POLICIES = ("Route", "RouteTCP", "RouteUDP", "Policy")
"""How kinds of routes and of policies end, whoever defines them."""
_DECIDES = ("spec", "metadata.annotations.service.beta.kubernetes.io")
_SHOWN = 12
_UPDATE = (
    "bring the manifests up to date, or read the cluster with init --from-cluster, and plan again"
)


def ground(client: AzureClient | None, project: Project) -> tuple[PreflightFinding, ...]:
    """Findings: what the files need and the cluster lacks, differences, and other owners.

    Raises:
        AzureRefused: Azure cannot be reached.
    """
    found = tuple(_of_images(project))
    if client is None:
        return (*found, *_of_files(project, OFFLINE))
    try:
        if not stands(client, project):
            return (*found, *_of_files(project, f"cluster {project.cluster} does not exist yet"))
        return (*found, *_Ground(client, project).findings())
    except AzureRefused as refused:
        if refused.fault.status == 0 and not refused.fault.code:
            raise
        return (*found, *_of_files(project, str(refused)))


def _finding(id: str, what: str, state: State, seen: str, step: str = "") -> PreflightFinding:
    return PreflightFinding(id, what, state, seen, "" if state is State.PASS else step)


# From the files alone


def _of_files(project: Project, why: str) -> Iterator[PreflightFinding]:
    if project.new_cluster and project.services:
        seen = f"{why}; a new cluster holds none of {counted(len(project.services), 'Service')}"
        yield _finding("workload", "The workload in the cluster", State.NOT_RUN, seen, HOW)
        yield from _kinds(project)
    yield _lacked(missing(project.objects), State.NOT_RUN, f"{why}; in no file")


def _kinds(project: Project) -> Iterator[PreflightFinding]:
    """Kinds of the manifests that neither they nor the cluster of the templates define."""
    cluster, what = new_cluster(project), "Kinds of the workload's manifests"
    ours = {definition for o in project.objects for definition in defined(o.data)}
    gone = [
        o
        for o in project.objects
        if not cluster.serves_kind(o.group, o.kind) and (o.group, o.kind) not in ours
    ]
    first = {f"{o.kind} of {o.group}": o for o in reversed(gone)}
    if first:
        listed = (f"{k} ({o.document.file} line {o.line})" for k, o in sorted(first.items()))
        seen = f"a new cluster serves no {shown(tuple(listed), _SHOWN)}"
        step = "use --workload-later, and install what brings these kinds with the workload"
        yield _finding("kinds", what, State.FAIL, seen, step)


def _lacked(found: tuple[Reference, ...], state: State, where: str) -> PreflightFinding:
    what = "Objects that the workload's manifests refer to"
    if not found:
        return _finding(
            "named-objects", what, State.PASS, "each is in the manifests or in the cluster"
        )
    listed = shown(tuple(map(told, found)), _SHOWN)
    seen = f"{where} are {counted(len(found), 'object')}: {listed}"
    step = "create them before the workload starts; its pods wait for them"
    return _finding("named-objects", what, state, seen, step)


def _of_images(project: Project) -> Iterator[PreflightFinding]:
    by_reason: dict[str, list[str]] = {}
    for doubt in doubts(project.objects):
        by_reason.setdefault(doubt.because, []).append(str(doubt))
    if by_reason:
        said = (f"{counted(len(d), 'image')} {why} ({shown(d, 2)})" for why, d in by_reason.items())
        step = "give the cluster's kubelet identity or a pull secret access to them"
        what = "Images that the cluster can pull"
        yield _finding("images", what, State.NOT_RUN, f"not known of {'; '.join(said)}", step)


# From an existing cluster


class _Ground:
    """The findings from one reading of the cluster."""

    def __init__(self, client: AzureClient, project: Project) -> None:
        self.project = project
        held = cluster_there(client, project) or {}
        self.properties: Json = held.get("properties") or {}
        self.needed = missing(project.objects)
        self.ours = [o for step in steps(project.files) for o in step.objects]
        self.compared = [o for o in project.objects if _is_compared(o) and is_named(o)]
        asked = (*self.ours, *self.compared, *(named(r.key) for r in self.needed))
        self.live: Live = live_objects(client, project, _once(asked))
        self.beside: Beside = unlisted(client, project)

    def findings(self) -> Iterator[PreflightFinding]:
        yield from self._add_ons()
        yield from self._policies()
        yield from self._revisions()
        yield from self._objects()
        yield from _beside(self.beside)
        yield _lacked(self._lacking(), State.FAIL, "neither in the cluster nor in a file")
        yield from self._owners()

    def _lacking(self) -> tuple[Reference, ...]:
        return tuple(r for r in self.needed if r.key not in self.live.objects)

    def _add_ons(self) -> Iterator[PreflightFinding]:
        """The add-ons that define the kinds of the files; others may define them too."""
        groups = dict.fromkeys(o.group or CORE for o in self.ours)
        for group in groups:
            row = api_groups().get(group)
            if row is None or not row.shown_by:
                continue
            on = shows(self.properties, row.shown_by)
            served = not any(self.live.why_unread(o) for o in self.ours if o.group == group)
            state = State.PASS if on or served else State.FAIL
            seen = row.shown_by if on else f"without {row.shown_by}, and "
            seen += "" if on else "served without it" if served else "not served"
            step = f"switch on {row.brought_by}: the files have kinds of {group}"
            yield _finding(f"add-on-{group}", f"Kinds of {group}", state, seen, step)

    def _policies(self) -> Iterator[PreflightFinding]:
        if not any(o.kind == "NetworkPolicy" for o in self.ours):
            return
        network = self.properties.get("networkProfile") or {}
        engine = str(network.get("networkPolicy") or "none")
        held = network.get("networkDataplane") == "cilium" or engine != "none"
        row = next(r for r in existing_rows() if r.id == "cluster-policies")
        command = row.command.replace("<cluster>", self.project.cluster)
        step = command.replace("<cluster-group>", self.project.cluster_group)
        state = State.PASS if held else State.FAIL
        seen = engine if held else "none: network policies have no effect"
        step = f"{step} ({row.interruption})"
        yield _finding("policy-engine", "Network policy engine", state, seen, step)

    def _revisions(self) -> Iterator[PreflightFinding]:
        """The revisions that namespaces and pods of the files request, against those that run."""
        asked = sorted({r for o in self.project.objects for r in _revision(o)})
        mesh = (self.properties.get("serviceMeshProfile") or {}).get("istio") or {}
        running = [str(r) for r in mesh.get("revisions") or ()]
        if asked:
            gone = [r for r in asked if r not in running]
            seen = f"asked for: {', '.join(asked)}; running: {', '.join(running) or 'none'}"
            state = State.FAIL if gone else State.PASS
            step = "set the label istio.io/rev to a revision that runs, and restart the pods"
            yield _finding("mesh-revisions", "Revisions of the Istio add-on", state, seen, step)

    def _objects(self) -> Iterator[PreflightFinding]:
        """Services and routes that differ from the files."""
        differing = [(o, self._difference(o)) for o in self.compared]
        found = [(o, said) for o, said in differing if said]
        for object, said in found[:_SHOWN]:
            group, kind, space, name = place(object)
            file, line = object.document.file, object.line
            state = State.NOT_RUN if self.live.why_unread(object) else State.FAIL
            what = f"{kind} {space}/{name} as {file} line {line} has it"
            yield _finding(f"stands-{kind}-{space}-{name}".lower(), what, state, said, _UPDATE)
        if (rest := len(found) - _SHOWN) > 0:
            what = "More Services and routes"
            yield _finding("stands-more", what, State.FAIL, f"{rest} more differ", _UPDATE)
        if not found:
            seen = f"{counted(len(self.compared), 'object')} as the manifests have them"
            yield _finding("stands", "Services and routes of the workload", State.PASS, seen)

    def _difference(self, object: Object) -> str:
        if unread := self.live.why_unread(object):
            return f"not read: {unread}"
        held = self.live.of(object)
        if held is None:
            return "not there"
        fields = (text_of(f) for f in lacking(held.data, object))
        differs = tuple(f for f in fields if f.startswith(_DECIDES))
        more = tuple(_ports(held) - _ports(object)) if object.kind == "Service" else ()
        extra = (f"port {', '.join(map(str, sorted(more)))} is in no file",) if more else ()
        return shown((*(f"{f} differs" for f in differs), *extra), 6)

    def _owners(self) -> Iterator[PreflightFinding]:
        """The owners of the objects that the files change, and which stop a deployment."""
        now = [f for f in self.project.files if f.phase is Phase.DEPLOY]
        later = [f for f in self.project.files if f.phase is not Phase.DEPLOY]
        blocked = _blocked(standings(now, self.live))
        if blocked:
            step = "deploy with --write-patches DIR, apply the patches where objects are managed"
            seen = shown(tuple(f"{s.called} {s.blocked}" for s in blocked), _SHOWN)
            yield _finding("owners", "Objects managed by others", State.FAIL, seen, step)
        kept = _blocked(s for s in standings(later, self.live) if s.action is not Action.APPLY)
        if kept:
            seen = shown(tuple(f"{s.called} {s.blocked}" for s in kept), _SHOWN)
            what = "Objects managed by others that change later, as patches for them"
            yield _finding("owners-later", what, State.NOT_RUN, seen)
        if not blocked and not kept:
            seen = "the files change no object that another owner manages"
            yield _finding("owners", "Objects managed by others", State.PASS, seen)


def _beside(beside: Beside) -> Iterator[PreflightFinding]:
    """What leads to Services of the workload or guards them, and is in no file."""
    for one in beside.found[:_SHOWN]:
        state = State.FAIL if one.services else State.NOT_RUN
        id = f"unlisted-{one.called}".lower().replace(" ", "-").replace("/", "-")
        yield _finding(id, f"{one.called}, in no file", state, one.says, _left_alone(one))
    if (rest := len(beside.found) - _SHOWN) > 0:
        what = "More objects in no file"
        yield _finding("unlisted-more", what, State.FAIL, f"{rest} more", _UPDATE)
    if beside.unread:
        named = shown(tuple(f"{kind} ({why})" for kind, why in beside.unread.items()), 4)
        step = "let the identity list these kinds in all namespaces, and plan again"
        what = "Routes and policies in no file"
        yield _finding("unlisted-unread", what, State.NOT_RUN, f"not read: {named}", step)
    if not beside.found and not beside.unread:
        kinds = f"{len(planned_resources())} kinds that are looked for (data/cluster_resources.csv)"
        seen = f"none of the {kinds} leads to the workload or guards it"
        seen += f"; {beside.others} others in its namespaces do not" if beside.others else ""
        yield _finding("unlisted", "Objects in no file", State.PASS, seen)


def _left_alone(one: Unlisted) -> str:
    if not one.entry:
        return f"it is left as it is, and no proof of the files knows it; {_UPDATE}"
    return (
        "it is left as it is; its callers are on no page of what changes for whom, and close waits "
        f"for them; {_UPDATE}"
    )


def _blocked(found: Iterable[Standing]) -> tuple[Standing, ...]:
    return tuple(s for s in found if s.blocked)


def _once(objects: Iterable[Object]) -> Iterator[Object]:
    return iter({place(object): object for object in objects}.values())


def _is_compared(object: Object) -> bool:
    return object.kind in _COMPARED or object.kind.endswith(_ROUTES_AND_POLICIES)


def _revision(object: Object) -> Iterator[str]:
    labels = (_map(object.data, *at, "metadata", "labels") for at in ((), ("spec", "template")))
    yield from (str(found["istio.io/rev"]) for found in labels if found.get("istio.io/rev"))


def _map(data: Any, *path: str) -> Json:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _ports(object: Object) -> set[Any]:
    ports = _map(object.data, "spec").get("ports")
    found = ports if isinstance(ports, list) else []
    return {p.get("port") for p in found if isinstance(p, dict)}
