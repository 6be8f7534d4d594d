"""Faults planted into the engine, each with the small cluster that shows it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import CodeType

from tests.support.places import REPOSITORY

PACKAGE = REPOSITORY / "lib" / "apim_aks"
READERS = "workload.kubernetes."
AFFECTED = (
    "workload.network_policy",
    *(f"{READERS}{name}" for name in ("selectors", "network_policies", "admin_policies")),
    *(f"reachability.{file.stem}" for file in (PACKAGE / "reachability").glob("[a-z]*.py")),
)
"""The modules that are loaded anew around a fault."""
OUTSIDE = (
    *AFFECTED,
    *(f"facts.{name}" for name in ("load_balancers", "templates")),
    *(
        f"reachability.templates.{file.stem}"
        for file in (PACKAGE / "reachability" / "templates").glob("[a-z]*.py")
    ),
)
"""Those around a fault in what is outside the cluster."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A text of a module that is replaced, and the scene in which that shows."""

    what: str
    module: str
    old: str
    new: str
    scene: str

    @property
    def place(self) -> str:
        """The text of its module."""
        file = PACKAGE.joinpath(*self.module.split(".")).with_suffix(".py")
        return file.read_text(encoding="utf-8")


FAULTS: tuple[Fault, ...] = (
    Fault(
        "pods that no policy selects are closed",
        "reachability.sides",
        "return allowed | more | rest",
        "return allowed | more",
        "no policy: everything is open",
    ),
    Fault(
        "policies keep out who calls as a node",
        "reachability.sides",
        "self.ends.unrecognised if direction is Direction.INGRESS else 0",
        "0",
        "who uses the network of a node calls as the node, which may always call its pods",
    ),
    Fault(
        "a policy selects in every namespace",
        "reachability.endpoints",
        "self._labels.picked(selector) & self.of_namespace(namespace)",
        "self._labels.picked(selector)",
        "a policy is for its own namespace",
    ),
    Fault(
        "a missing podSelector picks nothing",
        "reachability.labels",
        "        found = self.all\n",
        "        found = self.all if selector.keys else 0\n",
        "a missing podSelector picks every pod of the namespace",
    ),
    Fault(
        "a podSelector is ignored",
        "reachability.endpoints",
        "self._labels.picked(selector) & self.of_namespace(namespace)",
        "self.of_namespace(namespace)",
        "a podSelector leaves the other pods alone",
    ),
    Fault(
        "the first policy alone counts",
        "reachability.sides",
        "for policy in (self.policies[at] for at in asked.policies)",
        "for policy in (self.policies[at] for at in asked.policies[:1])",
        "policies add up: a rule for everything cancels all others",
    ),
    Fault(
        "what a source may send is not asked",
        "reachability.reach",
        "            (self.sides.egress, source, destination),\n",
        "",
        "both directions must allow",
    ),
    Fault(
        "without policyTypes a policy is for both directions",
        READERS + "network_policies",
        '("Ingress", *(("Egress",) if egress else ()))',
        '("Ingress", "Egress")',
        "without policyTypes a policy is for ingress",
    ),
    Fault(
        "without policyTypes egress rules are ignored",
        READERS + "network_policies",
        '("Ingress", *(("Egress",) if egress else ()))',
        '("Ingress",)',
        "without policyTypes it is for egress as well where it has egress rules",
    ),
    Fault(
        "an empty list of egress rules makes it a policy for egress",
        READERS + "network_policies",
        '("Ingress", *(("Egress",) if egress else ()))',
        '("Ingress", *(("Egress",) if "egress" in object.data["spec"] else ()))',
        "an empty list of egress rules counts as none",
    ),
    Fault(
        "policyTypes are ignored",
        READERS + "network_policies",
        "types = _types(object) or (",
        "types = (",
        "with policyTypes it is for exactly those",
    ),
    Fault(
        "a policy without rules admits everybody",
        READERS + "network_policies",
        'ingress=ingress if "Ingress" in types else None',
        'ingress=(ingress or None) if "Ingress" in types else None',
        "no rules admit nobody",
    ),
    Fault(
        "an empty rule admits nobody",
        "reachability.hits",
        "return ((self.ports.everything, others),)",
        "return ((self.ports.everything if rule.peers else 0, others),)",
        "an empty rule admits everything",
    ),
    Fault(
        "from: [] admits nobody",
        "reachability.endpoints",
        "return Between(self.everything, self.everything)",
        "return Between()",
        "an empty from admits every source",
    ),
    Fault(
        "to: [] means pods alone",
        "reachability.endpoints",
        "return Between(self.everything, self.everything)",
        "return Between(self.inside, self.inside)",
        "an empty to admits every destination",
    ),
    Fault(
        "ports: [] admits no port",
        "reachability.hits",
        "return ((self.ports.everything, others),)",
        "return ((0, others),)",
        "an empty list of ports admits every port",
    ),
    Fault(
        "the first peer alone counts",
        "reachability.endpoints",
        "for peer in rule.peers:",
        "for peer in rule.peers[:1]:",
        "peers and ports: one of each list, and both",
    ),
    Fault(
        "the first port alone counts",
        "reachability.hits",
        "            for port in rule.ports:\n                numbers",
        "            for port in rule.ports[:1]:\n                numbers",
        "peers and ports: one of each list, and both",
    ),
    Fault(
        "ports are ignored",
        "reachability.hits",
        "if not rule.ports:",
        "if rule.peers or not rule.ports:",
        "peers and ports: one of each list, and both",
    ),
    Fault(
        "of two selectors in one entry either is enough",
        "reachability.endpoints",
        "sure = spaces.sure & picked.sure & ~self.unrecognised",
        "sure = (spaces.sure | picked.sure) & ~self.unrecognised",
        "two selectors in one entry: pods of those namespaces",
    ),
    Fault(
        "two entries mean both",
        "reachability.endpoints",
        "found |= self.peer(peer, namespace, denies)",
        "found = self.peer(peer, namespace, denies)",
        "two selectors as two entries: either",
    ),
    Fault(
        "a lone podSelector means every namespace",
        "reachability.endpoints",
        "own = self.of_namespace(namespace)",
        "own = self.inside",
        "a lone podSelector means the policy's own namespace",
    ),
    Fault(
        "a lone namespaceSelector means the policy's own namespace",
        "reachability.endpoints",
        "if selector is None:",
        "if selector is None or namespace:",
        "a lone namespaceSelector means all pods there",
    ),
    Fault(
        "an empty namespaceSelector means declared namespaces",
        "reachability.endpoints",
        "        if asks_more:\n",
        "        if asks_more or selector.picks_all:\n",
        "an empty namespaceSelector means every namespace",
    ),
    Fault(
        "any other pod is never admitted",
        "reachability.endpoints",
        "sure | (self.any if every else 0)",
        "sure",
        "an empty namespaceSelector means every namespace",
    ),
    Fault(
        "except is ignored",
        "reachability.endpoints",
        "for excepted in block.excepted:",
        "for excepted in ():",
        "addresses without those that are excepted",
    ),
    Fault(
        "a block ends one address early",
        "reachability.endpoints",
        "int(network.network_address), int(network.broadcast_address)",
        "int(network.network_address), int(network.broadcast_address) - 1",
        "addresses without those that are excepted",
    ),
    Fault(
        "a block never holds pods",
        "reachability.endpoints",
        "if self.engine is Engine.CILIUM:",
        "if True:",
        "addresses without those that are excepted",
    ),
    Fault(
        "with Cilium a block may hold pods",
        "reachability.endpoints",
        "if self.engine is Engine.CILIUM:",
        "if False:",
        "a block does not stand for pods with Cilium",
    ),
    Fault(
        "with Azure's engine a block never holds pods",
        "reachability.endpoints",
        "if self.engine is Engine.CILIUM:",
        "if True:",
        "a block stands for pods with Azure's engine",
    ),
    Fault(
        "a port is that of UDP unless another protocol is named",
        READERS + "selectors",
        'at(data, str, *path) or "TCP"',
        'at(data, str, *path) or "UDP"',
        "ports are those of TCP unless another protocol is named",
    ),
    Fault(
        "a protocol without a port is port 1 alone",
        READERS + "network_policies",
        "return PolicyPort(line=line, protocol=protocol)",
        "return PolicyPort(line=line, protocol=protocol, last=1)",
        "ports are those of TCP unless another protocol is named",
    ),
    Fault(
        "endPort is ignored",
        READERS + "network_policies",
        "first) if ends else first",
        "first) and first",
        "a range of ports holds both its ends",
    ),
    Fault(
        "endPort does not count itself",
        READERS + "network_policies",
        "first) if ends else first",
        "first) - 1 if ends else first",
        "a range of ports holds both its ends",
    ),
    Fault(
        "a port's name means every port",
        "reachability.hits",
        "        for name, protocol, number in of:\n",
        "        return self._any(port)\n        for name, protocol, number in of:\n",
        "a port's name is looked up at the pod that is called",
    ),
    Fault(
        "a port's name does not ask for its protocol",
        "reachability.hits",
        'if name == port.name and port.protocol in ("", protocol):',
        "if name == port.name:",
        "a port's name counts with its protocol",
    ),
    Fault(
        "a name that the pod does not give matches its ports",
        "reachability.hits",
        "if name == port.name and port.protocol in",
        "if port.protocol in",
        "a name that the pod does not give matches nothing",
    ),
    Fault(
        "a port's name is looked up at the pod that calls",
        "reachability.hits",
        "if direction is Direction.INGRESS:",
        "if True:",
        "a port's name may mean another number at each pod",
    ),
    Fault(
        "with Cilium a name may stand for several numbers",
        "reachability.hits",
        "if ends.engine is Engine.CILIUM else set()",
        "if False else set()",
        "with Cilium a name of several numbers may be one of them",
    ),
    Fault(
        "expressions are ignored",
        "reachability.labels",
        "for expression in selector.expressions:",
        "for expression in ():",
        "labels and expressions must all fit",
    ),
    Fault(
        "labels are ignored",
        "reachability.labels",
        "for pair in selector.equal:",
        "for pair in ():",
        "the pods of a CronJob have its labels",
    ),
    Fault(
        "In asks for the first value",
        "reachability.labels",
        "for value in expression.values:",
        "for value in expression.values[:1]:",
        "In asks for one of the values",
    ),
    Fault(
        "NotIn asks for the key",
        "reachability.labels",
        "return self.all & ~found if opposite else found",
        "keyed = self._by_key.get(expression.key, 0)\n"
        '        keyed = keyed if expression.operator == "NotIn" else self.all\n'
        "        return keyed & ~found if opposite else found",
        "NotIn picks what lacks the key as well",
    ),
    Fault(
        "Exists picks everything",
        "reachability.labels",
        "            found = self._by_key.get(expression.key, 0)\n        opposite",
        "            found = self.all\n        opposite",
        "Exists asks for the key",
    ),
    Fault(
        "DoesNotExist is read as Exists",
        "reachability.labels",
        'expression.operator in ("NotIn", "DoesNotExist")',
        'expression.operator in ("NotIn",)',
        "DoesNotExist picks what lacks the key",
    ),
    Fault(
        "a namespace that is not declared has no labels at all",
        "reachability.endpoints",
        "self._declared.get(name) or {METADATA_NAME: name}",
        "self._declared.get(name) or {}",
        "every Namespace has its name as a label, declared or not",
    ),
    Fault(
        "a namespace that is not declared is known to have no other labels",
        "reachability.endpoints",
        "sure &= ~self._unknown",
        "pass",
        "of a Namespace that is not in the input other labels are unknown",
    ),
    Fault(
        "a policy closes pods in the network of their node",
        "reachability.reading",
        "for pod in pods if pod.host_network",
        "for pod in pods if False",
        "pods in the network of their node are never closed by a policy",
    ),
    Fault(
        "a CronJob has no pods",
        "reachability.pods",
        '"CronJob": ("spec", "jobTemplate", "spec", "template"),',
        "",
        "the pods of a CronJob have its labels",
    ),
    Fault(
        "the pods of a CronJob have the labels of the Job",
        "reachability.pods",
        '"CronJob": ("spec", "jobTemplate", "spec", "template"),',
        '"CronJob": ("spec", "jobTemplate"),',
        "a policy selects the pods of a CronJob",
    ),
    Fault(
        "policies are enforced without an engine",
        "reachability.sides",
        "enforced = ends.engine is not Engine.NONE",
        "enforced = True",
        "without an engine policies are ignored",
    ),
    Fault(
        "the last rule that matches decides",
        "reachability.sides",
        "for rule in getattr(self.admin[at], direction):",
        "for rule in getattr(self.admin[at], direction)[::-1]:",
        "the first rule that matches decides",
    ),
    Fault(
        "the higher number is first",
        READERS + "admin_policies",
        "policy.priority or 0, policy.name",
        "-(policy.priority or 0), policy.name",
        "of two policies of the cluster the lower number is first",
    ),
    Fault(
        "of equal numbers the name decides",
        "reachability.sides",
        "if self._ties(asked):",
        "if False:",
        "of equal numbers either may be first",
    ),
    Fault(
        "Pass allows",
        "reachability.sides",
        "    return allowed, passed | rest",
        "    return allowed | passed, rest",
        "Pass leaves it to NetworkPolicies, and those to nobody",
    ),
    Fault(
        "the baseline is asked after a NetworkPolicy",
        "reachability.sides",
        "            return allowed\n",
        "            return allowed | _first_match(cell, baseline, rest, most)[0]\n",
        "Pass leaves it to NetworkPolicies, and those to nobody",
    ),
    Fault(
        "the baseline is not asked",
        "reachability.sides",
        "more, rest = _first_match(cell, baseline, rest, most)",
        "more, rest = 0, rest",
        "the baseline is asked where no NetworkPolicy selects",
    ),
    Fault(
        "a named port of a rule for the cluster is one of TCP",
        "reachability.hits",
        'port.protocol in ("", protocol)',
        '(port.protocol or "TCP") == protocol',
        "ports of a rule for the cluster",
    ),
    Fault(
        "networks never deny pods",
        "reachability.endpoints",
        "        if denies:\n            return Between(whole, whole)",
        "        if denies:\n            return Between()",
        "networks that are all addresses deny pods as well",
    ),
    Fault(
        "on AKS policies of the cluster are enforced",
        "reachability.sides",
        "documented = self.ends.engine",
        "documented = True or self.ends.engine",
        "on AKS nobody says that policies of the cluster are enforced",
    ),
    Fault(
        "what cannot be applied is passed over",
        "reachability.reading",
        "*map(_of_refused, refused), ",
        "",
        "of what cannot be applied nothing is concluded",
    ),
    Fault(
        "a kind that is not understood is passed over",
        "reachability.reading",
        "*map(_of_unread, left), ",
        "",
        "a kind that is not understood makes closed unknown",
    ),
    Fault(
        "a policy in another language leaves open as it is",
        "reachability.reading",
        "restricts = may_restrict(object.group)",
        "restricts = False",
        "a policy in another language makes open unknown",
    ),
    Fault(
        "calls to a node arrive under the caller's address",
        "reachability.reach",
        "dict(self._behind_nodes())",
        "{}",
        "calls to a node may arrive under its address",
    ),
)


