"""The input of a deployment and its result: its steps and its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_aks.deployment import gate as entry
from apim_aks.deployment.confirmation import Answer
from apim_aks.deployment.saved_plan import SavedPlan
from apim_aks.deployment.sequence import WorkloadChoice, workload_choice
from apim_aks.remote.azure import Certificates

NOT_ASKED = "nothing was changed; set apply=True (on the command line: --apply) to deploy"


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step of a run: `done` now, `already` before, `attached` to, `reopened`, or `by hand`."""

    name: str
    state: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The progress. `waits_for` says what a person must do before the next run continues.

    `follows` gives, in sentences, the steps after deploying; `retried` counts which
    requests were sent again.
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
        """The last message: what it waits for or what follows, and the retried requests."""
        held = self.waits_for.rstrip(".")
        end = (f"{held[:1].upper()}{held[1:]}.",) if held else self.follows
        return (*(end or ("Every resource exists.",)), *self.retried)

    @property
    def finished(self) -> bool:
        """Whether every step of deploying is done."""
        return not self.waits_for


@dataclass(frozen=True, kw_only=True)
class Run:
    """The input of a deployment: its connections to the outside, and the deployer's answers.

    `patches` is the folder for changes to objects that others manage.
    `confirm` names subscription, cluster and caller, `answer` asks for them on the
    terminal, `plan` is the saved plan that alone may be carried out, `take_over` the lease
    of a dead run that this one replaces. `answers` checks whether every API answers through the
    new path, with the result in words; its first part is None if that cannot be told. Without
    it there is no check.
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

    @classmethod
    def of_values(cls, values: Mapping[str, str], **further: Any) -> Run:
        """A run with the deployer's values, which may hold `newCluster` and `takeOver`.

        Raises:
            InputError: `newCluster` is neither `with` nor `later`.
        """
        arrival = workload_choice(values.get("newCluster", ""))
        lease = values.get("takeOver", "")
        return cls(values=values, workload=arrival, take_over=lease, **further)
