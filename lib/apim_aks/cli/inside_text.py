"""What is known of the inside of the cluster, in sentences that say where all of it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from apim_aks.cli.console import paragraph
from apim_aks.decision.design import Mapped
from apim_aks.listing import counted, listed
from apim_aks.workload.call import CallState
from apim_aks.workload.guarded import opened_by
from apim_aks.workload.model import Workload


def inside_text(design: Mapped) -> str:
    """How many calls between Services were found, and what guards or opens their pods."""
    said = [*_calls(design.workload), *_guards(design.workload)]
    return "\n".join(map(paragraph, said))


def _calls(workload: Workload) -> Iterator[str]:
    if not workload.graph.calls:
        return
    states = Counter(c.state for c in workload.graph.calls)
    each = listed([f"{states[s]} {s.label}" for s in CallState if states[s]])
    yield (
        f"Calls inside the cluster: {each}. Who calls whom, with file and line: `calls` in "
        "map --json, notebook 02; `calls` in workload.yaml confirms or strikes them."
    )


def _guards(workload: Workload) -> Iterator[str]:
    guards = len(workload.guards.every)
    opened = sum(1 for s in workload.services if next(iter(opened_by(s)), None))
    if guards or opened:
        parts = [counted(guards, "object")] if guards else []
        parts += [f"fields of {counted(opened, 'Service')}"] if opened else []
        yield (
            f"What restricts or opens access to pods: {listed(parts)}. What each says, with file "
            "and line: `guards` in map --json, notebook 02."
        )
