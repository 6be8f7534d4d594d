"""Manifests as a scene; what is not understood becomes a doubt about the pods it may concern."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from apim_aks.facts.controller_labels import added_labels
from apim_aks.facts.openings import known_kind
from apim_aks.facts.policy_groups import may_restrict
from apim_aks.reachability.controllers import read_controllers
from apim_aks.reachability.entrances import is_entrance, parameters_of, read_entrances
from apim_aks.reachability.facing import Facing, read_facings
from apim_aks.reachability.fronts import ROUTE, read_fronts
from apim_aks.reachability.labels import without
from apim_aks.reachability.managed import is_managed, read_managed
from apim_aks.reachability.mentions import names_streams, read_mentions
from apim_aks.reachability.pods import read_namespaces, read_pods, unread_workload
from apim_aks.reachability.relays import read_relays
from apim_aks.reachability.scene import Doubt, Pod, Scene
from apim_aks.reachability.self_hosted import read_self_hosted
from apim_aks.reachability.unenforced import read_unenforced
from apim_aks.workload.documents import Parsed
from apim_aks.workload.finding import Finding
from apim_aks.workload.guards.guard import Guards
from apim_aks.workload.kubernetes import routed_services
from apim_aks.workload.kubernetes.admin_policies import GROUP, KINDS, read_admin_policies
from apim_aks.workload.kubernetes.answering import Answering
from apim_aks.workload.kubernetes.apply import Held, Outcome
from apim_aks.workload.kubernetes.guards import guards_of
from apim_aks.workload.kubernetes.guards.endpoints import endpoints
from apim_aks.workload.kubernetes.network_policies import GROUP as POLICIES
from apim_aks.workload.kubernetes.network_policies import read_network_policies
from apim_aks.workload.kubernetes.object import Object, WrongField, objects_in
from apim_aks.workload.kubernetes.openings import unread
from apim_aks.workload.kubernetes.selectors import read_selector
from apim_aks.workload.model import Service
from apim_aks.workload.network_policy import AdminPolicy, NetworkPolicy, Selector

_AZURE_NETWORK = "network.azure.com"
"""The group of Azure Service Operator that makes networks and peerings of Azure."""


def scene_of(documents: Iterable[Parsed], findings: Iterable[Finding] = ()) -> Scene:
    """The scene of these documents; `findings` say what else was left out."""
    found = list(findings)
    return _scene(objects_in(documents, found), found)


def _scene(objects: list[Object], found: list[Finding]) -> Scene:
    refused, doubts = list[Object](), list(_of_documents(found))
    pods = list(read_pods(objects, found, refused))
    policies = read_network_policies(objects, found, refused)
    admin = read_admin_policies(objects, found, refused)
    left = [o for o in objects if not _is_read(o)]
    lost = [o for o in refused if o.kind not in ("NetworkPolicy", *KINDS)]
    others = [pod for object in (*left, *lost) if (pod := unread_workload(object))]
    by_id = routed_services(objects, found)
    services = tuple(by_id.values())
    facings = tuple(read_facings(objects))
    opening = [object for object in left if not _is_policy(object)]
    fronts = tuple(read_fronts(objects, services, found))
    doubts += (*map(_of_refused, refused), *map(_of_unread, left), *map(_of_workload, others))
    doubts += (_of_host(pod) for pod in pods if pod.host_network)
    doubts += (*read_unenforced(objects, ("NetworkPolicy", *KINDS)), *_of_added(policies))
    found += _gaps(pods, {*_keys(policies), *_keys_of_cluster(admin)})
    return Scene(
        pods=tuple(dict.fromkeys((*pods, *others))),
        namespaces=read_namespaces(objects, found),
        policies=policies,
        admin_policies=admin,
        services=services,
        fronts=fronts,
        mentions=tuple(read_mentions(objects, by_id, fronts, opening)),
        facings=facings,
        entrances=(
            *read_entrances(objects, services, facings),
            *read_controllers(objects, services, facings),
            *read_managed(objects, facings),
        ),
        by_hand=frozenset(_by_hand(objects, services)),
        guards=Guards(guards_of(objects, Answering(objects, by_id), found)),
        doubts=tuple(dict.fromkeys(doubts)),
        findings=tuple(sorted(dict.fromkeys(found), key=lambda f: (f.file, f.line, f.found))),
    )


def scene_found(documents: Iterable[Parsed]) -> Scene:
    """The scene of what a cluster shows of itself, with what its pods are told about sending on."""
    documents = tuple(documents)
    objects = objects_in(documents, [])
    relays, gateways = tuple(read_relays(objects)), tuple(read_self_hosted(objects))
    return replace(scene_of(documents), relays=relays, gateways=gateways)


def scene_after(outcome: Outcome, findings: Iterable[Finding] = ()) -> Scene:
    """The scene of what a cluster holds once files were applied to it."""
    # A ConfigMap decides about connections as parameters of a Gateway or by ports of a controller
    # alone, and reading what it mounts takes longest.
    used = parameters_of(h.object for h in outcome.objects)
    read = [h.object for h in outcome.objects if _counts(h.object, used)]
    scene = _scene(read, list(findings))
    doubts = (d for held in outcome.objects if _decides(held.object) for d in _of_held(held))
    objects = tuple(held.object for held in outcome.objects)
    made = {f"{h.object.namespace}/{h.object.name}" for h in outcome.objects if _is_new(h)}
    before = (replace(e, facing=e.facing and _new(e.facing, made)) for e in scene.entrances)
    return replace(
        scene,
        facings=tuple(_new(f, made) for f in scene.facings),
        entrances=tuple(before),
        relays=tuple(read_relays(objects)),
        gateways=tuple(read_self_hosted(objects)),
        doubts=tuple(dict.fromkeys((*scene.doubts, *doubts))),
    )


def _new(facing: Facing, made: Container[str]) -> Facing:
    """The same, and whether our files made its Service."""
    return replace(facing, new=facing.of in made)


def _is_new(held: Held) -> bool:
    return held.made and held.object.kind == "Service" and not held.object.group


def _counts(object: Object, used: Container[tuple[str, str]]) -> bool:
    """It is no ConfigMap, or one that decides about connections; `used` are the parameters."""
    if object.kind != "ConfigMap" or names_streams(object):
        return True
    try:
        return (object.namespace, object.name) in used
    except WrongField:  # nobody can name it
        return False


def _decides(object: Object) -> bool:
    """It says who may connect, or runs pods.

    What is unclear of a Service leaves its pods alone, and of a Namespace that stands there twice
    nothing but the name is taken anyway.
    """
    return object.kind in ("NetworkPolicy", *KINDS) or unread_workload(object) is not None


def _of_held(held: Held) -> Iterator[Doubt]:
    space = "" if held.object.kind in KINDS else _namespace(held.object)
    pod = unread_workload(held.object)
    for one in held.unclear:
        yield Doubt(
            because=f"{held.object.called} {one.because}",
            file=one.file,
            line=one.line,
            namespace=space,
            workload=pod.workload if pod else "",
            restricts=True,
        )


def _is_read(object: Object) -> bool:
    if object.kind == "NetworkPolicy":
        return object.group == POLICIES
    at = (object.group, object.kind)
    if object.kind == "ServiceEntry" and _names_pods(object):
        return False
    if at == ROUTE or is_entrance(object) or is_managed(object):
        return True
    return known_kind(*at) or (object.group == GROUP and object.kind in KINDS)


def _names_pods(object: Object) -> bool:
    """An entry of the mesh that says itself which addresses or pods answer for its hosts."""
    spec = object.data.get("spec")
    told = spec if isinstance(spec, dict) else {}
    return bool(told.get("endpoints") or told.get("workloadSelector") or told.get("addresses"))


def _of_documents(findings: Iterable[Finding]) -> Iterator[Doubt]:
    for opening in unread(findings):
        because = f"not read: {opening.detail}"
        yield Doubt(
            because=because,
            file=opening.file,
            line=opening.line,
            restricts=True,
            opens=True,
            connects=True,
        )


def _of_refused(object: Object) -> Doubt:
    """Whatever it was meant to be: nothing is concluded for the pods that it concerns."""
    return _doubt(
        object,
        f"{object.called} cannot be applied",
        namespace="" if object.kind in KINDS else _namespace(object),
        selects=_selects(object),
        restricts=True,
        opens=not _is_policy(object),
    )


def _doubt(object: Object, because: str, **fields: Any) -> Doubt:
    return Doubt(because=because, file=object.document.file, line=object.line, **fields)


def _namespace(object: Object) -> str:
    try:
        return object.namespace
    except WrongField:
        return ""


def _selects(object: Object) -> Selector:
    """Which pods a refused NetworkPolicy selects; all of the namespace where nobody can say."""
    if object.kind != "NetworkPolicy":
        return Selector()
    try:
        return read_selector(object.data, ("spec", "podSelector"))
    except WrongField:
        return Selector()


def _of_unread(object: Object) -> Doubt:
    because = f"{object.called} of {object.version or 'no version'} is not understood"
    restricts = may_restrict(object.group)
    connects = object.group == _AZURE_NETWORK
    opens = not _is_policy(object)
    return _doubt(object, because, restricts=restricts, opens=opens, connects=connects)


def _is_policy(object: Object) -> bool:
    """It says who may connect, whatever it says, and makes no address or route of its own."""
    return object.kind.endswith("Policy")


def _of_workload(pod: Pod) -> Doubt:
    because = f"what {pod.kind} {pod.owner!r} runs is not understood"
    return Doubt(
        because=because, file=pod.file, line=pod.line, workload=pod.workload, restricts=True
    )


def _of_host(pod: Pod) -> Doubt:
    because = f"{pod.workload} uses the network of its node, where policies do not apply"
    return Doubt(because=because, file=pod.file, line=pod.line, workload=pod.workload)


def _of_added(policies: Iterable[NetworkPolicy]) -> Iterator[Doubt]:
    for policy in policies:
        if keys := sorted(policy.selects.keys & added_labels()):
            yield Doubt(
                because=f"NetworkPolicy {policy.id} selects by {keys[0]}, which controllers set",
                file=policy.file,
                line=policy.line,
                namespace=policy.namespace,
                selects=without(policy.selects),
                restricts=True,
            )


def _by_hand(objects: Iterable[Object], services: Iterable[Service]) -> Iterator[str]:
    """The Services of which Endpoints or an EndpointSlice of somebody's own say, or may say, who
    answers: without a selector nobody else does.
    """
    known = {service.id: service for service in services}
    yield from (id for id, s in known.items() if s.selector == () and not s.external_name)
    for object in objects:
        if object.kind in ("Endpoints", "EndpointSlice"):
            with suppress(WrongField):
                yield from (id for made in endpoints(object, known) for id in made.services)


def _keys(policies: Iterable[NetworkPolicy]) -> set[str]:
    """The labels of pods that policies select by."""
    return {key for policy in policies for key in policy.selects.keys}


def _keys_of_cluster(policies: Iterable[AdminPolicy]) -> set[str]:
    return {key for p in policies if p.subject.pods for key in p.subject.pods.keys}


def _gaps(pods: Iterable[Pod], keys: set[str]) -> Iterator[Finding]:
    """Recorded Pods of one owner that policies tell apart, although one template made them."""
    by_owner: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        by_owner[pod.workload].append(pod)
    for workload, alike in by_owner.items():
        first = dict(alike[0].labels)
        for pod in alike[1:]:
            labels = dict(pod.labels)
            if apart := sorted(k for k in keys if first.get(k) != labels.get(k)):
                found = f"another metadata.labels.{apart[0]} of a pod of {workload}"
                expected = f"what {alike[0].file} line {alike[0].line} says: one template made both"
                yield Finding(pod.file, pod.line, found, expected)
                break
