"""Schemas compared as a graph of pairs: each pair once, however often it is used or recurs."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_aks.apis.contract.components import Components, Parts, alike
from apim_aks.apis.contract.finding import Direction, Findings, Found, Nested, Pair, listed
from apim_aks.apis.contract.shape import Shape, shape
from apim_aks.apis.contract.structure import structure_changes
from apim_aks.apis.contract.values import retyped, value_changes
from apim_aks.apis.contract.variants import variant_changes

Key = tuple[tuple[int, ...], tuple[int, ...], Direction]

# Far above what real documents need; a document built to explode ends here, and is told.
MAX_PARTS = 300_000
MAX_PLACES_OF_A_PAIR = 25
MAX_MATCHES = 20_000
MAX_DEPTH = 40
MAX_NESTING = 100
_UNSEEN = ("a schema", "a schema")


@dataclass(frozen=True, slots=True)
class Node:
    """The result of comparing one pair: its changes and the pairs below it."""

    changes: tuple[Found, ...]
    nested: tuple[Nested, ...]


class SchemaPairs:
    """Every pair of schemas of two documents that has been compared."""

    def __init__(self, before: Components, after: Components) -> None:
        self.before, self.after = before, after
        self._nodes: dict[Key, Node] = {}
        self._shapes: dict[tuple[int, ...], Shape] = {}
        self._building: set[Key] = set()
        self._equal: set[Key] = set()
        self._unequal: set[Key] = set()
        self._matches = 0
        self._parts = 0

    def changes(self, roots: Iterable[tuple[str, Nested]]) -> Iterator[tuple[str, Found]]:
        """The changes below each root, with the operation that the root came with."""
        roots = tuple(roots)
        self._explore(nested.pair for _, nested in roots)
        touched = self._touched()
        for operation, root in roots:
            if root.pair.key in touched:
                yield from ((operation, found) for found in self._walk(root, touched))

    def equal(self, pair: Pair) -> bool:
        """Nothing differs at this pair or anywhere below it."""
        if pair.key in self._equal or pair.key in self._unequal:
            return pair.key in self._equal
        self._matches += 1
        if self._matches > MAX_MATCHES:
            return False
        assumed = False
        seen, waiting = {pair.key}, [pair]
        while waiting:
            node = self._node(current := waiting.pop())
            assumed = assumed or current.key in self._building
            if node.changes:
                self._unequal.add(pair.key)
                return False
            new = [n.pair for n in node.nested if n.pair.key not in seen]
            seen.update(p.key for p in new)
            waiting += new
        if not assumed:
            self._equal |= seen
        return True

    def before_shape(self, parts: Parts) -> Shape:
        """The shape of a schema of the document before."""
        return self._shape(self.before, parts)

    def after_shape(self, parts: Parts) -> Shape:
        """The shape of a schema of the document after."""
        return self._shape(self.after, parts)

    def _shape(self, components: Components, parts: Parts) -> Shape:
        key = (id(components), *map(id, parts))
        if key not in self._shapes:
            self._shapes[key] = shape(components, parts)
        return self._shapes[key]

    def _explore(self, pairs: Iterable[Pair]) -> None:
        waiting = list(pairs)
        seen = {p.key for p in waiting}
        while waiting:
            new = [n.pair for n in self._node(waiting.pop()).nested if n.pair.key not in seen]
            seen.update(p.key for p in new)
            waiting += new

    def _node(self, pair: Pair) -> Node:
        key = pair.key
        if key in self._nodes:
            return self._nodes[key]
        if key in self._building:
            return Node((), ())
        if self._parts >= MAX_PARTS or len(self._building) >= MAX_DEPTH:
            return Node((Found(f"{pair.direction}-not-compared", *_UNSEEN),), ())
        self._building.add(key)
        self._parts += len(pair.before) + len(pair.after)
        found = tuple(_schema_changes(self, pair))
        self._building.discard(key)
        self._nodes[key] = Node(
            tuple(f for f in found if isinstance(f, Found)),
            tuple(f for f in found if isinstance(f, Nested)),
        )
        return self._nodes[key]

    def _touched(self) -> set[Key]:
        """The pairs at which, or below which, something changed."""
        above: dict[Key, list[Key]] = defaultdict(list)
        for key, node in self._nodes.items():
            for nested in node.nested:
                above[nested.pair.key].append(key)
        waiting = [k for k, n in self._nodes.items() if n.changes]
        waiting += [k for k in above if k not in self._nodes]
        touched = set(waiting)
        while waiting:
            new = set(above[waiting.pop()]) - touched
            touched |= new
            waiting += new
        return touched

    def _walk(self, root: Nested, touched: set[Key]) -> Iterator[Found]:
        """The changes below a root, nearest first; a pair is told at a bounded number of places."""
        waiting = deque([(root.location, root.pair, frozenset[Key]())])
        places: Counter[Key] = Counter()
        while waiting:
            location, pair, above = waiting.popleft()
            key = pair.key
            if key in above or places[key] >= MAX_PLACES_OF_A_PAIR:
                continue
            places[key] += 1
            if len(above) >= MAX_NESTING:
                yield Found(f"{pair.direction}-not-compared", *_UNSEEN, location)
                continue
            node = self._node(pair)
            for found in node.changes:
                yield Found(found.rule, found.before, found.after, location + found.location)
            below = [n for n in node.nested if n.pair.key in touched]
            waiting += ((location + n.location, n.pair, above | {key}) for n in below)


def _schema_changes(pairs: SchemaPairs, pair: Pair) -> Findings:
    before, after = pairs.before_shape(pair.before), pairs.after_shape(pair.after)
    direction = pair.direction
    if before.groups or after.groups:
        compared = yield from variant_changes(pairs, pair, before, after)
        if compared:
            return
    change = retyped(before, after, direction)
    if change:
        yield change
    if change and change.rule.endswith("-type-changed"):
        return
    yield from value_changes(before, after, direction)
    yield from structure_changes(pairs, before, after, direction)
    yield from _deprecation(before, after, direction)
    yield from _others(pairs, before, after, direction)


def _deprecation(before: Shape, after: Shape, direction: Direction) -> Iterator[Found]:
    if before.deprecated != after.deprecated:
        words = {True: "deprecated", False: "not deprecated"}
        rule = f"{direction}-schema-{'' if after.deprecated else 'no-longer-'}deprecated"
        yield Found(rule, words[before.deprecated], words[after.deprecated])


def _others(
    pairs: SchemaPairs, before: Shape, after: Shape, direction: Direction
) -> Iterator[Found]:
    """What no rule understands: not, xml, patternProperties and the like, told where it differs."""
    names = sorted({*before.other, *after.other})
    changed = [
        n
        for n in names
        if not alike(pairs.before, before.other.get(n), pairs.after, after.other.get(n))
    ]
    if changed:
        was, now = ([n for n in changed if n in s.other] for s in (before, after))
        yield Found(f"{direction}-keyword-changed", listed(was), listed(now))
    if before.discriminator != after.discriminator:
        b, a = before.discriminator or "none", after.discriminator or "none"
        yield Found(f"{direction}-discriminator-changed", listed([b]), listed([a]))
