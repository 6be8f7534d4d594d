"""Istio's policies as values, and which of them decide about a port of pods.

What the fields mean: istio/api@b8f8791, security/v1beta1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from apim_aks.listing import listed
from apim_aks.workload.guards.guard import Answer, Guard, Pairs, selects
from apim_aks.workload.network_policy import Selector

UNSET, STRICT, PERMISSIVE, DISABLE = "UNSET", "STRICT", "PERMISSIVE", "DISABLE"
MODES = (UNSET, DISABLE, PERMISSIVE, STRICT)
ACTIONS = ("ALLOW", "DENY", "AUDIT", "CUSTOM")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAuthentication(Guard):
    """Which mode of mutual TLS pods demand, and on which of their ports another one.

    `root` says that its namespace is one of a control plane, so that it is for the whole mesh.
    """

    selector: Selector | None = None
    mode: str = UNSET
    port_modes: Pairs = ()
    root: bool = False

    @property
    def says(self) -> str:
        """Its modes."""
        ports = (f"{mode} on port {port}" for port, mode in self.port_modes)
        return f"mode {'; '.join((self.mode, *ports))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAuthentication(Guard):
    """Whose tokens the proxies of pods check; a call without a token passes."""

    issuers: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """The issuers, and what becomes of another one's tokens."""
        if not self.issuers:
            return "tokens of no issuer are named"
        return f"tokens of {listed(self.issuers)} are checked, and any other token is refused"


@dataclass(frozen=True, slots=True)
class Mode:
    """The mode of one port of pods; empty where it cannot be told. None decides the default."""

    mode: str
    policy: PeerAuthentication | None = None


def mode_of(
    policies: Iterable[PeerAuthentication], labels: Mapping[str, str], known: bool, port: str
) -> Mode:
    """The mode of this port: that of the narrowest policy which says one, else PERMISSIVE.

    A policy with a selector in the root namespace is ignored by one sentence of its documentation
    and valid everywhere by another: it makes unknown what it would change.
    """
    own = [p for p in policies if p.selector is None or _picks(p, labels, known) is not Answer.NO]
    decided = _narrowest(own, labels, known, port)
    doubtful = [p for p in own if p.root and p.selector]
    other = next((p for p in doubtful if _says(p, port) not in (UNSET, decided.mode)), None)
    return Mode("", other) if other else decided


def _narrowest(
    policies: list[PeerAuthentication], labels: Mapping[str, str], known: bool, port: str
) -> Mode:
    tiers = (
        [p for p in policies if p.selector and not p.root],
        [p for p in policies if not p.selector and not p.root],
        [p for p in policies if not p.selector and p.root],
    )
    for tier in tiers:
        said = [p for p in tier if _says(p, port) != UNSET]
        modes = {_says(p, port) for p in said}
        sure = all(_picks(p, labels, known) is Answer.YES for p in said)
        if said:
            return Mode(modes.pop() if len(modes) == 1 and sure else "", said[0])
    return Mode(PERMISSIVE)


def _picks(policy: PeerAuthentication, labels: Mapping[str, str], known: bool) -> Answer:
    return selects(policy.selector, labels, known) if policy.selector else Answer.YES


def _says(policy: PeerAuthentication, port: str) -> str:
    """Ports have modes of their own in policies with a selector only."""
    own = dict(policy.port_modes).get(port, UNSET) if policy.selector else UNSET
    return policy.mode if own == UNSET else own


@dataclass(frozen=True, slots=True)
class Source:
    """Who calls: fields of `source` with their values; `unread` are fields nobody here knows."""

    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Callers (any of them; empty for everybody), the ports they may ask for, and what else.

    `sources` is None where nobody is named. `ports` are None where any will do, and `narrowed`
    are the fields that make it true of some requests only.
    """

    sources: tuple[Source, ...] | None = None
    ports: tuple[str, ...] | None = None
    narrowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationPolicy(Guard):
    """Istio's AuthorizationPolicy: an action, the pods it is for, and the rules that match calls.

    `unread` are its parts that nobody here understands, `enforced` is false of a dry run.
    """

    action: str = "ALLOW"
    selector: Selector = Selector()
    rules: tuple[Rule, ...] = ()
    unread: tuple[str, ...] = ()
    enforced: bool = True

    @property
    def says(self) -> str:
        """The action, for whom, and what of it is not understood."""
        odd = f"; not understood: {listed(self.unread)}" if self.unread else ""
        dry = "" if self.enforced else "; a dry run, which refuses nothing"
        return f"{self.action} {self._callers()}{odd}{dry}"

    def _callers(self) -> str:
        if not self.rules:
            return "nobody: it has no rules"
        words = dict.fromkeys(w for rule in self.rules for w in rule_words(rule))
        return "calls " + listed(tuple(words), most=6)


def rule_words(rule: Rule) -> Iterator[str]:
    """Each source of a rule, and what narrows it, as words."""
    more = f" to port {listed(rule.ports)}" if rule.ports else ""
    more += f" that fit {listed(rule.narrowed)}" if rule.narrowed else ""
    if rule.sources is None:
        yield f"of everybody{more}"
    for source in rule.sources or ():
        parts = [f"{field} {listed(values, most=4)}" for field, values in source.fields if values]
        yield f"of {' and '.join((*parts, *source.unread)) or 'everybody'}{more}"