@contextmanager
def planted(fault: Fault, affected: Sequence[str] = AFFECTED) -> Iterator[None]:
    """The engine with this fault in it, until the end of the block."""
    names = [f"apim_aks.{module}" for module in affected]
    kept = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    parents = {name: import_module(name.rpartition(".")[0]) for name in names}
    try:
        with _replaced(fault):
            yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        for name, module in kept.items():
            sys.modules[name] = module
            setattr(parents[name], name.rpartition(".")[2], module)


@contextmanager
def _replaced(fault: Fault) -> Iterator[None]:
    finder = _Finder(f"apim_aks.{fault.module}", _changed(fault))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _changed(fault: Fault) -> CodeType:
    text = fault.place
    if text.count(fault.old) != 1:
        raise ValueError(f"{fault.what}: {fault.old!r} stands {text.count(fault.old)} times")
    return compile(text.replace(fault.old, fault.new), f"{fault.module}.py", "exec")


class _Finder:
    """Loads one module from changed code."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name, self.code = name, code

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == self.name else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: object) -> None:
        exec(self.code, vars(module))


def table(faults: Iterable[Fault] = FAULTS) -> str:
    """Every fault with the scene that shows it, in Markdown."""
    lines = ["| fault in the engine | small cluster in which an answer changes |", "| --- | --- |"]
    return "\n".join((*lines, *(f"| {f.what} | {f.scene} |" for f in faults)))
