"""What a deployment is given and what it comes to: steps, and how far it came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from apim_aks.deployment import gate as entry
from apim_aks.deployment.confirmation import Answer
from apim_aks.deployment.saved_plan import SavedPlan
from apim_aks.deployment.sequence import WorkloadChoice
from apim_aks.remote.azure import Certificates

NOT_ASKED = "nothing was changed; set apply=True (on the command line: --apply) to deploy"


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step of a deployment: `done` now, `already` before, `attached` to, or `waits`."""

    name: str
    state: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """How far it came. `waits_for` says what a person has to do before the next run goes on.

    `follows` says, in sentences, what would come next and is no part of deploying; `retried` which
    requests had to be sent again.
    """

    workload: str
    option: str
    steps: tuple[StepDone, ...] = ()
    created: tuple[str, ...] = ()
    waits_for: str = ""
    follows: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()

    @property
    def closing(self) -> tuple[str, ...]:
        """What is said last: what it waits for, or what follows, and what had to be sent again."""
        held = self.waits_for.rstrip(".")
        end = (f"{held[:1].upper()}{held[1:]}.",) if held else self.follows
        return (*(end or ("Everything is there.",)), *self.retried)

    @property
    def finished(self) -> bool:
        """Everything that deploying does is done."""
        return not self.waits_for


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a deployment is given: the outside world, and the answers of the deployer.

    `patches` is the folder for changes of objects that others keep.
    `confirm` says which subscription, cluster and caller are meant, `answer` asks the person who
    sits there, `plan` is the saved plan that has to be done and nothing else, `take_over` the lease
    of a dead run whose place this one takes. `answers` asks whether every API answers through the
    new path, and says what was seen: its first part is None where nobody can ask from here. Without
    it nobody looks.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    tell: Callable[[str], None] = lambda _: None
    restore: frozenset[str] = frozenset()
    ask: entry.Ask = entry.asked
    vault: Certificates | None = None
    gate_checked: bool = False
    certificates_done: bool = False
    workload: WorkloadChoice = WorkloadChoice.ASK
    patches: str = ""
    confirm: str = ""
    answer: Answer | None = None
    plan: SavedPlan | None = None
    take_over: str = ""
    answers: Callable[[], tuple[bool | None, str]] | None = None
