"""Which Services await the reader's choice, and how workload.yaml says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from apim_aks.apis.mapping.model import About, Decision, Mapping, Note, Role
from apim_aks.apis.mapping.publishing import described_nothing
from apim_aks.listing import listed
from apim_aks.workload.model import Workload

_SHOWN = 3
"""Services that the example of a choice names."""
_APART = (Role.FRONT_END, Role.GATEWAY, Role.IDENTITY, Role.CONSOLE)


def choice(workload: Workload, decisions: Sequence[Decision]) -> tuple[Note, ...]:
    """What the reader has to choose where nothing tells which Services are for consumers."""
    waiting = [d for d in decisions if d.candidate and d.publish]
    if not waiting:
        return ()
    apart = "; ".join(_by_role(workload, (d for d in decisions if d.role in _APART)))
    but = f"; what callers use today is no API ({apart})" if apart else ""
    them = "it is" if len(waiting) == 1 else "all of them are"
    sentence = (
        f"no Service is described by OpenAPI or called from outside today as an API{but}. "
        f"{_speak(workload, waiting)}; until then {them} published"
    )
    return (Note(About.CHOICE, workload.title, sentence),)


def nothing_published(workload: Workload, mapping: Mapping) -> str:
    """Why nothing is published, which Services could be, and how to say it."""
    head = f"{workload.name} publishes no Service"
    lost = {s.id: s.lost for s in workload.services if s.lost and not s.operations}
    if waiting := [d for d in mapping.decisions if d.role.http and d.service not in lost]:
        return f"{head}. {_speak(workload, waiting)}."
    if lost:
        files = [f for found in lost.values() for f in found]
        return (
            f"{head}: {described_nothing(files)}. Correct it, or remove it "
            "from `openapi` in workload.yaml to pass every call on."
        )
    known = "; ".join(_by_role(workload, mapping.decisions))
    able = [d for d in mapping.decisions if d.role.callable]
    named = f", such as `{_publish(workload, able, 1)}`" if able else ""
    return (
        f"{head}: no Service is known to serve an HTTP API ({known}). Pair one with its OpenAPI "
        f"document under `openapi` in workload.yaml, or name one under `publish`{named}, and under "
        "`ports` the port on which one answers HTTP."
    )


def _speak(workload: Workload, waiting: Sequence[Decision]) -> str:
    speak = "speaks HTTP and awaits" if len(waiting) == 1 else "speak HTTP and await"
    return (
        f"{listed(_short(workload, waiting))} {speak} your choice: name those that consumers "
        f"should call in workload.yaml, such as `{_publish(workload, waiting, _SHOWN)}`"
    )


def _publish(workload: Workload, able: Sequence[Decision], most: int) -> str:
    return f"publish: [{', '.join(_short(workload, able)[:most])}]"


def _by_role(workload: Workload, decisions: Iterable[Decision]) -> list[str]:
    found: dict[Role, list[Decision]] = {}
    for decision in decisions:
        found.setdefault(decision.role, []).append(decision)
    return [f"{r.label}: {listed(_short(workload, ds))}" for r, ds in found.items()]


def _short(workload: Workload, decisions: Iterable[Decision]) -> list[str]:
    """The names as workload.yaml may say them: alone where they are unique."""
    times = Counter(s.name for s in workload.services)
    names = ((d.service, d.service.rpartition("/")[2]) for d in decisions)
    return [name if times[name] == 1 else id for id, name in names]
