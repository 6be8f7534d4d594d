"""Whether the mesh of a Service lets a caller in to its pods: by which object, and what to do.

A mesh is a second question: the connection is opened at layer 4 and then refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from apim_aks.workload.guards import istio
from apim_aks.workload.guards.caller import Caller, matches
from apim_aks.workload.guards.guard import Answer, Guard, selects, some
from apim_aks.workload.guards.injection import ISTIO, LINKERD, NAMES, MeshMark, decided, injected
from apim_aks.workload.guards.linkerd_rules import Open, opened


@dataclass(frozen=True, slots=True, kw_only=True)
class PodsBehind:
    """Pods of a Service: what runs them, their labels and the port that is called.

    `known` is false where they are not in the input, so that they may have more labels. `ports`
    are the names of the one port that is called, its number first where it is known.
    """

    service: str
    namespace: str
    runner: str
    labels: Mapping[str, str]
    ports: tuple[str, ...]
    known: bool = True
    host_network: bool = False

    @property
    def port(self) -> str:
        """Its number where that is known, else its name."""
        return self.ports[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A mesh refuses a caller, or may: the Service, why with the object that decides, what to do.

    `answer` is NO where it is refused and UNKNOWN where that cannot be told. `identity` is what it
    needs to be let in: true for an identity of the mesh, false for a rule that names it.
    """

    service: str
    caller: str
    answer: Answer
    identity: bool
    reason: str
    advice: str

    @property
    def sentence(self) -> str:
        """Who is refused, where, why, and what to do."""
        verb = "is refused" if self.answer is Answer.NO else "may be refused"
        return f"{self.caller} {verb} at {self.service}: {self.reason}; {self.advice}"


def strict(pods: PodsBehind, guards: Iterable[Guard]) -> Guard | None:
    """What demands an identity of the mesh of everybody who calls this port; None if nothing."""
    listed = tuple(guards)
    outside = Caller("a caller outside the mesh")
    found = (*_by_mode(pods, listed, outside), *_by_linkerd(pods, listed, outside))
    return next((guard for guard, answer, _ in found if answer is Answer.NO), None)


def admissions(pods: PodsBehind, guards: Iterable[Guard], caller: Caller) -> Iterator[Admission]:
    """Everything in a mesh that refuses this caller at this port, or may."""
    listed = tuple(guards)
    for mesh, found in (
        (ISTIO, _by_mode(pods, listed, caller)),
        (LINKERD, _by_linkerd(pods, listed, caller)),
    ):
        sure = state(pods, listed, mesh) is Answer.YES
        for _, answer, reason in found:
            told = answer if sure else Answer.UNKNOWN
            yield _by_identity(pods, caller, mesh, told, reason)
    if (has := state(pods, listed, ISTIO)) is not Answer.NO:
        found_by_rules = _by_rules(pods, listed, caller)
        yield from found_by_rules if has is Answer.YES else map(_doubted, found_by_rules)


def _doubted(found: Admission) -> Admission:
    return replace(found, answer=Answer.UNKNOWN)


def marks_of(pods: PodsBehind, guards: Iterable[Guard], mesh: str) -> tuple[MeshMark, ...]:
    """What the namespace and the runner of these pods say about this mesh."""
    return tuple(
        g
        for g in guards
        if isinstance(g, MeshMark)
        and g.mesh == mesh
        and (
            g.namespace == pods.namespace
            and (g.of_namespace or f"{g.kind} {g.name}" == pods.runner)
        )
    )


def state(pods: PodsBehind, guards: Iterable[Guard], mesh: str) -> Answer:
    """The pods have a proxy of this mesh that sees calls to the port."""
    marks = marks_of(pods, guards, mesh)
    skipping = decided(marks, ("skipped", "included"))
    if pods.host_network or any(m.skips(pods.port) for m in skipping):
        return Answer.NO
    return injected(marks)


_Found = Iterator[tuple[Guard, Answer, str]]


def _by_mode(pods: PodsBehind, guards: tuple[Guard, ...], caller: Caller) -> _Found:
    """PeerAuthentication: STRICT takes calls from identities of the mesh alone."""
    has = state(pods, guards, ISTIO)
    if caller.mesh == ISTIO or has is Answer.NO:
        return
    policies = [g for g in guards if isinstance(g, istio.PeerAuthentication)]
    mode = istio.mode_of(policies, pods.labels, pods.known, pods.port)
    if mode.policy and mode.mode == istio.STRICT:
        yield (
            mode.policy,
            Answer.NO,
            f"{mode.policy.called} demands mutual TLS of the mesh{_if(has)}",
        )
    elif mode.policy and not mode.mode:
        reason = f"which mode {mode.policy.called} gives port {pods.port} cannot be told"
        yield mode.policy, Answer.UNKNOWN, reason


