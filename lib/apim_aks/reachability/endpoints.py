"""The endpoints of connections, each as a bit: pods, any other pod, addresses.

A set of endpoints is an `int`. Selectors become sets by the labels that an index holds, so that
many policies over many pods stay fast.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from ipaddress import IPv4Network, ip_address

from apim_aks.facts.controller_labels import added_labels
from apim_aks.reachability.axis import LAST_ADDRESS, Axis, Range, members
from apim_aks.reachability.labels import Between, Labels, without
from apim_aks.reachability.represented import Represented
from apim_aks.reachability.scene import METADATA_NAME, Doubt, Engine, Scene
from apim_aks.workload.network_policy import Block, Peer, PolicyRule, Selector

_RESERVED = 4
"""The first addresses of a subnet are Azure's own, so that no example takes them."""


class Endpoints:
    """The endpoints of a scene: bit i is pod i, then any other pod, then atoms of IPv4 addresses.

    "Any other pod" is one of which nobody knows namespace and labels: whoever may create pods can
    make it. It is picked for sure only by what picks every pod there can be.
    """

    def __init__(
        self,
        scene: Scene,
        engine: Engine,
        *beside: Scene,
        represented: Sequence[Represented] = (),
        cuts: Iterable[Range] = (),
    ) -> None:
        self.engine = engine
        self.pods = scene.pods
        self.addresses = Axis.cut([(0, LAST_ADDRESS)], (*_ranges(scene, *beside), *cuts))
        self._labels = Labels((at, pod.labels) for at, pod in enumerate(self.pods))
        self._declared = scene.namespaces
        self._fitting: dict[Selector, int] = {}
        self.any = 1 << len(self.pods)
        self._first = len(self.pods) + 1
        self.outside = self.addresses.everything << self._first
        self.inside = self._labels.all
        self._kinds = tuple(represented)
        self._after = self.outside.bit_length()
        self.represented = ((1 << len(self._kinds)) - 1) << self._after
        self.everything = self.inside | self.any | self.outside | self.represented
        self.unrecognised = self._on_nodes()

    def _on_nodes(self) -> int:
        """Pods that no selector recognises, since they call from the address of their node.

        Kubernetes does not define it; by the text alone they are pods like all others.
        """
        if self.engine is Engine.SPECIFICATION:
            return 0
        return _mask(at for at, pod in enumerate(self.pods) if pod.host_network)

    @cached_property
    def _by_namespace(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for at, pod in enumerate(self.pods):
            found[pod.namespace] |= 1 << at
        return found

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted({*self._by_namespace, *self._declared}))

    @cached_property
    def _spaces(self) -> Labels:
        labels = (self._declared.get(name) or {METADATA_NAME: name} for name in self._names)
        return Labels((at, found.items()) for at, found in enumerate(labels))

    @cached_property
    def _unknown(self) -> int:
        """The namespaces of which only the name is known."""
        return _mask(at for at, name in enumerate(self._names) if name not in self._declared)

    def of_namespace(self, name: str) -> int:
        """The pods of a namespace."""
        return self._by_namespace.get(name, 0)

    def of_workload(self, workload: str) -> int:
        """The pods of a workload."""
        return self._by_workload.get(workload, 0)

    @cached_property
    def _by_workload(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for at, pod in enumerate(self.pods):
            found[pod.workload] |= 1 << at
        return found

    @property
    def workloads(self) -> tuple[str, ...]:
        """The workloads in order of their names."""
        return tuple(sorted(self._by_workload))

    def ranges(self, mask: int) -> tuple[Range, ...]:
        """The addresses of a set."""
        return self.addresses.ranges(mask >> self._first)

    def example(self, mask: int) -> int:
        """An address of a set: none of those that Azure keeps at the beginning of a subnet."""
        first, last = self.ranges(mask)[0]
        return min(first + _RESERVED, last)

    def of_range(self, first: int, last: int) -> int:
        """The addresses from first to last, as far as atoms lie in them."""
        return self.addresses.between(first, last) << self._first

    def of_ranges(self, ranges: Iterable[Range]) -> int:
        """The addresses of these ranges."""
        found = 0
        for span in ranges:
            found |= self.of_range(*span)
        return found

    def atoms(self, first: int, last: int) -> tuple[Range, ...]:
        """The addresses from first to last, atom by atom."""
        mask = self.addresses.between(first, last)
        return tuple(self.addresses.ranges(1 << at)[0] for at in members(mask))

    def atom_of(self, address: int) -> int:
        """The set with the atom that holds this address."""
        return self.addresses.holding(address) << self._first

    def selected(self, namespace: str, selector: Selector) -> int:
        """The pods of a namespace that a selector picks."""
        return self._labels.picked(selector) & self.of_namespace(namespace)

    def doubted(self, doubt: Doubt) -> int:
        """The pods that a doubt may concern."""
        if doubt.workload:
            return self.of_workload(doubt.workload)
        space = self.of_namespace(doubt.namespace) if doubt.namespace else self.inside | self.any
        picked = self._labels.picked(doubt.selects)
        return space & (picked | self.any if doubt.selects.picks_all else picked)

    def peers(self, rule: PolicyRule, namespace: str, denies: bool = False) -> Between:
        """Whom a rule names; a rule without peers names everybody."""
        if not rule.peers:
            return Between(self.everything, self.everything)
        found = Between()
        for peer in rule.peers:
            found |= self.peer(peer, namespace, denies)
        return found

    def peer(self, peer: Peer, namespace: str, denies: bool = False) -> Between:
        """Whom one entry names. Whether addresses stand for pods is the engine's affair."""
        if peer.block:
            return self._of_block(peer.block, denies)
        if peer.unread:
            # Nodes are no endpoints here; names of domains may be any address.
            return Between(0, self.outside if peer.unread == "domainNames" else 0)
        picked = self._picked(peer.pods or Selector())
        spaces = self._in_namespaces(peer.namespaces, namespace)
        every = peer.namespaces is not None and peer.namespaces.picks_all
        every = every and (peer.pods is None or peer.pods.picks_all)
        sure = spaces.sure & picked.sure & ~self.unrecognised
        found = Between(sure | (self.any if every else 0), spaces.may & picked.may | self.any)
        return found | self._of_kinds(peer, namespace) if self._kinds else found

    def _picked(self, selector: Selector) -> Between:
        """The pods that a selector picks; which labels a controller adds is not known before."""
        sure = self._labels.picked(selector)
        if not selector.keys & added_labels():
            return Between(sure, sure)
        return Between(sure & self._recorded, sure | self._labels.picked(without(selector)))

    @cached_property
    def _recorded(self) -> int:
        return _mask(at for at, pod in enumerate(self.pods) if pod.recorded)

    def _of_kinds(self, peer: Peer, namespace: str) -> Between:
        picked = _mask(
            self._after + at
            for at, kind in enumerate(self._kinds)
            if kind.picked(peer, namespace, self._declared)
        )
        return Between(picked, picked)

    def kind(self, at: int) -> int:
        """The set with the pods that the kind of this place represents."""
        return 1 << self._after + at

    def _in_namespaces(self, selector: Selector | None, namespace: str) -> Between:
        if selector is None:
            own = self.of_namespace(namespace)
            return Between(own, own)
        picked = self._spaces.picked(selector)
        asks_more = bool(selector.keys - {METADATA_NAME})
        sure, may = picked, picked
        if asks_more:
            sure &= ~self._unknown
            may |= self._unknown & self._could_be(selector)
        return Between(self._pods_of(sure), self._pods_of(may))

    def _could_be(self, selector: Selector) -> int:
        if selector not in self._fitting:
            self._fitting[selector] = self._fits(selector)
        return self._fitting[selector]

    def _fits(self, selector: Selector) -> int:
        return _mask(
            at
            for at, name in enumerate(self._names)
            if selector.picks({METADATA_NAME: name}, whole=False)
        )

    def _pods_of(self, spaces: int) -> int:
        found = 0
        for at, name in enumerate(self._names):
            if spaces >> at & 1:
                found |= self._by_namespace.get(name, 0)
        return found

    def _of_block(self, block: Block, denies: bool) -> Between:
        if not isinstance(block.addresses, IPv4Network):
            return Between()
        first, last = _ends(block.addresses)
        mask = self.of_range(first, last)
        for excepted in block.excepted:
            if isinstance(excepted, IPv4Network):
                mask &= ~self.of_range(*_ends(excepted))
        return Between(mask, mask) | self._pods_in(block, mask, denies)

    def _pods_in(self, block: Block, mask: int, denies: bool) -> Between:
        """The pods whose addresses a block holds.

        What denies denies those that it holds whatever addresses they have; for what allows it is
        not defined whether blocks match pods (REACHABILITY: only Azure's engine is known to).
        """
        whole = self.inside | self.any if mask == self.outside else 0
        if denies:
            return Between(whole, whole)
        if self.engine is Engine.CILIUM:
            return Between()
        sure = whole if self.engine is Engine.AZURE else 0
        return Between(sure, self._could_have(mask) | self.any | self.represented)

    def _could_have(self, mask: int) -> int:
        """The pods whose address may lie in the set: all but those whose address is known."""
        known = self._known_addresses
        return self.inside & ~_mask(at for at, atom in known.items() if not atom & mask)

    @cached_property
    def _known_addresses(self) -> dict[int, int]:
        """The atoms of the addresses that recorded pods have; of IPv6 none."""
        found: dict[int, int] = {}
        for at, pod in enumerate(self.pods):
            if pod.address:
                with suppress(ValueError):
                    address = ip_address(pod.address)
                    found[at] = self.atom_of(int(address)) if address.version == 4 else 0
        return found


def _mask(places: Iterable[int]) -> int:
    found = 0
    for at in places:
        found |= 1 << at
    return found


def _ends(network: IPv4Network) -> Range:
    return int(network.network_address), int(network.broadcast_address)


def _ranges(*scenes: Scene) -> Iterator[Range]:
    for rule in (rule for scene in scenes for rule in scene.rules()):
        for block in (peer.block for peer in rule.peers if peer.block):
            for network in (block.addresses, *block.excepted):
                if isinstance(network, IPv4Network):
                    yield _ends(network)
