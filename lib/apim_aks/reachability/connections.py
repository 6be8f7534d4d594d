"""The reachability of scenes as rows: who can open a connection to whom, and what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apim_aks.reachability.axis import Range, members
from apim_aks.reachability.reach import INGRESS_CONTROLLER, Answer, Reach, union


@dataclass(frozen=True, slots=True)
class Connection:
    """From whom to whom on which ports; a workload, a range of addresses or one of the above."""

    source: str | Range
    destination: str | Range
    ports: int
    answer: Answer


def connections(reach: Reach) -> Iterator[Connection]:
    """Every connection that is open or unknown, by workloads and ranges of addresses."""
    names = reach.ends.workloads
    yield from _rows(_Answers(reach, names), dict.fromkeys(names, (1 << len(names)) - 1))


def differing(
    one: Reach, other: Reach, among: Iterable[str] = ()
) -> tuple[list[Connection], list[Connection]]:
    """The connections of both, without pairs of workloads that are certainly alike in both.

    Both are cut at the same places. Pairs that are alike are left out before they are rows, of
    which there are as many as workloads times workloads. `among` names the workloads of interest,
    all where it is empty.
    """
    names = tuple(sorted(among)) or tuple(sorted({*one.ends.workloads, *other.ends.workloads}))
    then, now = (_Answers(reach, names) for reach in (one, other))
    differ = {name: _callers_that_differ(then, now, name) for name in names}
    called = {name: found for name, found in differ.items() if found is not None}
    return [*_rows(then, called)], [*_rows(now, called)]


def _callers_that_differ(then: _Answers, now: _Answers, workload: str) -> int | None:
    """The workloads of which the answers differ; None where those of addresses are alike too."""
    before, after = then.by_answer(workload), now.by_answer(workload)
    same = union(names & after.get(answer, 0) for answer, names in before.items())
    moved = then.everything & ~same
    return None if not moved and then.around(workload) == now.around(workload) else moved


class _Answers:
    """What is open and what may be, between these workloads and from and to addresses."""

    def __init__(self, reach: Reach, names: Sequence[str]) -> None:
        self.reach, self.names = reach, names
        self.everything = (1 << len(names)) - 1
        bits = {name: 1 << at for at, name in enumerate(names)}
        self._bits = [bits.get(pod.workload, 0) for pod in reach.ends.pods]
        self._named: dict[int, int] = {}
        self.open, self.may = _Table(), _Table()
        for at, pod in enumerate(reach.ends.pods):
            self._add(at, pod.workload)

    def _add(self, at: int, workload: str) -> None:
        ends, leaving = self.reach.ends, self.reach.sides.egress[at]
        both = zip(self.reach.into(at), (leaving.sure, leaving.may), strict=True)
        for table, (entering, out) in zip((self.open, self.may), both, strict=True):
            for ports, sources in entering:
                table.inner[workload][ports] |= self._by_name(sources & ends.inside)
                table.entering[workload][ports] |= sources & ends.outside
            for ports, others in out:
                table.leaving[workload][ports] |= others & ends.outside

    def _by_name(self, pods: int) -> int:
        """The workloads of these pods; the same pods call many."""
        if pods not in self._named:
            self._named[pods] = union(self._bits[at] for at in members(pods))
        return self._named[pods]

    def by_answer(self, workload: str) -> dict[tuple[int, int], int]:
        """The workloads by the ports on which they reach this one, those with none among them."""
        found = {(0, 0): self.everything}
        tables = self.open.inner[workload], self.may.inner[workload]
        for part, sure, may in _parts(self.everything, *tables):
            found[sure, may] = found.get((sure, may), 0) | part
            found[0, 0] &= ~part
        return found

    def around(self, workload: str) -> list[dict[int, int]]:
        """What addresses reach of this workload, and what it reaches of them."""
        tables = self.open, self.may
        return [t for one in tables for t in (one.entering[workload], one.leaving[workload])]


class _Table:
    """By workload and ports: the workloads that call it, addresses that do or are called."""

    def __init__(self) -> None:
        self.inner: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.entering: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.leaving: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))


def _rows(answers: _Answers, called: Mapping[str, int]) -> Iterator[Connection]:
    """The connections to each workload from those that stand beside it, and of addresses."""
    reach, open_, may = answers.reach, answers.open, answers.may
    yield from _between_pods(answers, called)
    for workload in called:
        for span, sure, maybe in _spans(reach, open_.entering[workload], may.entering[workload]):
            yield from _both(span, workload, sure, maybe & ~sure)
        for span, sure, maybe in _spans(reach, open_.leaving[workload], may.leaving[workload]):
            yield from _both(workload, span, sure, maybe & ~sure)
    yield from _of_controller(reach)


def _between_pods(answers: _Answers, called: Mapping[str, int]) -> Iterator[Connection]:
    """From workload to workload, in the order of their names."""
    found: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for workload, callers in called.items():
        tables = answers.open.inner[workload], answers.may.inner[workload]
        for part, sure, maybe in _parts(callers, *tables):
            for at in members(part):
                found[at][workload] = sure, maybe
    for at, source in enumerate(answers.names):
        for destination, (sure, maybe) in found.pop(at, {}).items():
            if source != destination:
                yield from _both(source, destination, sure, maybe & ~sure)


def _both(
    source: str | Range, destination: str | Range, sure: int, maybe: int
) -> Iterator[Connection]:
    for ports, answer in ((sure, Answer.OPEN), (maybe, Answer.UNKNOWN)):
        if ports:
            yield Connection(source, destination, ports, answer)


def _spans(
    reach: Reach, sure: dict[int, int], may: dict[int, int]
) -> Iterator[tuple[Range, int, int]]:
    """The addresses in ranges that have the same answers on all ports."""
    yield from sorted(
        (span, least, most)
        for part, least, most in _parts(reach.ends.outside, sure, may)
        for span in reach.ends.ranges(part)
    )


def _parts(whole: int, sure: dict[int, int], may: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    """The endpoints split into those that are alike, each with the ports of both tables."""
    parts = {whole}
    for mask in (*sure.values(), *may.values()):
        parts = {part for p in parts for part in (p & mask, p & ~mask) if part}
    for part in parts:
        least, most = (
            union(cell for cell, mask in table.items() if mask & part) for table in (sure, may)
        )
        if least | most:
            yield part, least, most


def _of_controller(reach: Reach) -> Iterator[Connection]:
    """What routes lead to, as far as any pod may be the controller that serves them."""
    sure: dict[str, int] = defaultdict(int)
    may: dict[str, int] = defaultdict(int)
    routed: dict[int, int] = defaultdict(int)
    for _, at, ports in reach.routed:
        routed[at] |= ports
    for at, ports in routed.items():
        workload = reach.ends.pods[at].workload
        for table, cells in zip((sure, may), reach.into(at), strict=True):
            for cell, sources in cells:
                table[workload] |= cell & ports if sources & reach.ends.any else 0
    for workload in sorted(may):
        yield from _both(
            INGRESS_CONTROLLER, workload, sure[workload], may[workload] & ~sure[workload]
        )
