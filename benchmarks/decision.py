"""How long a moved slider takes: new ranking and the HTML that shows it, and 100,000 draws.

And what a design takes with its proofs, and what all effects of its requirements take. Run: python
benchmarks/decision.py. Prints medians, of design and effects the least processor time of a few
rounds; exit code 1 beyond what is promised.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from apim_aks import page
from apim_aks.decision.changes import effects
from apim_aks.decision.design import design, redesign, with_requirement
from apim_aks.decision.ranking import DRAWS, robustness
from apim_aks.facts import axes
from apim_aks.notebook.widgets.decision_panel import shown
from apim_aks.workload.file import bundled_names, read_workload

RUNS = 30
SLIDER, REQUIREMENT, DRAWN = 50.0, 150.0, 500.0
ROUNDS = 5
DESIGN, EFFECTS = 500.0, 1000.0
"""What is promised, in milliseconds."""


def median(run: Callable[[int], object]) -> float:
    """The median of some runs in milliseconds; the first warms up and does not count."""
    run(0)
    taken = []
    for count in range(RUNS):
        began = time.perf_counter()
        run(count)
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def measured(name: str) -> list[tuple[str, float, float]]:
    made = design(read_workload(name))

    def slid(count: int) -> str:
        weights: dict[str, float] = {a.id: 1.0 + count * at for at, a in enumerate(axes())}
        return page.ranking_under(made, weights).text

    def slid_in_panel(count: int) -> str:
        weights = tuple((a.id, 1.0 + count * at) for at, a in enumerate(axes()))
        return shown(redesign(made, replace(made.workload, weights=weights))).text

    def switched(count: int) -> str:
        changed = with_requirement(made.workload, availability_zones=bool(count % 2))
        return shown(redesign(made, changed)).text

    return [
        ("slider to ranking and its table", median(slid), SLIDER),
        ("slider to everything the panel shows", median(slid_in_panel), SLIDER),
        ("one requirement switched, to the same", median(switched), REQUIREMENT),
        (f"{DRAWS:,} draws, twice", median(lambda _: robustness(made.ranking)), DRAWN),
    ]


def whole(name: str) -> list[tuple[str, float, float]]:
    """A design from nothing and its effects, the first of which warms up and does not count."""
    workload = read_workload(name)
    effects(design(workload))
    rounds = [[0.0, 0.0] for _ in range(ROUNDS)]
    for taken in rounds:
        began = time.process_time()
        made = design(replace(workload))
        assert all(p.proved.proof for p in made.placements)
        then = time.process_time()
        effects(made)
        taken[:] = 1000 * (then - began), 1000 * (time.process_time() - then)
    designed, found = map(min, zip(*rounds, strict=True))
    return [
        ("design, with the proof of each option", designed, DESIGN),
        ("all effects of requirement changes", found, EFFECTS),
    ]


def main() -> int:
    slow = 0
    for name in bundled_names():
        for what, taken, most in (*whole(name), *measured(name)):
            slow += taken > most
            print(f"{name:16} {what:40} {taken:7.1f} ms (at most {most:.0f})")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