def _if(has: Answer) -> str:
    """The input does not always show that pods have a proxy; without one nothing is demanded."""
    return "" if has is Answer.YES else ", where its pods have a proxy, which no label here shows"


def _by_linkerd(pods: PodsBehind, guards: tuple[Guard, ...], caller: Caller) -> _Found:
    """No design puts Linkerd's proxy before a caller, so it never has an identity there."""
    has = state(pods, guards, LINKERD)
    if has is Answer.NO:
        return
    found = opened(pods.namespace, pods.labels, pods.known, pods.ports, guards)
    if found is None:
        found = _by_default(marks_of(pods, guards, LINKERD))
    if found and found.answer is not Answer.YES:
        yield found.guard, found.answer, f"{found.guard.called} {found.because}{_if(has)}"


def _by_default(marks: tuple[MeshMark, ...]) -> Open | None:
    """What holds of ports without a Server; without an annotation everybody is let in."""
    mark = next(iter(decided(marks, ("strict", "open", "addresses"))), None)
    if mark is None:
        return None
    answers = {"strict": Answer.NO, "open": Answer.YES, "addresses": Answer.UNKNOWN}
    return Open(mark, answers[mark.effect], f"has {mark.marked}: {mark.means}")


def _by_identity(
    pods: PodsBehind, caller: Caller, mesh: str, answer: Answer, reason: str
) -> Admission:
    if caller.joins:
        answer = Answer.UNKNOWN
        advice = f"give the pods of {caller.words} a proxy of {NAMES[mesh]}"
    elif caller.namespace:
        advice = f"choose an ingress controller whose pods get a proxy of {NAMES[mesh]}"
        answer = Answer.UNKNOWN
    else:
        advice = "let it enter through an ingress that is in the mesh (requirements.service_mesh)"
    return Admission(
        service=pods.service,
        caller=caller.words,
        answer=answer,
        identity=True,
        reason=reason,
        advice=advice,
    )


def _by_rules(pods: PodsBehind, guards: tuple[Guard, ...], caller: Caller) -> Iterator[Admission]:
    """CUSTOM, then DENY, then ALLOW; without an ALLOW policy everybody else is let in."""
    about = [
        (g, picked)
        for g in guards
        if isinstance(g, istio.AuthorizationPolicy)
        and g.enforced
        and (picked := selects(g.selector, pods.labels, pods.known)) is not Answer.NO
    ]
    for policy, picked in about:
        if policy.action == "CUSTOM" or policy.unread:
            parts = ", ".join(policy.unread) or "a check of its own (CUSTOM)"
            yield _rule(pods, caller, policy, Answer.UNKNOWN, f"has {parts}")
        elif policy.action == "DENY":
            hit = some(tuple(matches(r, caller, pods.port) for r in policy.rules))
            if hit is not Answer.NO:
                sure = hit is picked is Answer.YES
                answer = Answer.NO if sure else Answer.UNKNOWN
                yield _rule(pods, caller, policy, answer, f"has {policy.says}")
    yield from _not_allowed(pods, caller, about)


def _not_allowed(
    pods: PodsBehind, caller: Caller, about: Sequence[tuple[istio.AuthorizationPolicy, Answer]]
) -> Iterator[Admission]:
    allowing = [(p, a) for p, a in about if p.action == "ALLOW" and not p.unread]
    if not allowing:
        return
    hits = some(tuple(matches(r, caller, pods.port) for p, _ in allowing for r in p.rules))
    if hits is Answer.YES:
        return
    sure = hits is Answer.NO and any(a is Answer.YES for _, a in allowing)
    policy = allowing[0][0]
    more = f", and {len(allowing) - 1} more of the kind" if len(allowing) > 1 else ""
    answer = Answer.NO if sure else Answer.UNKNOWN
    yield _rule(pods, caller, policy, answer, f"lets in only what it names ({policy.says}){more}")


def _rule(
    pods: PodsBehind,
    caller: Caller,
    policy: istio.AuthorizationPolicy,
    answer: Answer,
    because: str,
) -> Admission:
    whom = f"the namespace {caller.namespace}" if caller.namespace else "its addresses"
    return Admission(
        service=pods.service,
        caller=caller.words,
        answer=answer,
        identity=False,
        reason=f"{policy.called} {because}",
        advice=f"let it admit {whom} too, or see that it does",
    )
